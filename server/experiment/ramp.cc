// How the share grows.
#include "server/experiment/internal/look.h"

namespace airlock::experiment {

namespace {

std::size_t step_at(const Definition& definition, std::uint32_t share) {
  std::size_t step = 0;
  while (step + 1 < definition.ramp.size() && definition.ramp[step + 1].share <= share) ++step;
  return step;
}

constexpr std::size_t kHeldMax = 600;  // what is said of bounds that hold; the others are counted

// What keeps the share from growing, and how sure every guard is where nothing does.
struct Proof {
  std::string missing{};
  std::string held{};
  std::size_t unsaid = 0;

  void add(const std::string& bound) {
    if (held.size() + bound.size() > kHeldMax) {
      ++unsaid;
    } else {
      held += (held.empty() ? "" : "; ") + bound;
    }
  }
  std::string words() const {
    return unsaid == 0 ? held : held + "; and " + std::to_string(unsaid) + " bounds more";
  }
};
Proof proof_of(const State& state, const Definition& definition) {
  const double wrong =
      kWrongRamp / static_cast<double>(definition.guards.size() * definition.arms.size());
  Proof proof;
  for (std::size_t arm = 1; arm < state.arms.size(); ++arm) {
    for (std::size_t at = 0; at < definition.guards.size(); ++at) {
      const Guard& guard = definition.guards[at];
      const Count count = state.arms[arm].guards[at].stage;
      const std::string who = "arm " + std::string(definition.arm_name(arm)) + ": ";
      if (count.total < definition.ramp[state.step].samples) {
        return {who + std::to_string(count.total) + " of " +
                std::to_string(definition.ramp[state.step].samples) + " samples"};
      }
      // What was counted before says nothing of an arm that has fallen silent since.
      if (state.arms[arm].guards[at].window.sum.total == 0) {
        return {who + "no samples in the last " + std::to_string(definition.window) + " s"};
      }
      if (guard.dry_run == DryRun::yes) {  // it holds nothing back, but silence does
        proof.add(who + std::to_string(count.total) + " samples, a dry run");
        continue;
      }
      const double upper = evidence::upper_bound(count, wrong);
      const auto parts = static_cast<std::uint64_t>(upper * kWhole);
      const std::string bound = who + std::to_string(count.bad) + " of " +
                                std::to_string(count.total) + ", at most " +
                                percent({parts, kWhole});
      if (upper >= internal::rate_of_limit(guard.limit)) {
        return {bound + ", not below " + percent_of_limit(guard.limit)};
      }
      proof.add(bound + " < " + percent_of_limit(guard.limit));
    }
  }
  return proof;
}

}  // namespace

namespace internal {

std::optional<std::uint32_t> smaller_share(const State& state, const Definition& definition) {
  std::optional<std::uint32_t> smaller;
  for (const RampStep& step : definition.ramp) {
    if (step.share < state.share) smaller = step.share;
  }
  return smaller;
}

void set_share(State& state, const Definition& definition, std::uint32_t share, std::int64_t now) {
  state.share = share;
  state.step = static_cast<std::uint32_t>(step_at(definition, share));
  begin_stage(state, now);
}

void grow(Look& look) {
  State& state = look.state;
  const Definition& definition = look.definition;
  const std::size_t next = state.step + 1;
  if (!definition.automatic || next >= definition.ramp.size()) return;
  if (state.degrades > kResumesMax) return;
  if (look.now - state.since < definition.ramp[state.step].seconds) return;
  if (seconds_to_steady(state, definition, look.now) > 0) return;
  const Proof proof = proof_of(state, definition);
  if (!proof.missing.empty()) return;
  const std::uint32_t before = state.share;
  set_share(state, definition, definition.ramp[next].share, look.now);
  look.say({look.now,
            Act::ramped,
            "ramp",
            "",
            {},
            {},
            0,
            0,
            head(Act::ramped, look.now) + share(before) + " to " + share(state.share) + "; " +
                proof.words()});
}

}  // namespace internal

std::string waits_for(const State& state, const Definition& definition, std::int64_t now) {
  if (state.phase != Phase::running || state.step + 1 >= definition.ramp.size()) return "";
  if (!definition.automatic || state.degrades > kResumesMax) return "an operator";
  const std::int64_t left = definition.ramp[state.step].seconds - (now - state.since);
  if (left > 0) return std::to_string(left) + " s more at this share";
  const std::int64_t uneven = internal::seconds_to_steady(state, definition, now);
  if (uneven > 0) return std::to_string(uneven) + " s more of a clock that goes evenly";
  return proof_of(state, definition).missing;
}

Status ramp(State& state, const Definition& definition, std::uint32_t share, std::int64_t now) {
  if (share > assignment::kBuckets) return fail(Code::out_of_range, share);
  if (state.phase != Phase::running || share <= state.share) return fail(Code::conflict);
  const std::uint32_t before = state.share;
  internal::set_share(state, definition, share, now);
  state.degrades = 0;
  state.words = internal::head(Act::ramped, now) + internal::share(before) + " to " +
                internal::share(share) + " by an operator";
  return {};
}

}  // namespace airlock::experiment
