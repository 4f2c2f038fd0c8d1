// One look at one experiment, and what several rules do with it.
#pragma once

#include <vector>

#include "server/experiment/experiment.h"
#include "server/experiment/internal/words.h"

namespace airlock::experiment::internal {

inline double rate_of(Count count) {
  return static_cast<double>(count.bad) / static_cast<double>(count.total);
}
inline double rate_of_limit(std::uint32_t limit) { return static_cast<double>(limit) / kWhole; }

// One look at one experiment.
struct Look {
  State& state;
  const Definition& definition;
  std::int64_t now;
  std::vector<Verdict> verdicts{};

  bool is_over(const Window& window, const Guard& guard) const {
    return window.sum.total >= definition.samples &&
           rate_of(window.sum) > rate_of_limit(guard.limit);
  }
  const Window& window(std::size_t arm, std::size_t guard) const {
    return state.arms[arm].guards[guard].window;
  }
  // is_alone says whether there is no baseline beside the arms to compare a guard with.
  bool is_alone(std::size_t guard) const {
    return state.share == assignment::kBuckets || window(0, guard).sum.total == 0;
  }
  Case case_of(std::size_t arm, std::size_t guard) const {
    return {definition.guards[guard], definition.arm_name(arm), window(arm, guard).sum,
            window(0, guard).sum, definition.window};
  }
  void say(Verdict verdict) {
    state.words = verdict.words;
    verdicts.push_back(std::move(verdict));
  }
};

// begin_stage: from now on others may be served another policy.
void begin_stage(State& state, std::int64_t now);
// enter changes the phase, which is a stage of its own.
void enter(State& state, Phase phase, Cause cause, std::int64_t now);
// forget_windows lets the limits look at what comes from now on only.
void forget_windows(State& state);

inline bool ends_by_itself(Cause cause) {
  return cause == Cause::limit || cause == Cause::both_arms || cause == Cause::alone;
}

// notice_clock sees to it that nothing lies in the future, and that time in which nobody looked, or
// which only a wrong clock told of, counts for nothing.
void notice_clock(Look& look);
// seconds_to_steady is how long no share grows and no pause ends because of the clock.
std::int64_t seconds_to_steady(const State& state, const Definition& definition, std::int64_t now);
// judge_jitter pauses a split of which an arm is surely more than `jitter` off its share.
void judge_jitter(Look& look);
// judge_ratio stops the analysis where the arms do not have the sizes of their shares.
void judge_ratio(Look& look);
// judge_limit acts where a window is above a written limit.
void judge_limit(Look& look);
// over_limit says of each arm and guard whether its window is above; rehearse says what a guard in
// dry run would have done where that is new.
std::vector<bool> over_limit(const Look& look);
void rehearse(Look& look, const std::vector<bool>& over_before);
// go_on ends a pause that ends by itself, when its time is over and nothing is above a limit. Where
// nobody was left to compare with, it goes on at a smaller share.
void go_on(Look& look);
std::string how_it_ends(const State& state, const Definition& definition);
// smaller_share is the largest share of the ramp below the present one; nothing where there is
// none.
std::optional<std::uint32_t> smaller_share(const State& state, const Definition& definition);
void set_share(State& state, const Definition& definition, std::uint32_t share, std::int64_t now);
// grow takes the next step of the ramp where the proof is there.
void grow(Look& look);

}  // namespace airlock::experiment::internal
