// What happens when, in order.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

#include "core/base/base.h"

namespace airlock::fleet {

// Milliseconds of simulated time, from 0. Who rings at one instant comes in the order of asking.
class Timeline {
 public:
  using Who = std::uint32_t;

  std::int64_t now_ms() const { return now_ms_; }
  void ring(Who who, std::int64_t in_ms) {
    AIRLOCK_CHECK(in_ms >= 0);
    bells_.push({now_ms_ + in_ms, asked_++, who});
  }
  // next goes on to who rings next; nothing where nobody does, or not before `end_ms`.
  std::optional<Who> next(std::int64_t end_ms) {
    if (bells_.empty() || bells_.top().at_ms > end_ms) return std::nullopt;
    const Bell bell = bells_.top();
    bells_.pop();
    now_ms_ = bell.at_ms;
    return bell.who;
  }

 private:
  struct Bell {
    std::int64_t at_ms = 0;
    std::uint64_t asked = 0;
    Who who = 0;
    bool operator<(const Bell& other) const {  // of a queue whose top is the greatest
      return at_ms != other.at_ms ? at_ms > other.at_ms : asked > other.asked;
    }
  };
  std::int64_t now_ms_ = 0;
  std::uint64_t asked_ = 0;
  std::priority_queue<Bell> bells_;
};

}  // namespace airlock::fleet
