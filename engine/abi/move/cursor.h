// Reads little-endian bytes front to back. The first failure stays: what is read after it is zero,
// and nothing moves on, so that a caller looks once at the end of what belongs together.
#pragma once

#include <cstring>

#include "core/base/base.h"

namespace airlock::abi::move {

class Cursor {
 public:
  // `at` is where `bytes` begin in what errors speak of; `code` is what a failure is called.
  Cursor(Bytes bytes, Code code, std::size_t at = 0)
      : begin_(bytes.data()), next_(begin_), end_(begin_ + bytes.size()), base_(at), code_(code) {}

  bool failed() const { return failed_; }
  bool at_end() const { return next_ == end_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - next_); }
  std::size_t at() const { return base_ + static_cast<std::size_t>(next_ - begin_); }
  Status status() const {
    if (failed_) return std::unexpected(error_);
    return {};
  }

  void stop() { stop(code_); }
  void stop(Code code) {
    if (failed_) return;
    failed_ = true;
    error_ = {code, at()};
    next_ = end_;
  }

  std::uint8_t u8() {
    if (at_end()) [[unlikely]] {
      stop();
      return 0;
    }
    return *next_++;
  }
  std::uint16_t u16() { return number<std::uint16_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }

  Bytes take(std::size_t size) {
    if (size > left()) [[unlikely]] {
      stop();
      return {};
    }
    const Bytes taken(next_, size);
    next_ += size;
    return taken;
  }

  // uleb reads ULEB128 in its shortest form, at most `max`.
  std::uint64_t uleb(std::uint64_t max) {
    if (!at_end() && *next_ < 0x80) [[likely]] {
      if (*next_ <= max) [[likely]]
        return *next_++;
      stop();
      return 0;
    }
    return long_uleb(max);
  }

 private:
  template <class T>
  T number() {
    T value = 0;
    const Bytes taken = take(sizeof value);
    if (!taken.empty()) std::memcpy(&value, taken.data(), sizeof value);
    return value;
  }

  std::uint64_t long_uleb(std::uint64_t max) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint64_t byte = u8();
      const std::uint64_t low = byte & 0x7f;
      if (failed_ || (low << shift) >> shift != low) break;
      value |= low << shift;
      if (byte >= 0x80) continue;
      if (low == 0 || value > max) break;  // a last group of zero is a longer spelling
      return value;
    }
    stop();
    return 0;
  }

  const std::uint8_t* begin_;
  const std::uint8_t* next_;
  const std::uint8_t* end_;
  std::size_t base_;
  Code code_;
  bool failed_ = false;
  Error error_{};
};

}  // namespace airlock::abi::move
