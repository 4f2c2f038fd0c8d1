// What the server is told, and by which name.
#include "device/agent/agents_test.h"

namespace airlock::agent {
namespace {

TEST_F(Agents, ReportEachPhaseOfAnOfferedReleaseAndHowItEnded) {
  ASSERT_TRUE(run());
  std::vector<std::string> told;
  for (const auto& report : reported()) {
    told.push_back(report["phase"].get<std::string>() + " " + report["outcome"].get<std::string>());
    EXPECT_EQ(report["reason"], "ok");
    EXPECT_EQ(report["manifest"], text::to_hex(next_.bytes));
  }
  EXPECT_EQ(told, (std::vector<std::string>{
                      "gating progress", "staging progress", "verifying progress",
                      "consenting progress", "activating progress", "rebooting progress",
                      "trial progress", "committing progress", "committing committed"}));
}

TEST_F(Agents, NumberTheReportsOfALifeEachOnceWhateverTheCrashes) {
  using update::Phase;
  for (Phase phase : {Phase::staging, Phase::consenting, Phase::trial, Phase::reporting}) {
    screen_.dies_in = phase;
    EXPECT_THROW((void)run(), Crash) << update::name_of(phase);
  }
  ASSERT_TRUE(run());
  std::map<std::uint64_t, std::string> by_number;
  for (const auto& report : reported()) {
    const std::string what =
        report["phase"].get<std::string>() + report["outcome"].get<std::string>();
    const auto [at, added] = by_number.try_emplace(report["sequence"].get<std::uint64_t>(), what);
    EXPECT_EQ(at->second, what);
  }
  EXPECT_GE(by_number.size(), 9U);
}

TEST_F(Agents, UpdateAllTheSameWhereNobodyHearsTheirReports) {
  server_->ear = fail(Code::timed_out);
  EXPECT_EQ(run()->how, How::committed);
  expect_runs("1.1.0", new_image_);
  EXPECT_TRUE(server_->reports.empty());
  server_->ear = Status();
  server_->offer.reset();
  EXPECT_EQ(run()->how, How::quiet);
  ASSERT_EQ(server_->reports.size(), 1U);  // the outcome was kept; the phases are past
  EXPECT_EQ(reported()[0]["outcome"], "committed");
}

TEST_F(Agents, KeepAnUnsentReportForTheNextRuns) {
  server_->ear = fail(Code::unreachable);
  EXPECT_EQ(install(folder_ / "next")->how, How::committed);
  server_->offer.reset();
  for (int tried = 1; tried < update::kAttemptsMax - 1; ++tried) EXPECT_TRUE(run());
  EXPECT_TRUE(server_->asked.empty());  // the report comes before anything new
  server_->ear = Status();
  EXPECT_EQ(run()->how, How::quiet);
  ASSERT_EQ(server_->reports.size(), 1U);
  EXPECT_EQ(reported()[0]["outcome"], "committed");
  EXPECT_EQ(reported()[0]["manifest"], text::to_hex(next_.bytes));
}

TEST_F(Agents, DropAReportThatNobodyTookInAllItsAttemptsAndGoOn) {
  server_->ear = fail(Code::unreachable);
  EXPECT_EQ(install(folder_ / "next")->how, How::committed);
  server_->offer.reset();
  for (int tried = 1; tried < update::kAttemptsMax; ++tried) EXPECT_TRUE(run());
  expect_runs("1.1.0", new_image_);
  EXPECT_EQ(server_->asked.size(), 1U);  // with the last attempt the way is free
  server_->ear = Status();
  EXPECT_EQ(run()->how, How::quiet);
  EXPECT_EQ(server_->asked.size(), 2U);
  EXPECT_TRUE(server_->reports.empty());
}

TEST_F(Agents, TellNothingOfThePhasesOfAReleaseByHand) {
  EXPECT_EQ(install(folder_ / "next")->how, How::committed);
  ASSERT_EQ(server_->reports.size(), 1U);
  EXPECT_EQ(reported()[0]["outcome"], "committed");
}

TEST_F(Agents, NameOnlyBucketsAndAPseudonymPerReleaseInPrivateMode) {
  std::filesystem::remove_all(folder_ / "device");
  provision_device(platform::Naming::pseudonym);
  server_->seeds = {{"3", Digest{{1}}}, {"4", Digest{{2}}}};
  ASSERT_EQ(run()->how, How::committed);
  server_->offer.reset();
  ASSERT_EQ(run()->how, How::quiet);

  const std::string duid =
      platform::Device::open(folder_ / "device", platform::Opening::look)->key()->duid();
  ASSERT_EQ(server_->asked.size(), 6U);  // twice: no bucket, one, both
  EXPECT_EQ(server_->asked[1].buckets.size(), 1U);
  EXPECT_EQ(server_->asked[2].buckets, server_->asked[5].buckets);
  EXPECT_NE(server_->asked[2].buckets.at("3"), server_->asked[2].buckets.at("4"));
  for (const fetch::CheckIn& asked : server_->asked) {
    EXPECT_EQ(asked.duid, "");
    EXPECT_NE(asked.pseudonym, duid);
  }
  EXPECT_EQ(server_->asked[0].pseudonym, server_->asked[2].pseudonym);
  EXPECT_NE(server_->asked[0].pseudonym, server_->asked[3].pseudonym);  // another release runs
  for (const auto& report : reported()) {
    EXPECT_EQ(report["duid"], server_->asked[3].pseudonym);
  }
}

TEST_F(Agents, AskOnlyAFewTimesAServerThatAlwaysNamesAnotherRollout) {
  std::filesystem::remove_all(folder_ / "device");
  provision_device(platform::Naming::pseudonym);
  for (std::uint8_t i = 0; i < 100; ++i) {
    server_->seeds.push_back({std::to_string(i), Digest{{i}}});
  }
  EXPECT_EQ(run()->how, How::quiet);
  EXPECT_LT(server_->asked.size(), 10U);
}

}  // namespace
}  // namespace airlock::agent
