#include "server/evidence/evidence.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>

namespace airlock::evidence {
namespace {

constexpr std::uint64_t kMonth = 259'200;  // ticks of ten seconds in thirty days

double choose(double n, double k) {
  return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1));
}

// What one tick adds, before it is capped.
double gain_of(double limit, Count tick, std::size_t alternative) {
  const double odds = limit / (1 - limit) * kOddsOfExcess[alternative];
  const double rate = odds / (1 + odds);
  return static_cast<double>(tick.bad) * std::log(rate / limit) +
         static_cast<double>(tick.total - tick.bad) * std::log((1 - rate) / (1 - limit));
}

TEST(Excess, IsTheLikelihoodRatioOfEachAlternative) {
  Excess evidence;
  const Count tick{3, 20};
  evidence.observe(0.05, tick);
  for (std::size_t at = 0; at < evidence.logs.size(); ++at) {
    EXPECT_NEAR(static_cast<double>(evidence.logs[at]) / kNanonatsPerNat, gain_of(0.05, tick, at),
                2e-9);
  }
}

// A bet on any alternative gains nothing on average at the limit, and loses below it: summed over
// every outcome of a tick, not drawn.
TEST(Excess, ExpectsNoGainWhileTheRateIsAtMostTheLimit) {
  constexpr double kLimit = 0.05;
  for (const double rate : {0.001, 0.02, 0.04, 0.05}) {
    std::array<double, kOddsOfExcess.size()> expected{};
    for (std::uint64_t bad = 0; bad <= 40; ++bad) {
      const double chance = choose(40, static_cast<double>(bad)) *
                            std::pow(rate, static_cast<double>(bad)) *
                            std::pow(1 - rate, static_cast<double>(40 - bad));
      for (std::size_t at = 0; at < expected.size(); ++at) {
        expected[at] += chance * std::exp(std::min(gain_of(kLimit, {bad, 40}, at), kTickMaxNats));
      }
    }
    for (const double value : expected) EXPECT_LE(value, 1 + 1e-9) << rate;
  }
}

TEST(Excess, TakesNoMoreThanLog60FromOneTick) {
  Excess evidence;
  evidence.observe(0.05, {100'000, 100'000});
  EXPECT_NEAR(static_cast<double>(evidence.value()), kTickMaxNats * kNanonatsPerNat, 1.0);
  EXPECT_LT(evidence.value(), alarm_level(kMonth, 1));
}

TEST(Excess, NeedsFourTicksOfAnyStrengthForAnAlarm) {
  Excess evidence;
  for (int tick = 0; tick < 3; ++tick) evidence.observe(0.05, {500, 1000});
  EXPECT_LT(evidence.value(), alarm_level(kMonth, 3));
  evidence.observe(0.05, {500, 1000});
  EXPECT_GE(evidence.value(), alarm_level(kMonth, 3));
}

