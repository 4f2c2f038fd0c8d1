// A limit that takes back the last step of the ramp.
#include <gtest/gtest.h>

#include "server/experiment/experiment.h"
#include "server/experiment/internal/fake_experiment.h"

namespace airlock::experiment {
namespace {

using internal::fake_definition;
using internal::FakeExperiment;
using internal::FakeTick;

constexpr FakeTick kSlow = {
    .arm = {1, 1000}, .baseline = {10, 1900}, .arm_slow = {11, 1000}, .baseline_slow = {2, 1900}};
constexpr FakeTick kQuick = {
    .arm = {2, 100}, .baseline = {38, 1900}, .arm_slow = {0, 100}, .baseline_slow = {0, 1900}};

// An experiment whose second step, 25 %, was reached.
FakeExperiment at_a_quarter() {
  FakeExperiment play;
  AIRLOCK_CHECK(ramp(play.state, play.definition, 2'500, play.now).has_value());
  return play;
}

int gray_of_2000(const FakeExperiment& play) {
  int gray = 0;
  for (int device = 0; device < 2'000; ++device) {
    gray += serve(play.state, play.definition, {}, std::to_string(device), {}).arm != 0 ? 1 : 0;
  }
  return gray;
}

TEST(Degrade, StepsBackToTheShareBeforeWhereMoreThanOnePercentTakeLongerThan800Milliseconds) {
  FakeExperiment play = at_a_quarter();
  EXPECT_NEAR(gray_of_2000(play), 500, 80);
  const std::uint32_t stage = play.state.stage;
  const auto verdicts = play.tick(kSlow);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts.front().act, Act::degraded);
  EXPECT_EQ(verdicts.front().rule, "slow payments, limit");
  EXPECT_TRUE(verdicts.front().alerts());
  EXPECT_NE(verdicts.front().words.find("11 of 1000 payments took over 0.8 s (1.1 % > 1 %)"),
            std::string::npos);
  EXPECT_NE(verdicts.front().words.find("; from 25 % back to 5 %, grows again by proof (1 of 3)"),
            std::string::npos);
  EXPECT_EQ(play.state.phase, Phase::running);
  EXPECT_EQ(play.state.share, 500U);
  EXPECT_EQ(play.state.step, 0U);
  EXPECT_GT(play.state.stage, stage);
  EXPECT_NEAR(gray_of_2000(play), 100, 40);
}

TEST(Degrade, IsTakenBackByProof) {
  FakeExperiment play = at_a_quarter();
  play.tick(kSlow);
  play.ticks(59, kQuick);
  EXPECT_EQ(play.state.share, 500U);
  play.ticks(1, kQuick);
  EXPECT_EQ(play.state.share, 2'500U);
}

TEST(Degrade, LooksAtWhatComesAtTheSmallerShareOnly) {
  FakeExperiment play = at_a_quarter();
  play.tick(kSlow);
  play.ticks(5, kQuick);  // with what was slow before it would be above the limit still
  EXPECT_EQ(play.count(Act::degraded) + play.count(Act::paused), 1U);
}

TEST(Degrade, PausesWhereThereIsNoSmallerShare) {
  FakeExperiment play;
  const auto verdicts = play.tick(kSlow);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts.front().act, Act::paused);
  EXPECT_NE(verdicts.front().words.find("; there is no smaller share; tried again in 300 s"),
            std::string::npos);
  EXPECT_EQ(play.state.phase, Phase::paused);
}

TEST(Degrade, PausesWhereBothArmsAreSlow) {
  FakeExperiment play = at_a_quarter();
  FakeTick both = kSlow;
  both.baseline_slow = {190, 1900};
  play.tick(both);
  EXPECT_EQ(play.state.cause, Cause::both_arms);
  EXPECT_EQ(play.state.share, 2'500U);
}

TEST(Degrade, GivesWayToAPause) {
  json::Value value = fake_definition();
  value["guards"] = {{{"metric", "slow"}}, {{"metric", "failures"}}};
  FakeExperiment play(value);
  ASSERT_TRUE(ramp(play.state, play.definition, 2'500, play.now));
  FakeTick worse = kSlow;
  worse.arm = {100, 1000};
  play.tick(worse);
  ASSERT_EQ(play.all.size(), 1U);
  EXPECT_EQ(play.all.front().act, Act::paused);
  EXPECT_EQ(play.all.front().rule, "payment failures, limit");
  EXPECT_EQ(play.state.share, 2'500U);
}

TEST(Degrade, StepsBackFromAShareThatAnOperatorChose) {
  FakeExperiment play = at_a_quarter();
  ASSERT_TRUE(ramp(play.state, play.definition, 3'000, play.now));
  play.tick(kSlow);
  EXPECT_EQ(play.state.share, 2'500U);
  EXPECT_EQ(play.state.step, 1U);
}

TEST(Degrade, GrowsNoMoreByItselfAfterThreeTimes) {
  FakeExperiment play = at_a_quarter();
  FakeTick slower = kSlow;
  slower.arm_slow = {110, 1000};  // also beside a window that is quick
  for (std::uint32_t round = 1; round <= kResumesMax; ++round) {
    play.tick(slower);
    EXPECT_EQ(play.state.degrades, round);
    play.ticks(60, kQuick);
    ASSERT_EQ(play.state.share, 2'500U);
  }
  play.tick(slower);
  EXPECT_NE(play.state.words.find("back to 5 %, where it stays until an operator ramps"),
            std::string::npos);
  play.ticks(500, kQuick);
  EXPECT_EQ(play.state.share, 500U);
  EXPECT_EQ(waits_for(play.state, play.definition, play.now), "an operator");
  ASSERT_TRUE(ramp(play.state, play.definition, 2'500, play.now));
  EXPECT_EQ(play.state.degrades, 0U);
}

}  // namespace
}  // namespace airlock::experiment
