#include "server/assignment/assignment.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numeric>

namespace airlock::assignment {
namespace {

Digest seed_of(std::uint8_t fill) {
  Digest seed;
  seed.bytes.fill(fill);
  return seed;
}

std::string device(std::uint64_t number) {
  std::string name = std::to_string(number);
  return std::string(32 - name.size(), 'a') + name;
}

// For k degrees of freedom, the statistic that chance passes one time in a thousand (Wilson and
// Hilferty's approximation).
double chi_square_limit(double freedom) {
  const double part = 2.0 / (9.0 * freedom);
  const double root = 1.0 - part + 3.0902 * std::sqrt(part);
  return freedom * root * root * root;
}

TEST(Assignment, IsWrittenDownInTheFormat) {
  Digest seed;
  std::iota(seed.bytes.begin(), seed.bytes.end(), std::uint8_t{0});
  EXPECT_EQ(bucket_of(seed, "abcdefghijklmnopqrstuvwxyz234567"), 4496U);
}

// One million devices, once: every bucket value occurs, each stage of a rollout holds its share
// within 0.2 points, and the buckets are as even as chance.
TEST(Assignment, PutsAMillionDevicesIntoEveryBucketEvenly) {
  constexpr std::uint64_t kDevices = 1'000'000;
  std::vector<std::uint32_t> counts(kBuckets);
  for (std::uint64_t number = 0; number < kDevices; ++number) {
    const std::uint32_t bucket = bucket_of(seed_of(7), device(number));
    ASSERT_LT(bucket, kBuckets);
    ++counts[bucket];
  }
  double statistic = 0;
  std::uint64_t below = 0;
  const double expected = static_cast<double>(kDevices) / kBuckets;
  for (std::uint32_t bucket = 0; bucket < kBuckets; ++bucket) {
    ASSERT_GT(counts[bucket], 0U) << bucket;  // none is without an offer at every share
    const double miss = counts[bucket] - expected;
    statistic += miss * miss / expected;
    below += counts[bucket];
    const double share = 100.0 * static_cast<double>(below) / kDevices;
    ASSERT_NEAR(share, 100.0 * (bucket + 1) / kBuckets, 0.2) << bucket;
  }
  EXPECT_LT(statistic, chi_square_limit(kBuckets - 1));
}

TEST(Assignment, IsIndependentBetweenSeedsAndBetweenShareAndArm) {
  constexpr std::size_t kCells = 10;
  const std::array<std::uint32_t, 2> halves = {5'000, 5'000};
  std::array<std::array<double, kCells>, kCells> joint{};
  std::array<std::array<double, 2>, kCells> arms{};
  constexpr int kDevices = 200'000;
  for (std::uint64_t number = 0; number < kDevices; ++number) {
    const std::string name = device(number);
    const std::size_t one = bucket_of(seed_of(1), name) / (kBuckets / kCells);
    const std::size_t other = bucket_of(seed_of(2), name) / (kBuckets / kCells);
    ++joint[one][other];
    ++arms[one][arm_of(seed_of(1), halves, name)];
  }
  double statistic = 0, arm_statistic = 0;
  for (std::size_t row = 0; row < kCells; ++row) {
    for (const double count : joint[row]) {
      const double expected = kDevices / 100.0;
      statistic += (count - expected) * (count - expected) / expected;
    }
    for (const double count : arms[row]) {
      const double expected = kDevices / 20.0;
      arm_statistic += (count - expected) * (count - expected) / expected;
    }
  }
  EXPECT_LT(statistic, chi_square_limit(99));
  EXPECT_LT(arm_statistic, chi_square_limit(19));
}

// Every bucket value at every share and several weights: reached exactly where it is below, and in
// the arm whose interval holds it.
TEST(Assignment, GivesEveryBucketValueExactlyOneArm) {
  const std::vector<std::vector<std::uint32_t>> all = {
      {10'000}, {5'000, 5'000}, {1, 9'999}, {3'334, 3'333, 3'333}, {0, 10'000}};
  for (const auto& weights : all) {
    std::vector<std::uint32_t> counted(weights.size());
    for (std::uint32_t bucket = 0; bucket < kBuckets; ++bucket) {
      ++counted[arm_of_bucket(weights, bucket)];
    }
    EXPECT_EQ(counted, weights);
  }
}

TEST(Assignment, MovesNobodyOutOrToAnotherArmWhenTheShareGrows) {
  const std::array<std::uint32_t, 3> weights = {5'000, 3'000, 2'000};
  for (std::uint64_t number = 0; number < 2'000; ++number) {
    const std::string name = device(number);
    const std::uint32_t bucket = bucket_of(seed_of(3), name);
    const std::size_t arm = arm_of(seed_of(3), weights, name);
    bool reached = false;
    for (std::uint32_t share = 0; share <= kBuckets; share += 25) {
      const bool now = bucket < share;
      ASSERT_FALSE(reached && !now);
      reached = now;
      ASSERT_EQ(arm_of(seed_of(3), weights, name), arm);
    }
    ASSERT_TRUE(reached);
  }
}

TEST(Assignment, MeetsConditionsOfRegionGroupAndTier) {
  const Condition condition{{"de", "fr"}, {}, {"gold"}};
  EXPECT_TRUE(meets(condition, {"de", "beta", "gold"}));
  EXPECT_TRUE(meets(condition, {"fr", "", "gold"}));
  EXPECT_FALSE(meets(condition, {"jp", "beta", "gold"}));
  EXPECT_FALSE(meets(condition, {"de", "beta", "silver"}));
  EXPECT_FALSE(meets(condition, {"de", "beta", ""}));
  EXPECT_TRUE(meets({}, {}));
}

TEST(Assignment, DrawsAnotherSeedEachTime) { EXPECT_NE(draw_seed().bytes, draw_seed().bytes); }

}  // namespace
}  // namespace airlock::assignment
