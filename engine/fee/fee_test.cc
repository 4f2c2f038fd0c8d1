#include "engine/fee/fee.h"

#include <thread>

#include "engine/fee/policy/policies_test.h"

namespace airlock::fee {
namespace {

Limits limits_of(std::string_view caps = "[{chain: \"eip155:*\", at_most: 1000, of_amount: 5%}]",
                 std::string_view recipients = "[treasury, partner]") {
  auto made = Limits::read("airlock_fee_limits: 1\nrecipients: " + std::string(recipients) +
                           "\ncaps: " + std::string(caps) + "\n");
  EXPECT_TRUE(made) << made.error().text();
  return std::move(*made);
}

// A policy that charges so much, as that version.
std::unique_ptr<const Policy> charging(std::string_view fee, std::string_view version = "1.0.0") {
  return policy_from(file_of("{fixed: " + std::string(fee) + "}", "down", "treasury", version));
}

std::string quoted(Engine& engine, std::string_view amount) {
  auto reader = *engine.reader();
  return told(reader.view().quote(asked_for(amount)));
}

TEST(Engine, ChargesNothingBeforeItsFirstPolicy) {
  Engine engine(limits_of());
  EXPECT_EQ(quoted(engine, "1"), "no_rule_matches");
}

TEST(Engine, QuotesByThePolicyThatItNames) {
  Engine engine(limits_of());
  ASSERT_TRUE(engine.swap(charging("7", "1.2.3")));
  auto reader = *engine.reader();
  const auto view = reader.view();
  const auto quote = view.quote(asked_for("1000"));
  ASSERT_TRUE(quote);
  EXPECT_EQ(quote->policy().version(), "1.2.3");
  EXPECT_EQ(text_of(quote->total()), "7");
  ASSERT_TRUE(engine.swap(charging("8", "1.2.4")));
  EXPECT_EQ(view.quote(asked_for("1000"))->policy().version(), "1.2.3") << "a view is one version";
}

TEST(Limits, RefuseAFeeAboveTheCapWhateverThePolicySays) {
  Engine engine(limits_of());
  ASSERT_TRUE(engine.swap(policy_from(file_of("{percentage: 5.1%}", "down"))));
  EXPECT_EQ(quoted(engine, "100"), "5") << "5 % of 100";
  EXPECT_EQ(quoted(engine, "1000"), "fee_over_cap") << "51 is above 5 % of 1000";
  ASSERT_TRUE(engine.swap(policy_from(file_of("{percentage: 1%}", "down"))));
  EXPECT_EQ(quoted(engine, "100000"), "1000");
  EXPECT_EQ(quoted(engine, "100100"), "fee_over_cap");
}

TEST(Limits, RefuseWhatNoCapSpeaksOf) {
  Engine engine(limits_of("[{chain: solana:mainnet, at_most: 10}]"));
  ASSERT_TRUE(engine.swap(charging("0")));
  EXPECT_EQ(quoted(engine, "1"), "no_cap");
}

TEST(Limits, HoldByTheFirstCapThatMatches) {
  Engine engine(limits_of("[{asset: eth, at_most: 5}, {chain: \"*\", at_most: 1000}]"));
  ASSERT_TRUE(engine.swap(charging("6")));
  EXPECT_EQ(quoted(engine, "1"), "fee_over_cap");
  auto reader = *engine.reader();
  Asked asked = asked_for("1");
  asked.asset = "usdc";
  EXPECT_EQ(told(reader.view().quote(asked)), "6");
}

TEST(Limits, AdmitNoPolicyThatPaysSomebodyElse) {
  Engine engine(limits_of());
  ASSERT_TRUE(engine.swap(charging("7")));
  const auto refused =
      engine.swap(policy_from(file_of("{fixed: 1}", "down", "{mallory: 1%, treasury: rest}")));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::recipient_forbidden);
  EXPECT_EQ(refused.error().what, "the rule only pays mallory");
  EXPECT_EQ(quoted(engine, "1000"), "7") << "the old one stays";
}

TEST(Limits, AdmitNoPolicyWhoseGoldenCaseIsAboveACap) {
  Engine engine(limits_of());
  const auto refused = engine.swap(
      policy_from(file_with("  - {name: all, fee: {fixed: 2000}, pay: treasury}\n", "down",
                            "  - {name: dear, given: {chain: eip155:1, amount: 1}, expect: {rule: "
                            "all, total: 2000}}\n")));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::fee_over_cap);
  EXPECT_EQ(refused.error().mark.line, 7U);
}

