#include "core/delta/internal/pieces.h"

namespace airlock::delta::internal {

using package::Digest;

Result<HeadEntry> prove_entry(const BlockPlace& place, Source& source, HeadBuffer& buffer) {
  const package::Payload& payload = place.payload;
  const Error wrong = {Code::index_rejected, place.block};
  if (payload.piece_size < kHeadEntrySize || payload.piece_size > package::kPieceSizeMax) {
    return std::unexpected(wrong);
  }
  const std::size_t entries = head_entries_per_piece(payload.piece_size);
  const std::uint64_t piece = place.block / entries;
  const HeadPlace head = head_place(place.block_count, payload.piece_size, piece);
  AIRLOCK_CHECK(head.path_size <= kHeadPathMax);
  const std::size_t path_bytes = head.path_size * Digest::kSize;
  const std::uint64_t travels = path_bytes + head.piece_size;
  if (head.offset + travels > payload.head_size) return std::unexpected(wrong);

  const MutableBytes read = MutableBytes(buffer).first(path_bytes + head.piece_size);
  AIRLOCK_TRY(source.read(head.offset, read));
  std::array<Digest, kHeadPathMax> path;
  for (std::size_t i = 0; i < head.path_size; ++i) {
    copy_into(path[i].bytes, read.subspan(i * Digest::kSize, Digest::kSize));
  }
  const Bytes bytes = read.subspan(path_bytes);
  const std::uint64_t count = head_piece_count(place.block_count, payload.piece_size);
  if (!package::verify_inclusion(package::leaf_hash(bytes), piece, count,
                                 std::span(path).first(head.path_size), payload.root)) {
    return std::unexpected(wrong);
  }
  const std::size_t at = place.block % entries * kHeadEntrySize;
  AIRLOCK_ASSIGN(const HeadEntry entry, read_head_entry(bytes.subspan(at, kHeadEntrySize)));
  // Signed, so this can only be a publisher's mistake; no sum may wrap around all the same.
  if (entry.offset < payload.head_size || entry.offset > payload.size ||
      entry.stored_size > payload.size - entry.offset) {
    return std::unexpected(wrong);
  }
  return entry;
}

Status PieceReader::open(const HeadEntry& entry, const BlockPlace& place, Source& source,
                         MutableBytes buffer) {
  AIRLOCK_ASSIGN(shape_, block_shape(entry.stored_size, place.payload.piece_size));
  source_ = &source;
  block_ = place.block;
  piece_size_ = place.payload.piece_size;
  AIRLOCK_CHECK(buffer.size() >= piece_size_);
  buffer_ = buffer.first(buffer.size() / piece_size_ * piece_size_);
  coded_at_ = 0;
  body_at_ = entry.offset + shape_.list_size();
  if (shape_.pieces == 1) {
    leaves_[0] = entry.root;
    return {};
  }
  static_assert(sizeof(leaves_) == kBlockPiecesMax * Digest::kSize);
  const MutableBytes list(leaves_[0].bytes.data(), shape_.list_size());
  AIRLOCK_TRY(source.read(entry.offset, list));
  package::TreeHasher hasher;
  for (std::size_t i = 0; i < shape_.pieces; ++i) hasher.add(leaves_[i]);
  if (hasher.root() != entry.root) return fail(Code::piece_rejected, block_);
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
