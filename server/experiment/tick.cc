
#include "server/experiment/internal/look.h"

namespace airlock::experiment {

namespace {

using internal::Case;
using internal::enter;
using internal::Look;
using internal::rate_of_limit;

// why_not says what keeps an answer from being counted.
std::string why_not(const Observation& seen) {
  const std::string code(name(seen.error));
  if (seen.data == Data::none) return "Prometheus has no data of this experiment";
  if (seen.data == Data::error) return "Prometheus could not be asked: " + code;
  if (seen.error == Code::too_many) {
    return "Prometheus tells of more than " + std::to_string(kSeriesMax) + " counters";
  }
  if (seen.error == Code::missing_field) return "a counter does not say of which book it is";
  return "a counter cannot be read: " + code;
}

// note_data remembers whether there was data, and says when that changes. It answers whether there
// is any to judge.
bool note_data(Look& look, const Observation& seen) {
  State& state = look.state;
  const bool same = seen.data == state.data;
  state.data = seen.data;
  if (seen.data == Data::value) {
    if (!same) {
      Verdict verdict{look.now,
                      Act::went_on,
                      "data",
                      "",
                      {},
                      {},
                      0,
                      0,
                      internal::head(Act::went_on, look.now) + "there is data again"};
      look.verdicts.push_back(std::move(verdict));
    }
    return true;
  }
  if (same) return false;
  const std::string why = why_not(seen);
  const std::string words =
      internal::head(Act::held, look.now) + why + "; nothing is decided, and no share grows";
  look.verdicts.push_back({look.now, Act::held, "data", "", {}, {}, 0, 0, words});
  return false;
}

void absorb_devices(Look& look, const Observation& seen) {
  State& state = look.state;
  std::uint64_t total = 0;
  for (const ArmTick& tick : seen.arms) total += tick.devices;
  for (std::size_t arm = 0; arm < state.arms.size(); ++arm) {
    ArmState& own = state.arms[arm];
    const std::uint64_t devices = seen.arms[arm].devices;
    own.devices += devices;
    if (arm == 0 || look.definition.jitter == 0) continue;
    const double share = look.definition.share_of(arm, state.share);
    const double slack = rate_of_limit(look.definition.jitter);
    const double most = share * (1 + slack);
    const double least = share * (1 - slack);
    if (most < 1) own.too_many.observe(most, {devices, total});
    if (least > 0) own.too_few.observe(1 - least, {total - devices, total});
  }
}

void absorb(Look& look, const Observation& seen) {
  State& state = look.state;
  AIRLOCK_CHECK(seen.arms.size() == state.arms.size());
  const auto count_of = [&](std::size_t arm, const Guard& guard) {
    return guard.metric == Metric::failures ? seen.arms[arm].payments : seen.arms[arm].slow;
  };
  for (std::size_t arm = 0; arm < state.arms.size(); ++arm) {
    for (std::size_t at = 0; at < look.definition.guards.size(); ++at) {
      const Guard& guard = look.definition.guards[at];
      const Count count = count_of(arm, guard);
      Watch& watch = state.arms[arm].guards[at];
      watch.window.add(look.now, count, look.definition.window);
      watch.stage += count;
      if (arm == 0) continue;
      watch.excess.observe(rate_of_limit(guard.limit), count);
      watch.contrast.observe(count, count_of(0, guard));
      // A difference from when the rate was within the limit is none in what comes now.
      if (watch.excess.largest() <= 0) watch.contrast = {};
    }
  }
  if (state.phase == Phase::running) absorb_devices(look, seen);
}

// A guard in an arm whose sequential test raised its alarm.
struct Alarm {
  std::size_t arm = 0;
  std::size_t guard = 0;
  Nanonats evidence = 0;
};

// take_alarms returns the alarms of this look; their evidence begins anew.
std::vector<Alarm> take_alarms(Look& look) {
  const Nanonats level = look.definition.alarm();
  std::vector<Alarm> alarms;
  for (std::size_t arm = 1; arm < look.state.arms.size(); ++arm) {
    for (std::size_t at = 0; at < look.definition.guards.size(); ++at) {
      evidence::Excess& excess = look.state.arms[arm].guards[at].excess;
      if (excess.largest() < level || excess.value() < level) continue;
      alarms.push_back({arm, at, excess.value()});
      excess = {};
    }
  }
  return alarms;
}

// is_worse says whether an arm is worse than the baseline beside it. Where nobody is beside it,
// nothing is known of whom it would be worse than.
bool is_worse(const Look& look, const Alarm& alarm) {
  const std::size_t tests = look.definition.guards.size() * look.definition.arms.size();
  return look.state.share < assignment::kBuckets &&
         look.state.arms[alarm.arm].guards[alarm.guard].contrast.value() >=
             evidence::alarm_level(kTicksOfContrast, tests);
}

Verdict verdict_on(const Look& look, const Alarm& alarm, Act act) {
  const Case about = look.case_of(alarm.arm, alarm.guard);
  const Nanonats level = look.definition.alarm();
  return {look.now,
          act,
          internal::rule_of(about.guard, "evidence"),
          std::string(about.arm),
          about.count,
          about.control,
          alarm.evidence,
          level,
          internal::head(act, look.now) + internal::tell(about) + "; evidence " +
              internal::nats(alarm.evidence) + ", alarm " + internal::nats(level)};
}

// judge_evidence acts on alarms: one of an arm that is worse than the baseline comes first. It
// answers whether that ended the experiment.
bool judge_evidence(Look& look) {
  std::optional<Alarm> fault, other;
  for (const Alarm& alarm : take_alarms(look)) {
    if (look.definition.guards[alarm.guard].dry_run == DryRun::yes) {
      look.verdicts.push_back(verdict_on(look, alarm, Act::would_act));
    } else if (is_worse(look, alarm)) {
      if (!fault) fault = alarm;
    } else if (!other) {
      other = alarm;
    }
  }
  if (fault) {
    Verdict verdict = verdict_on(look, *fault, Act::rolled_back);
    enter(look.state, Phase::rolled_back, Cause::none, look.now);
    look.say(std::move(verdict));
    return true;
  }
  if (!other || look.state.phase != Phase::running) return false;
  Verdict verdict = verdict_on(look, *other, Act::paused);
  const bool alone = look.is_alone(other->guard);
  verdict.words += alone ? "; nobody is left to compare with, so nothing is rolled back"
                         : "; the arm is not worse than the baseline, so nothing is rolled back";
  verdict.words += internal::how_it_ends(look.state, look.definition);
  enter(look.state, Phase::paused, alone ? Cause::alone : Cause::both_arms, look.now);
  look.say(std::move(verdict));
  return false;
}

}  // namespace

void Window::add(std::int64_t now, Count count, std::int64_t seconds) {
  constexpr std::int64_t kPieces = 120;  // of a window: what comes closer together is one piece
  std::size_t gone = 0;
  while (gone < ticks.size() && ticks[gone].at <= now - seconds) {
    sum.bad -= ticks[gone].count.bad;
    sum.total -= ticks[gone].count.total;
    ++gone;
  }
  ticks.erase(ticks.begin(), ticks.begin() + static_cast<std::ptrdiff_t>(gone));
  if (count.total == 0) return;
  sum += count;
  if (!ticks.empty() && now - ticks.back().at < seconds / kPieces) {
    ticks.back().count += count;
    return;
  }
  ticks.push_back({now, count});
}

std::vector<Verdict> tick(State& state, const Definition& definition, const Observation& seen,
                          std::int64_t now) {
  if (state.phase == Phase::created || is_over(state)) return {};
  Look look{state, definition, now};
  ++state.ticks;
  internal::notice_clock(look);
  if (!note_data(look, seen)) return std::move(look.verdicts);
  const std::vector<bool> over_before = internal::over_limit(look);
  absorb(look, seen);
  internal::rehearse(look, over_before);
  if (judge_evidence(look)) return std::move(look.verdicts);
  if (state.phase == Phase::running) internal::judge_jitter(look);
  if (state.phase == Phase::running) internal::judge_ratio(look);
  if (state.phase == Phase::running) internal::judge_limit(look);
  if (state.phase == Phase::running) {
    internal::grow(look);
  } else if (state.phase == Phase::paused) {
    internal::go_on(look);
  }
  return std::move(look.verdicts);
}

}  // namespace airlock::experiment