TEST(Limits, AreCheckedInEachQuoteAndNotOnlyAtTheSwap) {
  // A quote of a policy that no engine admitted.
  const Limits limits = limits_of();
  const auto policy = policy_from(file_of("{fixed: 1}", "down", "mallory"));
  const auto quote = policy->quote(asked_for("1000"));
  ASSERT_TRUE(quote);
  EXPECT_EQ(limits.check(asked_for("1000"), *quote), Code::recipient_forbidden);
}

TEST(Limits, AreReadAsStrictlyAsPolicies) {
  const auto refused = [](std::string_view text) {
    const auto made = Limits::read(text);
    return made ? "read" : std::string(name(made.error().code));
  };
  EXPECT_EQ(refused("airlock_fee_limits: 1\nrecipients: [a]\ncaps: [{chain: x}]\n"),
            "missing_field");
  EXPECT_EQ(refused("airlock_fee_limits: 1\nrecipients: [a]\ncaps: [{at_most: 1.0}]\n"),
            "bad_amount");
  EXPECT_EQ(refused("airlock_fee_limits: 1\nrecipients: [a]\ncaps: [{of_amount: 5}]\n"),
            "bad_rate");
  EXPECT_EQ(refused("airlock_fee_limits: 2\nrecipients: [a]\ncaps: [{at_most: 1}]\n"),
            "unsupported_version");
  EXPECT_EQ(refused("airlock_fee_limits: 1\nrecipients: []\ncaps: [{at_most: 1}]\n"),
            "missing_field");
}

TEST(Engine, GoesBackToAKeptPolicyByOneSwap) {
  Engine engine(limits_of());
  const auto first = charging("1", "1.0.0");
  const crypto::Digest digest = first->digest();
  ASSERT_TRUE(engine.swap(charging("1", "1.0.0")));
  ASSERT_TRUE(engine.swap(charging("2", "2.0.0")));
  EXPECT_EQ(engine.kept(), std::vector{digest});
  ASSERT_TRUE(engine.restore(digest));
  EXPECT_EQ(quoted(engine, "1000"), "1");
  ASSERT_TRUE(engine.restore(charging("2", "2.0.0")->digest()));
  EXPECT_EQ(quoted(engine, "1000"), "2");
  EXPECT_EQ(engine.restore(charging("2", "2.0.0")->digest()).error().code, Code::not_found);
  for (int i = 3; i < 10; ++i)
    ASSERT_TRUE(engine.swap(charging(std::to_string(i), std::to_string(i) + ".0.0")));
  EXPECT_EQ(engine.kept().size(), kKeptMax);
  EXPECT_EQ(engine.restore(digest).error().code, Code::not_found) << "no longer kept";
}

TEST(Engine, SwapsUnderReadersWhoseQuotesAreOfOnePolicyEach) {
  Engine engine(limits_of());
  ASSERT_TRUE(engine.swap(charging("0", "1.0.0")));
  std::atomic<bool> stop = false;
  std::atomic<int> failed = 0, torn = 0, reads = 0;
  const auto work = [&] {
    auto reader = *engine.reader();
    while (!stop) {
      const auto view = reader.view();
      const auto quote = view.quote(asked_for("100000"));
      if (!quote) {
        ++failed;
        continue;
      }
      // Policy N.0.0 charges N - 1.
      const std::string version = std::to_string(quote->total().limbs[0] + 1) + ".0.0";
      if (quote->policy().version() != version || &quote->policy() != &view.policy()) ++torn;
      ++reads;
    }
  };
  std::thread first(work), second(work);
  for (int i = 1; i <= 1000; ++i) {
    const int n = i % 900;
    ASSERT_TRUE(engine.swap(charging(std::to_string(n), std::to_string(n + 1) + ".0.0")));
  }
  while (reads < 1000) std::this_thread::yield();
  stop = true;
  first.join();
  second.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(engine.held(), 0U);
}

}  // namespace
}  // namespace airlock::fee
