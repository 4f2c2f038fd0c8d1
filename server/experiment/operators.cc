// What operators do, and what follows for the devices.
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
  state.words = internal::head(Act::resumed, now) + (first ? "started at " : "at ") +
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

Served serve(const State& state, const Definition& definition, const Digest& seed,
             std::string_view duid, const assignment::Traits& traits) {
  if (state.phase == Phase::created || !assignment::meets(definition.condition, traits)) return {};
  const bool gray =
      state.phase == Phase::running && assignment::bucket_of(seed, duid) < state.share;
  if (!gray) return {0, true};
  return {assignment::arm_of(seed, definition.weights(), duid) + 1, true};
}

}  // namespace airlock::experiment
