// Any bytes as a file of dependencies: refused with words, or within the limits of the header.
#include "server/dependency/plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace airlock;
  namespace own = dependency;
  const auto plans = own::read_plans(text_of({data, size}));
  if (!plans) {
    AIRLOCK_CHECK(plans.error().code != Code::ok && !plans.error().what.empty());
    return 0;
  }
  AIRLOCK_CHECK(!plans->empty() && plans->size() <= own::kDependenciesMax);
  for (const own::Plan& plan : *plans) {
    AIRLOCK_CHECK(breaker::check(plan.breaker).has_value());
    AIRLOCK_CHECK(plan.in_flight_max > 0 && plan.in_flight_max <= own::kInFlightMax);
    AIRLOCK_CHECK(plan.fallbacks.size() <= own::kFallbacksMax);
    std::uint64_t waits_ms = plan.place.timeout_ms;
    for (const own::Fallback& fallback : plan.fallbacks) {
      if (const auto* const place = std::get_if<own::Place>(&fallback)) {
        AIRLOCK_CHECK(place->url.starts_with("http") && place->timeout_ms > 0);
        waits_ms += place->timeout_ms;
      }
    }
    AIRLOCK_CHECK(waits_ms <= own::kChainMaxMs && plan.slow_ms <= plan.place.timeout_ms);
  }
  return 0;
}
