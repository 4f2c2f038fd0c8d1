// core/delta: from what travels to the new image, block by block, in fixed memory.
//
// It is for payloads (docs/formats/payload.md): a full image, stored raw or coded, or a patch
// against a base image. The new image is cut into blocks of 64 KiB, and each block is made alone:
// it may read anywhere in the base, never in another block, so that work resumes at any block.
// What all blocks share, the facts, is read once and kept in a scratch area; a device that finds
// them there after an interruption does not fetch them again.
// It promises that no byte of a payload is decoded before its piece was proven against the signed
// tree, that no block counts as written before its digest matched, that memory is the size of one
// decoder, whatever the image, and that a block which fails leaves the others as they were.
// It reads back no byte of the slot but those of the block at hand, never trusts a length, and
// holds no state between blocks.
//
// A payload is a head and a body. The head lists an entry for the facts and one for each block (how
// many bytes, how they are coded, the root of the tree over their pieces). The head is itself cut
// into pieces, each travelling with its inclusion path to `Payload::root`. What an entry is for
// begins with the leaf hashes of its pieces, which must have the entry's root; then the pieces
// follow. A single piece has no list: the root is that piece's hash.
#pragma once

#include <array>
#include <cstdint>

#include "core/base/base.h"
#include "core/delta/facts.h"
#include "core/package/manifest.h"

namespace airlock::delta {

// The most memory that decoding takes, everything included; Payload::decoder_memory states it per
// payload (16 KiB or 48 KiB) and the gate compares.
inline constexpr std::size_t kDecoderMemoryMax = kLarge.memory;

// What of it is set aside for the stack below prepare and decode: measured by the room's tests.
inline constexpr std::size_t kLargeStack = 4 << 10;
inline constexpr std::size_t kSmallStack = 3 << 10;

// The pieces that one block may have: their leaf hashes are held while it is decoded. A payload
// whose pieces are at least kUsualPieceSizeMin can store every block, even raw. The small profile
// has no room for more hashes than kSmallPiecesMax, nor for larger pieces than kSmallPieceSize.
inline constexpr std::size_t kBlockPiecesMax = 128;
inline constexpr std::size_t kUsualPieceSizeMin = package::kBlockSize / kBlockPiecesMax;
inline constexpr std::uint16_t kSmallPieceSize = 1 << 10;
inline constexpr std::size_t kSmallPiecesMax = package::kBlockSize / kSmallPieceSize;

// What a block reads beside the payload. The scratch area holds the facts, which take
// scratch_size(segments, chain) bytes (facts.h); it is erased and written as a slot is.
struct Places {
  Source* base;  // nullptr where there is none; only a patch reads it
  Source& scratch;
};

namespace internal {
// What decoders of every size are made of. Errors: as told below, and memory_exceeded.
Status prepare(MutableBytes memory, const package::Image& image, const package::Payload& payload,
               Source& source, Area& scratch);
Status decode(MutableBytes memory, const package::Image& image, const package::Payload& payload,
              std::size_t block, Source& source, const Places& places, Area& sink);
}  // namespace internal

// Makes blocks of one image from one payload. The object is all the memory that decoding takes; it
// belongs into static storage on a microcontroller.
template <std::size_t kMemory, std::size_t kStack>
class DecoderOf {
 public:
  // prepare sees to it that the scratch area holds the facts of the payload: it reads them and
  // writes them down unless they are there already, whole. Errors: index_rejected (head),
  // piece_rejected, patch_malformed, unsupported_version, memory_exceeded (the payload is for a
  // larger decoder, or the area is too small), those of the source and the area.
  Status prepare(const package::Image& image, const package::Payload& payload, Source& source,
                 Area& scratch) {
    return internal::prepare(memory_, image, payload, source, scratch);
  }

  // decode proves, decodes and writes block `block` of `image`, in order, to `sink` at the block's
  // place (the caller erased it), and checks its digest. `base` is read only where the payload is a
  // patch (its digest was checked by check_base). Errors: index_rejected (head), piece_rejected,
  // patch_malformed, block_rejected, bad_checksum where prepare was not called, and those of the
  // sources and the sink, passed through.
  Status decode(const package::Image& image, const package::Payload& payload, std::size_t block,
                Source& source, const Places& places, Area& sink) {
    return internal::decode(memory_, image, payload, block, source, places, sink);
  }

