// The range encoder: the other side of core/delta's RangeReader.
#pragma once

#include <cstdint>
#include <vector>

namespace airlock::diff {

// RangeWriter appends coded bits to a vector.
class RangeWriter {
 public:
  explicit RangeWriter(std::vector<std::uint8_t>& out) : out_(out) {}

  // bit writes `value`, whose probability of being one is in 1/65536, and returns it.
  unsigned bit(std::uint32_t probability, unsigned value);
  std::uint64_t direct(unsigned count, std::uint64_t value);
  // finish writes what is pending, with as few bytes as the decoder needs.
  void finish();

 private:
  void normalize();
  void shift();

  std::vector<std::uint8_t>& out_;
  std::uint64_t low_ = 0;
  std::uint32_t range_ = UINT32_MAX;
  std::uint8_t cache_ = 0;
  std::uint64_t cached_ = 0;  // bytes that a carry may still change
  bool first_ = true;         // the first byte of such a coder is always zero: not written
};

}  // namespace airlock::diff
