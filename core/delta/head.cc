// The head of a payload: its layout, and the entries' spelling (big-endian).
#include "core/delta/delta.h"
#include "core/delta/internal/numbers.h"
#include "core/package/tree.h"

namespace airlock::delta {

using internal::read_number;
using internal::write_number;

namespace {

constexpr unsigned kStoredSizeBits = 22;

}  // namespace

void write_head_entry(const HeadEntry& entry, MutableBytes to) {
  AIRLOCK_CHECK(to.size() == kHeadEntrySize && entry.stored_size <= kStoredSizeMax);
  write_number(
      std::uint64_t{static_cast<std::uint8_t>(entry.coding)} << kStoredSizeBits | entry.stored_size,
      to.first(3));
  copy_into(to.subspan(3), entry.root.bytes);
}

Result<HeadEntry> read_head_entry(Bytes from) {
  AIRLOCK_CHECK(from.size() == kHeadEntrySize);
  const std::uint64_t packed = read_number(from.first(3));
  const std::uint64_t coding = packed >> kStoredSizeBits;
  if (coding > static_cast<std::uint8_t>(Coding::facts)) return fail(Code::index_rejected);
  HeadEntry entry;
  entry.stored_size = static_cast<std::uint32_t>(packed & kStoredSizeMax);
  entry.coding = static_cast<Coding>(coding);
  copy_into(entry.root.bytes, from.subspan(3));
  return entry;
}

std::uint32_t stored_size(std::size_t coded_size, std::uint16_t piece_size) {
  AIRLOCK_CHECK(coded_size > 0 && piece_size > 0);
  const BlockShape shape = {(coded_size + piece_size - 1) / piece_size, coded_size};
  return static_cast<std::uint32_t>(coded_size + shape.list_size());
}

// One piece has no list, so a stored size between one whole piece and two pieces' list is nobody's;
// the same holds at each next piece.
Result<BlockShape> block_shape(std::uint32_t stored_size, std::uint16_t piece_size) {
  if (stored_size == 0 || piece_size == 0) return fail(Code::index_rejected, stored_size);
  if (stored_size <= piece_size) return BlockShape{1, stored_size};
  const std::uint32_t whole = std::uint32_t{piece_size} + package::Digest::kSize;
  const std::uint32_t pieces = stored_size / whole + (stored_size % whole != 0 ? 1 : 0);
  if (pieces < 2 || pieces > kBlockPiecesMax) return fail(Code::index_rejected, stored_size);
  BlockShape shape;
  shape.pieces = pieces;
  shape.coded_size = stored_size - std::min<std::size_t>(shape.list_size(), stored_size);
  if (shape.coded_size <= (shape.pieces - 1) * piece_size) {
    return fail(Code::index_rejected, stored_size);
  }
  return shape;
}

std::size_t head_entries_per_piece(std::uint16_t piece_size) {
  AIRLOCK_CHECK(piece_size >= kHeadOffsetSize + kHeadEntrySize);
  return (piece_size - kHeadOffsetSize) / kHeadEntrySize;
}

std::uint64_t head_piece_count(std::size_t entries, std::uint16_t piece_size) {
  const std::size_t each = head_entries_per_piece(piece_size);
  return (entries + each - 1) / each;
}

HeadPlace head_place(std::size_t entries, std::uint16_t piece_size, std::uint64_t piece) {
  const std::size_t each = head_entries_per_piece(piece_size);
  const std::uint64_t count = head_piece_count(entries, piece_size);
  AIRLOCK_CHECK(piece < count);
  HeadPlace place;
  for (std::uint64_t i = 0; i <= piece; ++i) {
    place.offset += place.path_size * package::Digest::kSize + place.piece_size;
    place.path_size = package::inclusion_path_size(i, count);
    const auto done = static_cast<std::size_t>(i) * each;
    place.piece_size = kHeadOffsetSize + std::min(each, entries - done) * kHeadEntrySize;
  }
  return place;
}

}  // namespace airlock::delta
