// Where each value of a call lies: one note a value, in the order of reading, in the caller's
// memory. A full tape is the budget that stops a bomb: over_budget, whatever the call contains.
#pragma once

#include <cstdint>
#include <span>

#include "core/base/base.h"

namespace airlock::abi::type {

// A wallet's call has dozens of values. This many take 1 MiB.
inline constexpr std::size_t kTapeNodes = 65'536;

struct Node {
  std::uint32_t type = 0;
  std::uint32_t at = 0;    // where its bytes begin in the data
  std::uint32_t size = 0;  // bytes; of a list, array or tuple its elements; of a choice the
                           // variant's place; of an option 0 or 1
  std::uint32_t end = 0;   // the node after the last one that this one contains
  friend bool operator==(const Node&, const Node&) = default;
};

class Tape {
 public:
  explicit Tape(std::span<Node> room) : room_(room) {}

  std::uint32_t size() const { return size_; }
  bool is_full() const { return size_ == room_.size(); }
  std::size_t room() const { return room_.size() - size_; }  // for so many more
  std::span<const Node> nodes() const { return room_.first(size_); }
  void clear() { size_ = 0; }
  // cut forgets what was noted from a node on.
  void cut(std::uint32_t size) {
    AIRLOCK_CHECK(size <= size_);
    size_ = size;
  }

  // add notes a value without parts, or one whose parts follow (close says where they end). It
  // returns false where the tape is full.
  [[nodiscard]] bool add(std::uint32_t type, std::uint32_t at, std::uint32_t size) {
    if (is_full()) [[unlikely]]
      return false;
    room_[size_] = {type, at, size, size_ + 1};
    ++size_;
    return true;
  }
  void close(std::uint32_t node) { room_[node].end = size_; }
  Node& operator[](std::uint32_t node) {
    AIRLOCK_CHECK(node < size_);
    return room_[node];
  }

 private:
  std::span<Node> room_;
  std::uint32_t size_ = 0;
};

}  // namespace airlock::abi::type
