// Areas for tests of what is read or decoded, which ask for neither a power failure nor the rules
// of flash; where one matters, Flash serves.
#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "core/base/base.h"

namespace airlock::fakes {

// Bytes in memory that count how often they were asked. Beyond their end everything fails with
// storage_failed.
class MemoryArea final : public Area {
 public:
  explicit MemoryArea(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}

  const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  std::size_t reads() const { return reads_; }
  std::size_t writes() const { return writes_; }
  std::uint64_t size() const override { return bytes_.size(); }
  Status erase(std::uint64_t, std::uint64_t) override { return {}; }
  Status sync() override { return {}; }
  Status read(std::uint64_t offset, MutableBytes to) override {
    ++reads_;
    AIRLOCK_TRY(check(offset, to.size()));
    copy_into(to, Bytes(bytes_).subspan(static_cast<std::size_t>(offset), to.size()));
    return {};
  }
  Status write(std::uint64_t offset, Bytes bytes) override {
    ++writes_;
    AIRLOCK_TRY(check(offset, bytes.size()));
    copy_into(MutableBytes(bytes_).subspan(static_cast<std::size_t>(offset)), bytes);
    return {};
  }

 private:
  Status check(std::uint64_t offset, std::size_t size) const {
    const bool inside = offset <= bytes_.size() && size <= bytes_.size() - offset;
    return inside ? Status() : fail(Code::storage_failed, offset);
  }

  std::vector<std::uint8_t> bytes_;
  std::size_t reads_ = 0;
  std::size_t writes_ = 0;
};

// noise makes bytes that no coder can shorten, the same ones for the same seed.
inline std::vector<std::uint8_t> noise(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> made(size);
  for (auto& byte : made) byte = static_cast<std::uint8_t>(random());
  return made;
}

}  // namespace airlock::fakes
