#include "server/experiment/experiment.h"

#include <gtest/gtest.h>

#include <random>

#include "server/experiment/internal/fake_experiment.h"
#include "server/experiment/internal/look.h"

namespace airlock::experiment {
namespace {

using internal::fake_definition;
using internal::FakeExperiment;
using internal::FakeTick;

constexpr FakeTick kHealthy = {
    .arm = {2, 100}, .baseline = {38, 1900}, .arm_slow = {0, 100}, .baseline_slow = {0, 1900}};
constexpr FakeTick kBroken = {.arm = {30, 100}, .baseline = {38, 1900}};
constexpr FakeTick kOutage = {.arm = {30, 100}, .baseline = {570, 1900}};
constexpr FakeTick kSilence = {};

// ---- the definition

TEST(Definition, HasTheLimitsOfTheSketchWhereNoneAreGiven) {
  json::Value value = fake_definition();
  value.erase("ramp");
  const Definition made = *Definition::parse(value);
  ASSERT_EQ(made.guards.size(), 2U);
  EXPECT_EQ(made.guards[0].metric, Metric::failures);
  EXPECT_EQ(percent_of_limit(made.guards[0].limit), "5 %");
  EXPECT_EQ(made.guards[0].on_limit, OnLimit::pause);
  EXPECT_EQ(made.guards[1].metric, Metric::slow);
  EXPECT_EQ(percent_of_limit(made.guards[1].limit), "1 %");
  EXPECT_EQ(made.guards[1].on_limit, OnLimit::degrade);
  EXPECT_EQ(percent_of_limit(made.jitter), "15 %");
  EXPECT_EQ(made.samples, 600U);
  EXPECT_EQ(made.ramp.front().share, 500U);
  EXPECT_EQ(made.ramp.back().share, 10'000U);
}

TEST(Definition, ReadsWhatItWrites) {
  json::Value value = fake_definition();
  value["regions"] = {"de"};
  value["tiers"] = {"gold"};
  value["guards"] = {
      {{"metric", "slow"}, {"limit", 123}, {"on_limit", "rollback"}, {"dry_run", true}}};
  const json::Value written = Definition::parse(value)->write();
  EXPECT_EQ(Definition::parse(written)->write(), written);
  EXPECT_EQ(written["guards"][0]["limit"], 123);
  EXPECT_EQ(written["tiers"][0], "gold");
}

TEST(Definition, RefusesWhatCannotBeMeant) {
  const auto code_with = [](const char* key, const json::Value& put) {
    json::Value value = fake_definition();
    value[key] = put;
    const auto made = Definition::parse(value);
    return made ? Code::ok : made.error().code;
  };
  const std::string policy(64, 'b');
  EXPECT_EQ(code_with("limitt", 5), Code::unknown_field);
  EXPECT_EQ(code_with("guards", {{{"metric", "failures"}, {"limits", 5}}}), Code::unknown_field);
  EXPECT_EQ(code_with("guards", json::Value::array()), Code::missing_field);
  EXPECT_EQ(code_with("guards", {{{"metric", "failures"}, {"limit", 0}}}), Code::out_of_range);
  EXPECT_EQ(code_with("guards", {{{"metric", "failures"}, {"limit", 1'000'000}}}),
            Code::out_of_range);
  EXPECT_EQ(code_with("ramp", {{{"share", 500}}, {{"share", 500}}}), Code::empty_range);
  EXPECT_EQ(code_with("ramp", json::Value::array()), Code::missing_field);
  EXPECT_EQ(code_with("arms", json::Value::array()), Code::missing_field);
  EXPECT_EQ(code_with("arms", {{{"name", "b"}, {"policy", policy}, {"weight", 9'999}}}),
            Code::out_of_range);
  EXPECT_EQ(code_with("arms", {{{"name", "b"}, {"policy", policy}, {"weight", 5'000}},
                               {{"name", "b"}, {"policy", policy}, {"weight", 5'000}}}),
            Code::duplicate_key);
  EXPECT_EQ(code_with("arms", {{{"name", "baseline"}, {"policy", policy}}}), Code::duplicate_key);
  EXPECT_EQ(code_with("arms", {{{"name", "b\""}, {"policy", policy}}}), Code::bad_text);
  EXPECT_EQ(code_with("regions", {"de\x1b[2J"}), Code::bad_text);
  EXPECT_EQ(code_with("window", 5), Code::out_of_range);
}

TEST(Definition, DividesTheBudgetOfAlarmsOverGuardsAndArms) {
  json::Value value = fake_definition();
  value["arms"] = {{{"name", "b"}, {"policy", std::string(64, 'b')}, {"weight", 5'000}},
                   {{"name", "c"}, {"policy", std::string(64, 'c')}, {"weight", 5'000}}};
  EXPECT_EQ(Definition::parse(value)->alarm(), evidence::alarm_level(kTicksPerAlarm, 4));
}

// ---- who is served what

TEST(Serve, GivesTheBaselineToEverybodyWhileItIsPausedAndAdvisesNobodyOnceItIsOver) {
  FakeExperiment play;
  const Digest seed{};
  const auto gray = [&] {
    int found = 0;
    for (int device = 0; device < 2'000; ++device) {
      const Served served =
          serve(play.state, play.definition, seed, std::to_string(device), {"de", "", ""});
      EXPECT_TRUE(served.takes_part);
      found += served.arm != 0 ? 1 : 0;
    }
    return found;
  };
  EXPECT_NEAR(gray(), 100, 40);
  const std::uint32_t stage = play.state.stage;
  ASSERT_TRUE(pause(play.state, play.now));
  EXPECT_EQ(gray(), 0);
  EXPECT_GT(play.state.stage, stage);
  ASSERT_TRUE(start_or_resume(play.state, play.definition, play.now));
  EXPECT_NEAR(gray(), 100, 40);
  ASSERT_TRUE(roll_back(play.state, play.now));
  EXPECT_FALSE(serve(play.state, play.definition, seed, "1", {"de", "", ""}).takes_part);
}

TEST(Serve, LeavesOutWhomTheConditionDoesNotName) {
  json::Value value = fake_definition();
  value["regions"] = {"de"};
  value["tiers"] = {"gold"};
  FakeExperiment play(value);
  EXPECT_TRUE(serve(play.state, play.definition, {}, "a", {"de", "", "gold"}).takes_part);
  EXPECT_FALSE(serve(play.state, play.definition, {}, "a", {"fr", "", "gold"}).takes_part);
  EXPECT_FALSE(serve(play.state, play.definition, {}, "a", {"de", "", ""}).takes_part);
}

// ---- limit

TEST(Limit, PausesAtTheNextTickAndSaysItInWords) {
  FakeExperiment play;
  play.now = kTickSeconds * 180'000'000 + 14 * 3600 + 130 - kTickSeconds;  // 14:02:10 of its day
  const auto verdicts = play.tick({.arm = {52, 712}, .baseline = {41, 2104}});
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(play.state.phase, Phase::paused);
  EXPECT_EQ(verdicts.front().rule, "payment failures, limit");
  const std::string time = verdicts.front().words.substr(7, 8);
  EXPECT_EQ(verdicts.front().words,
            "paused " + time +
                ": 52 of 712 payments failed (7.3 % > 5 %); arm b, last 300 s; baseline 41 of 2104 "
                "(1.9 %); tried again in 300 s");
  EXPECT_EQ(play.state.words, verdicts.front().words);
  EXPECT_TRUE(verdicts.front().alerts());
}

TEST(Limit, SaysNothingOfFewerThan600Samples) {
  FakeExperiment play;
  EXPECT_TRUE(play.tick({.arm = {59, 599}, .baseline = {0, 1900}}).empty());
  EXPECT_EQ(play.state.phase, Phase::running);
  EXPECT_EQ(play.tick({.arm = {0, 1}, .baseline = {0, 1}}).size(), 1U);
}

TEST(Limit, IsNotAboveItselfAtExactlyFivePercent) {
  FakeExperiment play;
  play.tick({.arm = {50, 1000}, .baseline = {0, 1900}});
  EXPECT_EQ(play.state.phase, Phase::running);
}

TEST(Limit, LooksAtTheWindowAndNotAtWhatWasBefore) {
  FakeExperiment play;
  play.tick({.arm = {29, 599}});
  play.ticks(30, kSilence);  // 300 seconds
  EXPECT_EQ(play.state.arms[1].guards[0].window.sum, Count{});
  play.tick({.arm = {29, 599}});
  EXPECT_EQ(play.state.phase, Phase::running);
}

TEST(Limit, RollsBackWhereThatIsConfigured) {
  json::Value value = fake_definition();
  value["guards"] = {{{"metric", "failures"}, {"on_limit", "rollback"}}};
  FakeExperiment play(value);
  play.tick({.arm = {52, 712}, .baseline = {41, 2104}});
  EXPECT_EQ(play.state.phase, Phase::rolled_back);
  FakeExperiment outage(value);
  outage.tick({.arm = {52, 712}, .baseline = {410, 2104}});
  EXPECT_EQ(outage.state.phase, Phase::paused);
}

TEST(Limit, RollsBackNothingWhereNobodyIsLeftToCompareWith) {
  json::Value value = fake_definition();
  value["guards"] = {{{"metric", "failures"}, {"on_limit", "rollback"}}};
  FakeExperiment play(value);
  play.tick(kHealthy);
  ASSERT_TRUE(ramp(play.state, play.definition, 10'000, play.now));
  play.tick({.arm = {520, 2000}, .baseline = {1, 10}});  // what was under way
  EXPECT_EQ(play.state.phase, Phase::paused);
  EXPECT_NE(play.state.words.find("nobody is left to compare with, so nothing is rolled back"),
            std::string::npos);
}

TEST(Limit, IsTakenBackByItselfThreeTimesAndThenNoMore) {
  FakeExperiment play;
  std::int64_t hold = 300;
  for (std::uint32_t round = 1; round <= kResumesMax; ++round, hold *= 2) {
    play.tick({.arm = {52, 712}, .baseline = {41, 2104}});
    ASSERT_EQ(play.state.phase, Phase::paused);
    const std::int64_t paused = play.now;
    while (play.state.phase == Phase::paused) play.tick({.baseline = {2, 100}});
    EXPECT_EQ(play.now - paused, std::max<std::int64_t>(hold, 300));
    EXPECT_EQ(play.state.resumes, round);
  }
  play.tick({.arm = {52, 712}, .baseline = {41, 2104}});
  play.ticks(2'000, {.baseline = {2, 100}});
  EXPECT_EQ(play.state.phase, Phase::paused);
  EXPECT_NE(play.state.words.find("until an operator resumes"), std::string::npos);
  EXPECT_TRUE(start_or_resume(play.state, play.definition, play.now));
}

// ---- evidence

TEST(Evidence, RollsBackForGood) {
  FakeExperiment play;
  play.ticks(20, kBroken);
  EXPECT_EQ(play.state.phase, Phase::rolled_back);
  EXPECT_EQ(play.count(Act::rolled_back), 1U);
  EXPECT_NE(play.state.words.find("evidence"), std::string::npos);
  play.ticks(100, kHealthy);
  EXPECT_EQ(play.state.phase, Phase::rolled_back);
  EXPECT_EQ(start_or_resume(play.state, play.definition, play.now).error().code, Code::conflict);
  EXPECT_EQ(ramp(play.state, play.definition, 9'000, play.now).error().code, Code::conflict);
  EXPECT_EQ(pause(play.state, play.now).error().code, Code::conflict);
}

TEST(Evidence, OfASingleTickNeverRollsBack) {
  FakeExperiment play;
  play.tick({.arm = {1'000'000, 1'000'000}, .baseline = {38, 1900}});
  EXPECT_EQ(play.state.phase, Phase::paused);  // the limit, which can be taken back
}

TEST(Evidence, GathersWhileTheLimitHasPausedItAndLateOutcomesCome) {
  FakeExperiment play;
  play.tick({.arm = {300, 712}, .baseline = {41, 2104}});
  ASSERT_EQ(play.state.phase, Phase::paused);
  play.ticks(5, {.arm = {50, 100}, .baseline = {41, 2104}});
  EXPECT_EQ(play.state.phase, Phase::rolled_back);
}

TEST(Evidence, AgainstBothArmsPausesAndDoesNotRollBack) {
  FakeExperiment play;
  play.ticks(30, kOutage);
  EXPECT_EQ(play.state.phase, Phase::paused);
  EXPECT_EQ(play.state.cause, Cause::both_arms);
  EXPECT_EQ(play.count(Act::rolled_back), 0U);
  play.ticks(200, {.baseline = {2, 100}});  // the bank is well again
  EXPECT_GE(play.count(Act::resumed), 1U);
  play.ticks(50, kHealthy);
  EXPECT_EQ(play.count(Act::rolled_back), 0U);
}

TEST(Evidence, RollsBackNothingWhereNobodyIsLeftToCompareWith) {
  json::Value value = fake_definition();
  value["samples"] = 1'000'000'000;  // no limit says anything
  value["automatic"] = false;
  FakeExperiment play(value);
  play.ticks(100, {.arm = {4, 100}, .baseline = {20, 1900}});  // worse, and within the limit
  ASSERT_TRUE(ramp(play.state, play.definition, 10'000, play.now));
  play.ticks(20, {.arm = {30, 100}, .baseline = {0, 50}});  // of before, under way
  EXPECT_EQ(play.state.phase, Phase::paused);
  EXPECT_EQ(play.state.cause, Cause::alone);
  EXPECT_NE(play.state.words.find("; nobody is left to compare with, so nothing is rolled back; "
                                  "tried again in 300 s"),
            std::string::npos)
      << play.state.words;
}

// There the same evidence tells an outage from a bad policy.
TEST(Evidence, IsSoughtAgainBesideABaseline) {
  for (const bool is_fault : {true, false}) {
    FakeExperiment play;
    ASSERT_TRUE(ramp(play.state, play.definition, 10'000, play.now));
    play.ticks(8, {.arm = {30, 100}});
    ASSERT_EQ(play.state.phase, Phase::paused);
    while (play.state.phase == Phase::paused) play.tick({.baseline = {2, 100}});
    EXPECT_EQ(play.state.share, 2'500U);
    EXPECT_NE(
        play.state.words.find("tried again at 25 %, beside a baseline to compare with (1 of 3)"),
        std::string::npos);
    play.ticks(5, {.arm = {30, 100}, .baseline = {is_fault ? 2U : 30U, 100}});
    EXPECT_EQ(play.state.phase, is_fault ? Phase::rolled_back : Phase::paused);
  }
}

// An arm that is somewhat worse, and within its limit, is not to blame for an outage that follows.
TEST(Evidence, OfADifferenceWithinTheLimitIsNoEvidenceInAnOutage) {
  FakeExperiment play;
  play.ticks(500, {.arm = {4, 100}, .baseline = {20, 1900}});
  ASSERT_EQ(play.state.phase, Phase::running);
  play.ticks(30, kOutage);
  EXPECT_EQ(play.state.phase, Phase::paused);
  EXPECT_EQ(play.count(Act::rolled_back), 0U);
}

TEST(Evidence, AgainstOneArmComesBeforeAnOutageOfAnother) {
  json::Value value = fake_definition();
  value["samples"] = 1'000'000'000;  // no limit says anything
  value["arms"] = {{{"name", "b"}, {"policy", std::string(64, 'b')}, {"weight", 5'000}},
                   {{"name", "c"}, {"policy", std::string(64, 'c')}, {"weight", 5'000}}};
  FakeExperiment play(value);
  const Observation seen{
      .data = Data::value,
      .arms = {{{300, 1'000}, {}, 0}, {{300, 1'000}, {}, 0}, {{900, 1'000}, {}, 0}}};
  while (play.all.empty()) play.look(seen);
  ASSERT_EQ(play.all.size(), 1U);
  EXPECT_EQ(play.all.front().act, Act::rolled_back);
  EXPECT_EQ(play.all.front().arm, "c");
}

TEST(Evidence, OfAGuardInDryRunOnlySpeaks) {
  json::Value value = fake_definition();
  value["guards"] = {{{"metric", "failures"}, {"dry_run", true}}};
  FakeExperiment play(value);
  play.ticks(40, kBroken);
  EXPECT_EQ(play.state.phase, Phase::running);
  EXPECT_GE(play.count(Act::would_act), 2U);  // the limit once, the evidence too
  EXPECT_LE(play.count(Act::would_act), 12U);
}

// ---- jitter and sample ratio

TEST(Jitter, PausesASplitThatIsMoreThanFifteenPercentOff) {
  FakeExperiment play;
  for (int tick = 0; tick < 200 && play.state.phase == Phase::running; ++tick) {
    play.tick({.arm = {0, 20}, .baseline = {0, 20}, .arm_devices = 13, .baseline_devices = 87});
  }
  EXPECT_EQ(play.state.cause, Cause::jitter);
  EXPECT_NE(play.state.words.find("which should have 5 %: more than 15 % off"), std::string::npos);
  play.ticks(200, kHealthy);
  EXPECT_EQ(play.state.phase, Phase::paused);  // a person looks first
}

TEST(Jitter, SeesASplitThatReachesTooFew) {
  FakeExperiment play;
  ASSERT_TRUE(ramp(play.state, play.definition, 5'000, play.now));
  for (int tick = 0; tick < 200 && play.state.phase == Phase::running; ++tick) {
    play.tick({.arm = {0, 20}, .baseline = {0, 20}, .arm_devices = 25, .baseline_devices = 75});
  }
  EXPECT_EQ(play.state.cause, Cause::jitter);
}

TEST(Jitter, LetsAFairSplitBe) {
  std::mt19937_64 random(3);
  FakeExperiment play;
  std::binomial_distribution<std::uint64_t> gray(100, 0.05);
  for (int tick = 0; tick < 3'000; ++tick) {
    const std::uint64_t devices = gray(random);
    play.tick({.arm_devices = devices, .baseline_devices = 100 - devices});
  }
  EXPECT_EQ(play.state.phase, Phase::running);
}

TEST(SampleRatio, StopsTheAnalysisWhereTheArmsAreNotWhatTheyShouldBe) {
  json::Value value = fake_definition();
  value["jitter"] = 0;
  FakeExperiment play(value);
  for (int tick = 0; tick < 1'000 && play.state.phase == Phase::running; ++tick) {
    play.tick({.arm_devices = 45, .baseline_devices = 955});  // 10 % too few
  }
  EXPECT_EQ(play.state.cause, Cause::ratio);
  ASSERT_FALSE(play.all.empty());
  EXPECT_EQ(play.all.back().act, Act::stopped);
  const std::uint32_t share = play.state.share;
  play.ticks(500, kHealthy);
  EXPECT_EQ(play.state.share, share);
  EXPECT_EQ(play.state.phase, Phase::paused);
}

// ---- the ramp

TEST(Ramp, GrowsOnlyWhenTheUpperBoundIsBelowTheLimit) {
  FakeExperiment play;
  play.ticks(59, kHealthy);
  EXPECT_EQ(play.state.share, 500U);
  play.ticks(1, kHealthy);  // ten minutes, 6 000 samples at 2 %
  EXPECT_EQ(play.state.share, 2'500U);
  EXPECT_EQ(play.all.back().act, Act::ramped);
  EXPECT_NE(play.all.back().words.find("5 % to 25 %"), std::string::npos);
  EXPECT_NE(play.all.back().words.find("at most"), std::string::npos);
}

TEST(Ramp, WaitsWhereTheRateIsWithinTheLimitButNotSurely) {
  FakeExperiment play;
  play.ticks(100, {.arm = {1, 21}, .baseline = {0, 100}, .arm_slow = {0, 21}});  // 4.8 %
  EXPECT_EQ(play.state.share, 500U);
  EXPECT_NE(waits_for(play.state, play.definition, play.now).find("not below 5 %"),
            std::string::npos);
}

TEST(Ramp, WaitsForSamplesOfEveryGuardAndArm) {
  FakeExperiment play;
  play.ticks(100, {.arm = {0, 9}, .baseline = {0, 100}, .arm_slow = {0, 9}});
  EXPECT_EQ(play.state.share, 500U);
  EXPECT_EQ(waits_for(play.state, play.definition, play.now), "arm b: 900 of 1000 samples");
}

TEST(Ramp, IsNotHeldByAGuardInDryRun) {
  json::Value value = fake_definition();
  value["guards"] = {{{"metric", "failures"}}, {{"metric", "slow"}, {"dry_run", true}}};
  FakeExperiment play(value);
  play.ticks(61, {.arm = {0, 1000}, .baseline = {0, 1000}, .arm_slow = {500, 1000}});
  EXPECT_EQ(play.state.share, 2'500U);
}

TEST(Ramp, GrowsOnNoSilenceThoughEveryGuardIsADryRun) {
  json::Value value = fake_definition();
  value["guards"] = {{{"metric", "failures"}, {"dry_run", true}}};
  FakeExperiment silent(value);
  silent.ticks(500, {.baseline = {0, 1000}});
  EXPECT_EQ(silent.state.share, 500U);
  EXPECT_EQ(waits_for(silent.state, silent.definition, silent.now), "arm b: 0 of 1000 samples");
  FakeExperiment play(value);
  play.ticks(61, {.arm = {900, 1000}, .baseline = {0, 1000}});
  EXPECT_EQ(play.state.share, 2'500U);
  EXPECT_NE(play.state.words.find("samples, a dry run"), std::string::npos) << play.state.words;
}

TEST(Ramp, SaysNoMoreOfManyGuardsThanIsReadAgain) {
  json::Value value = fake_definition();
  value["arms"] = json::Value::array();
  for (std::size_t arm = 0; arm < kArmsMax; ++arm) {
    value["arms"].push_back({{"name", "an-arm-of-a-long-name-" + std::to_string(arm)},
                             {"policy", std::string(64, static_cast<char>('0' + arm))},
                             {"weight", 10'000 / kArmsMax}});
  }
  value["guards"] = {{{"metric", "failures"}},
                     {{"metric", "failures"}, {"limit", 60'000}},
                     {{"metric", "slow"}, {"limit", 50'000}},
                     {{"metric", "slow"}, {"limit", 60'000}}};
  FakeExperiment play(value);
  Observation seen{.data = Data::value, .arms = {{{0, 1000}, {0, 1000}, 0}}};
  for (std::size_t arm = 0; arm < kArmsMax; ++arm) seen.arms.push_back({{0, 100}, {0, 100}, 0});
  for (int tick = 0; tick < 100; ++tick) play.look(seen);
  EXPECT_EQ(play.state.share, 2'500U);
  EXPECT_NE(play.state.words.find("bounds more"), std::string::npos) << play.state.words;
  EXPECT_TRUE(State::parse(play.state.write(), play.definition));
}

TEST(Ramp, LeavesItToAnOperatorWhereItIsNotAutomatic) {
  json::Value value = fake_definition();
  value["automatic"] = false;
  FakeExperiment play(value);
  play.ticks(500, {.arm = {0, 100}, .baseline = {0, 100}, .arm_slow = {0, 100}});
  EXPECT_EQ(play.state.share, 500U);
  EXPECT_TRUE(ramp(play.state, play.definition, 2'500, play.now));
  EXPECT_EQ(ramp(play.state, play.definition, 2'500, play.now).error().code, Code::conflict);
  EXPECT_EQ(ramp(play.state, play.definition, 600, play.now).error().code, Code::conflict);
  EXPECT_EQ(play.state.step, 1U);
}

// ---- the state

TEST(State, CutsWordsThatWereSaidAtLength) {
  FakeExperiment play;
  play.state.words.assign(5000, 'x');
  const auto read = State::parse(play.state.write(), play.definition);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->words, std::string(1000, 'x'));
}

TEST(State, GoesOnFromWhatWasWrittenAsIfNothingHadHappened) {
  std::mt19937_64 random(5);
  FakeExperiment straight;
  FakeExperiment restarted;
  for (int tick = 0; tick < 400; ++tick) {
    const FakeTick counts = {.arm = {random() % 7, 60 + random() % 50},
                             .baseline = {random() % 90, 1900},
                             .arm_slow = {random() % 3, 60},
                             .baseline_slow = {random() % 30, 1900},
                             .arm_devices = random() % 5,
                             .baseline_devices = random() % 90};
    straight.tick(counts);
    restarted.tick(counts);
    const Sample seen = {"x", Counter::failed, "b", 0, internal::kFakeStart, random() % 9};
    observe(straight.state, straight.definition, {seen}, straight.now);
    restarted.state.ledger = straight.state.ledger;
    const auto read = State::parse(restarted.state.write(), restarted.definition);
    ASSERT_TRUE(read.has_value());
    ASSERT_EQ(*read, restarted.state);
    restarted.state = *read;
  }
  EXPECT_EQ(straight.state, restarted.state);
  EXPECT_EQ(straight.all.size(), restarted.all.size());
}

// The ledger of an older server knew counters by all labels that Prometheus gave them.
TEST(State, BeginsAnewWithCountersWhereAnOlderServerLeftIt) {
  FakeExperiment play;
  json::Value older = *json::parse(play.state.write(), kStateMax);
  older.erase("counters");
  older["ledger"] = {{"payments|arm=b|instance=a:1", 5}};
  const auto read = State::parse(json::write(older), play.definition);
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->ledger.empty());
}

TEST(State, RefusesWhatBelongsToAnotherExperiment) {
  FakeExperiment play;
  json::Value other = fake_definition();
  other["guards"] = {{{"metric", "failures"}}};
  EXPECT_FALSE(State::parse(play.state.write(), *Definition::parse(other)));
  EXPECT_FALSE(State::parse("{}", play.definition));
  json::Value broken = *json::parse(play.state.write(), kStateMax);
  broken["arms"][0]["guards"][0]["stage"] = {5, 4};
  EXPECT_EQ(State::parse(json::write(broken), play.definition).error().code, Code::out_of_range);
}

}  // namespace
}  // namespace airlock::experiment
