// What workers that make and check blocks side by side share, and what each has alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "core/base/base.h"
#include "core/package/package.h"

namespace airlock::apply::internal {

// How many workers a device takes at the most: each needs a decoder and a buffer.
inline constexpr std::size_t kWorkersMax = 4;
// worker_count is one for each processor, 1..kWorkersMax.
std::size_t worker_count();

// A source that several workers read, one at a time.
class SharedSource final : public Source {
 public:
  explicit SharedSource(Source& of) : of_(of) {}
  Status read(std::uint64_t offset, MutableBytes to) override;

 private:
  Source& of_;
  std::mutex mutex_;
};

// An area that several workers write, one at a time.
class SharedArea final : public Area {
 public:
  explicit SharedArea(Area& of) : of_(of), size_(of.size()) {}
  std::uint64_t size() const override { return size_; }
  Status read(std::uint64_t offset, MutableBytes to) override;
  Status erase(std::uint64_t offset, std::uint64_t size) override;
  Status write(std::uint64_t offset, Bytes bytes) override;
  Status sync() override;

 private:
  Area& of_;
  std::uint64_t size_;
  std::mutex mutex_;
};

// One block's bytes in memory, read in one go: no other worker's reads come between its own.
class BlockWindow final : public Source {
 public:
  Status fill(const package::Image& image, std::size_t block, Source& from);
  // read serves what lies inside that block: out_of_range elsewhere.
  Status read(std::uint64_t offset, MutableBytes to) override;

 private:
  std::array<std::uint8_t, package::kBlockSize> bytes_;
  std::uint64_t offset_ = 0;
  std::size_t size_ = 0;
};

}  // namespace airlock::apply::internal
