// Coding one block: its prices, what is repeated in its gaps, its bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/delta/coding.h"
#include "publish/diff/internal/match.h"

namespace airlock::diff {

struct BlockRange {
  std::uint64_t at;
  std::size_t size;
};

// What blocks are coded from. It is shared by several threads, and must outlive them.
struct BlockInput {
  Bytes image;
  const BaseIndex* index;                    // nullptr without a base
  const std::vector<std::uint8_t>& scratch;  // the facts, as a device keeps them
  const delta::Profile& profile;
};

// code_block returns the shortest coding of a block that it found.
std::vector<std::uint8_t> code_block(const BlockInput& input, const BlockRange& range);

// A step of a gap, at a place of the image; places between two steps are literals.
struct PlannedStep {
  std::uint64_t at;
  delta::Step step;
};

// plan_steps finds what gaps repeat. `literal_prices` is, for each byte of the block, what it costs
// as a literal (in 1/kBitPrice bit).
inline constexpr std::uint32_t kBitPrice = 256;
struct Gap {
  std::uint64_t begin;
  std::uint64_t end;
  delta::Reference recent;               // as the gap begins
  std::optional<delta::Reference> next;  // of the segment behind it
};
std::vector<PlannedStep> plan_steps(const BlockInput& input, const BlockRange& range,
                                    const std::vector<Gap>& gaps,
                                    const std::vector<std::uint32_t>& literal_prices);

}  // namespace airlock::diff
