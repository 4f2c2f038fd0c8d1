// Something small, kept whole in two copies: the journal, the keyring.
//
// The older copy is always the one that is written. Each begins with a counter, its size and a
// checksum over counter and content, so that what a power cut leaves half is passed over.
#pragma once

#include <array>
#include <cstdint>

#include "core/base/base.h"

namespace airlock::bare {

// The copies lie in erase units of their own; each area is erased whole.
using Pair = std::array<Area*, 2>;

inline constexpr std::size_t kPairHead = 16;  // bytes before the content, in each copy
// What writes are filled up to: whole words of any flash that is known.
inline constexpr std::size_t kWordMax = 32;

struct Newest {
  std::size_t copy = 0;
  std::size_t size = 0;
  std::uint64_t counter = 0;  // 0: neither copy reads
};
// newest finds the newer copy that reads whole. Its content stands behind kPairHead bytes.
Newest newest(const Pair& pair);
// read_copy is one of them; its counter is 0 where it does not read whole.
Newest read_copy(const Pair& pair, std::size_t which);
// load reads the newer content; empty where neither copy reads. Errors: oversized where `to` has no
// room for it, those of the area.
Result<Bytes> load(const Pair& pair, MutableBytes to);
// save writes over the older copy, and syncs. Errors: oversized, those of the area.
Status save(const Pair& pair, Bytes content);

// write_padded writes `bytes` behind what `head` says, both filled up to whole words, into an area
// that it erases, and syncs. Errors: oversized, those of the area.
Status write_padded(Area& area, Bytes head, Bytes bytes);

}  // namespace airlock::bare
