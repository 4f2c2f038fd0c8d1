// Counters that appear, disappear and come back, as what happened since the last tick.
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

std::string_view word_of(Counter counter) {
  switch (counter) {
    case Counter::succeeded: return "succeeded|";
    case Counter::failed: return "failed|";
    case Counter::fast: return "fast|";
    case Counter::timed: return "timed|";
    case Counter::devices: break;
  }
  return "devices|";  // begin_stage knows these by it
}

Observation uncounted(Code why) { return {.data = Data::uncounted, .error = why}; }

// The counters that are followed, while the answers of one look are entered.
class Ledger {
 public:
  Ledger(const State& state, std::int64_t window, std::int64_t now)
      : followed_(state.ledger), stage_began_(state.since), window_(window), now_(now) {}

  // enter answers what a counter gained.
  std::uint64_t enter(const Sample& sample) {
    const auto [found, is_new] = followed_.try_emplace(sample.series());
    Followed& entry = found->second;
    if (is_new && !began_within(sample)) entry.last = sample.value;
    entry.seen = now_;
    if (sample.value <= entry.last) return 0;
    const std::uint64_t gain = sample.value - entry.last;
    entry.last = sample.value;
    return gain;
  }

  // forget lets go of what vanished. It answers whether there is room for what is told.
  bool forget() {
    std::multimap<std::int64_t, std::string_view> vanished;
    for (auto& [series, entry] : followed_) {
      entry.seen = std::min(entry.seen, now_);  // the clock may have stepped back
      if (entry.seen < now_) vanished.emplace(entry.seen, series);
    }
    for (const auto& [seen, series] : vanished) {
      if (followed_.size() <= kSeriesMax && seen >= now_ - kSeriesSeconds) break;
      followed_.erase(followed_.find(series));
    }
    return followed_.size() <= kSeriesMax;
  }
  std::map<std::string, Followed, std::less<>> take() { return std::move(followed_); }

 private:
  bool began_within(const Sample& sample) const {
    const bool of_stage = sample.counter == Counter::devices;
    const std::int64_t began = of_stage ? std::max(sample.since, stage_began_) : sample.since;
    return began <= now_ && began > now_ - window_;
  }

  std::map<std::string, Followed, std::less<>> followed_;
  std::int64_t stage_began_;
  std::int64_t window_;
  std::int64_t now_;
};

}  // namespace

std::string Sample::series() const {
  std::string text(word_of(counter));
  text.append(book).append("|").append(arm);
  return counter == Counter::devices ? text + "|" + std::to_string(stage) : text;
}

Observation failed(Code why) { return {.data = Data::error, .error = why}; }

Observation observe(State& state, const Definition& definition, const std::vector<Sample>& samples,
                    std::int64_t now) {
  if (samples.empty()) return {.data = Data::none};
  std::vector<Gains> gains(definition.arm_count());
  Ledger ledger(state, definition.window, now);  // an error leaves the state as it was
  for (const Sample& sample : samples) {
    const std::size_t arm = arm_named(definition, sample.arm);
    const bool old = sample.counter == Counter::devices && sample.stage != state.stage;
    if (arm == definition.arm_count() || old) continue;
    if (sample.book.empty()) return uncounted(Code::missing_field);
    if (sample.value > evidence::kCountMax) return uncounted(Code::out_of_range);
    gains[arm].of(sample.counter) += ledger.enter(sample);
  }
  if (!ledger.forget()) return uncounted(Code::too_many);
  state.ledger = ledger.take();
  Observation seen{.data = Data::value};
  for (const Gains& gain : gains) seen.arms.push_back(gain.tick());
  return seen;
}

}  // namespace airlock::experiment
