// Flash that is a part of the address space, as microcontrollers have it: read as memory, erased by
// sectors, each byte written once between two erases.
#pragma once

#include <algorithm>

#include "core/base/base.h"

namespace airlock::cortex_m {

inline constexpr std::size_t kSector = 4096;
inline constexpr std::uint8_t kErased = 0xff;

class Flash final : public Area {
 public:
  explicit Flash(MutableBytes memory) : memory_(memory) {
    std::fill(memory.begin(), memory.end(), kErased);
  }
  Bytes mapped() const { return memory_; }

  std::uint64_t size() const override { return memory_.size(); }
  Status read(std::uint64_t offset, MutableBytes to) override {
    AIRLOCK_ASSIGN(const MutableBytes from, place(offset, to.size()));
    copy_into(to, from);
    return {};
  }
  Status erase(std::uint64_t offset, std::uint64_t size) override {
    if (offset % kSector != 0 || size % kSector != 0) return fail(Code::storage_failed, offset);
    AIRLOCK_ASSIGN(const MutableBytes erased, place(offset, size));
    std::fill(erased.begin(), erased.end(), kErased);
    return {};
  }
  Status write(std::uint64_t offset, Bytes bytes) override {
    AIRLOCK_ASSIGN(const MutableBytes to, place(offset, bytes.size()));
    const bool is_erased =
        std::all_of(to.begin(), to.end(), [](std::uint8_t byte) { return byte == kErased; });
    if (!is_erased) return fail(Code::storage_failed, offset);
    copy_into(to, bytes);
    return {};
  }
  Status sync() override { return {}; }

 private:
  Result<MutableBytes> place(std::uint64_t offset, std::uint64_t size) const {
    if (offset > memory_.size() || size > memory_.size() - offset) {
      return fail(Code::storage_failed, offset);
    }
    return memory_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
  }
  MutableBytes memory_;
};

}  // namespace airlock::cortex_m
