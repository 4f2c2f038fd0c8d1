// The range decoder: bits out of proven pieces.
#pragma once

#include "core/delta/coder.h"
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

  unsigned bit(Probability& probability) {
    normalize();
    const std::uint32_t bound = (range_ >> kProbabilityBits) * probability;
    if (code_ < bound) {
      range_ = bound;
      probability = static_cast<Probability>(
          probability + (((1U << kProbabilityBits) - probability) >> kProbabilityShift));
      return 0;
    }
    range_ -= bound;
    code_ -= bound;
    probability = static_cast<Probability>(probability - (probability >> kProbabilityShift));
    return 1;
  }

  // direct reads `count` bits that have no probabilities, the highest first.
  std::uint64_t direct(unsigned count) {
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

  // tree reads `count` bits, the highest first; each has its own probability by those before.
  std::uint32_t tree(std::span<Probability> probabilities, unsigned count) {
    std::uint32_t node = 1;
    for (unsigned i = 0; i < count; ++i) node = node << 1 | bit(probabilities[node]);
    return node - (1U << count);
  }
  // reverse_tree reads `count` bits, the lowest first.
  std::uint32_t reverse_tree(std::span<Probability> probabilities, unsigned count) {
    std::uint32_t node = 1;
    std::uint32_t value = 0;
    for (unsigned i = 0; i < count; ++i) {
      const unsigned one = bit(probabilities[node]);
      node = node << 1 | one;
      value |= one << i;
    }
    return value;
  }

 private:
  // The encoder drops zeros at the end of a block: this many may be missing.
  static constexpr unsigned kMissingMax = 4;

  void normalize() {
    if (range_ < kRangeTop) {
      range_ <<= 8;
      code_ = code_ << 8 | take();
    }
  }

  void refill() {
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
