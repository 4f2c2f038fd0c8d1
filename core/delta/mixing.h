// Mixing: the predictions of one bit, added up in the logistic domain, each by a weight that
// learns.
//
// It is what a decoder spends most of its time on, so a processor that takes eight numbers at once
// does. What it makes is the same to the bit.
#pragma once

#include "core/delta/model.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace airlock::delta {

inline constexpr std::int32_t kWeightMax = 32767;
inline constexpr std::int32_t kMixingRate = 10;

// So many weights are read and written at once, whatever a bit has inputs; those beyond its own
// stay as they are.
inline constexpr std::size_t kLanes = 8;

// A row of weights, in memory that goes on for kLanes.
using WeightRow = std::span<Weight, kLanes>;

// One number after the other: what docs/formats/patch.md says.
template <std::size_t kInputs>
class PlainMixing {
 public:
  using Inputs = std::array<std::int32_t, kInputs>;  // stretched probabilities
  std::uint32_t probability = 0;

  void mix(const Inputs& inputs, WeightRow weights) {
    inputs_ = inputs;
    std::int32_t sum = 0;
#pragma GCC unroll 7
    for (std::size_t i = 0; i < kInputs; ++i) sum += inputs_[i] * weights[i];
    probability = squash(sum >> 14);
  }
  void learn(unsigned bit, WeightRow weights) const {
    const std::int32_t wrong = (bit != 0 ? 65535 : 0) - static_cast<std::int32_t>(probability);
#pragma GCC unroll 7
    for (std::size_t i = 0; i < kInputs; ++i) {
      const std::int32_t moved =
          weights[i] + ((inputs_[i] * wrong * kMixingRate + (1 << 19)) >> 20);
      weights[i] = static_cast<Weight>(std::clamp(moved, -kWeightMax, kWeightMax));
    }
  }

 private:
  Inputs inputs_{};
};

#if defined(__SSE2__)

// All of them at once.
template <std::size_t kInputs>
class LaneMixing {
 public:
  using Inputs = std::array<std::int32_t, kInputs>;
  std::uint32_t probability = 0;

  void mix(const Inputs& inputs, WeightRow weights) {
    const auto lane = [&](std::size_t i) {
      return static_cast<short>(i < kInputs ? inputs[std::min(i, kInputs - 1)] : 0);
    };
    inputs_ =
        _mm_setr_epi16(lane(0), lane(1), lane(2), lane(3), lane(4), lane(5), lane(6), lane(7));
    __m128i sum = _mm_madd_epi16(inputs_, load(weights));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4E));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xB1));
    probability = squash(_mm_cvtsi128_si32(sum) >> 14);
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

#else

template <std::size_t kInputs>
using Mixing = PlainMixing<kInputs>;

#endif

}  // namespace airlock::delta
