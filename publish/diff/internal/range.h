// The range encoder: the other side of core/delta's RangeReader.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/delta/coder.h"

namespace airlock::diff {

using delta::Probability;

// RangeWriter appends coded bits to a vector.
class RangeWriter {
 public:
  explicit RangeWriter(std::vector<std::uint8_t>& out) : out_(out) {}

  void bit(Probability& probability, unsigned value);
  void direct(std::uint64_t value, unsigned count);
  void tree(std::span<Probability> probabilities, std::uint32_t value, unsigned count);
  void reverse_tree(std::span<Probability> probabilities, std::uint32_t value, unsigned count);
  // finish writes what is pending, with as few bytes as the decoder needs.
  void finish();

 private:
  void shift();

  std::vector<std::uint8_t>& out_;
  std::uint64_t low_ = 0;
  std::uint32_t range_ = UINT32_MAX;
  std::uint8_t cache_ = 0;
  std::uint64_t cached_ = 0;  // bytes that a carry may still change
  bool first_ = true;         // the first byte of such a coder is always zero: not written
};

}  // namespace airlock::diff
