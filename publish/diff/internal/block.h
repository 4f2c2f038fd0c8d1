// Coding one block: its prices, what is repeated in its gaps, its bytes.
#pragma once

#include <array>
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
struct ShortestCoding {
  std::vector<std::uint8_t> bytes;
  delta::Isa isa;
};
ShortestCoding code_block(const BlockInput& input, const BlockRange& range);

// cheapest_isa returns by which instruction set a block costs least, in a part of the time.
delta::Isa cheapest_isa(const BlockInput& input, const BlockRange& range);

// is_new says whether next to nothing of a block is copied.
bool is_new(const BlockInput& input, const BlockRange& range);

// quick_size is about as many bytes as code_block returns, by one instruction set and one plan.
std::size_t quick_size(const BlockInput& input, const BlockRange& range, delta::Isa isa);

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
// What the parts of a step cost, in 1/kBitPrice bit.
struct NumberPrices {
  std::array<std::uint32_t, 64> bits{};  // by how many there are, those that are not counted too
  std::array<std::array<std::uint32_t, 2>, delta::kNumberBitsMax + 1> second{};
  std::array<std::uint32_t, 2> last{};    // where one bit is left
  std::array<std::uint32_t, 4> lowest{};  // .. or more

  std::uint32_t of(std::uint64_t value) const;
};
struct StepPrices {
  std::array<std::array<std::uint32_t, 2>, 4> is_match{};  // by the context of the step
  std::array<std::uint32_t, 2> is_known{};
  std::array<std::uint32_t, 2> is_other{};
  std::array<std::uint32_t, 2> is_older{};
  std::array<std::uint32_t, 2> is_inside{};
  std::array<NumberPrices, delta::kNumbers> numbers{};

  const NumberPrices& number(delta::Number which) const {
    return numbers[static_cast<std::size_t>(which)];
  }
};
// prices_of says what they cost at the end of a block; usual_prices, before any was walked through.
StepPrices prices_of(const delta::Models& models);
StepPrices usual_prices();

// bit_price is that of a bit whose probability is in 1/65536.
std::uint32_t bit_price(std::uint32_t probability);

class Repeats;
std::vector<PlannedStep> plan_steps(Repeats& repeats, const std::vector<Gap>& gaps,
                                    const std::vector<std::uint32_t>& literal_prices,
                                    const StepPrices& prices);

}  // namespace airlock::diff
