#include "engine/fee/plugin/plugin.h"

#include <unistd.h>

#include <fstream>
#include <functional>
#include <thread>

#include "engine/fee/plugin/plugins_test.h"

namespace airlock::fee::plugin {
namespace {

// How often a plugin's file is mapped into this process with code that can run.
int mapped_codes() {
  std::ifstream maps("/proc/self/maps");
  int found = 0;
  for (std::string line; std::getline(maps, line);) {
    if (line.find("memfd:airlock-fee-plugin") == std::string::npos) continue;
    found += line.find(" r-xp ") != std::string::npos ? 1 : 0;
  }
  return found;
}

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t whole = 0, resident = 0;
  statm >> whole >> resident;
  return resident * 4096;
}

// A wallet whose policy charges 7, and its plugins.
class Wallet : public Plugins {
 protected:
  Wallet() : policies_(limits()), engine_(policies_) {
    EXPECT_TRUE(policies_.swap(policy_from(file_of("{fixed: 7}", "down"))));
  }
  std::string load(const Buffer& file, const How& how) {
    const auto done = engine_.load(judged(file), how);
    return done ? "" : std::string(name(done.error().code));
  }
  std::string load_here(const Buffer& file) {
    const auto plugin = judged(file);
    const auto done = engine_.load(plugin, of_wallet(*plugin));
    return done ? "" : std::string(name(done.error().code));
  }
  // "1000 by 1000.0.0", and what it stands for where that is another's answer.
  std::string quoted(const Asked& asked = asked_for("100000")) {
    auto reader = *engine_.reader();
    const auto answered = reader.view().quote(asked);
    if (!answered) return std::string(name(answered.error().code));
    return text_of(answered->fee.total) + " by " + answered->version +
           (answered->instead_of == Code::ok
                ? ""
                : " instead of " + std::string(name(answered->instead_of)));
  }

  fee::Engine policies_;
  Engine engine_;
};

TEST_F(Wallet, IsServedByItsPolicyUntilAPluginServes) {
  EXPECT_EQ(quoted(), "7 by 1.0.0");
  EXPECT_EQ(load_here(plugin_of(charging())), "");
  EXPECT_EQ(quoted(), "1000 by 1000.0.0");
  EXPECT_EQ(quoted({.chain = "none"}), "no_rule_matches") << "the plugin's word";
  engine_.unload();
  EXPECT_EQ(quoted(), "7 by 1.0.0");
  EXPECT_EQ(mapped_codes(), 0);
}

TEST_F(Wallet, SaysByWhichBytesItWasAnswered) {
  EXPECT_EQ(load_here(plugin_of(charging())), "");
  auto reader = *engine_.reader();
  const auto by_plugin = reader.view().quote(asked_for("1"));
  ASSERT_TRUE(by_plugin);
  EXPECT_TRUE(by_plugin->is_by_plugin);
  EXPECT_EQ(by_plugin->digest, crypto::sha256(plugin_of(charging())));
}

TEST_F(Wallet, RunsNothingInsideThatIsNotSignedAsFirmwareAndConsentedTo) {
  const auto plugin = judged(plugin_of(charging()));
  const auto other = judged(released(plugin_of(charging()), 1001));
  const auto refused = [&](const crypto::Digest& is_signed, const crypto::Digest& is_consented) {
    const auto made = PartOfWallet::of(*plugin, {is_signed}, {is_consented});
    return made ? "" : std::string(name(made.error().code));
  };
  EXPECT_EQ(refused(plugin->digest(), other->digest()), "plugin_not_of_the_wallet");
  EXPECT_EQ(refused(other->digest(), plugin->digest()), "plugin_not_of_the_wallet");
  EXPECT_EQ(refused(plugin->digest(), plugin->digest()), "");
  const auto done = engine_.load(plugin, of_wallet(*other));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::plugin_not_of_the_wallet);
}

