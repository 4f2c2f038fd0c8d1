#include "server/dependency/upstream.h"

namespace airlock::dependency {
namespace {

// A probe's result comes within the time of a call; what is lost beyond that is given up.
breaker::Settings settings_of(const Plan& plan, const Place& place) {
  constexpr std::uint64_t kProbeMoreMs = 5'000;
  breaker::Settings made = plan.breaker;
  made.probe_ms = place.timeout_ms + kProbeMoreMs;
  return made;
}

}  // namespace

Upstream::Upstream(std::string name, Place place, const Plan& plan)
    : name_(std::move(name)),
      place_(std::move(place)),
      in_flight_max_(plan.in_flight_max),
      breaker_(settings_of(plan, place_)) {}

Result<Upstream::Pass> Upstream::enter(Asking asking, std::uint64_t now_ms) {
  if (probed_ && asking == Asking::call && mode() != breaker::Mode::closed) {
    return fail(Code::breaker_open);
  }
  // First the room, then the breaker: a probe that it admits must be sent.
  if (in_flight_.fetch_add(1) >= in_flight_max_) {
    in_flight_.fetch_sub(1);
    return fail(mode() == breaker::Mode::open ? Code::breaker_open : Code::overloaded);
  }
  const breaker::Admission admission = breaker_.admit(now_ms);
  if (!admission.admitted) {
    in_flight_.fetch_sub(1);
    return fail(Code::breaker_open);
  }
  asked_.fetch_add(1, std::memory_order_relaxed);
  return Pass{admission.ticket, now_ms};
}

breaker::Told Upstream::leave(const Pass& pass, breaker::Outcome outcome, std::uint64_t now_ms) {
  in_flight_.fetch_sub(1);
  if (outcome == breaker::Outcome::failure) failures_.fetch_add(1, std::memory_order_relaxed);
  const breaker::Told told = breaker_.tell(pass.ticket, outcome, now_ms);
  if (told.alert) outages_.fetch_add(1, std::memory_order_relaxed);
  return told;
}

}  // namespace airlock::dependency
