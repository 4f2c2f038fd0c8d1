// A payload of one block, made by hand with every proof right: what tests bend.
#pragma once

#include <vector>

#include "core/delta/delta.h"
#include "core/package/tree.h"

namespace airlock::fakes {

struct OneBlockPayload {
  std::vector<std::uint8_t> bytes;
  package::Payload payload;  // of type full, until a test says otherwise
};

// What an entry is for, as it is stored: leaf hashes where there are several pieces, then these.
struct StoredEntry {
  std::vector<std::uint8_t> bytes;
  delta::HeadEntry entry;
};
inline StoredEntry stored_entry(Bytes coded, delta::Coding coding, std::uint16_t piece_size) {
  StoredEntry made;
  package::TreeHasher tree;
  for (std::size_t at = 0; at < coded.size(); at += piece_size) {
    const std::size_t size = std::min<std::size_t>(piece_size, coded.size() - at);
    const package::Digest leaf = package::leaf_hash(coded.subspan(at, size));
    tree.add(leaf);
    made.bytes.insert(made.bytes.end(), leaf.bytes.begin(), leaf.bytes.end());
  }
  if (tree.count() == 1) made.bytes.clear();
  made.bytes.insert(made.bytes.end(), coded.begin(), coded.end());
  made.entry = {delta::stored_size(coded.size(), piece_size), coding, tree.root()};
  return made;
}

// The head of a payload of one block: one piece, whose hash is the root.
inline constexpr std::size_t kOneBlockHeadSize = delta::kHeadOffsetSize + 2 * delta::kHeadEntrySize;
inline std::vector<std::uint8_t> one_block_head(const delta::HeadEntry& facts,
                                                const delta::HeadEntry& block,
                                                std::uint64_t offset) {
  std::vector<std::uint8_t> head(kOneBlockHeadSize);
  for (std::size_t i = 0; i < delta::kHeadOffsetSize; ++i) {
    head[i] = static_cast<std::uint8_t>(offset >> (8 * (delta::kHeadOffsetSize - 1 - i)));
  }
  const MutableBytes all(head);
  delta::write_head_entry(facts, all.subspan(delta::kHeadOffsetSize, delta::kHeadEntrySize));
  delta::write_head_entry(block, all.last(delta::kHeadEntrySize));
  return head;
}

inline OneBlockPayload one_block_payload(Bytes facts, Bytes coded, delta::Coding coding,
                                         std::uint16_t piece_size,
                                         const delta::Profile& profile = delta::kLarge) {
  const StoredEntry first = stored_entry(facts, delta::Coding::facts, piece_size);
  const StoredEntry second = stored_entry(coded, coding, piece_size);
  OneBlockPayload made;
  made.bytes = one_block_head(first.entry, second.entry, kOneBlockHeadSize);
  made.payload.root = package::leaf_hash(made.bytes);
  made.payload.head_size = kOneBlockHeadSize;
  made.bytes.insert(made.bytes.end(), first.bytes.begin(), first.bytes.end());
  made.bytes.insert(made.bytes.end(), second.bytes.begin(), second.bytes.end());
  made.payload.size = made.bytes.size();
  made.payload.digest = crypto::sha256(made.bytes);
  made.payload.piece_size = piece_size;
  made.payload.decoder_memory = profile.memory;
  made.payload.scratch_size = 8192;  // of a patch
  return made;
}

}  // namespace airlock::fakes
