#include "device/apply/internal/parallel.h"

#include <algorithm>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

namespace airlock::apply::internal {
namespace {

// The blocks of one range on their way to the workers.
class Queue {
 public:
  Queue(BlockRange range, const BlockTask& task)
      : next_(range.first), end_(range.end), task_(task) {}

  void work(std::size_t worker) {
    while (const std::optional<std::size_t> block = take()) {
      const Status done = task_(worker, *block);
      if (!done) keep(*block, done.error());
    }
  }

  Status outcome() const {
    if (failed_) return std::unexpected(error_);
    return {};
  }

 private:
  std::optional<std::size_t> take() {
    const std::lock_guard lock(mutex_);
    if (failed_ || next_ == end_) return std::nullopt;
    return next_++;
  }
  void keep(std::size_t block, const Error& error) {
    const std::lock_guard lock(mutex_);
    if (failed_ && *failed_ < block) return;
    failed_ = block;
    error_ = error;
  }

  std::mutex mutex_;
  std::size_t next_;
  std::size_t end_;
  const BlockTask& task_;
  std::optional<std::size_t> failed_;
  Error error_;
};

}  // namespace

std::size_t worker_count() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kWorkersMax);
}

Status for_each_block(BlockRange range, std::size_t workers, const BlockTask& task) {
  AIRLOCK_CHECK(range.first <= range.end && workers > 0);
  Queue queue(range, task);
  {
    std::vector<std::jthread> others;
    others.reserve(workers - 1);
    try {
      for (std::size_t i = 1; i < std::min(workers, range.end - range.first); ++i) {
        others.emplace_back([&queue, i] { queue.work(i); });
      }
    } catch (const std::system_error&) {
      // Those that there are do it all.
    }
    queue.work(0);
  }
  return queue.outcome();
}

Status SharedSource::read(std::uint64_t offset, MutableBytes to) {
  const std::lock_guard lock(mutex_);
  return of_.read(offset, to);
}

Status SharedArea::read(std::uint64_t offset, MutableBytes to) {
  const std::lock_guard lock(mutex_);
  return of_.read(offset, to);
}

Status SharedArea::erase(std::uint64_t offset, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  return of_.erase(offset, size);
}

Status SharedArea::write(std::uint64_t offset, Bytes bytes) {
  const std::lock_guard lock(mutex_);
  return of_.write(offset, bytes);
}

Status SharedArea::sync() {
  const std::lock_guard lock(mutex_);
  return of_.sync();
}

Status BlockWindow::fill(const package::Image& image, std::size_t block, Source& from) {
  size_ = 0;
  offset_ = std::uint64_t{block} * package::kBlockSize;
  const std::size_t size = image.block_size(block);
  AIRLOCK_TRY(from.read(offset_, MutableBytes(bytes_).first(size)));
  size_ = size;
  return {};
}

Status BlockWindow::read(std::uint64_t offset, MutableBytes to) {
  if (offset < offset_ || offset - offset_ > size_ || to.size() > size_ - (offset - offset_)) {
    return fail(Code::out_of_range, offset);
  }
  copy_into(to, Bytes(bytes_).subspan(static_cast<std::size_t>(offset - offset_), to.size()));
  return {};
}

}  // namespace airlock::apply::internal
