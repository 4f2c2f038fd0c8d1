// The arithmetic of a coded block (docs/formats/patch.md): what the decoder here and the encoder in
// publish/diff must agree on to the bit.
//
// Each coded bit has several predictions, one from each context that it stands in. A context's
// Counter holds a probability and how sure it is; the predictions are added up in the logistic
// domain, each by a weight that learns ("Mixing", as in the PAQ family). All of it is integers.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace airlock::delta {

// On bare metal code and tables are small before they are quick.
inline constexpr bool kHasRoom = __STDC_HOSTED__ == 1;

// ---- probabilities of a one, in 1/65536

inline constexpr std::uint32_t kProbabilityMin = 16;
inline constexpr std::uint32_t kProbabilityMax = 65536 - kProbabilityMin;

// Logistic values are in 1/256 of a natural unit, within ±kStretchMax.
inline constexpr std::int32_t kStretchMax = 2047;

// The logistic function at -8, -7.5, .. 8; between them it is linear.
inline constexpr std::array<std::uint16_t, 33> kSquashPoints = {
    22,    36,    60,    98,    162,   267,   439,   720,   1179,  1921,  3108,
    4971,  7812,  11955, 17625, 24743, 32768, 40793, 47911, 53581, 57724, 60565,
    62428, 63615, 64357, 64816, 65097, 65269, 65374, 65438, 65476, 65500, 65514};

// within keeps a value in ±limit. Where code is to be small, std::clamp is a call, through memory.
constexpr std::int32_t within(std::int32_t limit, std::int32_t value) {
  return value > limit ? limit : value < -limit ? -limit : value;
}

// squash turns a logistic value into a probability.
constexpr std::uint32_t squash(std::int32_t value) {
  const auto at = static_cast<std::uint32_t>(within(kStretchMax, value) + 2048);
  const std::uint32_t low = kSquashPoints[at >> 7];
  const std::uint32_t high = kSquashPoints[(at >> 7) + 1];
  return low + (((high - low) * (at & 127)) >> 7);
}

// kStretch is the way back, by the upper 12 bits of a probability: the smallest value whose
// probability is not below the middle of what these 12 bits mean.
inline constexpr std::size_t kStretchCount = 4096;
constexpr std::array<std::int16_t, kStretchCount> make_stretch() {
  std::array<std::int16_t, kStretchCount> made{};
  std::int32_t value = -kStretchMax;
  for (std::uint32_t i = 0; i < kStretchCount; ++i) {
    while (value < kStretchMax && squash(value) < i * 16 + 8) ++value;
    made[i] = static_cast<std::int16_t>(value);
  }
  return made;
}
inline constexpr std::array<std::int16_t, kStretchCount> kStretch = make_stretch();

// Where the way back is a line: between two points of squash. In 2^-20, modulo 2^32.
struct StretchLine {
  std::uint32_t end;  // before which upper 12 bits
  std::uint32_t slope;
  std::uint32_t offset;

  constexpr std::int32_t at(std::uint32_t upper) const {
    return static_cast<std::int32_t>(upper * slope + offset) >> 20;
  }
};
constexpr StretchLine make_stretch_line(std::size_t number, std::uint32_t first) {
  StretchLine line{first, 0, 0};
  const auto value_max = static_cast<std::int32_t>(number + 1) * 128 - 2048;
  while (line.end < kStretchCount && kStretch[line.end] <= value_max) ++line.end;
  const auto value = [](std::uint32_t upper) {
    return static_cast<std::uint32_t>(kStretch[upper]) << 20;
  };
  // Of two only the limits of what a value may be tell the slope.
  line.slope = line.end - first == 2
                   ? value(first + 1) - value(first)
                   : (std::uint32_t{16 * 128} << 20) /
                         (std::uint32_t{kSquashPoints[number + 1]} - kSquashPoints[number]);
  line.offset = value(first) - first * line.slope;
  for (std::uint32_t upper = first; upper < line.end; ++upper) {
    const std::uint32_t lacking = value(upper) - (upper * line.slope + line.offset);
    if (static_cast<std::int32_t>(lacking) > 0) line.offset += lacking;
  }
  return line;
}
inline constexpr std::array<StretchLine, kSquashPoints.size() - 1> kStretchLines = [] {
  std::array<StretchLine, kSquashPoints.size() - 1> made{};
  std::uint32_t first = 0;
  for (std::size_t i = 0; i < made.size(); first = made[i++].end) {
    made[i] = make_stretch_line(i, first);
  }
  return made;
}();
// The line of every 16th.
inline constexpr std::array<std::uint8_t, kStretchCount / 16> kStretchLineOf = [] {
  std::array<std::uint8_t, kStretchCount / 16> made{};
  std::uint8_t line = 0;
  for (std::uint32_t i = 0; i < made.size(); ++i) {
    while (i * 16 >= kStretchLines[line].end) ++line;
    made[i] = line;
  }
  return made;
}();
// stretch_by_lines is kStretch, in 640 bytes for 8 KiB. Inline: it is what a literal does most.
[[gnu::always_inline]] constexpr std::int32_t stretch_by_lines(std::uint32_t upper) {
  const StretchLine* line = &kStretchLines[kStretchLineOf[upper >> 4]];
  while (upper >= line->end) ++line;
  return line->at(upper);
}

// ---- counters

