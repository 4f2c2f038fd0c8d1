// The written limits: what acts at once, and is tried again.
#include "server/experiment/internal/look.h"

namespace airlock::experiment::internal {

namespace {

// Where a window is above a written limit: the arm, the guard.
struct Breach {
  std::size_t arm = 0;
  std::size_t guard = 0;
};

// weight_of orders what a limit may do by how much it takes away.
int weight_of(OnLimit on_limit) {
  switch (on_limit) {
    case OnLimit::degrade: return 0;
    case OnLimit::pause: return 1;
    case OnLimit::rollback: return 2;
  }
  return 0;
}

// find_breach returns the breach of the gravest consequence.
std::optional<Breach> find_breach(const Look& look, std::size_t first_arm) {
  std::optional<Breach> gravest;
  const auto weight = [&](const Breach& breach) {
    return weight_of(look.definition.guards[breach.guard].on_limit);
  };
  for (std::size_t arm = first_arm; arm < look.state.arms.size(); ++arm) {
    for (std::size_t at = 0; at < look.definition.guards.size(); ++at) {
      const Guard& guard = look.definition.guards[at];
      if (guard.dry_run == DryRun::yes || !look.is_over(look.window(arm, at), guard)) continue;
      const Breach found{arm, at};
      if (!gravest || weight(found) > weight(*gravest)) gravest = found;
    }
  }
  return gravest;
}

// What is done about a breach, and what is said of it beyond its counts.
struct Answer {
  Act act = Act::paused;
  Cause cause = Cause::limit;
  std::string why;
};

Answer answer_to(const Look& look, const Breach& breach) {
  const Guard& guard = look.definition.guards[breach.guard];
  if (look.is_over(look.window(0, breach.guard), guard)) {
    return {Act::paused, Cause::both_arms, "; it hits both arms"};
  }
  if (guard.on_limit == OnLimit::degrade) {
    if (smaller_share(look.state, look.definition)) return {Act::degraded, Cause::none, ""};
    return {Act::paused, Cause::limit, "; there is no smaller share"};
  }
  if (guard.on_limit == OnLimit::pause) return {};
  if (!look.is_alone(breach.guard)) return {Act::rolled_back, Cause::none, ""};
  return {Act::paused, Cause::alone, "; nobody is left to compare with, so nothing is rolled back"};
}

// step_back serves the share of the ramp that is next below, and says so.
std::string step_back(Look& look) {
  State& state = look.state;
  const std::uint32_t before = state.share;
  set_share(state, look.definition, *smaller_share(state, look.definition), look.now);
  forget_windows(state);
  ++state.degrades;
  const std::string said = "; from " + share(before) + " back to " + share(state.share);
  if (state.degrades > kResumesMax) return said + ", where it stays until an operator ramps";
  return said + ", grows again by proof (" + std::to_string(state.degrades) + " of " +
         std::to_string(kResumesMax) + ")";
}

}  // namespace

std::string how_it_ends(const State& state, const Definition& definition) {
  if (state.resumes >= kResumesMax) return "; it stays so until an operator resumes";
  const std::int64_t seconds = definition.hold << state.resumes;
  return "; tried again in " + std::to_string(seconds) + " s";
}

void judge_limit(Look& look) {
  const auto breach = find_breach(look, 1);
  if (!breach) return;
  State& state = look.state;
  const Case about = look.case_of(breach->arm, breach->guard);
  const Answer answer = answer_to(look, *breach);
  Verdict verdict{look.now,
                  answer.act,
                  rule_of(about.guard, "limit"),
                  std::string(about.arm),
                  about.count,
                  about.control,
                  0,
                  0,
                  head(answer.act, look.now) + tell(about) + answer.why};
  if (answer.act == Act::degraded) {
    verdict.words += step_back(look);
  } else if (answer.act == Act::rolled_back) {
    enter(state, Phase::rolled_back, answer.cause, look.now);
  } else {
    verdict.words += how_it_ends(state, look.definition);
    enter(state, Phase::paused, answer.cause, look.now);
  }
  look.say(std::move(verdict));
}

void rehearse(Look& look, const std::vector<bool>& over_before) {
  std::size_t place = 0;
  for (std::size_t arm = 1; arm < look.state.arms.size(); ++arm) {
    for (std::size_t at = 0; at < look.definition.guards.size(); ++at, ++place) {
      const Guard& guard = look.definition.guards[at];
      if (guard.dry_run == DryRun::no || over_before[place]) continue;
      if (!look.is_over(look.window(arm, at), guard)) continue;
      const Case about = look.case_of(arm, at);
      look.verdicts.push_back({look.now, Act::would_act, rule_of(guard, "limit"),
                               std::string(about.arm), about.count, about.control, 0, 0,
                               head(Act::would_act, look.now) + tell(about)});
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

void go_on(Look& look) {
  State& state = look.state;
  if (!ends_by_itself(state.cause) || state.resumes >= kResumesMax) return;
  const std::int64_t waited = look.now - state.since;
  if (waited < look.definition.hold << state.resumes || find_breach(look, 0)) return;
  if (seconds_to_steady(state, look.definition, look.now) > 0) return;
  ++state.resumes;
  forget_windows(state);
  std::string where;
  const auto smaller = smaller_share(state, look.definition);
  if (state.share == assignment::kBuckets && smaller) {
    set_share(state, look.definition, *smaller, look.now);
    where = " at " + share(state.share) + ", beside a baseline to compare with";
  }
  enter(state, Phase::running, Cause::none, look.now);
  look.say({look.now,
            Act::resumed,
            "pause",
            "",
            {},
            {},
            0,
            0,
            head(Act::resumed, look.now) + "paused for " + std::to_string(waited) +
                " s, tried again" + where + " (" + std::to_string(state.resumes) + " of " +
                std::to_string(kResumesMax) + ")"});
}

}  // namespace airlock::experiment::internal
