// An experiment for tests, with counters as a Prometheus would have them.
//
//   FakeExperiment play;                       // 5 %, one arm "b", running
//   play.tick({.arm = {2, 100}, .baseline = {38, 1900}});
#pragma once

#include <string>
#include <vector>

#include "server/experiment/experiment.h"

namespace airlock::experiment::internal {

inline constexpr std::int64_t kFakeStart = 1'800'000'000;

inline json::Value fake_definition() {
  return {{"name", "fees"},
          {"baseline", std::string(64, 'a')},
          {"arms", {{{"name", "b"}, {"policy", std::string(64, 'b')}}}},
          {"ramp",
           {{{"share", 500}, {"seconds", 600}, {"samples", 1000}},
            {{"share", 2'500}, {"seconds", 600}, {"samples", 1000}},
            {{"share", 10'000}, {"seconds", 600}, {"samples", 1000}}}}};
}

struct FakeTick {
  Count arm{};
  Count baseline{};
  Count arm_slow{};
  Count baseline_slow{};
  std::uint64_t arm_devices = 0;
  std::uint64_t baseline_devices = 0;
};

class FakeExperiment {
 public:
  explicit FakeExperiment(const json::Value& definition_json = fake_definition())
      : definition(*Definition::parse(definition_json)), state(State::fresh(definition)) {
    AIRLOCK_CHECK(start_or_resume(state, definition, now).has_value());
  }

  std::vector<Verdict> tick(const FakeTick& counts) {
    return look({.data = Data::value,
                 .arms = {{counts.baseline, counts.baseline_slow, counts.baseline_devices},
                          {counts.arm, counts.arm_slow, counts.arm_devices}}});
  }
  std::vector<Verdict> look(const Observation& seen) {
    now += kTickSeconds;
    auto verdicts = experiment::tick(state, definition, seen, now);
    all.insert(all.end(), verdicts.begin(), verdicts.end());
    return verdicts;
  }
  // ticks plays the same tick several times.
  void ticks(int times, const FakeTick& counts) {
    for (int at = 0; at < times; ++at) tick(counts);
  }
  std::size_t count(Act act) const {
    std::size_t found = 0;
    for (const Verdict& verdict : all) found += verdict.act == act ? 1 : 0;
    return found;
  }

  Definition definition;
  std::int64_t now = kFakeStart;
  State state;
  std::vector<Verdict> all;
};

}  // namespace airlock::experiment::internal
