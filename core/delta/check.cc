// What a place holds, told by digests: a base before a patch, a block after a power cut, a slot
// before it may run.
#include "core/delta/delta.h"

namespace airlock::delta {
namespace {

// Bytes read at once: as much as a small stack bears.
constexpr std::size_t kReadSize = 2 << 10;

struct Range {
  std::uint64_t offset;
  std::uint64_t size;
};

// hash_range adds a range of `from` to a hash.
Status hash_range(Source& from, Range range, crypto::Sha256& hash) {
  std::array<std::uint8_t, kReadSize> buffer;
  while (range.size > 0) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(range.size, kReadSize));
    const MutableBytes chunk = MutableBytes(buffer).first(size);
    AIRLOCK_TRY(from.read(range.offset, chunk));
    hash.update(chunk);
    range.offset += size;
    range.size -= size;
  }
  return {};
}

Range range_of(const package::Image& image, std::size_t block) {
  return {std::uint64_t{block} * package::kBlockSize, image.block_size(block)};
}

}  // namespace

Status check_base(const package::Payload& payload, Source& base) {
  crypto::Sha256 hash;
  AIRLOCK_TRY(hash_range(base, {0, payload.base_size}, hash));
  if (hash.finish() != payload.base_digest) return fail(Code::base_mismatch);
  return {};
}

Result<bool> block_holds(const package::Image& image, std::size_t block, Source& slot) {
  crypto::Sha256 hash;
  AIRLOCK_TRY(hash_range(slot, range_of(image, block), hash));
  return hash.finish() == image.block_digest(block);
}

Status check_image(const package::Image& image, Source& slot) {
  crypto::Sha256 whole;
  AIRLOCK_TRY(hash_range(slot, {0, image.size}, whole));
  if (whole.finish() == image.digest) return {};
  for (std::size_t block = 0; block < image.block_count(); ++block) {
    AIRLOCK_ASSIGN(const bool held, block_holds(image, block, slot));
    if (!held) return fail(Code::image_rejected, block);
  }
  return fail(Code::image_rejected, image.block_count());
}

}  // namespace airlock::delta
