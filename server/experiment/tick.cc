
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
    }
  }
  if (state.phase == Phase::running) absorb_devices(look, seen);
}

// judge_evidence acts where the sequential test of a guard raises its alarm. It answers whether
// that ended the experiment.
bool judge_evidence(Look& look) {
  State& state = look.state;
  const Definition& definition = look.definition;
  const Nanonats alarm = definition.alarm();
  const Nanonats differs =
      evidence::alarm_level(kTicksOfContrast, definition.guards.size() * definition.arms.size());
  for (std::size_t arm = 1; arm < state.arms.size(); ++arm) {
    for (std::size_t at = 0; at < definition.guards.size(); ++at) {
      Watch& watch = state.arms[arm].guards[at];
      if (watch.excess.largest() < alarm || watch.excess.value() < alarm) continue;
      const Guard& guard = definition.guards[at];
      const Case about = look.case_of(arm, at);
      const Nanonats found = watch.excess.value();
      const bool alone = state.share == assignment::kBuckets;  // nobody is left to compare with
      const bool is_worse = alone || watch.contrast.value() >= differs;
      const std::string sum =
          "; evidence " + internal::nats(found) + ", alarm " + internal::nats(alarm);
      Verdict verdict{look.now,
                      Act::rolled_back,
                      internal::rule_of(guard, "evidence"),
                      std::string(about.arm),
                      about.count,
                      about.control,
                      found,
                      alarm,
                      ""};
      watch.excess = {};
      if (guard.dry_run == DryRun::yes) {
        verdict.act = Act::would_act;
        verdict.words = internal::head(verdict.act, look.now) + internal::tell(about) + sum;
        look.verdicts.push_back(std::move(verdict));
        continue;
      }
      if (is_worse) {
        verdict.words = internal::head(verdict.act, look.now) + internal::tell(about) + sum;
        enter(state, Phase::rolled_back, Cause::none, look.now);
        look.say(std::move(verdict));
        return true;
      }
      if (state.phase == Phase::paused) continue;
      verdict.act = Act::paused;
      verdict.words = internal::head(verdict.act, look.now) + internal::tell(about) + sum +
                      "; the arm is not worse than the baseline, so nothing is rolled back";
      enter(state, Phase::paused, Cause::both_arms, look.now);
      look.say(std::move(verdict));
    }
  }
  return false;
}

Act act_of(OnLimit on_limit) {
  switch (on_limit) {
    case OnLimit::pause: return Act::paused;
    case OnLimit::degrade: return Act::degraded;
    case OnLimit::rollback: return Act::rolled_back;
  }
  return Act::paused;
}

std::string how_it_ends(const State& state, const Definition& definition) {
  if (state.resumes >= kResumesMax) return "; it stays so until an operator resumes";
  const std::int64_t seconds = definition.hold << state.resumes;
  return "; tried again in " + std::to_string(seconds) + " s";
}

// Where a window is above a written limit: the arm, the guard.
struct Breach {
  std::size_t arm = 0;
  std::size_t guard = 0;
};
std::optional<Breach> find_breach(const Look& look, std::size_t first_arm) {
  for (std::size_t arm = first_arm; arm < look.state.arms.size(); ++arm) {
    for (std::size_t at = 0; at < look.definition.guards.size(); ++at) {
      const Guard& guard = look.definition.guards[at];
      if (guard.dry_run == DryRun::yes) continue;
      if (look.is_over(look.window(arm, at), guard)) return Breach{arm, at};
    }
  }
  return std::nullopt;
}

void judge_limit(Look& look) {
  const auto breach = find_breach(look, 1);
  if (!breach) return;
  State& state = look.state;
  const Guard& guard = look.definition.guards[breach->guard];
  const Case about = look.case_of(breach->arm, breach->guard);
  const bool both = look.is_over(look.window(0, breach->guard), guard);
  Act act = act_of(guard.on_limit);
  if (both && act == Act::rolled_back) act = Act::paused;
  const bool ends = act == Act::rolled_back;
  const std::string after =
      ends ? "" : (both ? "; it hits both arms" : "") + how_it_ends(state, look.definition);
  Verdict verdict{look.now,
                  act,
                  internal::rule_of(guard, "limit"),
                  std::string(about.arm),
                  about.count,
                  about.control,
                  0,
                  0,
                  internal::head(act, look.now) + internal::tell(about) + after};
  enter(state, ends ? Phase::rolled_back : Phase::paused, both ? Cause::both_arms : Cause::limit,
        look.now);
  look.say(std::move(verdict));
}

// What a rule would have done that only speaks.
void rehearse(Look& look, const std::vector<bool>& over_before) {
  std::size_t place = 0;
  for (std::size_t arm = 1; arm < look.state.arms.size(); ++arm) {
    for (std::size_t at = 0; at < look.definition.guards.size(); ++at, ++place) {
      const Guard& guard = look.definition.guards[at];
      if (guard.dry_run == DryRun::no || over_before[place]) continue;
      if (!look.is_over(look.window(arm, at), guard)) continue;
      const Case about = look.case_of(arm, at);
      look.verdicts.push_back({look.now, Act::would_act, internal::rule_of(guard, "limit"),
                               std::string(about.arm), about.count, about.control, 0, 0,
                               internal::head(Act::would_act, look.now) + internal::tell(about)});
    }
  }
}

std::vector<bool> over_limit(const Look& look) {
  std::vector<bool> over;
  for (std::size_t arm = 1; arm < look.state.arms.size(); ++arm) {
    for (std::size_t at = 0; at < look.definition.guards.size(); ++at) {
      over.push_back(look.is_over(look.window(arm, at), look.definition.guards[at]));
    }
  }
  return over;
}

// go_on ends a pause that ends by itself, when its time is over and nothing is above a limit.
void go_on(Look& look) {
  State& state = look.state;
  if (!internal::ends_by_itself(state.cause) || state.resumes >= kResumesMax) return;
  const std::int64_t waited = look.now - state.since;
  if (waited < look.definition.hold << state.resumes || find_breach(look, 0)) return;
  if (internal::seconds_to_steady(state, look.definition, look.now) > 0) return;
  ++state.resumes;
  internal::forget_windows(state);
  enter(state, Phase::running, Cause::none, look.now);
  look.say({look.now,
            Act::resumed,
            "pause",
            "",
            {},
            {},
            0,
            0,
            internal::head(Act::resumed, look.now) + "paused for " + std::to_string(waited) +
                " s, tried again (" + std::to_string(state.resumes) + " of " +
                std::to_string(kResumesMax) + ")"});
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
  if (state.phase == Phase::created || state.phase == Phase::rolled_back) return {};
  Look look{state, definition, now};
  ++state.ticks;
  internal::notice_clock(look);
  if (!note_data(look, seen)) return std::move(look.verdicts);
  const std::vector<bool> over_before = over_limit(look);
  absorb(look, seen);
  rehearse(look, over_before);
  if (judge_evidence(look)) return std::move(look.verdicts);
  if (state.phase == Phase::running) internal::judge_jitter(look);
  if (state.phase == Phase::running) internal::judge_ratio(look);
  if (state.phase == Phase::running) judge_limit(look);
  if (state.phase == Phase::running) {
    internal::grow(look);
  } else if (state.phase == Phase::paused) {
    go_on(look);
  }
  return std::move(look.verdicts);
}

}  // namespace airlock::experiment