TEST(Excess, ForgivesALongGoodPastAtOnce) {
  Excess old;
  for (int tick = 0; tick < 10'000; ++tick) old.observe(0.05, {0, 100});
  Excess fresh;
  for (int tick = 0; tick < 4; ++tick) {
    old.observe(0.05, {50, 100});
    fresh.observe(0.05, {50, 100});
  }
  EXPECT_EQ(old, fresh);
}

TEST(Excess, LearnsNothingFromATickWithoutSamples) {
  Excess evidence;
  evidence.observe(0.05, {5, 20});
  const Excess before = evidence;
  evidence.observe(0.05, {0, 0});
  EXPECT_EQ(evidence, before);
}

TEST(Excess, IsNeverLargerThanItsLargestPart) {
  std::mt19937 random(1);
  Excess evidence;
  for (int tick = 0; tick < 1000; ++tick) {
    evidence.observe(0.05, {random() % 5, 20});
    ASSERT_LE(evidence.value(), std::max<Nanonats>(0, evidence.largest()));
  }
}

// Against the law summed plainly: odds^x C(n, x) C(m, k - x).
TEST(Contrast, IsTheLikelihoodRatioGivenAllFailuresOfTheTick) {
  const Count arm{4, 20};
  const Count control{3, 60};
  Contrast evidence;
  evidence.observe(arm, control);
  for (std::size_t at = 0; at < kOddsOfContrast.size(); ++at) {
    double sum = 0, tilted = 0;
    for (double x = 0; x <= 7; ++x) {
      const double term = choose(20, x) * choose(60, 7 - x);
      sum += term;
      tilted += term * std::pow(kOddsOfContrast[at], x);
    }
    const double expected = std::log(std::pow(kOddsOfContrast[at], 4.0) * sum / tilted);
    EXPECT_NEAR(static_cast<double>(evidence.logs[at]) / kNanonatsPerNat, expected, 1e-7);
  }
}

TEST(Contrast, ExpectsNoGainWhereBothArmsFailAlike) {
  constexpr double kArm = 15, kControl = 30, kFailures = 9;
  for (const double odds : kOddsOfContrast) {
    double sum = 0, tilted = 0;
    for (double x = 0; x <= kFailures; ++x) {
      sum += choose(kArm, x) * choose(kControl, kFailures - x);
      tilted += choose(kArm, x) * choose(kControl, kFailures - x) * std::pow(odds, x);
    }
    double expected = 0;
    for (double x = 0; x <= kFailures; ++x) {
      const double chance = choose(kArm, x) * choose(kControl, kFailures - x) / sum;
      expected += chance * std::min(std::pow(odds, x) * sum / tilted, 60.0);
    }
    EXPECT_LE(expected, 1 + 1e-9);
  }
}

// The sign: an arm that is worse than the other, and never one that is better (growthbook PR#6020).
TEST(Contrast, SpeaksAgainstTheWorseArmOnly) {
  Contrast worse, better;
  for (int tick = 0; tick < 20; ++tick) {
    worse.observe({4, 20}, {8, 400});
    better.observe({0, 20}, {80, 400});
  }
  EXPECT_GT(worse.value(), 20 * static_cast<Nanonats>(kNanonatsPerNat));
  EXPECT_EQ(better.value(), 0);
}

TEST(Contrast, IsDefinedForCountsOfAnySize) {
  Contrast evidence;
  evidence.observe({200'000'000, 1'000'000'000}, {100'000'000, 1'000'000'000});
  EXPECT_NEAR(static_cast<double>(evidence.value()), kTickMaxNats * kNanonatsPerNat, 1e9);
  Contrast all;
  all.observe({20, 20}, {60, 60});
  EXPECT_EQ(all.value(), 0);
  Contrast one_sided;
  one_sided.observe({5, 20}, {0, 0});
  EXPECT_EQ(one_sided, Contrast());
}

TEST(Bounds, EncloseTheObservedRateAndNarrowWithSamples) {
  double before = 1;
  for (std::uint64_t total = 100; total <= 1'000'000; total *= 10) {
    const Count count{total / 50, total};
    const double upper = upper_bound(count, 0.01);
    EXPECT_GT(upper, 0.02);
    EXPECT_LT(lower_bound(count, 0.01), 0.02);
    EXPECT_LT(upper, before);
    before = upper;
  }
  EXPECT_LT(before, 0.021);
  EXPECT_EQ(upper_bound({}, 0.01), 1.0);
  EXPECT_EQ(lower_bound({}, 0.01), 0.0);
  EXPECT_LT(upper_bound({0, 1000}, 0.01), 0.02);
}

// Looked at after every payment of a run: the bound misses the truth in fewer runs than promised.
TEST(Bounds, HoldAtEveryMomentOfARun) {
  std::mt19937_64 random(7);
  std::bernoulli_distribution fails(0.05);
  int missed = 0;
  for (int run = 0; run < 400; ++run) {
    Count count;
    bool miss = false;
    for (int payment = 0; payment < 500; ++payment) {
      count += {fails(random) ? 1U : 0U, 1};
      miss = miss || upper_bound(count, 0.1) < 0.05;
    }
    missed += miss ? 1 : 0;
  }
  EXPECT_LE(missed, 40);
}

TEST(RatioMismatch, IsFoundWhereAnArmIsSmallerThanItsShare) {
  const std::array<double, 3> shares = {0.75, 0.125, 0.125};
  const std::array<std::uint64_t, 3> fair = {75'000, 12'500, 12'500};
  const std::array<std::uint64_t, 3> skewed = {75'000, 12'900, 11'700};
  EXPECT_EQ(ratio_mismatch(fair, shares), 0);
  EXPECT_GT(ratio_mismatch(skewed, shares), alarm_level(kMonth, 1));
  EXPECT_EQ(ratio_mismatch(std::array<std::uint64_t, 3>{}, shares), 0);
}

TEST(RatioMismatch, IsNotFoundInFairArmsHoweverOftenOneLooks) {
  std::mt19937_64 random(11);
  const std::array<double, 2> shares = {0.95, 0.05};
  std::bernoulli_distribution gray(shares[1]);
  int found = 0;
  for (int run = 0; run < 100; ++run) {
    std::array<std::uint64_t, 2> counts{};
    bool alarm = false;
    for (int device = 0; device < 2'000; ++device) {
      ++counts[gray(random) ? 1 : 0];
      alarm = alarm || ratio_mismatch(counts, shares) > alarm_level(1000, 1);
    }
    found += alarm ? 1 : 0;
  }
  EXPECT_LE(found, 1);
}

}  // namespace
}  // namespace airlock::evidence
