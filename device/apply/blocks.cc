#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/delta/delta.h"
#include "device/apply/internal/blocks.h"
#include "device/apply/internal/parallel.h"
#include "host/parallel/parallel.h"

namespace airlock::apply::internal {
namespace {

constexpr std::size_t kUnitBlocks = platform::kEraseUnit / package::kBlockSize;

// One worker's memory.
struct Desk {
  delta::BlockDecoder decoder;
  BlockWindow window;
};
using Desks = std::vector<std::unique_ptr<Desk>>;

constexpr std::string_view kScratchName = "areas/scratch.area";

// What the scratch area holds: blocks look into it at many places. So much of it is in memory at
// most, in pages that give way to each other; of nearly every patch that is all of it. Several
// workers may read.
class Facts final : public Source {
 public:
  static constexpr std::size_t kPageSize = 16 << 10;
  static constexpr std::size_t kPagesMax = 64;

  // load checks what it reads, not what prepare did: the area may be another's in between.
  Status load(Area& scratch, const package::Digest& root) {
    AIRLOCK_ASSIGN(const std::uint64_t kept, delta::kept_size(scratch));
    scratch_ = &scratch;
    size_ = std::min(kept, scratch.size());
    const std::uint64_t pages = (size_ + kPageSize - 1) / kPageSize;
    pages_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(pages, kPagesMax)));
    std::array<std::uint8_t, 4096> buffer;
    if (!delta::holds_facts(*this, root.bytes, buffer)) return fail(Code::bad_checksum);
    return {};
  }
  Status read(std::uint64_t offset, MutableBytes to) override {
    if (offset > size_ || to.size() > size_ - offset) return fail(Code::out_of_range, offset);
    const std::lock_guard lock(mutex_);
    while (!to.empty()) {
      AIRLOCK_ASSIGN(const Bytes page, page_at(offset / kPageSize));
      const Bytes part = page.subspan(static_cast<std::size_t>(offset % kPageSize));
      const std::size_t size = std::min(part.size(), to.size());
      copy_into(to.first(size), part.first(size));
      to = to.subspan(size);
      offset += size;
    }
    return {};
  }

 private:
  struct Page {
    std::uint64_t number = 0;
    file::Buffer bytes;  // none: nothing was read yet
  };
  Result<Bytes> page_at(std::uint64_t number) {
    Page& page = pages_[static_cast<std::size_t>(number % pages_.size())];
    if (page.bytes.empty() || page.number != number) {
      const std::uint64_t begin = number * kPageSize;
      page.number = number;
      page.bytes.resize(
          static_cast<std::size_t>(std::min<std::uint64_t>(kPageSize, size_ - begin)));
      if (const Status read = scratch_->read(begin, page.bytes); !read) {
        page.bytes.clear();
        return std::unexpected(read.error());
      }
    }
    return Bytes(page.bytes);
  }

  Area* scratch_ = nullptr;
  std::uint64_t size_ = 0;
  std::mutex mutex_;
  std::vector<Page> pages_;
};

Desks make_desks(std::size_t count) {
  Desks desks(count);
  for (auto& desk : desks) desk = std::make_unique<Desk>();
  return desks;
}

Result<bool> block_holds(const package::Image& image, std::size_t block, Source& slot,
                         BlockWindow& window) {
  AIRLOCK_TRY(window.fill(image, block, slot));
  return delta::block_holds(image, block, window);
}

class Writer {
 public:
  Writer(const ImageWork& work, Artifacts& artifacts, const OnBlock& on_block)
      : work_(work),
        artifacts_(artifacts),
        on_block_(on_block),
        slot_(work.slot),
        base_(work.base),
        desks_(make_desks(artifacts.is_stream() ? 1 : worker_count())) {}

  Status write_missing() {
    const Status made = write_units();
    if (made || !delta::doubts_facts(made.error().code)) return made;
    // What made the block fail is what is told, whatever comes of this.
    static_cast<void>(delta::forget_facts(work_.scratch));
    return made;
  }

 private:
  Status write_units() {
    const std::size_t count = work_.image.block_count();
    for (std::size_t first = 0; first < count; first += kUnitBlocks) {
      const parallel::Range unit{first, std::min(first + kUnitBlocks, count)};
      const std::size_t held_before = held_;
      AIRLOCK_TRY(
          parallel::for_each(unit, desks_.size(), [this](std::size_t worker, std::size_t block) {
            return settle(*desks_[worker], block);
          }));
      // What the slot holds may be an earlier process's, and not be synced either.
      AIRLOCK_TRY(slot_.sync());
      // An interruption leaves whole units, then one with holes anywhere in it. So behind a unit of
      // which the slot holds nothing, nothing of it can stand, and looking would only cost.
      looks_ = looks_ && held_ > held_before;
    }
    return {};
  }

