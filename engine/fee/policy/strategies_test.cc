#include "engine/fee/policy/policies_test.h"

namespace airlock::fee {
namespace {

constexpr std::array<std::string_view, 4> kModes = {"down", "up", "half-up", "half-even"};

TEST(Fixed, IsTheSameForEveryAmount) {
  EXPECT_EQ(fee_of("{fixed: 5000}", "0"), "5000");
  EXPECT_EQ(fee_of("{fixed: '5000'}", kLargest), "5000");
  EXPECT_EQ(fee_of("{fixed: " + std::string(kLargest) + "}", "1"), kLargest);
}

TEST(Percentage, IsRoundedAsThePolicySays) {
  // 0.25 % of 1 000 200 is 2500.5, of 1 000 600 it is 2501.5.
  const std::array<std::string_view, 4> first = {"2500", "2501", "2501", "2500"};
  const std::array<std::string_view, 4> second = {"2501", "2502", "2502", "2502"};
  for (std::size_t i = 0; i < kModes.size(); ++i) {
    EXPECT_EQ(fee_of("{percentage: 0.25%}", "1000200", kModes[i]), first[i]);
    EXPECT_EQ(fee_of("{percentage: 25bp}", "1000600", kModes[i]), second[i]);
  }
}

TEST(Percentage, IsExactForTheLargestAmount) {
  EXPECT_EQ(fee_of("{percentage: 100%}", kLargest), kLargest);
  EXPECT_EQ(fee_of("{percentage: 0.0000000000001%}", kLargest, "down"),
            "115792089237316195423570985008687907853269984665640564039457584");
  EXPECT_EQ(fee_of("{percentage: 100.01%}", kLargest), "fee_overflow");
}

constexpr std::string_view kMarginal =
    "{tiers: {mode: marginal, of: [{up_to: 1000, rate: 1%}, {up_to: 3000, rate: 0.5%}, {rate: "
    "0.1%}]}}";
constexpr std::string_view kWholeTable =
    "{tiers: {mode: whole, of: [{up_to: 1000, fixed: 7}, {up_to: 3000, rate: 0.5%}, {rate: "
    "0.1%}]}}";

TEST(Tier, TakesTheUpperEdgeAsItsOwn) {
  EXPECT_EQ(fee_of(kWholeTable, "1000"), "7");
  EXPECT_EQ(fee_of(kWholeTable, "1001", "down"), "5");
  EXPECT_EQ(fee_of(kWholeTable, "3000"), "15");
  EXPECT_EQ(fee_of(kWholeTable, "3001"), "3");
}

TEST(Tier, OfAMarginalTableChargesOnlyWhatLiesInIt) {
  EXPECT_EQ(fee_of(kMarginal, "0"), "0");
  EXPECT_EQ(fee_of(kMarginal, "1000"), "10");
  EXPECT_EQ(fee_of(kMarginal, "3000"), "20");
  EXPECT_EQ(fee_of(kMarginal, "103000"), "120");
}

TEST(Tier, OfAMarginalTableIsRoundedOnceAndNotInParts) {
  // 1 % of 50 and 0.5 % of 100 are 0.5 each: together 1, and not twice 1 or twice 0.
  const std::string_view table =
      "{tiers: {mode: marginal, of: [{up_to: 50, rate: 1%}, {rate: 0.5%}]}}";
  for (const std::string_view mode : kModes) EXPECT_EQ(fee_of(table, "150", mode), "1");
}

TEST(Tier, RefusesAFeeThatNeedsMoreThan256Bits) {
  const std::string_view table =
      "{tiers: {mode: marginal, of: [{up_to: 50, rate: 1%}, {rate: 200%}]}}";
  EXPECT_EQ(fee_of(table, kLargest), "fee_overflow");
}

TEST(Minimum, RaisesWhatIsBelowIt) {
  EXPECT_EQ(fee_of("{minimum: {of: {percentage: 1%}, at_least: 50}}", "4999"), "50");
  EXPECT_EQ(fee_of("{minimum: {of: {percentage: 1%}, at_least: 50}}", "5100"), "51");
}

TEST(Maximum, CutsWhatIsAboveItAndHidesNoOverflow) {
  EXPECT_EQ(fee_of("{maximum: {of: {percentage: 1%}, at_most: 50}}", "5100"), "50");
  EXPECT_EQ(fee_of("{maximum: {of: {percentage: 1%}, at_most: 50}}", "4900"), "49");
  EXPECT_EQ(fee_of("{maximum: {of: {percentage: 200%}, at_most: 50}}", kLargest), "fee_overflow");
}

TEST(Sum, AddsPartsThatAreAllRoundedInOneDirection) {
  // Two parts of 2.5 each: perennial's second part was rounded against the first.
  const std::string_view two = "{sum: [{percentage: 1%}, {percentage: 1%}]}";
  EXPECT_EQ(fee_of(two, "250", "down"), "4");
  EXPECT_EQ(fee_of(two, "250", "up"), "6");
  EXPECT_EQ(fee_of(two, "250", "half-even"), "4");
  EXPECT_EQ(fee_of("{sum: [{percentage: 100%}, {fixed: 1}]}", kLargest), "fee_overflow");
}

TEST(MaxOf, IsTheLargestPart) {
  EXPECT_EQ(fee_of("{max_of: [{fixed: 5}, {percentage: 1%}, {fixed: 7}]}", "100"), "7");
  EXPECT_EQ(fee_of("{max_of: [{fixed: 5}, {percentage: 1%}, {fixed: 7}]}", "900"), "9");
}

TEST(FirstMatch, IsTheFirstCaseThatHolds) {
  const auto policy = policy_from(
      file_of("{first_match: [{when: {tier: gold}, fee: {fixed: 1}}, {when: {amount: {from: 100, "
              "below: 200}}, "
              "fee: {fixed: 2}}, {when: {congestion: {from: 80%}}, fee: {fixed: 3}}]}"));
  Asked asked = asked_for("50");
  EXPECT_EQ(told(policy->quote(asked)), "no_rule_matches");
  asked.congestion = 7'999;
  EXPECT_EQ(told(policy->quote(asked)), "no_rule_matches");
  asked.congestion = 8'000;
  EXPECT_EQ(told(policy->quote(asked)), "3");
  asked.amount = 100;
  EXPECT_EQ(told(policy->quote(asked)), "2");
  asked.amount = 200;
  EXPECT_EQ(told(policy->quote(asked)), "3");
  asked.tier = "gold";
  EXPECT_EQ(told(policy->quote(asked)), "1");
}

TEST(FirstMatch, EvaluatesNoCaseThatDoesNotHold) {
  const auto policy = policy_from(
      file_of("{first_match: [{when: {tier: gold}, fee: {percentage: 200%}}, {fee: {fixed: 2}}]}"));
  EXPECT_EQ(told(policy->quote(asked_for(kLargest))), "2") << "the first would not fit";
}

Asked asked_on_chain(std::span<const std::uint64_t> fees, std::uint64_t units) {
  Asked asked = asked_for("1");
  asked.chain_data = {.base_fee = 1001, .priority_fees = fees, .units = units};
  return asked;
}

TEST(Eip1559, IsTheMostThatTheTransactionCanCost) {
  const auto policy = policy_from(
      file_of("{eip1559: {base_fee: 150%, priority: p50, at_least: 2, at_most: 100}}", "up"));
  const std::vector<std::uint64_t> fees = {40, 10, 30, 20};
  const Asked asked = asked_on_chain(fees, 21'000);
  const auto quote = policy->quote(asked);
  ASSERT_TRUE(quote);
  // 1001 * 1.5 is 1501.5, rounded up; the second of four is the 50th percentile.
  EXPECT_EQ(text_of(quote->total()), std::to_string((1502 + 20) * 21'000));
  const auto price = quote->price(asked);
  ASSERT_TRUE(price);
  EXPECT_EQ(price->per_unit_max, U256(1522));
  EXPECT_EQ(price->per_unit_tip, 20U);
  EXPECT_EQ(price->units, 21'000U);
}

TEST(Eip1559, PicksTheNearestRankAndMakesUpNothing) {
  const std::vector<std::uint64_t> fees = {5, 1, 4, 2, 3};
  const auto picked = [&](std::string_view percentile) {
    const auto policy = policy_from(
        file_of("{eip1559: {base_fee: 0%, priority: " + std::string(percentile) + "}}"));
    return told(policy->quote(asked_on_chain(fees, 1)));
  };
  EXPECT_EQ(picked("p0"), "1");
  EXPECT_EQ(picked("p20"), "1");
  EXPECT_EQ(picked("p21"), "2");
  EXPECT_EQ(picked("p50"), "3");
  EXPECT_EQ(picked("p99"), "5");
  EXPECT_EQ(picked("p100"), "5");
}

TEST(Eip1559, KeepsThePriorityWithinItsBounds) {
  const auto policy =
      policy_from(file_of("{eip1559: {base_fee: 0%, priority: p50, at_least: 10, at_most: 20}}"));
  for (const auto& [paid, expected] : {std::pair{5U, "10"}, {15U, "15"}, {25U, "20"}}) {
    const std::vector<std::uint64_t> fees = {paid};
    EXPECT_EQ(told(policy->quote(asked_on_chain(fees, 1))), expected);
  }
}

TEST(Eip1559, IsRefusedWithoutTheChainsData) {
  const auto policy = policy_from(file_of("{eip1559: {base_fee: 100%, priority: p50}}"));
  const std::vector<std::uint64_t> fees = {5};
  Asked asked = asked_on_chain(fees, 1);
  asked.chain_data.base_fee.reset();
  EXPECT_EQ(told(policy->quote(asked)), "chain_data_missing");
  asked = asked_on_chain({}, 1);
  EXPECT_EQ(told(policy->quote(asked)), "chain_data_missing");
  asked = asked_on_chain(fees, 1);
  asked.chain_data.units.reset();
  EXPECT_EQ(told(policy->quote(asked)), "chain_data_missing");
  const std::vector<std::uint64_t> many(kPriorityFeesMax + 1, 1);
  EXPECT_EQ(told(policy->quote(asked_on_chain(many, 1))), "chain_data_missing");
}

TEST(Eip1559, NamesItsPriceOnlyWhereTheFeeIsThatOfTheNetwork) {
  const std::vector<std::uint64_t> fees = {5};
  const auto network = "{eip1559: {base_fee: 100%, priority: p50}}";
  const auto with = [&](const std::string& fee) {
    const auto policy = policy_from(file_of(fee));
    const Asked asked = asked_on_chain(fees, 10);
    const auto quote = policy->quote(asked);
    return quote && quote->price(asked);
  };
  EXPECT_TRUE(with(network));
  EXPECT_FALSE(with(std::string("{sum: [") + network + ", {fixed: 1}]}"));
  EXPECT_FALSE(with(std::string("{maximum: {of: ") + network + ", at_most: 7}}"));
  EXPECT_TRUE(with(std::string("{sum: [") + network + ", {max_of: [{fixed: 0}]}]}"));
  EXPECT_TRUE(
      with(std::string("{max_of: [") + network + ", {eip1559: {base_fee: 50%, priority: p50}}]}"));
}

TEST(SolanaPriority, RoundsAsTheChainDoesWhateverThePolicySays) {
  const std::vector<std::uint64_t> fees = {1'000, 2'000, 3'000};
  for (const std::string_view mode : kModes) {
    const auto policy =
        policy_from(file_of("{solana: {per_signature: 5000, priority: p50}}", mode));
    Asked asked = asked_on_chain(fees, 200'001);
    asked.chain_data.signatures = 2;
    const auto quote = policy->quote(asked);
    EXPECT_EQ(told(quote), "10401") << "400.002 lamports";
    ASSERT_TRUE(quote->price(asked));
    EXPECT_EQ(quote->price(asked)->per_unit_max, U256(2'000));
  }
}

TEST(When, HoldsInWindowsOfTimeThatMayGoPastMidnight) {
  const auto policy = policy_from(file_of(
      "{first_match: [{when: {daily: {from: \"22:00\", until: \"06:00\"}}, fee: {fixed: 1}}, "
      "{when: {time: {from: \"2026-12-01T00:00:00Z\", until: \"2026-12-02T00:00:00Z\"}}, "
      "fee: {fixed: 2}}, {fee: {fixed: 3}}]}"));
  const std::int64_t december = 1'796'083'200;  // 2026-12-01T00:00:00Z
  const auto at = [&](std::optional<std::int64_t> time) {
    Asked asked = asked_for("1");
    asked.time = time;
    return told(policy->quote(asked));
  };
  EXPECT_EQ(at(december), "1");
  EXPECT_EQ(at(december + 6 * 3600 - 1), "1");
  EXPECT_EQ(at(december + 6 * 3600), "2");
  EXPECT_EQ(at(december + 22 * 3600 - 1), "2");
  EXPECT_EQ(at(december + 22 * 3600), "1");
  EXPECT_EQ(at(december + 30 * 3600), "3");
  EXPECT_EQ(at(-3600), "1") << "before 1970 it was late in the evening";
  EXPECT_EQ(at(std::nullopt), "3") << "a wallet without a clock is in no window";
}

TEST(When, MatchesWordsAndTheirBeginnings) {
  const auto policy = policy_from(file_of(
      "{first_match: [{when: {asset: [usdc, usdt], operation: \"swap-*\"}, fee: {fixed: 1}}, "
      "{fee: {fixed: 2}}]}"));
  const auto with = [&](std::string_view asset, std::string_view operation) {
    Asked asked = asked_for("1");
    asked.asset = asset;
    asked.operation = operation;
    return told(policy->quote(asked));
  };
  EXPECT_EQ(with("usdt", "swap-exact"), "1");
  EXPECT_EQ(with("usdt", "swap"), "2");
  EXPECT_EQ(with("dai", "swap-exact"), "2");
  EXPECT_EQ(with("usdtx", "swap-exact"), "2");
}

}  // namespace
}  // namespace airlock::fee