TEST_F(Wallet, TakesNoOtherLibraryThatGoesByThePathOfAPlugin) {
  constexpr int kPlace = 90;
  const Buffer& named = plugin_of(charging(), "-Wl,-soname,/proc/self/fd/90");
  const auto other = Sealed::of(named, "airlock-fee-plugin");
  ASSERT_TRUE(other);
  const auto loaded = Loaded::open(other->descriptor(), 0);
  ASSERT_TRUE(loaded) << "the judge refuses it before: here it is loaded all the same";
  const auto plugin = judged(plugin_of(charging()));
  ASSERT_EQ(dup2(plugin->descriptor(), kPlace), kPlace);
  const auto mistaken = Loaded::open(kPlace, plugin->evaluate());
  close(kPlace);
  ASSERT_FALSE(mistaken);
  EXPECT_EQ(mistaken.error().code, Code::plugin_not_loaded);
}

TEST_F(Wallet, HoldsEveryAnswerOfAPluginAgainstItsLimits) {
  EXPECT_EQ(load_here(released(plugin_of(charging()), 5000)), "");
  EXPECT_EQ(quoted(), "5000 by 5000.0.0");
  EXPECT_EQ(load_here(released(plugin_of(charging()), 5001)), "");
  EXPECT_EQ(quoted(), "fee_over_cap");
  EXPECT_EQ(load_here(plugin_of(source_of("charge(answer, 1);\n"
                                          "strcpy(answer->shares[0].recipient, \"mallory\");\n"
                                          "return AIRLOCK_FEE_NAMED;"))),
            "");
  EXPECT_EQ(quoted(), "recipient_forbidden");
  EXPECT_EQ(quoted({.chain = "solana:mainnet"}), "recipient_forbidden");
  EXPECT_EQ(load_here(plugin_of(charging())), "");
  EXPECT_EQ(quoted({.chain = "solana:mainnet"}), "no_cap");
}

// A plugin that charges 5, with one golden case.
Buffer with_case(const std::string& expected) {
  std::string source = source_of("return charge(answer, 5);");
  const std::string_view old = "{refused: no_rule_matches}";
  source.replace(source.find("chain: none"), 11, "chain: \\\"eip155:1\\\"");
  source.replace(source.find(old), old.size(), expected);
  return plugin_of(source);
}

TEST_F(Wallet, KeepsAPluginWhoseSuccessorMissesAGoldenCase) {
  EXPECT_EQ(load_here(plugin_of(charging())), "");
  EXPECT_EQ(load_here(with_case("{rule: only, total: 6}")), "fee_case_failed");
  EXPECT_EQ(load_here(with_case("{rule: other, total: 5}")), "fee_case_failed");
  EXPECT_EQ(load_here(with_case("{rule: only, total: 5, pay: {partner: 5}}")), "fee_case_failed");
  EXPECT_EQ(quoted(), "1000 by 1000.0.0");
  EXPECT_EQ(load_here(with_case("{rule: only, total: 5, pay: {treasury: 5}}")), "");
  EXPECT_EQ(quoted(), "5 by 1000.0.0");
}

TEST_F(Wallet, TakesNoPluginThatExpectsItsOwnFault) {
  for (const char* const way : {"confined", "here"}) {
    std::string source = source_of("return 99;");
    source.replace(source.find("chain: none"), 11, "chain: \\\"eip155:1\\\"");
    source.replace(source.find("{refused: no_rule_matches}"), 26, "{refused: plugin_misanswers}");
    const Buffer& plugin = plugin_of(source);
    const bool is_confined = way == std::string_view("confined");
    EXPECT_EQ(is_confined ? load(plugin, confined()) : load_here(plugin), "plugin_misanswers");
    EXPECT_EQ(quoted(), "7 by 1.0.0");
  }
}

TEST_F(Wallet, KeepsAPluginWhoseSuccessorIsAboveACapInAGoldenCase) {
  std::string source = source_of("return charge(answer, 6000);");
  source.replace(source.find("chain: none"), 11, "chain: \\\"eip155:1\\\"");
  source.replace(source.find("{refused: no_rule_matches}"), 26, "{rule: only, total: 6000}");
  EXPECT_EQ(load_here(plugin_of(source)), "fee_over_cap");
  EXPECT_EQ(quoted(), "7 by 1.0.0");
}

