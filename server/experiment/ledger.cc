// Counters that begin again, appear and disappear, as what happened since the last tick.
#include <algorithm>

#include "server/experiment/experiment.h"

namespace airlock::experiment {

namespace {

std::size_t arm_named(const Definition& definition, std::string_view name) {
  for (std::size_t arm = 0; arm < definition.arm_count(); ++arm) {
    if (definition.arm_name(arm) == name) return arm;
  }
  return definition.arm_count();
}

// What one arm's counters gained.
struct Gains {
  std::uint64_t succeeded = 0, failed = 0, fast = 0, timed = 0, devices = 0;

  std::uint64_t& of(Counter counter) {
    switch (counter) {
      case Counter::succeeded: return succeeded;
      case Counter::failed: return failed;
      case Counter::fast: return fast;
      case Counter::timed: return timed;
      case Counter::devices: break;
    }
    return devices;
  }
  ArmTick tick() const {
    const std::uint64_t all_timed = std::max(timed, fast);
    return {{failed, succeeded + failed}, {all_timed - fast, all_timed}, devices};
  }
};

}  // namespace

Observation failed(Code why) { return {.data = Data::error, .error = why}; }

Observation observe(State& state, const Definition& definition,
                    const std::vector<Sample>& samples) {
  if (samples.empty()) return {.data = Data::none};
  if (samples.size() > kSeriesMax) return failed(Code::too_many);
  std::vector<Gains> gains(definition.arm_count());
  auto ledger = state.ledger;  // an error leaves the state as it was
  for (const Sample& sample : samples) {
    const std::size_t arm = arm_named(definition, sample.arm);
    const bool old = sample.counter == Counter::devices && sample.stage != state.stage;
    if (arm == definition.arm_count() || old) continue;
    if (sample.value > evidence::kCountMax) return failed(Code::out_of_range);
    std::uint64_t& last = ledger[sample.series];
    // What is smaller than before began again from zero.
    gains[arm].of(sample.counter) += sample.value >= last ? sample.value - last : sample.value;
    last = sample.value;
  }
  if (ledger.size() > kSeriesMax) return failed(Code::too_many);
  state.ledger = std::move(ledger);
  Observation seen{.data = Data::value};
  for (const Gains& gain : gains) seen.arms.push_back(gain.tick());
  return seen;
}

}  // namespace airlock::experiment
