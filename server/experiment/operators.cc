// What operators do, and what follows for the devices.
#include <algorithm>

#include "server/experiment/internal/look.h"

namespace airlock::experiment {

namespace internal {

void begin_stage(State& state, std::int64_t now) {
  ++state.stage;
  state.since = now;
  for (ArmState& arm : state.arms) {
    arm.devices = 0;
    arm.too_many = {};
    arm.too_few = {};
    for (Watch& watch : arm.guards) watch.stage = {};
  }
  std::erase_if(state.ledger,
                [](const auto& entry) { return entry.first.starts_with("devices|"); });
}

void enter(State& state, Phase phase, Cause cause, std::int64_t now) {
  state.phase = phase;
  state.cause = cause;
  begin_stage(state, now);
}

void forget_windows(State& state) {
  for (ArmState& arm : state.arms) {
    for (Watch& watch : arm.guards) watch.window = {};
  }
}

}  // namespace internal

Status start_or_resume(State& state, const Definition& definition, std::int64_t now) {
  if (state.phase != Phase::created && state.phase != Phase::paused) return fail(Code::conflict);
  const bool first = state.phase == Phase::created;
  if (first) state.share = definition.ramp.front().share;
  state.resumes = 0;
  state.degrades = 0;
  internal::forget_windows(state);
  internal::enter(state, Phase::running, Cause::none, now);
  state.words = internal::head(first ? "started" : name_of(Act::resumed), now) + "at " +
                internal::share(state.share);
  return {};
}

Status pause(State& state, std::int64_t now) {
  const bool already = state.phase == Phase::paused && !internal::ends_by_itself(state.cause);
  if (already || (state.phase != Phase::running && state.phase != Phase::paused)) {
    return fail(Code::conflict);
  }
  internal::enter(state, Phase::paused, Cause::operators, now);
  state.words = internal::head(Act::paused, now) + "by an operator";
  return {};
}

Status roll_back(State& state, std::int64_t now) {
  if (state.phase == Phase::rolled_back) return fail(Code::conflict);
  internal::enter(state, Phase::rolled_back, Cause::operators, now);
  state.words = internal::head(Act::rolled_back, now) + "by an operator";
  return {};
}

Status end(State& state, const Definition& definition, std::string_view arm, std::int64_t now) {
  if (is_over(state)) return fail(Code::conflict);
  std::uint32_t adopted = 0;
  while (adopted < definition.arm_count() && definition.arm_name(adopted) != arm) ++adopted;
  if (adopted == definition.arm_count()) return fail(Code::not_found);
  state.adopted = adopted;
  internal::enter(state, Phase::ended, Cause::operators, now);
  state.words =
      internal::head(Act::ended, now) + "everybody has " + std::string(arm) + ", by an operator";
  return {};
}

bool is_over(const State& state) {
  return state.phase == Phase::rolled_back || state.phase == Phase::ended;
}

namespace {

bool may_meet(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.empty() || b.empty()) return true;
  return std::ranges::any_of(
      a, [&](const std::string& word) { return std::ranges::find(b, word) != b.end(); });
}

// The widest share that anybody can have been told: a step back leaves it.
std::uint32_t widest_share(const State& state, const Definition& definition) {
  const auto above = std::ranges::find_if(
      definition.ramp, [&](const RampStep& step) { return step.share > state.share; });
  const bool stepped_back = state.degrades + state.resumes != 0 && above != definition.ramp.end();
  return stepped_back ? above->share : state.share;
}

}  // namespace

bool may_meet(const Definition& a, const Definition& b) {
  return may_meet(a.condition.regions, b.condition.regions) &&
         may_meet(a.condition.groups, b.condition.groups) &&
         may_meet(a.condition.tiers, b.condition.tiers);
}

namespace {

bool is_tried(const Definition& definition, std::string_view policy) {
  return std::ranges::find(definition.arms, policy, &Arm::policy) != definition.arms.end();
}

}  // namespace

bool contradict(const Definition& a, const Definition& b) {
  return is_tried(a, b.baseline) || is_tried(b, a.baseline);
}

Status check_policies(const Definition& definition, std::string& reading) {
  for (std::size_t arm = 0; arm < definition.arms.size(); ++arm) {
    const std::string& policy = definition.arms[arm].policy;
    reading = "arms[" + std::to_string(arm) + "].policy";
    const auto first = std::ranges::find(definition.arms, policy, &Arm::policy);
    const bool is_first = first == definition.arms.begin() + static_cast<std::ptrdiff_t>(arm);
    if (policy == definition.baseline || !is_first) return fail(Code::duplicate_key);
  }
  return {};
}

bool is_told(const State& state, const Definition& definition, const Digest& seed,
             std::string_view duid, const Told& told) {
  if (told.stage > state.stage) return false;
  const bool is_present = told.stage == state.stage;
  const std::uint32_t bucket = assignment::bucket_of(seed, duid);
  const bool gray_now = state.phase == Phase::running && bucket < state.share;
  if (told.arm == kBaseline) return !is_present || !gray_now;
  const std::size_t arm = assignment::arm_of(seed, definition.weights(), duid) + 1;
  if (definition.arm_name(arm) != told.arm) return false;
  return is_present ? gray_now : bucket < widest_share(state, definition);
}

void SetAside::add(const State& state, const Definition& definition) {
  const std::size_t everybodys = state.phase == Phase::ended ? state.adopted : 0;
  policies_[definition.baseline] = true;
  for (const Arm& arm : definition.arms) policies_[arm.policy] = true;
  // Last: of two that are one policy it is the one which everybody has.
  policies_[everybodys == 0 ? definition.baseline : definition.arms[everybodys - 1].policy] = false;
}

bool SetAside::contains(std::string_view policy) const {
  const auto found = policies_.find(policy);
  return found != policies_.end() && found->second;
}

Served serve(const State& state, const Definition& definition, const Digest& seed,
             std::string_view duid, const assignment::Traits& traits) {
  if (state.phase == Phase::created || is_over(state)) return {};
  if (!assignment::meets(definition.condition, traits)) return {};
  const bool gray =
      state.phase == Phase::running && assignment::bucket_of(seed, duid) < state.share;
  if (!gray) return {0, true};
  return {assignment::arm_of(seed, definition.weights(), duid) + 1, true};
}

}  // namespace airlock::experiment