TEST_F(Wallet, GoesBackToAPluginThatItKept) {
  const Buffer first = plugin_of(charging()), second = released(first, 1001);
  EXPECT_EQ(load_here(first), "");
  EXPECT_EQ(load_here(second), "");
  EXPECT_EQ(engine_.kept(), std::vector{crypto::sha256(first)});
  ASSERT_TRUE(engine_.restore(crypto::sha256(first)));
  EXPECT_EQ(quoted(), "1000 by 1000.0.0");
  EXPECT_EQ(engine_.restore(crypto::sha256(plugin_of(kBegin.data()))).error().code,
            Code::not_found);
}

TEST_F(Wallet, UnloadsWhatAViewHeldOnceItLetsGo) {
  EXPECT_EQ(load_here(plugin_of(charging())), "");
  {
    auto reader = *engine_.reader();
    const auto view = reader.view();
    EXPECT_EQ(load_here(released(plugin_of(charging()), 1001)), "");
    EXPECT_EQ(view.quote(asked_for("1"))->version, "1000.0.0") << "a view is one plugin";
    EXPECT_EQ(engine_.draining(), 1U);
    EXPECT_EQ(mapped_codes(), 2);
  }
  engine_.collect();
  EXPECT_EQ(engine_.draining(), 0U);
  EXPECT_EQ(mapped_codes(), 1);
}

// Two threads quote while plugin after plugin serves; each charges its own major version.
struct Load {
  std::atomic<bool> stop = false;
  std::atomic<int> failed = 0, torn = 0, reads = 0;
};
void read_on(Engine& engine, Load& load) {
  auto reader = *engine.reader();
  while (!load.stop) {
    const auto answered = reader.view().quote(asked_for("100000"));
    if (!answered || !answered->is_by_plugin)
      ++load.failed;
    else if (answered->version != text_of(answered->fee.total) + ".0.0")
      ++load.torn;
    ++load.reads;
  }
}
void swap_under_load(Engine& engine, int first, int count,
                     const std::function<How(const Candidate&)>& how) {
  Load load;
  std::thread one(read_on, std::ref(engine), std::ref(load));
  std::thread two(read_on, std::ref(engine), std::ref(load));
  for (int i = first; i < first + count; ++i) {
    const auto plugin = judged(released(plugin_of(charging()), i));
    const auto done = engine.load(plugin, how(*plugin));
    EXPECT_TRUE(done) << done.error().text();
  }
  load.stop = true;
  one.join();
  two.join();
  EXPECT_EQ(load.failed, 0) << "of " << load.reads;
  EXPECT_EQ(load.torn, 0) << "of " << load.reads;
  EXPECT_GT(load.reads, count);
}

TEST_F(Wallet, SwapsAThousandPluginsInItsProcessAndUnloadsEachOfThem) {
  const auto how = [](const Candidate& plugin) { return How(of_wallet(plugin)); };
  EXPECT_EQ(load_here(plugin_of(charging())), "");
  swap_under_load(engine_, 1000, 100, how);  // what a process takes once
  const std::uint64_t before = resident_bytes();
  swap_under_load(engine_, 1100, 1000, how);
  EXPECT_EQ(engine_.draining(), 0U);
  EXPECT_EQ(mapped_codes(), 1) << "the one that serves";
  const std::uint64_t after = resident_bytes();
  if (is_sanitized()) {
    std::puts("skipped: a sanitizer keeps memory, so that its growth says nothing");
  } else {
    EXPECT_LT(after, before + (2 << 20));
  }
  engine_.unload();
  EXPECT_EQ(mapped_codes(), 0);
}

class ConfinedWallet : public Wallet {
 protected:
  void SetUp() override {
    Wallet::SetUp();
    if (IsSkipped()) return;
    if (!missing_layers().empty()) GTEST_SKIP() << missing_layers();
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  }
};

