// Flash in memory, and the supply that all areas of one device share.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/base.h"

namespace airlock::fleet {

inline constexpr std::size_t kSector = 4 << 10;  // bytes, of erasing
inline constexpr std::size_t kWord = 32;         // bytes, of writing: the largest that is known
inline constexpr std::uint8_t kErased = 0xff;

// A supply fails within the storage operation that it was told, counted from then on, and every
// operation fails until it is switched on again.
class Supply {
 public:
  void fail_in(std::uint64_t operations) { left_ = operations + 1; }
  bool is_armed() const { return left_ > 0; }
  // disarm says whether it was going to fail.
  bool disarm() { return std::exchange(left_, 0) > 0; }
  void switch_on() { on_ = true; }
  void switch_off() { on_ = false; }
  bool is_on() const { return on_; }
  std::uint64_t failures() const { return failures_; }
  // operations is how many there were: no area changed where it is what it was.
  std::uint64_t operations() const { return operations_; }

  enum class Fate : std::uint8_t { happens, torn, is_off };
  Fate next();

 private:
  bool on_ = true;
  std::uint64_t left_ = 0;  // 0: it does not fail
  std::uint64_t failures_ = 0;
  std::uint64_t operations_ = 0;
};

// One area. An operation in which the supply fails is done by half. Whole words are written, each
// once between two erases, and after a failure of the supply none counts as erased, as NOR flash
// wants it; otherwise is a bug.
class Flash final : public Area {
 public:
  // The size is rounded up to whole sectors. The supply must outlive it.
  Flash(Supply& supply, std::size_t size);

  Status read(std::uint64_t offset, MutableBytes to) override;
  std::uint64_t size() const override { return memory_.size(); }
  Status erase(std::uint64_t offset, std::uint64_t size) override;
  Status write(std::uint64_t offset, Bytes bytes) override;
  Status sync() override;

  // memory is where it is mapped for reading.
  Bytes memory() const { return memory_; }

 private:
  // Forgets which words are erased where the supply failed since.
  void settle();

  Supply* supply_;
  std::vector<std::uint8_t> memory_;
  std::vector<bool> writable_;  // per word
  std::uint64_t failures_seen_;
};

}  // namespace airlock::fleet