// A probability in the upper 12 bits, and below it how many bits it has seen, up to a limit.
using Counter = std::uint16_t;
inline constexpr Counter kCounterEven = 1 << 15;
inline constexpr unsigned kSeenMax = 15;
inline constexpr unsigned kSeenLiteralMax = 10;  // literals change their mind sooner

constexpr std::uint32_t probability_of(Counter counter) { return (counter & 0xFFF0U) | 8U; }

// stretch is what a counter's upper 12 bits say.
constexpr std::int32_t stretch(Counter counter) {
  if constexpr (kHasRoom) {
    return kStretch[counter >> 4];
  } else {
    return stretch_by_lines(counter >> 4);
  }
}

// How far a counter moves towards what it saw: 65536 / (seen + 1.6).
inline constexpr std::array<std::uint16_t, kSeenMax + 1> kCounterRates = {
    40960, 25206, 18204, 14246, 11702, 9929, 8623, 7620,
    6826,  6182,  5649,  5201,  4818,  4488, 4201, 3947};

[[gnu::always_inline]] constexpr void count(Counter& counter, unsigned bit, unsigned limit) {
  const unsigned seen = counter & kSeenMax;
  std::int32_t value = counter >> 4;
  const std::int32_t ones = -static_cast<std::int32_t>(bit);  // no branch on what is hard to guess
  value += (((ones & 4095) - value) * kCounterRates[seen] + (ones & 65535)) >> 16;
  value = std::max<std::int32_t>(value, 1);
  counter = static_cast<Counter>(static_cast<unsigned>(value) << 4 | std::min(seen + 1, limit));
}

// ---- what a block's models are

// What a unit of a copy is; kinds and gaps have models of their own.
enum class Kind : std::uint8_t { plain = 0, pointer = 1, branch = 2, local = 3, data = 4 };
inline constexpr std::size_t kKinds = 5;
inline constexpr std::size_t kCategories = kKinds + 1;  // of literals: 0 is a gap

inline constexpr std::size_t kFlagInputs = 5;     // contexts of a flag
inline constexpr std::size_t kLiteralOrders = 6;  // contexts of a literal's bit
inline constexpr std::size_t kGuesses = 2;        // bytes that it may be
inline constexpr std::size_t kLiteralInputs = kLiteralOrders + kGuesses;
// Weights are in 1/16384; a bit whose prediction was wrong moves them by its inputs.
using Weight = std::int16_t;
inline constexpr std::size_t kFlagSets = 4 * kKinds + kKinds + 4 * kKinds;
// A literal of a gap has weights for each state of its guesses: which of them still counts.
inline constexpr std::size_t kGuessStates = 1 << kGuesses;
inline constexpr std::size_t kLiteralSets = (kGuessStates + kKinds) * 8;
inline constexpr Weight kFlagWeight = 5734;     // 0.35
inline constexpr Weight kLiteralWeight = 3600;  // 0.22

// Numbers: a tree of 6 bits for how many bits there are, then those below the highest one. The
// first of them and the last two are counted, as distances in code keep to a step.
enum class Number : std::uint8_t { inside = 0, outside = 1, fresh_size = 2, known_size = 3 };
inline constexpr std::size_t kNumbers = 4;
inline constexpr unsigned kNumberTreeBits = 6;
inline constexpr unsigned kNumberBitsMax = 33;  // a zigzag difference of places below 2^32
inline constexpr unsigned kNumberLowBits = 2;
struct NumberModel {
  std::array<Counter, 1 << kNumberTreeBits> bits;   // a node each
  std::array<Counter, kNumberBitsMax + 1> second;   // by how many bits there are
  std::array<Counter, 1 << kNumberLowBits> lowest;  // a node each, the lowest bit first

  constexpr void reset() {
    bits.fill(kCounterEven);
    second.fill(kCounterEven);
    lowest.fill(kCounterEven);
  }
};

// Steps of a gap.
inline constexpr std::size_t kStepContexts = 8;

// Unchanged stretches: one bit for this many bytes at once.
inline constexpr std::uint32_t kLongRun = 128;
inline constexpr std::uint32_t kShortRun = 16;
inline constexpr std::size_t kRunContexts = 2 * 6 * 16;

// Targets of pointers and branches that were seen, and where they went.
struct Seen {
  std::uint32_t target = 0;
  std::int32_t moved = 0;  // kNothing: not seen
  static constexpr std::int32_t kNothing = INT32_MIN;
};
inline constexpr std::int32_t kSeenPage = 64;    // targets nearer than this share a place
inline constexpr std::int32_t kSeenNear = 4096;  // how far what was seen speaks for
inline constexpr std::size_t kClasses = 64;      // of instructions, by their upper bits

// How large a profile's tables are (powers of two), and all that a decoder of it holds.
struct Profile {
  std::uint8_t number;                                // as it travels
  std::uint32_t memory;                               // everything included
  unsigned flag_bits;                                 // of each of kFlagInputs tables
  std::array<unsigned, kLiteralOrders> literal_bits;  // of each order's table
  unsigned seen_bits;

  constexpr std::size_t literal_total() const {
    std::size_t total = 0;
    for (const unsigned bits : literal_bits) total += std::size_t{1} << bits;
    return total;
  }
};
inline constexpr Profile kSmall = {1, 16 << 10, 7, {8, 9, 8, 7, 7, 7}, 5};
inline constexpr Profile kLarge = {2, 48 << 10, 9, {9, 12, 12, 10, 10, 10}, 7};

}  // namespace airlock::delta
