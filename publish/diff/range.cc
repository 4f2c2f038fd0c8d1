#include "publish/diff/internal/range.h"

namespace airlock::diff {

using delta::kProbabilityBits;
using delta::kProbabilityShift;
using delta::kRangeTop;

void RangeWriter::bit(Probability& probability, unsigned value) {
  const std::uint32_t bound = (range_ >> kProbabilityBits) * probability;
  if (value == 0) {
    range_ = bound;
    probability = static_cast<Probability>(
        probability + (((1U << kProbabilityBits) - probability) >> kProbabilityShift));
  } else {
    low_ += bound;
    range_ -= bound;
    probability = static_cast<Probability>(probability - (probability >> kProbabilityShift));
  }
  while (range_ < kRangeTop) {
    range_ <<= 8;
    shift();
  }
}

void RangeWriter::direct(std::uint64_t value, unsigned count) {
  while (count-- > 0) {
    range_ >>= 1;
    if ((value >> count & 1) != 0) low_ += range_;
    while (range_ < kRangeTop) {
      range_ <<= 8;
      shift();
    }
  }
}

void RangeWriter::tree(std::span<Probability> probabilities, std::uint32_t value, unsigned count) {
  std::uint32_t node = 1;
  while (count-- > 0) {
    const std::uint32_t one = value >> count & 1;
    bit(probabilities[node], one);
    node = node << 1 | one;
  }
}

void RangeWriter::reverse_tree(std::span<Probability> probabilities, std::uint32_t value,
                               unsigned count) {
  std::uint32_t node = 1;
  for (; count > 0; --count, value >>= 1) {
    bit(probabilities[node], value & 1);
    node = node << 1 | (value & 1);
  }
}

void RangeWriter::shift() {
  if (low_ < 0xFF000000U || low_ > UINT32_MAX) {
    const auto carry = static_cast<std::uint8_t>(low_ >> 32);
    if (!first_) out_.push_back(static_cast<std::uint8_t>(cache_ + carry));
    first_ = false;
    for (; cached_ > 0; --cached_) out_.push_back(static_cast<std::uint8_t>(0xFF + carry));
    cache_ = static_cast<std::uint8_t>(low_ >> 24);
  } else {
    ++cached_;
  }
  low_ = (low_ & 0x00FFFFFF) << 8;
}

// Any number in [low, low + range) will do: the one with the most zeros at its end, which the
// decoder reads for itself where bytes are missing.
void RangeWriter::finish() {
  const std::uint64_t last = low_ + range_ - 1;
  for (unsigned zeros = 32; zeros > 0; --zeros) {
    const std::uint64_t rounded = last >> zeros << zeros;
    if (rounded < low_) continue;
    low_ = rounded;
    break;
  }
  for (int i = 0; i < 5; ++i) shift();
  constexpr int kDroppedMax = 4;
  for (int i = 0; i < kDroppedMax && !out_.empty() && out_.back() == 0; ++i) out_.pop_back();
}

}  // namespace airlock::diff
