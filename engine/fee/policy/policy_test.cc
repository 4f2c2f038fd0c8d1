#include "engine/fee/policy/policies_test.h"

namespace airlock::fee {
namespace {

std::string refused(const std::string& file) {
  const auto policy = Policy::read(file);
  return policy ? "read" : policy.error().text();
}

Code code_of(const std::string& file) {
  const auto policy = Policy::read(file);
  return policy ? Code::ok : policy.error().code;
}

TEST(Policy, NamesVersionAndDigestOfItsFile) {
  const std::string file = file_of("{fixed: 1}", "down", "treasury", "2.1.0-rc.1");
  const auto policy = policy_from(file);
  EXPECT_EQ(policy->version(), "2.1.0-rc.1");
  EXPECT_EQ(policy->digest(), crypto::sha256(bytes_of(file)));
  const auto quote = policy->quote(asked_for("1"));
  ASSERT_TRUE(quote);
  EXPECT_EQ(&quote->policy(), policy.get());
  EXPECT_EQ(quote->rule().name, "only");
}

TEST(Policy, TakesTheFirstRuleThatHolds) {
  const auto policy = policy_from(
      file_with("  - {name: gold, when: {chain: eip155:1, tier: gold}, fee: {fixed: 1}, pay: a}\n"
                "  - {name: main, when: {chain: eip155:1}, fee: {fixed: 2}, pay: a}\n"
                "  - {name: others, when: {chain: \"eip155:*\"}, fee: {fixed: 3}, pay: a}\n"));
  Asked asked = asked_for("1");
  EXPECT_EQ(policy->quote(asked)->rule().name, "main");
  asked.tier = "gold";
  EXPECT_EQ(policy->quote(asked)->rule().name, "gold");
  asked.chain = "eip155:10";
  EXPECT_EQ(policy->quote(asked)->rule().name, "others");
  asked.chain = "solana:mainnet";
  EXPECT_EQ(told(policy->quote(asked)), "no_rule_matches");
}

TEST(Policy, TellsWhereItIsWrongAndWhatWouldBeRight) {
  EXPECT_EQ(
      refused(file_of("{percentage: 0.25}")),
      "line 7, column 23: 0.25 is no rate; write a percentage or basis points, such as 0.25% or "
      "25bp");
  EXPECT_EQ(
      refused(file_of("{fixed: 1.5}")),
      "line 7, column 18: 1.5 is no amount; write the digits of a whole number of smallest units "
      "below 2^256, such as 1500000");
  EXPECT_EQ(refused(file_of("{fix: 1}")),
            "line 7, column 11: this is no strategy; known are fixed, percentage, tiers, eip1559, "
            "solana, minimum, maximum, sum, max_of, first_match");
  EXPECT_EQ(refused("airlock_fee_policy: 1\nversion: 1.0.0\nrouding: up\n"),
            "line 3, column 1: rouding is not known here; known are airlock_fee_policy, version, "
            "rounding, rules, golden");
}

TEST(Policy, RefusesAmountsThatAreNoWholeNumbers) {
  for (const std::string_view wrong :
       {"1.0", "1e3", "-1", "+1", "010", "0o17", "0x1f", "1_000", ".nan", ".inf", "~", "''", "[1]",
        "{}", "true", "1:30",
        "115792089237316195423570985008687907853269984665640564039457584007913129639936"})
    EXPECT_EQ(code_of(file_of("{fixed: " + std::string(wrong) + "}")), Code::bad_amount) << wrong;
}

TEST(Policy, RefusesRatesWithoutAUnitOrWithTooManyDigits) {
  for (const std::string_view wrong :
       {"0.25", "25", "1/400", "-1%", "+1%", ".5%", "5.%", "01%", "1e2%", "0x1%", "1 %", "%", "bp",
        "0.0000000000000001%", "12345678901234567bp", "nan%"})
    EXPECT_EQ(code_of(file_of("{percentage: '" + std::string(wrong) + "'}")), Code::bad_rate)
        << wrong;
}

TEST(Policy, RefusesTablesThatAreNone) {
  const auto table = [](std::string_view mode, std::string_view tiers) {
    return code_of(
        file_of("{tiers: {mode: " + std::string(mode) + ", of: " + std::string(tiers) + "}}"));
  };
  EXPECT_EQ(table("marginal", "[{up_to: 5, rate: 1%}]"), Code::bad_policy);
  EXPECT_EQ(table("marginal", "[{rate: 1%}, {rate: 1%}]"), Code::bad_policy);
  EXPECT_EQ(table("marginal", "[{up_to: 5, rate: 1%}, {up_to: 5, rate: 2%}, {rate: 1%}]"),
            Code::bad_policy);
  EXPECT_EQ(table("marginal", "[{up_to: 5, fixed: 1}, {rate: 1%}]"), Code::unknown_field);
  EXPECT_EQ(table("whole", "[{up_to: 5, fixed: 1, rate: 1%}, {rate: 1%}]"), Code::bad_policy);
  EXPECT_EQ(table("stepwise", "[{rate: 1%}]"), Code::bad_policy);
  EXPECT_EQ(table("whole", "[]"), Code::missing_field);
  std::string many = "[";
  for (int i = 1; i <= 64; ++i) many += "{up_to: " + std::to_string(i) + ", rate: 1%}, ";
  EXPECT_EQ(table("whole", many + "{rate: 1%}]"), Code::too_many);
}

TEST(Policy, RefusesStrategiesThatNestTooDeep) {
  std::string fee = "{fixed: 1}";
  for (std::size_t depth = 1; depth < kDepthMax; ++depth) fee = "{sum: [" + fee + "]}";
  EXPECT_EQ(code_of(file_of(fee)), Code::ok);
  EXPECT_EQ(code_of(file_of("{sum: [" + fee + "]}")), Code::too_deep);
}

TEST(Policy, RefusesRecipientsWhoDoNotGetTheWhole) {
  const auto paid = [](std::string_view pay) {
    return code_of(file_of("{fixed: 1}", "down", pay));
  };
  EXPECT_EQ(paid("{a: 50%, b: rest}"), Code::ok);
  EXPECT_EQ(paid("{a: 100%, b: rest}"), Code::ok);
  EXPECT_EQ(paid("{a: 50%, b: 50%}"), Code::bad_policy);
  EXPECT_EQ(paid("{a: rest, b: rest}"), Code::bad_policy);
  EXPECT_EQ(paid("{a: 60%, b: 40.0000000001%, c: rest}"), Code::bad_policy);
  EXPECT_EQ(paid("{}"), Code::bad_policy);
  EXPECT_EQ(paid("'two words'"), Code::bad_text);
  EXPECT_EQ(paid("yes"), Code::wrong_type);
}

TEST(Policy, RefusesTwoRulesOfOneName) {
  EXPECT_EQ(code_of(file_with("  - {name: a, fee: {fixed: 1}, pay: x}\n"
                              "  - {name: a, fee: {fixed: 2}, pay: x}\n")),
            Code::duplicate_key);
}

TEST(Policy, RefusesWordsThatOtherReadersOfYamlTakeForSomethingElse) {
  EXPECT_EQ(code_of(file_with("  - {name: a, when: {tier: no}, fee: {fixed: 1}, pay: x}\n")),
            Code::wrong_type);
  EXPECT_EQ(code_of(file_with("  - {name: 12, fee: {fixed: 1}, pay: x}\n")), Code::wrong_type);
  EXPECT_EQ(
      code_of(file_with("  - {name: a, when: {daily: {from: 22:00}}, fee: {fixed: 1}, pay: x}\n")),
      Code::bad_text);
}

TEST(Policy, RefusesADayThatNeverComes) {
  const auto day = [](const std::string& daily) {
    return code_of(
        file_with("  - {name: a, when: {daily: " + daily + "}, fee: {fixed: 1}, pay: x}\n"));
  };
  EXPECT_EQ(day("{from: '10:00', until: '10:00'}"), Code::bad_policy);
  EXPECT_EQ(day("{until: '00:00'}"), Code::bad_policy);
  EXPECT_EQ(day("{from: '24:00'}"), Code::bad_policy);
  EXPECT_NE(day("{from: '22:00', until: '06:00'}"), Code::bad_policy);
}

TEST(Policy, EvaluatesItsGoldenCasesBeforeItExists) {
  const std::string rules = "  - {name: all, fee: {percentage: 1%}, pay: {a: 33%, b: rest}}\n";
  const auto with = [&](std::string_view expected) {
    return refused(file_with(
        rules, "down",
        "  - name: small\n    given: {amount: 1000}\n    expect: " + std::string(expected) + "\n"));
  };
  EXPECT_EQ(with("{rule: all, total: 10}"), "read");
  EXPECT_EQ(with("{rule: all, total: 10, pay: {a: 3, b: 7}}"), "read");
  EXPECT_EQ(with("{rule: all, total: 11}"),
            "line 7, column 5: of the case small, the fee is 10; correct the case or the rule");
  EXPECT_EQ(with("{rule: other, total: 10}"),
            "line 7, column 5: of the case small, the rule is all; correct the case or the rule");
  EXPECT_EQ(with("{rule: all, total: 10, pay: {a: 4, b: 6}}"),
            "line 7, column 5: of the case small, a is paid 3; correct the case or the rule");
  EXPECT_EQ(with("{rule: all, total: 10, pay: {b: 7}}"),
            "line 7, column 5: of the case small, it is paid to 2; correct the case or the rule");
  EXPECT_EQ(with("{refused: fee_overflow}"),
            "line 7, column 5: of the case small, the fee is 10; correct the case or the rule");
}

TEST(Policy, NeedsAGoldenCase) {
  const std::string file = file_of("{fixed: 1}");
  const std::size_t golden = file.find("golden:");
  EXPECT_EQ(code_of(file.substr(0, golden)), Code::missing_field);
  EXPECT_EQ(code_of(file.substr(0, golden) + "golden: []\n"), Code::missing_field);
}

TEST(Quote, PaysOutItsTotalWhateverTheShares) {
  for (const std::string_view pay :
       {"{a: rest}", "{a: 33.3333%, b: 33.3333%, c: rest}", "{a: rest, b: 0.01%, c: 99.99%}",
        "{a: 100%, b: rest}", "{a: 0%, b: rest}"}) {
    const auto policy = policy_from(file_of("{percentage: 100%}", "down", pay));
    for (const std::string_view amount :
         {"0", "1", "2", "3", "10", "99", "10001", kLargest.data()}) {
      const auto quote = policy->quote(asked_for(amount));
      ASSERT_TRUE(quote);
      U256 sum;
      for (std::size_t i = 0; i < quote->share_count(); ++i)
        sum = *number::add(sum, quote->share(i).amount);
      EXPECT_EQ(sum, quote->total()) << pay << " of " << amount;
    }
  }
}

TEST(Quote, SaysHowItCameToItsFee) {
  const auto policy = policy_from(
      file_of("{maximum: {of: {sum: [{percentage: 0.25%}, {fixed: 3}]}, at_most: 5}}", "half-up"));
  Steps steps;
  const auto quote = policy->explain(asked_for("1000200"), steps);
  ASSERT_TRUE(quote);
  std::string text;
  for (const Step& step : steps)
    text += std::string(2 * step.depth, ' ') + step.strategy + ": " + step.says + "\n";
  EXPECT_EQ(
      text,
      "rule: only\n"
      "      percentage: 1000200 * 25 / 10000 = 2501, rounded half-up with 5000 / 10000 left over\n"
      "      fixed: 3\n"
      "    sum: together 2504\n"
      "  maximum: 2504 is above 5: 5\n"
      "pay: treasury: all of it, 5\n");
}

std::string told(const Policy& policy, const Asked& asked) {
  Steps steps;
  (void)policy.explain(asked, steps);
  std::string text;
  for (const Step& step : steps) text += step.strategy + ": " + step.says + "\n";
  return text;
}

TEST(Quote, SaysWhatDidNotHoldWhatEachTierTookAndWhoIsPaidWhat) {
  const auto policy = policy_from(file_with(
      "  - {name: gold, when: {tier: gold}, fee: {fixed: 1}, pay: x}\n"
      "  - {name: busy, when: {congestion: {from: 50%}}, fee: {fixed: 1}, pay: x}\n"
      "  - name: all\n"
      "    when: {chain: \"eip155:*\"}\n"
      "    fee: {first_match: [{when: {amount: {below: 5}}, fee: {fixed: 9}},\n"
      "      {fee: {tiers: {mode: marginal, of: [{up_to: 10, rate: 5%}, {rate: 1%}]}}}]}\n"
      "    pay: {a: 33%, b: rest}\n",
      "down"));
  Asked asked = asked_for("1025");
  asked.tier = "silver";
  asked.congestion = 1'250;
  EXPECT_EQ(told(*policy, asked),
            "rule: gold does not hold: tier is silver\n"
            "rule: busy does not hold: congestion is 12.50%\n"
            "rule: all\n"
            "first_match: case 1 does not hold: amount is 1025\n"
            "first_match: case 2 holds\n"
            "tiers: tier 1 (from 0, up to 10): 10 * 5 / 100 = 0 and 50 / 100\n"
            "tiers: tier 2 (above 10): 1015 * 1 / 100 = 10 and 15 / 100\n"
            "tiers: together 10 and 65 / 100, rounded once, down: 10\n"
            "pay: a: 10 * 33 / 100 = 3, rounded down with 30 / 100 left over\n"
            "pay: b: what the others leave, 7\n");
}

TEST(Quote, SaysByWhichNumbersItIsTooLarge) {
  const std::string most(77, '9');
  const auto policy = policy_from(
      file_with("  - {name: all, when: {chain: \"eip155:*\"}, fee: {sum: [{fixed: " + most +
                "}, {percentage: 100%}]}, pay: x}\n"));
  EXPECT_NE(told(*policy, asked_for(most)).find(most + " + " + most + " needs more than 256 bits"),
            std::string::npos);
}

}  // namespace
}  // namespace airlock::fee
