#include "publish/diff/delta_file.h"

#include <algorithm>
#include <memory>

#include "core/base/bytes_source.h"
#include "core/delta/internal/numbers.h"
#include "core/delta/internal/pieces.h"

namespace airlock::diff {

using delta::internal::read_number;
using delta::internal::write_number;

namespace {

constexpr std::array<std::uint8_t, 4> kMagic = {'A', 'L', 'D', '1'};

}  // namespace

std::vector<std::uint8_t> write_delta_file(const BuiltImage& image, const BuiltPayload& built) {
  std::vector<std::uint8_t> file(kDeltaFileFixedSize);
  const MutableBytes to(file);
  const package::Payload& payload = built.payload;
  copy_into(to, kMagic);
  file[4] = static_cast<std::uint8_t>(payload.type);
  write_number(payload.piece_size, to.subspan(5, 2));
  write_number(payload.decoder_memory, to.subspan(7, 4));
  write_number(payload.head_size, to.subspan(11, 4));
  copy_into(to.subspan(15), payload.root.bytes);
  write_number(image.size, to.subspan(47, 8));
  copy_into(to.subspan(55), image.digest.bytes);
  write_number(payload.base_size, to.subspan(87, 8));
  copy_into(to.subspan(95), payload.base_digest.bytes);
  for (const Digest& each : image.block_digests) {
    file.insert(file.end(), each.bytes.begin(), each.bytes.end());
  }
  file.insert(file.end(), built.bytes.begin(), built.bytes.end());
  return file;
}

namespace {

// What is before the digests of the blocks.
Result<DeltaFile> read_fixed(Bytes file) {
  DeltaFile made;
  package::Payload& payload = made.payload;
  if (file[4] != 1 && file[4] != 2) return fail(Code::out_of_range, 4);
  payload.type = static_cast<package::PayloadType>(file[4]);
  payload.piece_size = static_cast<std::uint16_t>(read_number(file.subspan(5, 2)));
  payload.decoder_memory = static_cast<std::uint32_t>(read_number(file.subspan(7, 4)));
  payload.head_size = static_cast<std::uint32_t>(read_number(file.subspan(11, 4)));
  copy_into(payload.root.bytes, file.subspan(15, Digest::kSize));
  made.image.size = read_number(file.subspan(47, 8));
  copy_into(made.image.digest.bytes, file.subspan(55, Digest::kSize));
  payload.base_size = read_number(file.subspan(87, 8));
  copy_into(payload.base_digest.bytes, file.subspan(95, Digest::kSize));
  payload.scratch_size = kScratchSize;  // a file states none; whoever reads it has memory
  return made;
}

Status check_fixed(const DeltaFile& file) {
  const package::Payload& payload = file.payload;
  if (payload.piece_size < package::kPieceSizeMin || payload.piece_size > package::kPieceSizeMax) {
    return fail(Code::out_of_range, 5);
  }
  if (payload.decoder_memory != delta::kSmall.memory &&
      payload.decoder_memory != delta::kLarge.memory) {
    return fail(Code::out_of_range, 7);
  }
  if (file.image.size == 0) return fail(Code::out_of_range, 47);
  for (const std::uint64_t size : {file.image.size, payload.base_size}) {
    if (size > package::kImageSizeMax) return fail(Code::oversized, size);
  }
  if (file.is_patch() != (payload.base_size > 0)) return fail(Code::out_of_range, 87);
  if (!file.is_patch() && payload.base_digest != Digest()) return fail(Code::out_of_range, 95);
  return {};
}

// Whose bytes do not have the digests that stand in the same file is damaged: nobody signed it, and
// no server has a better one.
Error of_a_file(const Error& error) {
  constexpr std::array kOfDigests = {Code::piece_rejected, Code::index_rejected,
                                     Code::block_rejected, Code::image_rejected};
  if (std::ranges::find(kOfDigests, error.code) == kOfDigests.end()) return error;
  return {Code::digest_mismatch, error.at};
}
template <class T>
Result<T> of_a_file(Result<T> result) {
  if (!result) return std::unexpected(of_a_file(result.error()));
  return result;
}

std::uint64_t head_size_of(std::size_t entries, std::uint16_t piece_size) {
  const delta::HeadPlace last =
      delta::head_place(entries, piece_size, delta::head_piece_count(entries, piece_size) - 1);
  return last.offset + last.path_size * Digest::kSize + last.piece_size;
}

// Proves the index, and that what it lists fills the payload without a gap.
Status read_entries(DeltaFile& file) {
  const std::size_t count = delta::entry_count(file.image.block_digests.size());
  if (file.payload.head_size != head_size_of(count, file.payload.piece_size)) {
    return fail(Code::out_of_range, 11);
  }
  if (file.bytes.size() < file.payload.head_size) return fail(Code::truncated);
  package::Payload whole = file.payload;
  whole.size =
      package::kPayloadSizeMax;  // so that a file which was cut is not taken for a damaged one
  BytesSource source(file.bytes);
  delta::internal::HeadBuffer head;
  std::uint64_t end = whole.head_size;
  for (std::size_t entry = 0; entry < count; ++entry) {
    AIRLOCK_ASSIGN(const delta::internal::PlacedEntry placed,
                   of_a_file(delta::internal::prove_entry({whole, count, entry}, source, head)));
    if (placed.offset != end) return fail(Code::digest_mismatch, entry);
    end += placed.entry.stored_size;
    file.entries.push_back(placed.entry);
  }
  if (file.bytes.size() < end) return fail(Code::truncated, end);
  if (file.bytes.size() > end) return fail(Code::trailing_bytes, end);
  return {};
}

}  // namespace

Result<DeltaFile> read_delta_file(Bytes file) {
  constexpr std::size_t kMagicName = 3;  // the version stands behind it
  if (file.size() < kMagic.size() ||
      !equal(file.first(kMagicName), Bytes(kMagic).first(kMagicName))) {
    return fail(Code::wrong_magic);
  }
  if (file[kMagicName] != kMagic[kMagicName]) return fail(Code::unsupported_version);
  if (file.size() < kDeltaFileFixedSize) return fail(Code::truncated);
  AIRLOCK_ASSIGN(DeltaFile made, read_fixed(file));
  AIRLOCK_TRY(check_fixed(made));
  const auto blocks = static_cast<std::size_t>((made.image.size - 1) / package::kBlockSize + 1);
  Bytes left = file.subspan(kDeltaFileFixedSize);
  if (left.size() / Digest::kSize < blocks) return fail(Code::truncated);
  for (std::size_t i = 0; i < blocks; ++i, left = left.subspan(Digest::kSize)) {
    Digest digest;
    copy_into(digest.bytes, left.first(Digest::kSize));
    made.image.block_digests.push_back(digest);
  }
  if (blocks == 1 && made.image.block_digests[0] != made.image.digest) {
    return fail(Code::digest_mismatch);
  }
  made.bytes = left;
  AIRLOCK_TRY(read_entries(made));
  made.payload.size = left.size();
  made.payload.digest = crypto::sha256(left);
  return made;
}

Status apply_delta(const DeltaFile& file, Bytes base, Area& slot, const Applying& applying) {
  BytesSource source(file.bytes);
  BytesSource of_base(base);
  if (file.is_patch()) {
    if (base.size() != file.payload.base_size) return fail(Code::base_mismatch);
    AIRLOCK_TRY(delta::check_base(file.payload, of_base));
  }
  const package::Image image = file.image.view();
  const Decoding decoding = {image, file.payload, source, file.is_patch() ? &of_base : nullptr,
                             slot};
  AIRLOCK_TRY(of_a_file(decode_blocks(decoding, applying.workers, applying.progress)));
  return of_a_file(delta::check_image(image, slot));
}

Result<MemoryArea> apply_delta(const DeltaFile& file, Bytes base, std::size_t workers) {
  AIRLOCK_ASSIGN(MemoryArea slot, MemoryArea::make(file.image.size));
  AIRLOCK_TRY(apply_delta(file, base, slot, {workers, {}}));
  return slot;
}

Result<PayloadParts> look_at(const DeltaFile& file) {
  const package::Image image = file.image.view();
  BytesSource source(file.bytes);
  MemoryArea scratch(kScratchSize);
  const auto decoder = std::make_unique<delta::BlockDecoder>();
  AIRLOCK_TRY(of_a_file(decoder->prepare(image, file.payload, source, scratch)));
  delta::FactsReader facts;
  AIRLOCK_TRY(facts.open(scratch, file.payload.root.bytes));
  PayloadParts parts;
  parts.segments = facts.header().segment_count;
  parts.chain = facts.header().chain_count;
  parts.memory = file.payload.decoder_memory;
  parts.regions.assign(facts.header().regions.begin(), facts.header().regions.end());
  parts.index = delta::head_piece_count(file.entries.size(), file.payload.piece_size) *
                delta::kHeadOffsetSize;
  parts.proofs = file.payload.head_size - parts.index - file.entries.size() * delta::kHeadEntrySize;
  for (std::size_t entry = 0; entry < file.entries.size(); ++entry) {
    const delta::HeadEntry& each = file.entries[entry];
    AIRLOCK_ASSIGN(const delta::BlockShape shape,
                   delta::block_shape(each.stored_size, file.payload.piece_size));
    parts.index += delta::kHeadEntrySize - Digest::kSize;
    parts.proofs += Digest::kSize + shape.list_size();
    if (entry == 0) {
      parts.facts = shape.coded_size;
      continue;
    }
    BlockParts block;
    block.size = image.block_size(entry - 1);
    block.stored = shape.coded_size;
    block.coding = each.coding;
    if (each.coding == delta::Coding::raw) {
      block.bytes[static_cast<std::size_t>(Part::whole)] = static_cast<double>(shape.coded_size);
    }
    parts.blocks.push_back(block);
  }
  return parts;
}

std::string_view name_of(Part part) {
  switch (part) {
    case Part::matches: return "matches";
    case Part::literals: return "literals";
    case Part::runs: return "runs";
    case Part::plain: return "plain";
    case Part::pointers: return "pointers";
    case Part::branches: return "branches";
    case Part::locals: return "locals";
    case Part::data: return "data";
    case Part::whole: return "whole";
  }
  return "";
}

}  // namespace airlock::diff