  Status settle(Desk& desk, std::size_t block) {
    bool held = false;
    if (looks_) {
      AIRLOCK_ASSIGN(held, block_holds(work_.image, block, slot_, desk.window));
    }
    if (!held) AIRLOCK_TRY(write(desk, block));
    count(held);
    return {};
  }

  Status write(Desk& desk, std::size_t block) {
    AIRLOCK_ASSIGN(Source* const payload, payload_source());
    const std::uint64_t offset = std::uint64_t{block} * package::kBlockSize;
    const std::uint64_t size = std::min<std::uint64_t>(package::kBlockSize, slot_.size() - offset);
    AIRLOCK_TRY(slot_.erase(offset, size));
    return desk.decoder.decode(work_.image, work_.payload, block, *payload,
                               {is_patch() ? &base_ : nullptr, facts_}, slot_);
  }

  // Only where a block is missing is anything fetched, and the base read.
  Result<Source*> payload_source() {
    const std::lock_guard lock(mutex_);
    if (!opened_) opened_ = open();
    AIRLOCK_TRY(*opened_);
    return &*payload_;
  }

  Status open() {
    if (is_patch()) AIRLOCK_TRY(delta::check_base(work_.payload, base_));
    AIRLOCK_ASSIGN(Source* const opened, artifacts_.open(work_.payload));
    payload_.emplace(*opened);
    AIRLOCK_TRY(desks_[0]->decoder.prepare(work_.image, work_.payload, *opened, work_.scratch));
    return facts_.load(work_.scratch, work_.payload.root);
  }

  void count(bool held) {
    const std::lock_guard lock(mutex_);
    if (held) ++held_;
    ++done_;
    const auto size = static_cast<std::size_t>(work_.image.size);
    if (on_block_) on_block_(std::min(done_ * package::kBlockSize, size), size);
  }

  bool is_patch() const { return work_.payload.type == package::PayloadType::patch; }

  const ImageWork& work_;
  Artifacts& artifacts_;
  const OnBlock& on_block_;
  SharedArea slot_;
  SharedSource base_;
  Desks desks_;
  bool looks_ = true;
  std::mutex mutex_;              // of what follows
  std::optional<Status> opened_;  // a failure is every worker's
  std::optional<SharedSource> payload_;
  Facts facts_;
  std::size_t held_ = 0;
  std::size_t done_ = 0;
};

}  // namespace

Status write_missing(const ImageWork& work, Artifacts& artifacts, const OnBlock& on_block) {
  return Writer(work, artifacts, on_block).write_missing();
}

// A power cut may have left a file that has no size yet.
Result<platform::FileArea> open_scratch(const platform::Device& device) {
  const file::Path path = device.path(kScratchName);
  const Status made = file::create(path, {});
  if (!made && made.error().code != Code::exists_already) return std::unexpected(made.error());
  {
    AIRLOCK_ASSIGN(file::File opened, file::File::open(path, file::Access::write));
    AIRLOCK_TRY(opened.resize(kScratchSize));
  }
  return platform::FileArea::open(path, file::Access::write);
}

Result<std::uint64_t> scratch_room(const platform::Device& device, std::uint64_t wanted) {
  const auto opened = platform::FileArea::open(device.path(kScratchName), file::Access::read);
  if (!opened && opened.error().code == Code::not_found) return wanted;
  if (!opened) return std::unexpected(opened.error());
  AIRLOCK_ASSIGN(const std::uint64_t allocated, opened->allocated_bytes());
  return wanted > allocated ? wanted - allocated : 0;
}

Status check_blocks(const package::Image& image, Area& slot) {
  SharedArea shared(slot);
  std::vector<BlockWindow> windows(worker_count());
  return parallel::for_each({0, image.block_count()}, windows.size(),
                            [&](std::size_t worker, std::size_t block) -> Status {
                              AIRLOCK_ASSIGN(const bool held,
                                             block_holds(image, block, shared, windows[worker]));
                              if (!held) return fail(Code::image_rejected, block);
                              return {};
                            });
}

}  // namespace airlock::apply::internal
