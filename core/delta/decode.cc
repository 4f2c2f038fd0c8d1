#include "core/delta/internal/work.h"

namespace airlock::delta::internal {
namespace {

// The stack of the decoder that has this much memory.
constexpr std::size_t stack_beside(std::size_t memory) {
  return memory <= kSmall.memory ? kSmallStack : kLargeStack;
}

// What is opened for one entry: its coding, and a reader of its pieces that stands on the shelf.
struct Opened {
  Coding coding;
  PieceReader* pieces;
};

// Memory for an entry's leaf hashes, then for its pieces: one at a time where more is to come, as
// many as there is room for where they are copied.
Result<Opened> open_entry(Shelf& shelf, const EntryPlace& place, Source& source) {
  // The head piece is needed no longer than until its entry was read.
  AIRLOCK_ASSIGN(const PlacedEntry& placed, prove_entry(place, source, Shelf(shelf).rest()));
  const std::size_t piece_size = place.payload.piece_size;
  AIRLOCK_ASSIGN(const BlockShape shape,
                 block_shape(placed.entry.stored_size, place.payload.piece_size));
  const MutableBytes list = shelf.take(shape.pieces * package::Digest::kSize);
  auto* const pieces = shelf.place<PieceReader>();
  if (list.empty() || pieces == nullptr || shelf.rest().size() < piece_size) {
    return fail(Code::memory_exceeded, shape.pieces);
  }
  const std::size_t room = std::min(shelf.rest().size(), kRawReadMax);
  const MutableBytes buffer =
      shelf.take(placed.entry.coding == Coding::raw ? room / piece_size * piece_size : piece_size);
  auto* const leaves = new (list.data()) package::Digest[shape.pieces];
  AIRLOCK_TRY(pieces->open(placed, place, source, {{leaves, shape.pieces}, buffer}));
  return Opened{placed.entry.coding, pieces};
}

}  // namespace

Status prepare(MutableBytes memory, const package::Image& image, const package::Payload& payload,
               Source& source, Area& scratch) {
  if (scratch.size() < kScratchHeaderSize) return fail(Code::memory_exceeded, scratch.size());
  if (holds_facts(scratch, payload.root.bytes, memory)) return {};
  Shelf shelf(memory);
  const EntryPlace place = {payload, entry_count(image.block_count()), 0};
  AIRLOCK_ASSIGN(const Opened opened, open_entry(shelf, place, source));
  if (opened.coding != Coding::facts) return fail(Code::index_rejected);
  const bool is_patch = payload.type == package::PayloadType::patch;
  const auto base = static_cast<std::size_t>(is_patch ? payload.base_size : 0);
  return keep_facts(shelf,
                    {*opened.pieces,
                     {static_cast<std::size_t>(image.size), base},
                     payload.root.bytes,
                     memory.size() + stack_beside(memory.size()),
                     payload.decoder_memory,
                     is_patch ? payload.scratch_size : kScratchHeaderSize},
                    scratch);
}

Status decode(MutableBytes memory, const package::Image& image, const package::Payload& payload,
              std::size_t block, Source& source, const Places& places, Area& sink) {
  AIRLOCK_CHECK(block < image.block_count());
  Shelf shelf(memory);
  const EntryPlace place = {payload, entry_count(image.block_count()), block + 1};
  AIRLOCK_ASSIGN(const Opened opened, open_entry(shelf, place, source));
  const bool is_patch = payload.type == package::PayloadType::patch;
  // A patch, and nobody gave its base.
  if (is_patch && places.base == nullptr) return fail(Code::patch_malformed, block);
  const BlockWork work = {block * package::kBlockSize,
                          image.block_size(block),
                          block,
                          is_patch ? places.base : nullptr,
                          is_patch ? static_cast<std::size_t>(payload.base_size) : 0,
                          sink};
  Result<package::Digest> made = fail(Code::index_rejected, block);
  switch (opened.coding) {
    case Coding::raw: made = copy_raw(*opened.pieces, work); break;
    case Coding::coded:
      made = decode_coded(shelf, *opened.pieces, work, places.scratch, payload.root.bytes);
      break;
    case Coding::facts: break;
  }
  if (!made) return fail(made.error());
  if (*made != image.block_digest(block)) return fail(Code::block_rejected, block);
  return {};
}

}  // namespace airlock::delta::internal
