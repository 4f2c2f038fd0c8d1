// Bits and what predicts them: counters, numbers, and the two kinds of bits that several contexts
// predict together, flags and literals. What is coded here means nothing yet.
//
// A port answers what each bit is: a decoder reads it, an encoder is told what is wanted and writes
// it, or only adds up what it would cost.
#pragma once

#include <bit>
#include <concepts>

#include "core/base/base.h"
#include "core/delta/mixing.h"

namespace airlock::delta {

// BitPort answers with a bit whose probability of being one is in 1/65536, and with bits that have
// no probability, the highest first. A decoder does not look at what is wanted.
template <class Port>
concept BitPort = requires(std::remove_reference_t<Port>& port, std::uint32_t probability,
                           unsigned count, unsigned wanted) {
  { port.bit(probability, wanted) } -> std::same_as<unsigned>;
  { port.direct(count, std::uint64_t{wanted}) } -> std::same_as<std::uint64_t>;
};

// hashed spreads a context over 32 bits.
constexpr std::uint32_t hashed(std::uint32_t key) {
  std::uint32_t value = key * 0x9E3779B1U;
  value ^= value >> 15;
  return value * 0x85EBCA6BU;
}
// What keeps the contexts of one use of a flag from those of another.
inline constexpr std::uint32_t kUseStep = 0x10000000;

// What bits are about, for those who count them.
enum class Topic : std::uint8_t { step, literal, run, plain, pointer, branch, local, data };
constexpr Topic topic_of(Kind kind) {
  return static_cast<Topic>(static_cast<unsigned>(Topic::plain) + static_cast<unsigned>(kind));
}

template <BitPort Port>
unsigned code_bit(Port& port, Counter& counter, unsigned wanted, unsigned limit = kSeenMax) {
  const unsigned bit = port.bit(probability_of(counter), wanted);
  count(counter, bit, limit);
  return bit;
}

// A number is at most kNumberBitsMax bits long; a longer one is read as zero bits and refused by
// whoever checks its range.
template <BitPort Port>
std::uint64_t code_number(Port& port, NumberModel& model, std::uint64_t wanted) {
  const auto bits = static_cast<unsigned>(std::bit_width(wanted));
  unsigned node = 1;
  for (unsigned i = kNumberTreeBits; i-- > 0;) {
    node = node << 1 | code_bit(port, model.bits[node], bits >> i & 1);
  }
  const unsigned count = node - (1U << kNumberTreeBits);
  if (count < 2) return count;
  if (count > kNumberBitsMax) return UINT64_MAX;
  unsigned left = count - 2;
  std::uint64_t value = 2 | code_bit(port, model.second[count], wanted >> left & 1);
  const unsigned low = std::min(left, kNumberLowBits);
  left -= low;
  value = value << left | port.direct(left, wanted >> low & ((std::uint64_t{1} << left) - 1));
  unsigned lowest = 0;
  node = 1;
  for (unsigned i = 0; i < low; ++i) {
    const unsigned bit = code_bit(port, model.lowest[node], wanted >> i & 1);
    lowest |= bit << i;
    node = node << 1 | bit;
  }
  return value << low | lowest;
}

constexpr std::uint64_t zigzag(std::int64_t value) {
  return value < 0 ? (static_cast<std::uint64_t>(-(value + 1)) << 1 | 1)
                   : static_cast<std::uint64_t>(value) << 1;
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  const auto half = static_cast<std::int64_t>(value >> 1);
  return (value & 1) != 0 ? -half - 1 : half;
}

// Everything that a block's models hold, but for the tables whose size the profile tells.
struct Models {
  std::array<std::array<std::array<std::array<Counter, 2>, 8>, kGuesses>, kCategories> guesses;
  std::array<Counter, kRunContexts> runs;
  std::array<NumberModel, kNumbers> numbers;
  std::array<Counter, kStepContexts> steps;
  // Rows of flags lie side by side: what is read beyond one is the next one's.
  std::array<Weight, kFlagSets * kFlagInputs + kLanes - kFlagInputs> flag_weights;
  std::array<Weight, kLiteralSets * kLanes> literal_weights;
  // Of `flags` each context has 1 << profile.flag_bits, of `literals` as many as the profile says.
  std::span<Counter> flags;
  std::array<std::span<Counter>, kLiteralOrders> literals;
  std::span<Seen> seen;

  // bytes returns what place needs; place lays the tables into memory that is aligned to 8.
  static constexpr std::size_t bytes(const Profile& profile) {
    const std::size_t counters = (kFlagInputs << profile.flag_bits) + profile.literal_total();
    return sizeof(Models) + counters * sizeof(Counter) + (sizeof(Seen) << profile.seen_bits);
  }
  static Models& place(const Profile& profile, MutableBytes memory);
  // reset makes everything as a block begins.
  void reset();
};

// BitCoding codes flags and literals by a block's models. What is referred to must outlive it.
template <BitPort Port>
class BitCoding {
 public:
  enum class Use : std::uint32_t { first = 0, second = 1, byte = 2 };
  using FlagKeys = std::array<std::uint32_t, kFlagInputs>;
  using LiteralKeys = std::array<std::uint32_t, kLiteralOrders>;
  using Guesses = std::array<int, kGuesses>;  // -1: none

