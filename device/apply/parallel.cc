#include "device/apply/internal/parallel.h"

#include "host/parallel/parallel.h"

namespace airlock::apply::internal {

std::size_t worker_count() { return parallel::worker_count(kWorkersMax); }

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
