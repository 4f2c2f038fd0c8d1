// core/delta: from what travels to the new image, block by block, in fixed memory.
//
// It is for payloads (docs/formats/payload.md): a full image, stored raw or compressed, or a patch
// against a base image. The new image is cut into blocks of 64 KiB, and each block is made alone:
// it may read anywhere in the base, never in another block, so that work resumes at any block.
// It promises that no byte of a payload is decoded before its piece was proven against the signed
// tree, that no block counts as written before its digest matched, that memory is the size of one
// BlockDecoder, whatever the image, and that a block which fails leaves the others as they were.
// It never seeks in what it writes, never trusts a length, and holds no state between blocks.
//
// A payload is a head and a body. The head lists one entry per block (where its bytes lie in the
// body, how it is coded, the root of the tree over its pieces). The head is itself cut into pieces,
// each travelling with its inclusion path to `Payload::root`. A block's bytes begin with the leaf
// hashes of its pieces, which must have the entry's root; then the pieces follow. A block of a
// single piece has no list: the root is that piece's hash.
#pragma once

#include <array>
#include <cstdint>

#include "core/base/base.h"
#include "core/package/manifest.h"

namespace airlock::delta {

// The memory that an applier needs, everything included; Payload::decoder_memory states it per
// payload and the gate compares.
inline constexpr std::size_t kDecoderMemoryMax = 48 << 10;

// What of it is set aside for the stack below decode: measured by the room's tests.
inline constexpr std::size_t kDecoderStackMax = 4 << 10;

// The pieces that one block may have: their leaf hashes are held while it is decoded. A payload
// whose pieces are at least kUsualPieceSizeMin can store every block, even raw.
inline constexpr std::size_t kBlockPiecesMax = 128;
inline constexpr std::size_t kUsualPieceSizeMin = package::kBlockSize / kBlockPiecesMax;

// Makes blocks of one image from one payload. The object is all the memory that decoding takes; it
// belongs into static storage on a microcontroller.
class BlockDecoder {
 public:
  // decode proves, decodes and writes block `block` of `image`, in order, to `sink` at the block's
  // place (the caller erased it), and checks its digest. `base` is read only where the payload is a
  // patch (its digest was checked by check_base). Errors: index_rejected (head), piece_rejected,
  // patch_malformed, block_rejected, and those of the sources and the sink, passed through.
  Status decode(const package::Image& image, const package::Payload& payload, std::size_t block,
                Source& source, Source* base, Area& sink);

 private:
  alignas(16) std::array<std::uint8_t, kDecoderMemoryMax - kDecoderStackMax> memory_;
};
static_assert(sizeof(BlockDecoder) + kDecoderStackMax <= kDecoderMemoryMax);

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
enum class Coding : std::uint8_t { raw = 0, compressed = 1, patch = 2 };
struct HeadEntry {
  std::uint64_t offset = 0;       // of the block's first byte, from the start of the payload
  std::uint32_t stored_size = 0;  // leaf hashes (where more than one) and pieces together
  Coding coding = Coding::raw;
  package::Digest root;  // RFC 9162 over the block's pieces
};
inline constexpr std::size_t kHeadEntrySize = 8 + 4 + 1 + 32;
void write_head_entry(const HeadEntry& entry, MutableBytes to);
// read_head_entry reads kHeadEntrySize bytes. Errors: index_rejected for a coding that is unknown.
Result<HeadEntry> read_head_entry(Bytes from);

// stored_size of a block whose coded bytes are cut into pieces, and the way back: how many pieces
// and coded bytes stand behind a stored size. Errors: index_rejected for a size that no block has.
struct BlockShape {
  std::size_t pieces = 0;
  std::size_t coded_size = 0;

  std::size_t list_size() const { return pieces > 1 ? pieces * package::Digest::kSize : 0; }
};
std::uint32_t stored_size(std::size_t coded_size, std::uint16_t piece_size);
Result<BlockShape> block_shape(std::uint32_t stored_size, std::uint16_t piece_size);

// head_place says where head piece `piece` travels: its inclusion path, then its bytes. It begins
// where the one before it ends; `head_size` of the manifest is where the body begins.
struct HeadPlace {
  std::uint64_t offset = 0;
  std::size_t path_size = 0;   // digests
  std::size_t piece_size = 0;  // bytes
};
std::size_t head_entries_per_piece(std::uint16_t piece_size);
std::uint64_t head_piece_count(std::size_t block_count, std::uint16_t piece_size);
HeadPlace head_place(std::size_t block_count, std::uint16_t piece_size, std::uint64_t piece);

}  // namespace airlock::delta
