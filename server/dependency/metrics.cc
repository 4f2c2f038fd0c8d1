#include "server/dependency/metrics.h"

#include "server/http/series.h"

namespace airlock::dependency {

using http::put;
using http::put_head;

namespace {

using All = std::vector<std::unique_ptr<Dependency>>;

void put_calls(std::string& text, const All& all) {
  put_head(text,
           {"airlock_dependency_calls_total", "counter", "Calls, by dependency and who answered."});
  for (const auto& one : all) {
    for (std::size_t at = 0; at < kByCount; ++at) {
      const By by = static_cast<By>(at);
      put(text, "airlock_dependency_calls_total",
          {{"dependency", one->plan().name}, {"answered_by", name_of(by)}}, one->count_of(by));
    }
  }
}

// put_each writes a series with one value for each place that is asked.
void put_each(std::string& text, const All& all, const http::Series& series,
              std::uint64_t (*value)(const Upstream&)) {
  put_head(text, series);
  for (const auto& one : all) {
    for (const auto& upstream : one->upstreams()) {
      put(text, series.name, {{"dependency", upstream->name()}}, value(*upstream));
    }
  }
}

}  // namespace

void put_breakers(std::string& text, const std::vector<BreakerSeen>& breakers) {
  using breaker::Mode;
  put_head(text, {"airlock_breaker_mode", "gauge",
                  "Whether a dependency's breaker is in a mode: 1 in exactly one of three."});
  for (const BreakerSeen& seen : breakers) {
    for (const Mode mode : {Mode::closed, Mode::open, Mode::half_open}) {
      put(text, "airlock_breaker_mode",
          {{"dependency", seen.dependency}, {"mode", breaker::name_of(mode)}},
          seen.mode == mode ? 1 : 0);
    }
  }
  put_head(text, {"airlock_breaker_openings_total", "counter",
                  "Outages for which a dependency's breaker opened."});
  for (const BreakerSeen& seen : breakers) {
    put(text, "airlock_breaker_openings_total", {{"dependency", seen.dependency}}, seen.outages);
  }
}

void put_dependencies(std::string& text, const All& all) {
  std::vector<BreakerSeen> breakers;
  for (const auto& one : all) {
    for (const auto& upstream : one->upstreams()) {
      breakers.push_back({upstream->name(), upstream->mode(), upstream->outages()});
    }
  }
  put_calls(text, all);
  put_breakers(text, breakers);
  put_each(text, all,
           {"airlock_dependency_asked_total", "counter",
            "Calls and probes that were sent, by whom "
            "they were sent to."},
           [](const Upstream& upstream) { return upstream.asked(); });
  put_each(text, all,
           {"airlock_dependency_failures_total", "counter",
            "Calls and probes that failed or were too slow, by whom they were sent to."},
           [](const Upstream& upstream) { return upstream.failures(); });
  put_each(text, all, {"airlock_dependency_in_flight", "gauge", "Calls that wait for an answer."},
           [](const Upstream& upstream) { return std::uint64_t{upstream.in_flight()}; });
}

}  // namespace airlock::dependency
