// What travels, piece by piece, none of it handed out before it was proven.
#pragma once

#include <array>

#include "core/delta/delta.h"
#include "core/package/tree.h"

namespace airlock::delta::internal {

// Which entry of which payload.
struct EntryPlace {
  const package::Payload& payload;
  std::size_t entry_count;
  std::size_t entry;

  // block is what errors are told of; 0 for the facts too.
  std::size_t block() const { return entry > 0 ? entry - 1 : 0; }
};
// What an entry says, and where its bytes begin in the payload.
struct PlacedEntry {
  HeadEntry entry;
  std::uint64_t offset = 0;
};

// Room for one piece of the head with its inclusion path (at most 2^16 pieces).
inline constexpr std::size_t kHeadPathMax = 16;
using HeadBuffer =
    std::array<std::uint8_t, package::kPieceSizeMax + kHeadPathMax * package::Digest::kSize>;

// prove_entry reads the head piece of an entry and proves it. It returns the entry, whose bytes lie
// inside the payload's body. `buffer` may be smaller than HeadBuffer where pieces are. Errors:
// index_rejected, memory_exceeded where the buffer is too small, and those of the source.
Result<PlacedEntry> prove_entry(const EntryPlace& place, Source& source, MutableBytes buffer);

// PieceReader hands out the coded bytes of one entry in order. The place, the source and the buffer
// must outlive it.
class PieceReader {
 public:
  // open reads the leaf hashes and proves them. `leaves` holds the hashes of all pieces, `buffer`
  // at least one whole piece. Errors: index_rejected (a size that no block has), memory_exceeded
  // where there are more pieces than hashes, piece_rejected, those of the source.
  struct Memory {
    std::span<package::Digest> leaves;
    MutableBytes buffer;
  };
  Status open(const PlacedEntry& placed, const EntryPlace& place, Source& source,
              const Memory& memory);

  std::size_t coded_size() const { return shape_.coded_size; }
  bool at_end() const { return coded_at_ == shape_.coded_size; }

  // next reads as many pieces as the buffer holds and proves each; the view lasts until the next
  // call. It must not be called at the end. Errors: piece_rejected, those of the source.
  Result<Bytes> next();

 private:
  Source* source_ = nullptr;
  MutableBytes buffer_;
  BlockShape shape_;
  std::size_t block_ = 0;
  std::size_t piece_size_ = 0;
  std::size_t coded_at_ = 0;
  std::size_t body_at_ = 0;
  std::span<package::Digest> leaves_;
};

}  // namespace airlock::delta::internal
