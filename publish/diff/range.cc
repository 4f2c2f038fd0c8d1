#include "publish/diff/internal/range.h"

namespace airlock::diff {
namespace {

constexpr std::uint32_t kRangeTop = 1U << 24;

}  // namespace

void RangeWriter::normalize() {
  while (range_ < kRangeTop) {
    range_ <<= 8;
    shift();
  }
}

unsigned RangeWriter::bit(std::uint32_t probability, unsigned value) {
  const std::uint32_t bound = (range_ >> 16) * (65536 - probability);
  if (value == 0) {
    range_ = bound;
  } else {
    low_ += bound;
    range_ -= bound;
  }
  normalize();
  return value;
}

std::uint64_t RangeWriter::direct(unsigned count, std::uint64_t value) {
  for (unsigned left = count; left-- > 0;) {
    range_ >>= 1;
    if ((value >> left & 1) != 0) low_ += range_;
    normalize();
  }
  return value;
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
