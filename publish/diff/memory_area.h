// A slot in memory, for decoding what was made as a device would.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/base.h"

namespace airlock::diff {

class MemoryArea final : public Area {
 public:
  explicit MemoryArea(std::uint64_t size) : bytes_(static_cast<std::size_t>(size)) {}

  Bytes bytes() const { return bytes_; }
  std::uint64_t size() const override { return bytes_.size(); }
  Status erase(std::uint64_t, std::uint64_t) override { return {}; }
  Status sync() override { return {}; }
  Status read(std::uint64_t offset, MutableBytes to) override {
    if (!holds(offset, to.size())) return fail(Code::storage_failed, offset);
    copy_into(to, Bytes(bytes_).subspan(static_cast<std::size_t>(offset), to.size()));
    return {};
  }
  Status write(std::uint64_t offset, Bytes bytes) override {
    if (!holds(offset, bytes.size())) return fail(Code::storage_failed, offset);
    copy_into(MutableBytes(bytes_).subspan(static_cast<std::size_t>(offset)), bytes);
    return {};
  }

 private:
  bool holds(std::uint64_t offset, std::size_t size) const {
    return offset <= bytes_.size() && size <= bytes_.size() - offset;
  }

  std::vector<std::uint8_t> bytes_;
};

}  // namespace airlock::diff
