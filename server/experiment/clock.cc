// What becomes of times that a wrong clock has left behind.
#include <algorithm>
#include <utility>

#include "server/experiment/internal/look.h"

namespace airlock::experiment::internal {

namespace {

// Another thread or process reads its clock a little later than the judge: that is no fault.
constexpr std::int64_t kApartSecondsMax = 60;

// bring_back lets what was counted in the future leave a window in its time, counted from now on.
void bring_back(Window& window, std::int64_t now) {
  const auto future = std::ranges::upper_bound(window.ticks, now, {}, &Window::Tick::at);
  if (future == window.ticks.end()) return;
  Window::Tick all{now, {}};
  for (auto tick = future; tick != window.ticks.end(); ++tick) all.count += tick->count;
  window.ticks.erase(future, window.ticks.end());
  window.ticks.push_back(all);
}

}  // namespace

void notice_clock(Look& look) {
  State& state = look.state;
  const std::int64_t before = std::exchange(state.ticked, look.now);
  const bool is_gap = before != 0 && look.now - before > kLookGapMax;
  const bool is_back = before > look.now || state.since - look.now > kApartSecondsMax;
  const std::int64_t step = std::max(before, state.since) - look.now;
  if (!is_gap && !is_back) {
    state.since = std::min(state.since, look.now);
    return;
  }
  // What nobody watched is no time at a step or in a pause; what was watched stays.
  const std::int64_t watched = std::max<std::int64_t>(0, before - state.since);
  state.since = std::max<std::int64_t>(0, look.now - watched);
  state.steady = look.now;
  if (!is_back) return;
  for (ArmState& arm : state.arms) {
    for (Watch& watch : arm.guards) bring_back(watch.window, look.now);
  }
  const std::string words =
      head(Act::held, look.now) + "the clock stepped back by " + std::to_string(step) + " s; for " +
      std::to_string(look.definition.window) + " s no share grows and no pause ends";
  look.verdicts.push_back({look.now, Act::held, "clock", "", {}, {}, 0, 0, words});
}

std::int64_t seconds_to_steady(const State& state, const Definition& definition, std::int64_t now) {
  if (state.steady == 0) return 0;
  return std::clamp<std::int64_t>(state.steady + definition.window - now, 0, definition.window);
}

}  // namespace airlock::experiment::internal
