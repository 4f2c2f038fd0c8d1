// Where the base was linked to, and where its words stand.
#pragma once

#include <cstdint>
#include <vector>

#include "core/delta/facts.h"

namespace airlock::diff {

struct LinkInput {
  Bytes image;
  Bytes base;
  const std::vector<delta::Segment>& segments;
  Bytes scratch;  // of the segments: tells how far a place of the base went
  std::size_t workers = 1;
};
struct LinkFacts {
  unsigned phase = 0;
  std::vector<delta::Region> regions;  // at most delta::kRegionsMax
};
// find_links returns what is likeliest if the image was linked where the base was, and then what is
// if it was linked to where another slot executes: nothing where no word speaks for that.
std::vector<LinkFacts> find_links(const LinkInput& input);

}  // namespace airlock::diff
