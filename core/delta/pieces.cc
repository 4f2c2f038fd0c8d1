#include "core/delta/internal/pieces.h"

#include "core/delta/internal/numbers.h"

namespace airlock::delta::internal {

using package::Digest;

namespace {

// The entry of a piece, and how many bytes the entries before it are for.
Status find_entry(Bytes piece, std::size_t index, PlacedEntry& placed) {
  placed.offset = read_number(piece.first(kHeadOffsetSize));
  for (std::size_t i = 0;; ++i) {
    AIRLOCK_ASSIGN(placed.entry, read_head_entry(piece.subspan(kHeadOffsetSize + i * kHeadEntrySize,
                                                               kHeadEntrySize)));
    if (i == index) return {};
    if (placed.offset > package::kPayloadSizeMax) return fail(Code::index_rejected);
    placed.offset += placed.entry.stored_size;
  }
}

// What a payload of small memory may be cut into: its decoder has no room for anything else.
bool is_small(const package::Payload& payload) { return payload.decoder_memory <= kSmall.memory; }
bool fits_decoder(const package::Payload& payload) {
  return !is_small(payload) || payload.piece_size == kSmallPieceSize;
}
bool fits_decoder(const package::Payload& payload, const HeadEntry& entry) {
  const auto shape = block_shape(entry.stored_size, payload.piece_size);
  return shape && shape->pieces <= (is_small(payload) ? kSmallPiecesMax : kBlockPiecesMax);
}

}  // namespace

Result<PlacedEntry> prove_entry(const EntryPlace& place, Source& source, MutableBytes buffer) {
  const package::Payload& payload = place.payload;
  const Error wrong = {Code::index_rejected, place.block()};
  if (payload.piece_size < kHeadOffsetSize + kHeadEntrySize ||
      payload.piece_size > package::kPieceSizeMax || !fits_decoder(payload)) {
    return fail(wrong);
  }
  const std::size_t each = head_entries_per_piece(payload.piece_size);
  const std::uint64_t piece = place.entry / each;
  const HeadPlace head = head_place(place.entry_count, payload.piece_size, piece);
  AIRLOCK_CHECK(head.path_size <= kHeadPathMax);
  const std::size_t path_bytes = head.path_size * Digest::kSize;
  const std::uint64_t travels = path_bytes + head.piece_size;
  if (head.offset + travels > payload.head_size) return fail(wrong);
  if (travels > buffer.size()) return fail(Code::memory_exceeded);

  const MutableBytes read = buffer.first(path_bytes + head.piece_size);
  AIRLOCK_TRY(source.read(head.offset, read));
  std::array<Digest, kHeadPathMax> path;
  for (std::size_t i = 0; i < head.path_size; ++i) {
    copy_into(path[i].bytes, read.subspan(i * Digest::kSize, Digest::kSize));
  }
  const Bytes bytes = read.subspan(path_bytes);
  const std::uint64_t count = head_piece_count(place.entry_count, payload.piece_size);
  if (!package::verify_inclusion(package::leaf_hash(bytes), piece, count,
                                 std::span(path).first(head.path_size), payload.root)) {
    return fail(wrong);
  }
  PlacedEntry found;
  if (!find_entry(bytes, place.entry % each, found)) return fail(wrong);
  // Signed, so this can only be a publisher's mistake; no sum may wrap around all the same.
  if (found.offset < payload.head_size || found.offset > payload.size ||
      found.entry.stored_size > payload.size - found.offset ||
      !fits_decoder(payload, found.entry)) {
    return fail(wrong);
  }
  return found;
}

Status PieceReader::open(const PlacedEntry& placed, const EntryPlace& place, Source& source,
                         const Memory& memory) {
  AIRLOCK_ASSIGN(shape_, block_shape(placed.entry.stored_size, place.payload.piece_size));
  source_ = &source;
  block_ = place.block();
  piece_size_ = place.payload.piece_size;
  if (shape_.pieces > memory.leaves.size() || piece_size_ > memory.buffer.size()) {
    return fail(Code::memory_exceeded, shape_.pieces);
  }
  leaves_ = memory.leaves.first(shape_.pieces);
  buffer_ = memory.buffer.first(memory.buffer.size() / piece_size_ * piece_size_);
  coded_at_ = 0;
  body_at_ = static_cast<std::size_t>(placed.offset) + shape_.list_size();
  if (shape_.pieces == 1) {
    leaves_[0] = placed.entry.root;
    return {};
  }
  static_assert(sizeof(Digest) == Digest::kSize);
  const MutableBytes list(leaves_[0].bytes.data(), shape_.list_size());
  AIRLOCK_TRY(source.read(placed.offset, list));
  package::TreeHasher hasher;
  for (const Digest& leaf : leaves_) hasher.add(leaf);
  if (hasher.root() != placed.entry.root) return fail(Code::piece_rejected, block_);
  return {};
}

Result<Bytes> PieceReader::next() {
  AIRLOCK_CHECK(!at_end());
  const std::size_t size = std::min(buffer_.size(), shape_.coded_size - coded_at_);
  const MutableBytes read = buffer_.first(size);
  AIRLOCK_TRY(source_->read(body_at_ + coded_at_, read));
  for (std::size_t at = 0; at < size; at += piece_size_) {
    const Bytes piece = read.subspan(at, std::min(piece_size_, size - at));
    if (package::leaf_hash(piece) != leaves_[(coded_at_ + at) / piece_size_]) {
      return fail(Code::piece_rejected, block_);
    }
  }
  coded_at_ += size;
  return Bytes(read);
}

}  // namespace airlock::delta::internal