  BitCoding(const Profile& profile, Models& models, Port& port)
      : profile_(profile), models_(models), port_(port) {}

  // flag codes a bit with the weights of `set`, below kFlagSets; literal a byte of a category, 0
  // for gaps.
  unsigned flag(Use use, std::size_t set, const FlagKeys& keys, unsigned wanted);
  std::uint8_t literal(std::size_t category, const LiteralKeys& keys, const Guesses& guesses,
                       std::uint8_t wanted);

 private:
  const Profile& profile_;
  Models& models_;
  Port& port_;
};

template <BitPort Port>
unsigned BitCoding<Port>::flag(Use use, std::size_t set, const FlagKeys& keys, unsigned wanted) {
  CountersOf<kFlagInputs> counters;
  typename Mixing<kFlagInputs>::Inputs inputs;
  Counter* const flags = models_.flags.data();
  const unsigned flag_bits = profile_.flag_bits;
#pragma GCC unroll kUnrolled
  for (std::size_t i = 0; i < kFlagInputs; ++i) {
    const std::uint32_t slot =
        hashed(keys[i] + static_cast<std::uint32_t>(use) * kUseStep) >> (32 - flag_bits);
    counters[i] = flags + (i << flag_bits) + slot;
    inputs[i] = stretch(*counters[i]);
  }
  const WeightRow weights(models_.flag_weights.data() + set * kFlagInputs, kLanes);
  Mixing<kFlagInputs> mixing;
  mixing.mix(inputs, weights);
  const unsigned bit = port_.bit(mixing.probability, wanted);
  mixing.learn(bit, weights);
  count_all<kFlagInputs>(counters, bit, kSeenMax);
  return bit;
}

template <BitPort Port>
std::uint8_t BitCoding<Port>::literal(std::size_t category, const LiteralKeys& keys,
                                      const Guesses& guesses, std::uint8_t wanted) {
  // Where a context's counters begin in its table, and round which size they go.
  struct Place {
    Counter* table;
    std::uint32_t first;
    std::uint32_t mask;
  };
  std::array<Place, kLiteralOrders> places;
#pragma GCC unroll kUnrolled
  for (std::size_t i = 0; i < kLiteralOrders; ++i) {
    places[i] = {models_.literals[i].data(), hashed(keys[i]) >> 8,
                 (1U << profile_.literal_bits[i]) - 1};
  }
  // A guess as the node that it leads to; one that is none leads to no node.
  std::array<unsigned, kGuesses> leads;
  for (std::size_t i = 0; i < kGuesses; ++i) {
    leads[i] = guesses[i] >= 0 ? static_cast<unsigned>(guesses[i]) | 256U : 0U;
  }
  CountersOf<kLiteralInputs> counters;
  Counter idle = kCounterEven;
  unsigned node = 1;
  for (unsigned left = 8; left-- > 0;) {
    typename Mixing<kLiteralInputs>::Inputs inputs;
#pragma GCC unroll kUnrolled
    for (std::size_t i = 0; i < kLiteralOrders; ++i) {
      counters[i] = places[i].table + ((places[i].first + node) & places[i].mask);
      inputs[i] = stretch(*counters[i]);
    }
    unsigned state = 0;
#pragma GCC unroll kUnrolled
    for (std::size_t i = 0; i < kGuesses; ++i) {
      // A guess counts for as long as the bits above are its own. Without a branch, as with bits.
      const bool counts = leads[i] >> (left + 1) == node;
      state |= static_cast<unsigned>(counts) << i;
      Counter* const guess = &models_.guesses[category][i][left][leads[i] >> left & 1];
      counters[kLiteralOrders + i] = counts ? guess : &idle;
      inputs[kLiteralOrders + i] = stretch(*guess) & -static_cast<std::int32_t>(counts);
    }
    const std::size_t set = category == 0 ? state : kGuessStates - 1 + category;
    const WeightRow weights(models_.literal_weights.data() + (set * 8 + left) * kLanes, kLanes);
    Mixing<kLiteralInputs> mixing;
    mixing.mix(inputs, weights);
    const unsigned bit = port_.bit(mixing.probability, static_cast<unsigned>(wanted) >> left & 1U);
    mixing.learn(bit, weights);
    count_all<kLiteralInputs>(counters, bit, kSeenLiteralMax);
    node = node << 1 | bit;
  }
  return static_cast<std::uint8_t>(node);
}

}  // namespace airlock::delta
