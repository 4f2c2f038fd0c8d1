// Flash that is a part of the address space, as microcontrollers have it: read as memory, erased by
// sectors, written by words, each once between two erases.
#pragma once

#include <algorithm>
#include <array>

#include "core/base/base.h"

namespace airlock::cortex_m {

inline constexpr std::size_t kSector = 4096;
inline constexpr std::size_t kWord = 32;  // bytes, of writing: the largest that is known
inline constexpr std::uint8_t kErased = 0xff;

// The bytes of an area, and a bit for each word: whether it was written since it was erased.
template <std::size_t kSize>
struct FlashMemory {
  static_assert(kSize % kSector == 0);
  std::array<std::uint8_t, kSize> bytes;
  std::array<std::uint8_t, kSize / kWord / 8> written;
};

// What breaks the rules fails with storage_failed.
class Flash final : public Area {
 public:
  template <std::size_t kSize>
  explicit Flash(FlashMemory<kSize>& memory) : memory_(memory.bytes), written_(memory.written) {
    std::fill(memory_.begin(), memory_.end(), kErased);
    std::fill(written_.begin(), written_.end(), std::uint8_t{0});
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
    const std::size_t first = static_cast<std::size_t>(offset) / kWord / 8;
    const MutableBytes words = written_.subspan(first, erased.size() / kWord / 8);
    std::fill(words.begin(), words.end(), std::uint8_t{0});
    return {};
  }
  // The rest of the last word stays as it was erased, and is written with it.
  Status write(std::uint64_t offset, Bytes bytes) override {
    if (offset % kWord != 0) return fail(Code::storage_failed, offset);
    AIRLOCK_ASSIGN(const MutableBytes to, place(offset, bytes.size()));
    const std::size_t first = static_cast<std::size_t>(offset) / kWord;
    for (std::size_t word = first; word * kWord < offset + bytes.size(); ++word) {
      const auto bit = static_cast<std::uint8_t>(1U << word % 8);
      if ((written_[word / 8] & bit) != 0) return fail(Code::storage_failed, offset);
      written_[word / 8] = static_cast<std::uint8_t>(written_[word / 8] | bit);
    }
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
  MutableBytes written_;
};

}  // namespace airlock::cortex_m
