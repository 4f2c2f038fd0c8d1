#include <memory>

#include "core/delta/delta.h"
#include "device/apply/internal/blocks.h"

namespace airlock::apply::internal {
namespace {

constexpr std::size_t kUnitBlocks = platform::kEraseUnit / package::kBlockSize;

// An interruption leaves whole units, then one with holes anywhere in it. So behind as many blocks
// in a row that the slot does not hold, nothing of it can stand, and looking would only cost.
constexpr std::size_t kMissesMax = kUnitBlocks;

class Writer {
 public:
  Writer(const ImageWork& work, Artifacts& artifacts) : work_(work), artifacts_(artifacts) {}

  Status write_missing(const OnBlock& on_block) {
    const std::size_t count = work_.image.block_count();
    for (std::size_t block = 0; block < count; ++block) {
      AIRLOCK_ASSIGN(const bool held, holds(block));
      if (!held) AIRLOCK_TRY(write(block));
      // What the slot holds may be an earlier process's, and not be synced either.
      const bool ends_unit = (block + 1) % kUnitBlocks == 0 || block + 1 == count;
      if (ends_unit) AIRLOCK_TRY(work_.slot.sync());
      if (on_block) on_block(end_of(block), image_size());
    }
    return {};
  }

 private:
  std::size_t image_size() const { return static_cast<std::size_t>(work_.image.size); }
  std::size_t end_of(std::size_t block) const {
    return std::min((block + 1) * package::kBlockSize, image_size());
  }
  Result<bool> holds(std::size_t block) {
    if (misses_ == kMissesMax) return false;
    AIRLOCK_ASSIGN(const bool held, delta::block_holds(work_.image, block, work_.slot));
    misses_ = held ? 0 : misses_ + 1;
    return held;
  }

  Status write(std::size_t block) {
    if (payload_ == nullptr) AIRLOCK_TRY(open());
    const std::uint64_t offset = std::uint64_t{block} * package::kBlockSize;
    const std::uint64_t size =
        std::min<std::uint64_t>(package::kBlockSize, work_.slot.size() - offset);
    AIRLOCK_TRY(work_.slot.erase(offset, size));
    return decoder_->decode(work_.image, work_.payload, block, *payload_,
                            is_patch() ? &work_.base : nullptr, work_.slot);
  }

  // Only where a block is missing is anything fetched, and the base read.
  Status open() {
    if (is_patch()) AIRLOCK_TRY(delta::check_base(work_.payload, work_.base));
    AIRLOCK_ASSIGN(payload_, artifacts_.open(work_.payload));
    return {};
  }

  bool is_patch() const { return work_.payload.type == package::PayloadType::patch; }

  const ImageWork& work_;
  Artifacts& artifacts_;
  Source* payload_ = nullptr;
  std::size_t misses_ = 0;  // blocks in a row that the slot did not hold
  // 48 KiB: too much for a stack.
  std::unique_ptr<delta::BlockDecoder> decoder_ = std::make_unique<delta::BlockDecoder>();
};

}  // namespace

Status write_missing(const ImageWork& work, Artifacts& artifacts, const OnBlock& on_block) {
  return Writer(work, artifacts).write_missing(on_block);
}

}  // namespace airlock::apply::internal
