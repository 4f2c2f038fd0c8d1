// Published failures of progressive delivery, each by its name.
#include <gtest/gtest.h>

#include "server/experiment/experiment.h"
#include "server/experiment/internal/fake_experiment.h"

namespace airlock::experiment {
namespace {

using internal::fake_definition;
using internal::FakeExperiment;
using internal::FakeTick;

constexpr FakeTick kHealthy = {
    .arm = {2, 100}, .baseline = {38, 1900}, .arm_slow = {0, 100}, .baseline_slow = {0, 1900}};
constexpr FakeTick kBroken = {.arm = {30, 100}, .baseline = {38, 1900}};
constexpr FakeTick kSilence = {};

// A failed analysis did not stop the rollout.
TEST(Story, AFailedAnalysisStopsTheRollout_ArgoRollouts_1411) {
  FakeExperiment play;
  play.ticks(20, kBroken);
  EXPECT_EQ(play.state.phase, Phase::rolled_back);
  play.ticks(500, {.arm = {0, 1000}, .baseline = {0, 1000}, .arm_slow = {0, 1000}});
  EXPECT_EQ(play.state.share, 500U);
  EXPECT_EQ(serve(play.state, play.definition, {}, "any", {}).arm, 0U);
}

// The analysis ended before a delayed metric ever ran: here the share waits for every guard.
TEST(Story, TheShareWaitsForAMetricThatComesLate_ArgoRollouts_1360) {
  FakeExperiment play;
  play.ticks(200, {.arm = {0, 1000}, .baseline = {0, 1000}});  // no latency yet
  EXPECT_EQ(play.state.share, 500U);
  play.ticks(1, {.arm = {0, 1000}, .baseline = {0, 1000}, .arm_slow = {0, 1000}});
  EXPECT_EQ(play.state.share, 2'500U);
}

// No traffic must pause: neither back nor forward.
TEST(Story, NoTrafficGoesNeitherBackNorForward_ArgoRollouts_1905) {
  FakeExperiment play;
  play.ticks(10'000, kSilence);
  EXPECT_EQ(play.state.phase, Phase::running);
  EXPECT_EQ(play.state.share, 500U);
  EXPECT_TRUE(play.all.empty());
}

// A metric that was terminated counted as successful.
TEST(Story, AMetricThatEndsIsNoSuccess_ArgoRollouts_1329) {
  FakeExperiment play;
  play.ticks(9, {.arm = {0, 100}, .baseline = {0, 1000}, .arm_slow = {0, 100}});
  play.look(failed(Code::interrupted));
  for (int tick = 0; tick < 500; ++tick) play.look(failed(Code::interrupted));
  EXPECT_EQ(play.state.share, 500U);
  EXPECT_EQ(play.state.arms[1].guards[0].stage.total, 900U);
}

// Say why it aborted.
TEST(Story, EveryDecisionSaysWhy_ArgoRollouts_404_2087) {
  FakeExperiment play;
  play.ticks(3, kHealthy);
  play.ticks(30, kBroken);
  ASSERT_FALSE(play.all.empty());
  for (const Verdict& verdict : play.all) {
    EXPECT_FALSE(verdict.rule.empty());
    EXPECT_NE(verdict.words.find(std::to_string(verdict.window.bad) + " of " +
                                 std::to_string(verdict.window.total)),
              std::string::npos)
        << verdict.words;
    EXPECT_NE(verdict.words.find("last 300 s"), std::string::npos);
    EXPECT_EQ(verdict.numbers()["bad"], verdict.window.bad);
  }
  EXPECT_EQ(play.state.words, play.all.back().words);
}

// An empty result crashed the analysis.
TEST(Story, AnEmptyResultIsNoData_ArgoRollouts_1466) {
  FakeExperiment play;
  const Observation seen = observe(play.state, play.definition, {}, play.now);
  EXPECT_EQ(seen.data, Data::none);
  const auto verdicts = play.look(seen);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts.front().act, Act::held);
}

// Traffic stopped, and the canary still advanced, or failed.
TEST(Story, StoppedTrafficNeitherAdvancesNorFails_Flagger_1011_1035_1689) {
  FakeExperiment play;
  play.ticks(5, {.arm = {0, 100}, .baseline = {0, 100}, .arm_slow = {0, 100}});
  play.ticks(2'000, {.baseline = {0, 100}, .baseline_slow = {0, 100}});  // only the arm is silent
  EXPECT_EQ(play.state.phase, Phase::running);
  EXPECT_EQ(play.state.share, 500U);
}

// All samples that a step wants, and then nobody pays any more: what was proven says nothing of
// now.
TEST(Story, TrafficThatStoppedAfterItsSamplesDoesNotAdvance_Flagger_1035) {
  const FakeTick full = {.arm = {0, 1000}, .baseline = {0, 1000}, .arm_slow = {0, 1000}};
  for (const bool is_whole : {false, true}) {
    FakeExperiment play;
    play.ticks(20, full);
    const FakeTick after =
        is_whole ? kSilence : FakeTick{.baseline = {0, 100}, .baseline_slow = {0, 100}};
    play.ticks(2'000, after);
    EXPECT_EQ(play.state.share, 500U);
    EXPECT_NE(waits_for(play.state, play.definition, play.now).find("no samples in the last 300 s"),
              std::string::npos);
  }
}

// Nor where Prometheus did not answer meanwhile, and then answers with nothing new.
TEST(Story, TimeWithoutDataIsNoProof_ArgoRollouts_1329) {
  FakeExperiment play;
  play.ticks(20, {.arm = {0, 1000}, .baseline = {0, 1000}, .arm_slow = {0, 1000}});
  for (int tick = 0; tick < 500; ++tick) play.look(failed(Code::interrupted));
  play.ticks(1, kSilence);
  EXPECT_EQ(play.state.share, 500U);
}

// No rollback while somebody is asked to confirm: here rules run in every state.
TEST(Story, RulesGoOnWhileAPersonIsAsked_Flagger_1801) {
  json::Value value = fake_definition();
  value["automatic"] = false;
  FakeExperiment play(value);
  play.ticks(20, kBroken);
  EXPECT_EQ(play.state.phase, Phase::rolled_back);
  FakeExperiment paused(value);
  ASSERT_TRUE(pause(paused.state, paused.now));
  paused.ticks(20, kBroken);  // outcomes that were under way
  EXPECT_EQ(paused.state.phase, Phase::rolled_back);
}

// A failed query counted as zeros.
TEST(Story, AFailedQueryIsNotZeros_GrowthBook_6679) {
  FakeExperiment play;
  play.ticks(5, kHealthy);
  const State before = play.state;
  const auto verdicts = play.look(failed(Code::timed_out));
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_NE(verdicts.front().words.find("timed_out"), std::string::npos);
  EXPECT_EQ(play.state.arms, before.arms);
  EXPECT_TRUE(play.look(failed(Code::timed_out)).empty());  // said once
  EXPECT_EQ(play.tick(kHealthy).front().act, Act::went_on);
}

// The arms were swapped.
TEST(Story, TheArmsAreNotSwapped_GrowthBook_6020) {
  FakeExperiment play;
  play.ticks(100, {.arm = {1, 100}, .baseline = {500, 1900}, .arm_slow = {0, 10}});
  EXPECT_EQ(play.count(Act::rolled_back) + play.count(Act::paused), 0U);
}

// Ten samples of which seven are a hundred times worse passed a rank test.
TEST(Story, ARareDisasterIsSeen_Kayenta_780) {
  FakeExperiment play;
  for (int round = 0; round < 10; ++round) {
    play.ticks(7, {.arm = {90, 100}, .baseline = {1, 100}});
    play.ticks(3, {.arm = {0, 100}, .baseline = {1, 100}});
  }
  EXPECT_EQ(play.state.phase, Phase::rolled_back);
}

}  // namespace
}  // namespace airlock::experiment
