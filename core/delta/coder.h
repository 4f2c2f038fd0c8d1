// The coding that compressed and patched blocks share (docs/formats/payload.md): what the decoder
// here and the encoder in publish/diff must agree on to the bit.
//
// A block is a stream of residual bytes, coded by an LZ77 with an adaptive binary range coder of
// the LZMA family. Segments cut the stream: a plain segment's residuals are the image's bytes, a
// copied segment's are added to bytes of the base. So one loop decodes both codings, and a pointer
// that moved costs what its difference costs.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "core/base/base.h"

namespace airlock::delta {

// Probabilities have 11 bits and move by 1/32 of their distance, as in LZMA.
inline constexpr int kProbabilityBits = 11;
inline constexpr int kProbabilityShift = 5;
using Probability = std::uint16_t;
inline constexpr Probability kProbabilityHalf = 1 << (kProbabilityBits - 1);
inline constexpr std::uint32_t kRangeTop = 1U << 24;

// Matches reach this far back in the residuals of the same block.
inline constexpr std::uint32_t kWindowSize = 16 << 10;

// Distances of the last matches that can be named again.
inline constexpr std::size_t kRecentCount = 4;

// The first coded byte: how many high bits of the byte before choose a literal's probabilities, and
// how many low bits of the position in the image do.
inline constexpr unsigned kContextBitsMax = 3;   // bits 0..1
inline constexpr unsigned kPositionBitsMax = 2;  // bits 2..3; the others are zero
inline constexpr std::size_t kPositionCount = 1 << kPositionBitsMax;

// A literal is a tree of 8 bits; after a match, two more trees are used while it agrees with the
// byte that the last distance predicts. Copied and plain segments have their own.
inline constexpr std::size_t kLiteralSize = 0x300;
inline constexpr std::size_t kLiteralCount = 1 << kContextBitsMax;

// Match lengths: 2..9, 10..17, 18..272, or longer with 16 bits of their own.
inline constexpr std::uint32_t kLengthMin = 2;
inline constexpr std::uint32_t kLengthLowBits = 3;
inline constexpr std::uint32_t kLengthMidFirst = kLengthMin + 8;
inline constexpr std::uint32_t kLengthHighFirst = kLengthMidFirst + 8;
inline constexpr std::uint32_t kLengthLongFirst = kLengthHighFirst + 255;
struct LengthModel {
  std::array<Probability, 2> choice;
  std::array<std::array<Probability, 8>, kPositionCount> low;
  std::array<std::array<Probability, 8>, kPositionCount> mid;
  std::array<Probability, 256> high;
};

// Distances, counted from 0: a slot of 5 bits (twice the number of bits, and the second highest
// bit), adaptive low bits for small slots, else plain bits and 4 adaptive lowest ones.
inline constexpr std::size_t kDistanceContexts = 4;  // by length: 2, 3, 4, more
inline constexpr unsigned kDistanceSlotBits = 5;
inline constexpr std::uint32_t kDistanceTreeSlotEnd = 14;
inline constexpr unsigned kDistanceLowBits = 4;

constexpr std::uint32_t distance_slot(std::uint32_t distance) {
  if (distance < 4) return distance;
  const auto high = static_cast<std::uint32_t>(std::bit_width(distance)) - 1;
  return high << 1 | (distance >> (high - 1) & 1);
}

// Numbers of the segments: a tree of 6 bits tells how many bits follow the highest one.
enum class Number : std::uint8_t { plain_size = 0, copy_size = 1, shift = 2 };
inline constexpr std::size_t kNumberKinds = 3;
inline constexpr unsigned kNumberTreeBits = 6;
inline constexpr unsigned kNumberBitsMax =
    36;  // a difference of shifts in images of 2^32 bytes, and a sign

// What the last token was: literals since the last match, and which kind that was.
enum class Past : std::uint8_t {
  literals = 0,       // two literals or more, or nothing yet
  after_match = 1,    // one literal after a match
  after_recent = 2,   // one literal after a recent one
  match = 3,          // a match at a new distance
  recent = 4,         // a match at a recent distance
  recent_single = 5,  // one byte at the last distance
};
inline constexpr std::size_t kPastCount = 6;
constexpr bool ends_in_match(Past past) { return past >= Past::match; }
constexpr Past past_literal(Past past) {
  switch (past) {
    case Past::match: return Past::after_match;
    case Past::recent:
    case Past::recent_single: return Past::after_recent;
    case Past::literals:
    case Past::after_match:
    case Past::after_recent: return Past::literals;
  }
  return Past::literals;
}

// Every probability of a block; 16 KiB.
struct Models {
  std::array<std::array<Probability, kLiteralSize>, kLiteralCount> literal;
  std::array<std::array<std::array<Probability, kPositionCount>, kPastCount>, 2> is_match;
  std::array<Probability, kPastCount> is_recent;
  std::array<Probability, kPastCount> is_older;  // not the last distance
  std::array<std::array<Probability, kPositionCount>, kPastCount> is_longer;  // than one byte
  std::array<Probability, kPastCount> is_third;
  std::array<Probability, kPastCount> is_fourth;
  LengthModel match_length;
  LengthModel recent_length;
  std::array<std::array<Probability, 1 << kDistanceSlotBits>, kDistanceContexts> slot;
  std::array<std::array<Probability, 64>, kDistanceTreeSlotEnd> distance;
  std::array<Probability, 1 << kDistanceLowBits> distance_low;
  std::array<std::array<Probability, 1 << kNumberTreeBits>, kNumberKinds> number;

  // reset makes all probabilities even.
  void reset();
};
static_assert(sizeof(Models) <= 17 << 10);

// literal_context: which literal tree a byte uses. With two kinds of segments each has half.
struct LiteralContext {
  unsigned context_bits;
  bool copies;  // the block is a patch

  constexpr std::size_t index(std::uint8_t before, bool copied) const {
    const std::size_t high = std::size_t{before} >> (8 - context_bits);
    return copies ? (copied ? kLiteralCount / 2 : 0) + high : high;
  }
  // The most bits that leave every index below kLiteralCount.
  constexpr bool fits() const { return context_bits <= kContextBitsMax - (copies ? 1U : 0U); }
};

constexpr std::size_t distance_context(std::uint32_t length) {
  return std::min<std::uint32_t>(length - kLengthMin, kDistanceContexts - 1);
}

}  // namespace airlock::delta
