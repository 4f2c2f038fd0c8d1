// What a fee is asked for, where it is written down: golden cases, command lines, lines of a batch.
#pragma once

#include "engine/fee/policy/fields.h"

namespace airlock::fee {

// Asked, with memory of its own.
struct Situation {
  std::string chain{}, asset{}, operation{}, tier{};
  std::vector<std::uint64_t> priority_fees{};
  Asked rest{};  // but for what stands above

  // asked views this.
  Asked asked() const;
};

// read_situation reads a mapping: chain, asset, operation, tier, amount, congestion, time,
// base_fee, priority_fees, units, signatures. Only the amount must be there.
Read<Situation> read_situation(Node node);

}  // namespace airlock::fee
