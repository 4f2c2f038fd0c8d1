// One place behind a breaker, and how many calls it has in hand.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "host/breaker/breaker.h"
#include "server/dependency/plan.h"
#include "server/peer/peer.h"

namespace airlock::dependency {

// Any thread may use it.
class Upstream {
 public:
  // Who asks: somebody's call, or nobody but to see whether the place is back.
  enum class Asking : std::uint8_t { call, probe };
  // A call that was let through; it must leave again.
  struct Pass {
    breaker::Ticket ticket{};
    std::uint64_t entered_ms = 0;
  };

  Upstream(std::string name, Place place, const Plan& plan);

  // enter errors: overloaded (as many calls are in flight as may be), breaker_open.
  Result<Pass> enter(Asking asking, std::uint64_t now_ms);
  breaker::Told leave(const Pass& pass, breaker::Outcome outcome, std::uint64_t now_ms);
  // keep_calls_away has a breaker that is not closed wait for probes, and admit no call.
  void keep_calls_away() { probed_ = true; }

  const std::string& name() const { return name_; }
  const Place& place() const { return place_; }
  breaker::Mode mode() const { return breaker_.mode(); }
  std::uint32_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }
  std::uint64_t outages() const { return outages_.load(std::memory_order_relaxed); }
  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }
  std::uint64_t asked() const { return asked_.load(std::memory_order_relaxed); }

 private:
  const std::string name_;
  const Place place_;
  const std::uint32_t in_flight_max_;
  bool probed_ = false;
  breaker::Breaker breaker_;
  std::atomic<std::uint32_t> in_flight_ = 0;
  std::atomic<std::uint64_t> outages_ = 0, failures_ = 0, asked_ = 0;
};

}  // namespace airlock::dependency
