// A clock that was wrong for a moment.
#include <gtest/gtest.h>

#include "server/experiment/experiment.h"
#include "server/experiment/internal/fake_experiment.h"

namespace airlock::experiment {
namespace {

using internal::FakeExperiment;
using internal::FakeTick;

constexpr FakeTick kHealthy = {
    .arm = {2, 100}, .baseline = {38, 1900}, .arm_slow = {0, 100}, .baseline_slow = {0, 1900}};
constexpr FakeTick kBreach = {.arm = {52, 712}, .baseline = {41, 2104}};
constexpr FakeTick kSilence = {};
constexpr std::int64_t kHour = 3'600;

TEST(Clock, ThatWasAheadOnceWedgesNoWindow) {
  FakeExperiment play;
  play.ticks(5, kHealthy);
  play.now += kHour;
  play.tick(kHealthy);
  play.now -= kHour;
  play.tick(kHealthy);
  play.ticks(30, kSilence);  // one window
  EXPECT_EQ(play.state.arms[1].guards[0].window.sum, Count{});
  EXPECT_TRUE(play.state.arms[1].guards[0].window.ticks.empty());
}

TEST(Clock, SaysThatItSteppedBackAndHolds) {
  FakeExperiment play;
  play.now = kTickSeconds * 180'000'000 + 14 * kHour + 130 - kTickSeconds;  // 14:02:10 of its day
  play.tick(kHealthy);
  play.now -= kHour + kTickSeconds;
  const auto verdicts = play.tick(kHealthy);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts.front().act, Act::held);
  EXPECT_EQ(verdicts.front().rule, "clock");
  EXPECT_NE(verdicts.front().words.find(": the clock stepped back by 3600 s; for 300 s no share "
                                        "grows and no pause ends"),
            std::string::npos)
      << verdicts.front().words;
  EXPECT_TRUE(verdicts.front().alerts());
  EXPECT_TRUE(play.tick(kHealthy).empty());  // said once
}

TEST(Clock, NeitherGrowsAShareAheadNorForAWindowAfterwards) {
  FakeExperiment play;
  play.ticks(40, kHealthy);  // of the ten minutes that the step lasts, and all its samples
  play.now += kHour;
  play.tick(kHealthy);
  EXPECT_EQ(play.state.share, 500U);
  play.now -= kHour;
  play.ticks(30, kHealthy);
  EXPECT_EQ(play.state.share, 500U);
  EXPECT_EQ(waits_for(play.state, play.definition, play.now),
            "10 s more of a clock that goes evenly");
  play.tick(kHealthy);
  EXPECT_EQ(play.state.share, 2'500U);
}

// The same where nobody looked for a while: what was not watched is no time at a step.
TEST(Clock, GrowsNoShareRightAfterNobodyLooked) {
  FakeExperiment play;
  play.ticks(40, kHealthy);
  play.now += kHour;
  play.ticks(30, kHealthy);
  EXPECT_EQ(play.state.share, 500U);
  play.tick(kHealthy);
  EXPECT_EQ(play.state.share, 2'500U);
}

TEST(Clock, EndsAPauseInItsTimeThatBeganInTheFuture) {
  FakeExperiment play;
  play.tick(kHealthy);
  play.now += kHour;
  play.tick(kBreach);
  ASSERT_EQ(play.state.phase, Phase::paused);
  play.now -= kHour;
  play.tick({.baseline = {2, 100}});
  play.ticks(29, {.baseline = {2, 100}});
  EXPECT_EQ(play.state.phase, Phase::paused);
  play.tick({.baseline = {2, 100}});
  EXPECT_EQ(play.state.phase, Phase::running);
}

TEST(Clock, EndsNoPauseByOneReadingAhead) {
  FakeExperiment play;
  play.tick(kBreach);
  ASSERT_EQ(play.state.phase, Phase::paused);
  play.now += kHour;
  play.tick({.baseline = {2, 100}});
  EXPECT_EQ(play.state.phase, Phase::paused);
}

TEST(Clock, EndsNoPauseEarlierByOneReadingBehind) {
  FakeExperiment play;
  play.tick(kBreach);
  ASSERT_EQ(play.state.phase, Phase::paused);
  play.now -= kHour;
  play.tick({.baseline = {2, 100}});
  play.now += kHour;
  play.ticks(30, {.baseline = {2, 100}});
  EXPECT_EQ(play.state.phase, Phase::paused);
  play.tick({.baseline = {2, 100}});
  EXPECT_EQ(play.state.phase, Phase::running);
}

TEST(Clock, StillPausesAtALimitWhileItHolds) {
  FakeExperiment play;
  play.tick(kHealthy);
  play.now -= kHour;
  play.tick(kBreach);
  EXPECT_EQ(play.state.phase, Phase::paused);
}

// An operator acts while the judge asks Prometheus: his second is a later one, and no fault.
TEST(Clock, OfAnOperatorAFewSecondsLaterIsNotToldOf) {
  FakeExperiment play;
  play.tick(kHealthy);
  ASSERT_TRUE(ramp(play.state, play.definition, 2'500, play.now + kTickSeconds + 5));
  EXPECT_TRUE(play.tick(kHealthy).empty());
  EXPECT_EQ(play.state.since, play.now);
  EXPECT_EQ(play.state.steady, 0);
}

TEST(Clock, OfAnOperatorFarAheadHoldsToo) {
  FakeExperiment play;
  play.tick(kHealthy);
  ASSERT_TRUE(ramp(play.state, play.definition, 2'500, play.now + kHour));
  ASSERT_EQ(play.tick(kHealthy).size(), 1U);
  EXPECT_EQ(play.state.since, play.now);
}

}  // namespace
}  // namespace airlock::experiment
