// The order of Rust's derived Ord among values on a tape, in which Borsh writes maps and sets.
#pragma once

#include <compare>

#include "engine/abi/type/value.h"

namespace airlock::abi::solana {

// What a decoder has read so far.
struct Read {
  const type::Map* map;
  std::span<const type::Node> nodes;
  Bytes data;
};

// compare orders the values of one type that begin at two nodes.
std::strong_ordering compare(const Read& read, std::uint32_t a, std::uint32_t b);

}  // namespace airlock::abi::solana
