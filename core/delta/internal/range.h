// The range decoder: bits out of proven pieces.
#pragma once

#include "core/delta/internal/pieces.h"

namespace airlock::delta::internal {

// RangeReader decodes bits. A piece that is refused, or bytes that end too early, are remembered
// and read as zeros: the caller asks `state` once per token, before it acts on it.
class RangeReader {
 public:
  explicit RangeReader(PieceReader& pieces) : pieces_(&pieces) {}

  // take reads one plain byte; start reads the range coder's first four.
  std::uint8_t take() {
    if (at_ == chunk_.size()) refill();
    return chunk_.empty() ? 0 : chunk_[at_++];
  }
  void start() {
    for (int i = 0; i < 4; ++i) code_ = code_ << 8 | take();
  }

  // state is ok, an error of the pieces, or patch_malformed where too many bytes were missing.
  const Status& state() const { return state_; }
  bool at_end() const { return at_ == chunk_.size() && pieces_->at_end(); }

  // bit reads a bit whose probability of being one is in 1/65536. `wanted` is an encoder's.
  unsigned bit(std::uint32_t probability, unsigned /*wanted*/) {
    normalize();
    const std::uint32_t bound = (range_ >> 16) * (65536 - probability);
    // Without a branch: half of them would be guessed wrong.
    const std::uint32_t one = code_ >= bound ? 1 : 0;
    const std::uint32_t mask = 0U - one;
    range_ = bound + ((range_ - bound - bound) & mask);
    code_ -= bound & mask;
    return one;
  }

  // direct reads `count` bits that have no probabilities, the highest first.
  std::uint64_t direct(unsigned count, std::uint64_t /*wanted*/) {
    std::uint64_t value = 0;
    for (; count > 0; --count) {
      normalize();
      range_ >>= 1;
      const bool one = code_ >= range_;
      if (one) code_ -= range_;
      value = value << 1 | (one ? 1U : 0U);
    }
    return value;
  }

 private:
  // The encoder drops zeros at the end of a block: this many may be missing.
  static constexpr unsigned kMissingMax = 4;
  static constexpr std::uint32_t kRangeTop = 1U << 24;

  void normalize() {
    while (range_ < kRangeTop) {
      range_ <<= 8;
      code_ = code_ << 8 | take();
    }
  }

  // Once a piece: kept out of what is done for each bit.
  [[gnu::noinline, gnu::cold]] void refill() {
    chunk_ = {};
    at_ = 0;
    if (!state_) return;
    if (pieces_->at_end()) {
      if (++missing_ > kMissingMax) state_ = fail(Code::patch_malformed);
      return;
    }
    const Result<Bytes> next = pieces_->next();
    if (next) {
      chunk_ = *next;
    } else {
      state_ = std::unexpected(next.error());
    }
  }

  PieceReader* pieces_;
  Bytes chunk_;
  std::size_t at_ = 0;
  unsigned missing_ = 0;
  std::uint32_t range_ = UINT32_MAX;
  std::uint32_t code_ = 0;
  Status state_;
};

}  // namespace airlock::delta::internal
