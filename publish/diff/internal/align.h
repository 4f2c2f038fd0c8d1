// Which alignment each byte of an image has: the one that costs least to code.
#pragma once

#include <cstdint>
#include <vector>

#include "core/delta/coding.h"

namespace airlock::diff {

// A run of the image that may be taken from the base, `shift` bytes further on.
struct Lane {
  std::uint32_t begin;
  std::uint32_t end;
  std::int32_t shift;
};

// add_lanes adds copies, each with some of what is around it, and joins what is the same alignment.
struct AlignedSizes {
  std::size_t image;
  std::size_t base;
};
void add_lanes(std::vector<Lane>& lanes, const std::vector<delta::Segment>& copies,
               const AlignedSizes& sizes);

struct AlignInput {
  Bytes image;
  Bytes base;
  const std::vector<std::uint8_t>& scratch;  // facts of other copies: what lanes are predicted by
  const std::vector<delta::Isa>& isas;       // of each block
};

// align returns the cheapest way through an image on these lanes and through gaps, as copies in
// the image's order. Its prices are estimates.
std::vector<delta::Segment> align(const AlignInput& input, std::vector<Lane> lanes);

}  // namespace airlock::diff