TEST_F(ConfinedWallet, IsAnsweredByItsPolicyWhereThePluginIsNot) {
  EXPECT_EQ(load(plugin_of(charging()), confined()), "");
  EXPECT_EQ(quoted(), "1000 by 1000.0.0");
  const Buffer& hangs = plugin_of(source_of("for (;;) {}"));
  EXPECT_EQ(load(hangs, confined(std::chrono::milliseconds(60))), "");
  EXPECT_EQ(quoted(), "7 by 1.0.0 instead of plugin_over_budget");
  const Buffer& crashes = plugin_of(source_of("*(volatile char*)0 = 1; return 0;"));
  EXPECT_EQ(load(crashes, confined()), "");
  EXPECT_EQ(quoted(), "7 by 1.0.0 instead of plugin_crashed");
  std::string said;
  for (int i = 0; i < 12 && !said.ends_with("plugin_resting"); ++i) said = quoted();
  EXPECT_EQ(said, "7 by 1.0.0 instead of plugin_resting");
  EXPECT_EQ(load(plugin_of(source_of("return 9;")), confined()), "");
  EXPECT_EQ(quoted(), "7 by 1.0.0 instead of plugin_misanswers");
  const std::string long_word(200, 'x');
  Asked asked = asked_for("1");
  asked.asset = long_word;
  EXPECT_EQ(quoted(asked), "7 by 1.0.0 instead of oversized");
}

TEST_F(ConfinedWallet, GivesAllGoldenCasesOfAPluginOneTimeTogether) {
  // 40 cases, each within the budget of a quote.
  std::string cases;
  for (int i = 0; i < 40; ++i)
    cases += "  - {name: slow-" + std::to_string(i) +
             ", given: {chain: \\\"eip155:1\\\", amount: 1}, expect: {rule: only, total: 5}}\\n";
  std::string source = source_of(
      "for (volatile unsigned long i = 0; i < 100000000; ++i) {}\n"
      "return charge(answer, 5);");
  source.replace(source.find("golden:\\n") + 9, 0, "\"\n\"" + cases);
  Confinement how = confined();
  how.golden = std::chrono::milliseconds(300);
  const auto begun = Clock::now();
  EXPECT_EQ(load(plugin_of(source), how), "plugin_over_budget");
  EXPECT_LT(Clock::now() - begun, std::chrono::seconds(3));
  EXPECT_EQ(quoted(), "7 by 1.0.0") << "the one before stays";
}

TEST_F(ConfinedWallet, HasItsLimitsAskedOfAConfinedPluginToo) {
  EXPECT_EQ(load(released(plugin_of(charging()), 5001), confined()), "");
  EXPECT_EQ(quoted(), "fee_over_cap");
}

TEST_F(ConfinedWallet, SwapsAThousandConfinedPluginsAndLeavesNoProcess) {
  const auto how = [](const Candidate&) {
    How made = confined(std::chrono::milliseconds(30'000));
    std::get<Confinement>(made).processes = 2;
    return made;
  };
  EXPECT_EQ(load(plugin_of(charging()), confined()), "");
  swap_under_load(engine_, 1000, 50, how);
  const std::uint64_t before = resident_bytes();
  swap_under_load(engine_, 1050, 1000, how);
  EXPECT_EQ(engine_.draining(), 0U);
  EXPECT_EQ(mapped_codes(), 0) << "none of it is in this process";
  if (!is_sanitized()) {
    EXPECT_LT(resident_bytes(), before + (2 << 20));
  }
  engine_.unload();
  EXPECT_TRUE(no_process_is_left());
}

TEST_F(ConfinedWallet, IsServedByTheExampleAsItsAuthorStates) {
  const Buffer file = [] {
    std::ifstream source("examples/fee-plugin/squared.c");
    return plugin_of({std::istreambuf_iterator<char>(source), {}}, "-Wall -Wextra -Werror");
  }();
  const auto plugin = judged(file);
  ASSERT_TRUE(plugin);
  EXPECT_EQ(plugin->golden_cases().size(), 5U);
  EXPECT_EQ(load(file, confined()), "");
  Asked asked = asked_for("1000000");
  asked.operation = "swap";
  asked.congestion = 5000;
  EXPECT_EQ(quoted(asked), "2000 by 1.0.0");
  asked.amount = *number::read(kLargest);
  EXPECT_EQ(quoted(asked), "fee_over_cap");
}

}  // namespace
}  // namespace airlock::fee::plugin