 private:
  alignas(16) std::array<std::uint8_t, kMemory - kStack> memory_;
};
using BlockDecoder = DecoderOf<kLarge.memory, kLargeStack>;
using SmallBlockDecoder = DecoderOf<kSmall.memory, kSmallStack>;
static_assert(sizeof(BlockDecoder) + kLargeStack <= kLarge.memory);
static_assert(sizeof(SmallBlockDecoder) + kSmallStack <= kSmall.memory);

// check_base hashes `size` bytes of the base and compares: base_mismatch otherwise. A patch is
// applied only after this.
Status check_base(const package::Payload& payload, Source& base);

// block_holds says whether `slot` holds block `block` of the image already: after an interruption
// the blocks themselves are the journal. Errors: those of the slot.
Result<bool> block_holds(const package::Image& image, std::size_t block, Source& slot);

// check_image reads the whole image back from the slot: image_rejected unless it has the signed
// digest (at = the first block that is wrong, or the block count where only the image's digest is).
// The image's digest covers every byte, so that no block digest is computed a second time.
Status check_image(const package::Image& image, Source& slot);

// The encoder (publish/diff) and the reader agree on the head through these.
enum class Coding : std::uint8_t { raw = 0, coded = 1, facts = 2 };
struct HeadEntry {
  std::uint32_t stored_size = 0;  // leaf hashes (where more than one) and pieces together
  Coding coding = Coding::raw;
  package::Digest root;  // RFC 9162 over its pieces
};
inline constexpr std::uint32_t kStoredSizeMax = (1 << 22) - 1;
inline constexpr std::size_t kHeadEntrySize = 3 + 32;
void write_head_entry(const HeadEntry& entry, MutableBytes to);
// read_head_entry reads kHeadEntrySize bytes. Errors: index_rejected for a coding that is unknown.
Result<HeadEntry> read_head_entry(Bytes from);

// The facts have the first entry, block k the one behind k others.
constexpr std::size_t entry_count(std::size_t blocks) { return blocks + 1; }

// no_facts are those of a payload that needs none: all of its blocks are raw, or full.
inline constexpr std::size_t kNoFactsSize = kFactsFixedSize + 2;
constexpr std::array<std::uint8_t, kNoFactsSize> no_facts(const Profile& profile) {
  return {kFactsVersion,
          profile.number,
          static_cast<std::uint8_t>(profile.memory >> 24),
          static_cast<std::uint8_t>(profile.memory >> 16),
          static_cast<std::uint8_t>(profile.memory >> 8),
          static_cast<std::uint8_t>(profile.memory)};
}

// stored_size of a block whose coded bytes are cut into pieces, and the way back: how many pieces
// and coded bytes stand behind a stored size. Errors: index_rejected for a size that no block has.
struct BlockShape {
  std::size_t pieces = 0;
  std::size_t coded_size = 0;

  std::size_t list_size() const { return pieces > 1 ? pieces * package::Digest::kSize : 0; }
};
std::uint32_t stored_size(std::size_t coded_size, std::uint16_t piece_size);
Result<BlockShape> block_shape(std::uint32_t stored_size, std::uint16_t piece_size);

// head_place says where head piece `piece` travels: its inclusion path, then its bytes, which are
// the offset of what its first entry is for (kHeadOffsetSize bytes, from the start of the payload)
// and whole entries. It begins where the one before it ends; `head_size` of the manifest is where
// the body begins.
struct HeadPlace {
  std::uint64_t offset = 0;
  std::size_t path_size = 0;   // digests
  std::size_t piece_size = 0;  // bytes
};
inline constexpr std::size_t kHeadOffsetSize = 8;
std::size_t head_entries_per_piece(std::uint16_t piece_size);
std::uint64_t head_piece_count(std::size_t entries, std::uint16_t piece_size);
HeadPlace head_place(std::size_t entries, std::uint16_t piece_size, std::uint64_t piece);

}  // namespace airlock::delta
