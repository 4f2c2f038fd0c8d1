// The head of a payload: its layout, and the entries' spelling (big-endian).
#include "core/delta/delta.h"
#include "core/package/tree.h"

namespace airlock::delta {
namespace {

void write_number(std::uint64_t value, MutableBytes to) {
  for (std::size_t i = to.size(); i-- > 0; value >>= 8) to[i] = static_cast<std::uint8_t>(value);
}

std::uint64_t read_number(Bytes from) {
  std::uint64_t value = 0;
  for (std::uint8_t byte : from) value = value << 8 | byte;
  return value;
}

}  // namespace

void write_head_entry(const HeadEntry& entry, MutableBytes to) {
  AIRLOCK_CHECK(to.size() == kHeadEntrySize);
  write_number(entry.offset, to.first(8));
  write_number(entry.stored_size, to.subspan(8, 4));
  to[12] = static_cast<std::uint8_t>(entry.coding);
  copy_into(to.subspan(13), entry.root.bytes);
}

Result<HeadEntry> read_head_entry(Bytes from) {
  AIRLOCK_CHECK(from.size() == kHeadEntrySize);
  HeadEntry entry;
  entry.offset = read_number(from.first(8));
  entry.stored_size = static_cast<std::uint32_t>(read_number(from.subspan(8, 4)));
  if (from[12] > static_cast<std::uint8_t>(Coding::patch)) return fail(Code::index_rejected, 12);
  entry.coding = static_cast<Coding>(from[12]);
  copy_into(entry.root.bytes, from.subspan(13));
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
  const std::uint64_t whole = std::uint64_t{piece_size} + package::Digest::kSize;
  const std::uint64_t pieces = (stored_size + whole - 1) / whole;
  if (pieces < 2 || pieces > kBlockPiecesMax) return fail(Code::index_rejected, stored_size);
  BlockShape shape;
  shape.pieces = static_cast<std::size_t>(pieces);
  shape.coded_size = stored_size - std::min<std::size_t>(shape.list_size(), stored_size);
  if (shape.coded_size <= (shape.pieces - 1) * piece_size) {
    return fail(Code::index_rejected, stored_size);
  }
  return shape;
}

std::size_t head_entries_per_piece(std::uint16_t piece_size) {
  AIRLOCK_CHECK(piece_size >= kHeadEntrySize);
  return piece_size / kHeadEntrySize;
}

std::uint64_t head_piece_count(std::size_t block_count, std::uint16_t piece_size) {
  const std::size_t entries = head_entries_per_piece(piece_size);
  return (block_count + entries - 1) / entries;
}

HeadPlace head_place(std::size_t block_count, std::uint16_t piece_size, std::uint64_t piece) {
  const std::size_t entries = head_entries_per_piece(piece_size);
  const std::uint64_t count = head_piece_count(block_count, piece_size);
  AIRLOCK_CHECK(piece < count);
  HeadPlace place;
  for (std::uint64_t i = 0; i <= piece; ++i) {
    place.offset += place.path_size * package::Digest::kSize + place.piece_size;
    place.path_size = package::inclusion_path_size(i, count);
    const auto done = static_cast<std::size_t>(i) * entries;
    place.piece_size = std::min(entries, block_count - done) * kHeadEntrySize;
  }
  return place;
}

}  // namespace airlock::delta
