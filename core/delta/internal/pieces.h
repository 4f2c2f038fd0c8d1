// What travels, piece by piece, none of it handed out before it was proven.
#pragma once

#include <array>

#include "core/delta/delta.h"
#include "core/package/tree.h"

namespace airlock::delta::internal {

// Which block of which payload.
struct BlockPlace {
  const package::Payload& payload;
  std::size_t block_count;
  std::size_t block;
};

// Room for one piece of the head with its inclusion path (at most 2^16 pieces).
inline constexpr std::size_t kHeadPathMax = 16;
using HeadBuffer =
    std::array<std::uint8_t, package::kPieceSizeMax + kHeadPathMax * package::Digest::kSize>;

// prove_entry reads the head piece of a block and proves it. It returns the block's entry, whose
// bytes lie inside the payload's body. Errors: index_rejected, and those of the source.
Result<HeadEntry> prove_entry(const BlockPlace& place, Source& source, HeadBuffer& buffer);

// PieceReader hands out the coded bytes of one block in order. The place, the source and the buffer
// must outlive it.
class PieceReader {
 public:
  // open reads the leaf hashes and proves them. `buffer` holds at least one whole piece. Errors:
  // index_rejected (a size that no block has), piece_rejected, those of the source.
  Status open(const HeadEntry& entry, const BlockPlace& place, Source& source, MutableBytes buffer);

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
  std::uint64_t body_at_ = 0;
  std::array<package::Digest, kBlockPiecesMax> leaves_;
};

}  // namespace airlock::delta::internal
