#include "publish/diff/delta_file.h"

#include <algorithm>

#include "core/base/bytes_source.h"
#include "core/delta/internal/numbers.h"
#include "publish/diff/memory_area.h"

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

Result<DeltaFile> read_delta_file(Bytes file) {
  if (file.size() < kMagic.size() || !equal(file.first(4), kMagic)) return fail(Code::wrong_magic);
  if (file.size() < kDeltaFileFixedSize) return fail(Code::truncated);
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
  if (made.image.size == 0) return fail(Code::out_of_range, 47);
  for (const std::uint64_t size : {made.image.size, payload.base_size}) {
    if (size > package::kImageSizeMax) return fail(Code::oversized, size);
  }
  const auto blocks = static_cast<std::size_t>((made.image.size - 1) / package::kBlockSize + 1);
  Bytes left = file.subspan(kDeltaFileFixedSize);
  if (left.size() < blocks * Digest::kSize) return fail(Code::truncated);
  for (std::size_t i = 0; i < blocks; ++i, left = left.subspan(Digest::kSize)) {
    Digest digest;
    copy_into(digest.bytes, left.first(Digest::kSize));
    made.image.block_digests.push_back(digest);
  }
  made.bytes = left;
  payload.size = left.size();
  payload.digest = crypto::sha256(left);
  return made;
}

Result<std::vector<std::uint8_t>> apply_delta(const DeltaFile& file, Bytes base,
                                              std::size_t workers) {
  BytesSource source(file.bytes);
  BytesSource of_base(base);
  const bool is_patch = file.payload.type == package::PayloadType::patch;
  if (is_patch) {
    if (base.size() != file.payload.base_size) return fail(Code::base_mismatch);
    AIRLOCK_TRY(delta::check_base(file.payload, of_base));
  }
  MemoryArea slot(file.image.size);
  const package::Image image = file.image.view();
  AIRLOCK_TRY(
      decode_blocks({image, file.payload, source, is_patch ? &of_base : nullptr, slot}, workers));
  AIRLOCK_TRY(delta::check_image(image, slot));
  return std::vector<std::uint8_t>(slot.bytes().begin(), slot.bytes().end());
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
