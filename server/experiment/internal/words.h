// The sentences of verdicts. Everything that an operator reads about a decision is made here.
#pragma once

#include "server/experiment/experiment.h"

namespace airlock::experiment::internal {

// A guard in an arm, and what both were counted at.
struct Case {
  const Guard& guard;
  std::string_view arm;
  Count count;
  Count control;
  std::int64_t window = 0;  // seconds
};

std::string rule_of(const Guard& guard, std::string_view layer);
// head writes "paused 14:02:10: ".
std::string head(std::string_view did, std::int64_t at);
std::string head(Act act, std::int64_t at);
// what_failed writes "52 of 712 payments failed (7.3 % > 5 %)".
std::string what_failed(const Guard& guard, Count count);
// tell writes what_failed with the arm, the window and the baseline's counts.
std::string tell(const Case& about);
// nats writes evidence: "13.9".
std::string nats(Nanonats value);
std::string share(std::uint32_t share);

}  // namespace airlock::experiment::internal
