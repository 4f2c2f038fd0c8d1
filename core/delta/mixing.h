// Mixing: the predictions of one bit, added up in the logistic domain, each by a weight that
// learns; and the counters that predicted, all moved by that bit.
//
// It is what a decoder spends most of its time on, so a processor that takes eight numbers at once
// does. What it makes is the same to the bit.
#pragma once

#include <utility>

#include "core/delta/model.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace airlock::delta {

inline constexpr std::int32_t kWeightMax = 32767;
inline constexpr std::int32_t kMixingRate = 10;

// How many of a bit's inputs are written out one after the other, instead of in a loop.
inline constexpr int kUnrolled = kHasRoom ? 8 : 1;

// So many weights are read and written at once, whatever a bit has inputs; those beyond its own
// stay as they are.
inline constexpr std::size_t kLanes = 8;

// A row of weights, in memory that goes on for kLanes.
using WeightRow = std::span<Weight, kLanes>;

// The counters of one bit: different ones, but for those whose input is zero and whose count no one
// reads.
template <std::size_t kInputs>
using CountersOf = std::array<Counter*, kInputs>;

// One number after the other: what docs/formats/patch.md says.
template <std::size_t kInputs>
void count_plain(const CountersOf<kInputs>& counters, unsigned bit, unsigned limit) {
#pragma GCC unroll kUnrolled
  for (Counter* const counter : counters) count(*counter, bit, limit);
}
template <std::size_t kInputs>
class PlainMixing {
 public:
  using Inputs = std::array<std::int32_t, kInputs>;  // stretched probabilities
  std::uint32_t probability = 0;

  void mix(const Inputs& inputs, WeightRow weights) {
    inputs_ = inputs;
    std::int32_t sum = 0;
#pragma GCC unroll kUnrolled
    for (std::size_t i = 0; i < kInputs; ++i) sum += inputs_[i] * weights[i];
    probability = squash(sum >> 14);
  }
  void learn(unsigned bit, WeightRow weights) const {
    const std::int32_t wrong = (bit != 0 ? 65535 : 0) - static_cast<std::int32_t>(probability);
#pragma GCC unroll kUnrolled
    for (std::size_t i = 0; i < kInputs; ++i) {
      const std::int32_t moved =
          weights[i] + ((inputs_[i] * wrong * kMixingRate + (1 << 19)) >> 20);
      weights[i] = static_cast<Weight>(within(kWeightMax, moved));
    }
  }

 private:
  Inputs inputs_{};
};

#if defined(__SSE2__)

// squash, looked up: nothing else can begin before a bit's probability is known.
inline constexpr std::array<std::uint16_t, 2 * kStretchMax + 1> kSquash = [] {
  std::array<std::uint16_t, 2 * kStretchMax + 1> made{};
  for (std::int32_t value = -kStretchMax; value <= kStretchMax; ++value) {
    made[static_cast<std::size_t>(value) + kStretchMax] = static_cast<std::uint16_t>(squash(value));
  }
  return made;
}();

// lanes_of puts a value for each lane into one register, the others zero. Lane by lane: from
// memory that was just written in parts it would have to wait for the last part.
template <std::size_t kInputs, class ValueOf>
[[gnu::always_inline]] inline __m128i lanes_of(const ValueOf& value_of) {
  __m128i lanes = _mm_setzero_si128();
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    ((lanes = _mm_insert_epi16(lanes, static_cast<short>(value_of(i)), static_cast<int>(i))), ...);
  }(std::make_index_sequence<kInputs>());
  return lanes;
}

