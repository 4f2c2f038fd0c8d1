// Whether the arms have the sizes that they should have.
#include <algorithm>
#include <cmath>

#include "server/experiment/internal/look.h"

namespace airlock::experiment::internal {

namespace {

// The devices of an arm, and how many there are in all.
Count devices_of(const State& state, std::size_t arm) {
  std::uint64_t total = 0;
  for (const ArmState& each : state.arms) total += each.devices;
  return {state.arms[arm].devices, total};
}

std::string percent_of_share(double share) {
  return percent_of_limit(static_cast<std::uint32_t>(share * kWhole + 0.5));
}

struct Found {
  Nanonats evidence = 0;
  Nanonats alarm = 0;
};

// stop_split pauses a split of which one arm is too large or too small.
void stop_split(Look& look, std::size_t arm, Found found) {
  const Count count = devices_of(look.state, arm);
  const std::string name(look.definition.arm_name(arm));
  const std::string words = head(Act::paused, look.now) + std::to_string(count.bad) + " of " +
                            std::to_string(count.total) + " devices (" + percent(count) +
                            ") are in arm " + name + ", which should have " +
                            percent_of_share(look.definition.share_of(arm, look.state.share)) +
                            ": more than " + percent_of_limit(look.definition.jitter) + " off";
  enter(look.state, Phase::paused, Cause::jitter, look.now);
  look.say({look.now,
            Act::paused,
            "jitter of the split",
            name,
            count,
            {},
            found.evidence,
            found.alarm,
            words});
}

// seems_off says whether an arm, as it was counted, is more than `jitter` off its share.
bool seems_off(const Look& look, std::size_t arm) {
  const double share = look.definition.share_of(arm, look.state.share);
  const double off = rate_of(devices_of(look.state, arm)) / share - 1;
  return look.definition.jitter != 0 && std::abs(off) > rate_of_limit(look.definition.jitter);
}

}  // namespace

void judge_jitter(Look& look) {
  if (look.definition.jitter == 0) return;
  const Nanonats alarm = evidence::alarm_level(kTicksPerAlarm, 2 * look.definition.arms.size());
  for (std::size_t arm = 1; arm < look.state.arms.size(); ++arm) {
    const ArmState& own = look.state.arms[arm];
    const Nanonats found = std::max(own.too_many.value(), own.too_few.value());
    if (found >= alarm) return stop_split(look, arm, {found, alarm});
  }
}

void judge_ratio(Look& look) {
  std::vector<std::uint64_t> counts;
  std::vector<double> shares;
  std::string sizes;
  for (std::size_t arm = 0; arm < look.state.arms.size(); ++arm) {
    const double share = look.definition.share_of(arm, look.state.share);
    if (share <= 0) continue;
    counts.push_back(look.state.arms[arm].devices);
    shares.push_back(share);
    sizes += (sizes.empty() ? "" : ", ") + std::string(look.definition.arm_name(arm)) + " has " +
             std::to_string(counts.back()) + " devices for " + percent_of_share(share);
  }
  const Nanonats alarm = evidence::alarm_level(kTicksOfRatio, 1);
  const Found found{evidence::ratio_mismatch(counts, shares), alarm};
  if (found.evidence < alarm) return;
  for (std::size_t arm = 1; arm < look.state.arms.size(); ++arm) {
    if (seems_off(look, arm)) return stop_split(look, arm, found);
  }
  enter(look.state, Phase::paused, Cause::ratio, look.now);
  look.say({look.now,
            Act::stopped,
            "sample ratio",
            "",
            {},
            {},
            found.evidence,
            alarm,
            head(Act::stopped, look.now) + sizes +
                ": the arms are not what they should be, so no number counts until this is found"});
}

}  // namespace airlock::experiment::internal
