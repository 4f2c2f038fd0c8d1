// What all blocks of a patch share: found in the two images, and coded.
#pragma once

#include <cstdint>
#include <vector>

#include "core/delta/facts.h"

namespace airlock::diff {

struct Facts {
  delta::FactsHeader header;  // counts are those of `segments`
  std::vector<delta::Segment> segments;
  std::vector<std::uint8_t> chained;  // 1 for each segment of the chain
};

// facts_of makes facts of copies, with the chain among them.
Facts facts_of(std::vector<delta::Segment> copies, const delta::Profile& profile);

// linked_facts adds where the base was linked to: in several ways, where more than one may be
// right.
std::vector<Facts> linked_facts(const Facts& facts, Bytes image, Bytes base, std::size_t workers);

// code_facts returns them as they travel.
std::vector<std::uint8_t> code_facts(const Facts& facts, std::uint64_t image_size,
                                     std::uint64_t base_size);

// scratch_of returns what a device's scratch area would hold, of a payload with an empty root.
std::vector<std::uint8_t> scratch_of(const Facts& facts);

}  // namespace airlock::diff