// All of them at once. A counter that moves towards a one is one that moves towards a zero, seen
// from the other end of its 12 bits.
template <std::size_t kInputs>
[[gnu::always_inline]] inline void count_lanes(const CountersOf<kInputs>& counters, unsigned bit,
                                               unsigned limit) {
  const auto fill = [](unsigned value) { return _mm_set1_epi16(static_cast<short>(value)); };
  const __m128i old = lanes_of<kInputs>([&](std::size_t i) { return *counters[i]; });
  const __m128i rates =
      lanes_of<kInputs>([&](std::size_t i) { return kCounterRates[*counters[i] & kSeenMax]; });
  const __m128i end = fill((0U - bit) & 4095);
  const __m128i left = _mm_xor_si128(_mm_srli_epi16(old, 4), end);
  const __m128i is_whole = _mm_cmpeq_epi16(_mm_mullo_epi16(left, rates), _mm_setzero_si128());
  // Rounded up: one more than the upper half, unless nothing is below it.
  const __m128i by = _mm_add_epi16(_mm_add_epi16(_mm_mulhi_epu16(left, rates), fill(1)), is_whole);
  const __m128i value = _mm_max_epi16(_mm_xor_si128(_mm_sub_epi16(left, by), end), fill(1));
  const __m128i seen =
      _mm_min_epi16(_mm_add_epi16(_mm_and_si128(old, fill(kSeenMax)), fill(1)), fill(limit));
  const __m128i made = _mm_or_si128(_mm_slli_epi16(value, 4), seen);
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    ((*counters[i] = static_cast<Counter>(_mm_extract_epi16(made, static_cast<int>(i)))), ...);
  }(std::make_index_sequence<kInputs>());
}

// All of them at once.
template <std::size_t kInputs>
class LaneMixing {
 public:
  using Inputs = std::array<std::int32_t, kInputs>;
  std::uint32_t probability = 0;

  void mix(const Inputs& inputs, WeightRow weights) {
    inputs_ = lanes_of<kInputs>([&](std::size_t i) { return inputs[i]; });
    __m128i sum = _mm_madd_epi16(inputs_, load(weights));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4E));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xB1));
    const __m128i limit = _mm_set1_epi16(kStretchMax);
    sum = _mm_packs_epi32(_mm_srai_epi32(sum, 14), sum);
    sum = _mm_max_epi16(_mm_min_epi16(sum, limit), _mm_sub_epi16(_mm_setzero_si128(), limit));
    probability =
        kSquash[static_cast<std::size_t>(_mm_extract_epi16(_mm_add_epi16(sum, limit), 0))];
  }
  // An error times its rate is wider than a lane: its upper bits meet the inputs times 16, its
  // lower four the inputs themselves.
  void learn(unsigned bit, WeightRow weights) const {
    static_assert(kMixingRate == 10 && kWeightMax == 32767 && kStretchMax * 16 <= 32767);
    const auto wrong =
        static_cast<std::int32_t>((0U - bit) & 65535) - static_cast<std::int32_t>(probability);
    const auto error = static_cast<std::uint32_t>(wrong * (kMixingRate / 2));
    const __m128i errors = _mm_set1_epi32(static_cast<int>(error >> 4 << 16 | (error & 15)));
    const __m128i large = _mm_slli_epi16(inputs_, 4);
    const auto moved = [&](__m128i pairs) {
      const __m128i exact = _mm_madd_epi16(pairs, errors);
      return _mm_srai_epi32(_mm_add_epi32(exact, _mm_set1_epi32(1 << 18)), 19);
    };
    const __m128i by = _mm_packs_epi32(moved(_mm_unpacklo_epi16(inputs_, large)),
                                       moved(_mm_unpackhi_epi16(inputs_, large)));
    const __m128i made = _mm_adds_epi16(load(weights), by);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(weights.data()),
                     _mm_max_epi16(made, _mm_set1_epi16(-kWeightMax)));
  }

 private:
  static __m128i load(WeightRow weights) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(weights.data()));
  }

  __m128i inputs_ = _mm_setzero_si128();
};
template <std::size_t kInputs>
using Mixing = LaneMixing<kInputs>;
template <std::size_t kInputs>
[[gnu::always_inline]] inline void count_all(const CountersOf<kInputs>& counters, unsigned bit,
                                             unsigned limit) {
  count_lanes<kInputs>(counters, bit, limit);
}

#else

template <std::size_t kInputs>
using Mixing = PlainMixing<kInputs>;
template <std::size_t kInputs>
[[gnu::always_inline]] inline void count_all(const CountersOf<kInputs>& counters, unsigned bit,
                                             unsigned limit) {
  count_plain<kInputs>(counters, bit, limit);
}

#endif

}  // namespace airlock::delta
