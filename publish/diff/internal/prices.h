// What a token would cost with probabilities as they stand.
#pragma once

#include <cstdint>

#include "publish/diff/internal/residuals.h"

namespace airlock::diff {

// The price of each length of a match; those from kLengthLongFirst on have one price.
using LengthRow = std::array<std::uint32_t, delta::kLengthLongFirst + 1>;
inline std::uint32_t length_price(const LengthRow& lengths, std::uint32_t length) {
  return lengths[std::min(length, delta::kLengthLongFirst)];
}

// Prices are in 1/16 bit, from integers only: a payload must not depend on a machine's logarithm.
class Prices {
 public:
  Prices(const Residuals& residuals, const Parameters& parameters, const delta::Models& models);

  std::uint32_t literal(std::uint32_t at, const Memory& memory) const;
  // recent_head and fresh_head are the part that no length or distance changes.
  std::uint32_t recent_single(std::uint32_t at, const Memory& memory) const;
  std::uint32_t recent_head(std::uint32_t at, const Memory& memory, std::uint32_t index) const;
  std::uint32_t fresh_head(std::uint32_t at, const Memory& memory) const;
  const LengthRow& recent_lengths(std::uint32_t at) const {
    return recent_lengths_[at & position_mask_];
  }
  const LengthRow& fresh_lengths(std::uint32_t at) const {
    return match_lengths_[at & position_mask_];
  }
  std::uint32_t distance(std::uint32_t length, std::uint32_t distance) const;

 private:
  using LengthPrices = std::array<LengthRow, delta::kPositionCount>;
  static void fill(LengthPrices& prices, const delta::LengthModel& model);

  const Residuals& residuals_;
  delta::LiteralContext context_;
  std::uint32_t position_mask_;
  const delta::Models& models_;
  LengthPrices match_lengths_;
  LengthPrices recent_lengths_;
  std::array<std::array<std::uint32_t, 1 << delta::kDistanceSlotBits>, delta::kDistanceContexts>
      slots_;
};

}  // namespace airlock::diff
