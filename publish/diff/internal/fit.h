// Facts that a device can take: few enough for what they travel in, and for its scratch area.
#pragma once

#include <cstdint>
#include <vector>

#include "publish/diff/diff.h"
#include "publish/diff/internal/facts.h"

namespace airlock::diff {

struct FitInput {
  Bytes image;
  Bytes base;
  const Options& options;
};

// fitting_facts returns the facts of copies in the ways in which they may be linked (linked_facts).
// Facts travel in as many pieces as a block does; where there are more, the shortest segments go,
// as those do that are shorter than `shortest` (at least 1) and those that outgrow the scratch
// area.
std::vector<Facts> fitting_facts(const FitInput& input, const std::vector<delta::Segment>& copies,
                                 std::uint64_t shortest);

}  // namespace airlock::diff
