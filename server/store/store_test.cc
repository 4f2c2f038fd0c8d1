#include "server/store/store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <future>
#include <set>

#include "host/text/text.h"
#include "server/store/report_writer.h"
#include "server/store/sightings.h"
#include "tests/fakes/signers.h"

namespace airlock::store {
namespace {

const Deed kDeed{"olivia", "a test", 1'700'000'000};

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "store-" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    open();
  }
  void open() {
    store_.reset();
    auto opened = Store::open(folder_);
    ASSERT_TRUE(opened.has_value());
    store_ = std::move(*opened);
  }
  std::int64_t rollout(std::uint32_t share = 100) {
    Rollout draft;
    draft.share = share;
    draft.state = State::running;
    draft.models = {"demo \"wallet\""};
    return store_->create_rollout(draft, kDeed)->id;
  }
  Result<Standing> send(ReportWriter& writer, Report report) {
    std::promise<Result<Standing>> told;
    const auto submitted = writer.submit(
        std::move(report), [&](Result<Standing> standing) { told.set_value(standing); });
    if (!submitted) return std::unexpected(submitted.error());
    return told.get_future().get();
  }
  int run_sql(const char* sql) {
    sqlite3* database = nullptr;
    sqlite3_open((folder_ / "server.db").c_str(), &database);
    const int result = sqlite3_exec(database, sql, nullptr, nullptr, nullptr);
    sqlite3_close(database);
    return result;
  }

  file::Path folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, KeepsRolloutsAcrossReopening) {
  const std::int64_t id = rollout();
  open();
  const auto rollouts = store_->rollouts();
  ASSERT_EQ(rollouts->size(), 1U);
  EXPECT_EQ(rollouts->front().id, id);
  EXPECT_EQ(rollouts->front().models, std::vector<std::string>{"demo \"wallet\""});
  EXPECT_FALSE(rollouts->front().seed.is_zero());
}

TEST_F(StoreTest, LetsAShareOnlyGrow) {
  const std::int64_t id = rollout(100);
  EXPECT_EQ(store_->advance(id, 100, kDeed).error().code, Code::conflict);
  EXPECT_EQ(store_->advance(id, 99, kDeed).error().code, Code::conflict);
  EXPECT_EQ(store_->advance(id, 10'001, kDeed).error().code, Code::out_of_range);
  EXPECT_EQ(store_->advance(id, 10'000, kDeed)->share, 10'000U);
}

TEST_F(StoreTest, NeverWakesAHaltedRollout) {
  const std::int64_t id = rollout();
  EXPECT_EQ(store_->take(id, Step::pause, kDeed)->state, State::paused);
  EXPECT_EQ(store_->take(id, Step::resume, kDeed)->state, State::running);
  EXPECT_EQ(store_->take(id, Step::halt, kDeed)->state, State::halted);
  EXPECT_EQ(store_->take(id, Step::resume, kDeed).error().code, Code::conflict);
  EXPECT_EQ(store_->advance(id, 5'000, kDeed).error().code, Code::conflict);
  EXPECT_EQ(store_->take(99, Step::halt, kDeed).error().code, Code::not_found);
}

TEST_F(StoreTest, RefusesAChangeWithoutAReasonOrAName) {
  EXPECT_EQ(store_->create_rollout({}, {"olivia", "", 1}).error().code, Code::missing_field);
  EXPECT_EQ(store_->create_rollout({}, {"", "why", 1}).error().code, Code::unauthorised);
  EXPECT_TRUE(store_->audit(10)->empty());
}

TEST_F(StoreTest, RecordsWhoChangedWhatAndWhy) {
  const std::int64_t id = rollout();
  ASSERT_TRUE(store_->take(id, Step::pause, {"otto", "payments fail", 5}));
  const auto audit = store_->audit(10);
  ASSERT_EQ(audit->size(), 2U);
  EXPECT_EQ(audit->front().who, "otto");
  EXPECT_EQ(audit->front().what, "rollout.pause");
  EXPECT_EQ(audit->front().why, "payments fail");
}

TEST_F(StoreTest, RefusesToRewriteTheAudit) {
  rollout();
  EXPECT_NE(run_sql("UPDATE audit SET who = 'nobody'"), SQLITE_OK);
  EXPECT_NE(run_sql("DELETE FROM audit"), SQLITE_OK);
  EXPECT_NE(run_sql("INSERT OR REPLACE INTO audit (id, at, who, what, why, detail) "
                    "SELECT id, at, 'nobody', what, why, detail FROM audit"),
            SQLITE_OK);
  EXPECT_EQ(store_->audit(10)->front().who, "olivia");
}

TEST_F(StoreTest, CountsReportsOfEnrolledKeysOnlyAndEachOnce) {
  const fakes::Signer device("device", crypto::Algorithm::eddsa);
  ASSERT_EQ(store_->import_devices({text::to_hex(device.key().view())}, kDeed)->added, 1U);
  ASSERT_EQ(store_->import_devices({text::to_hex(device.key().view())}, kDeed)->known, 1U);
  auto writer = std::move(*ReportWriter::open(*store_));
  Report report;
  report.duid = duid_of(device.key().view());
  report.sequence = 1;
  report.rollout = 3;
  report.outcome = "committed";
  report.reason = "ok";
  EXPECT_EQ(send(*writer, report), Standing::counted);
  EXPECT_EQ(send(*writer, report), Standing::counted);
  report.sequence = 2;  // one device is one, whatever it says
  EXPECT_EQ(send(*writer, report), Standing::counted);
  report.sequence = 3;
  report.outcome = "progress";  // and how it ended is what counts
  EXPECT_EQ(send(*writer, report), Standing::counted);
  report.outcome = "committed";
  report.duid = "stranger";
  EXPECT_EQ(send(*writer, report), Standing::marked);
  writer.reset();
  open();
  EXPECT_EQ(store_->reports(3, Standing::counted, 10)->size(), 3U);
  ASSERT_EQ(store_->report_counts(std::nullopt)->size(), 1U);
  EXPECT_EQ(store_->report_counts(std::nullopt)->front().count, 1);
}

TEST_F(StoreTest, SaysInTheAuditWhomAnOperatorLetCount) {
  const fakes::Signer one("one", crypto::Algorithm::eddsa), two("two", crypto::Algorithm::eddsa);
  ASSERT_TRUE(store_->import_devices({text::to_hex(one.key().view())}, kDeed));
  ASSERT_TRUE(store_->import_devices(
      {text::to_hex(one.key().view()), text::to_hex(two.key().view())}, kDeed));
  EXPECT_EQ(store_->audit(1)->front().detail,
            R"({"added":1,"duids":[")" + duid_of(two.key().view()) + R"("],"known":1})");
}

TEST_F(StoreTest, CountsADeviceOnceInARolloutByHowItEndedLast) {
  const fakes::Signer device("device", crypto::Algorithm::eddsa);
  ASSERT_TRUE(store_->import_devices({text::to_hex(device.key().view())}, kDeed));
  auto writer = std::move(*ReportWriter::open(*store_));
  Report report;
  report.duid = duid_of(device.key().view());
  const auto tell = [&](std::int64_t sequence, const char* outcome, const char* reason) {
    report.sequence = sequence;
    report.rollout = 3;
    report.outcome = outcome;
    report.reason = reason;
    EXPECT_EQ(send(*writer, report), Standing::counted);
  };
  tell(11, "went_back", "reverted_on_request");
  tell(9, "failed", "no_space");  // what was kept through a night without a network comes late
  tell(10, "committed", "ok");
  writer.reset();
  open();
  const auto counts = *store_->report_counts(3);
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts.front().outcome, "went_back");
  EXPECT_EQ(counts.front().reason, "reverted_on_request");
  EXPECT_EQ(counts.front().count, 1);
}

TEST_F(StoreTest, ForgetsStrangersOldestReportsAndNoneOfItsOwnDevices) {
  const fakes::Signer device("device", crypto::Algorithm::eddsa);
  ASSERT_TRUE(store_->import_devices({text::to_hex(device.key().view())}, kDeed));
  auto writer = std::move(*ReportWriter::open(*store_, 3));
  Report own;
  own.duid = duid_of(device.key().view());
  own.rollout = 3;
  EXPECT_EQ(send(*writer, own), Standing::counted);
  const auto told_by = [&](int number) {
    Report report;
    report.duid = "stranger-" + std::to_string(number);
    report.rollout = 3;
    return send(*writer, report);
  };
  for (int number = 0; number < 5; ++number) EXPECT_EQ(told_by(number), Standing::marked);
  writer.reset();
  const auto told = [this](Standing standing) {
    std::set<std::string> names;
    const auto reports = store_->reports(3, standing, 10);
    for (const auto& report : *reports) names.insert(report.duid);
    return names;
  };
  EXPECT_EQ(told(Standing::marked),
            (std::set<std::string>{"stranger-2", "stranger-3", "stranger-4"}));
  EXPECT_EQ(told(Standing::counted), std::set<std::string>{own.duid}) << "nobody crowds it out";
}

TEST_F(StoreTest, BringsTheFirstSchemaUpToDate) {
  rollout();
  store_.reset();
  ASSERT_EQ(run_sql("ALTER TABLE rollouts DROP COLUMN certificates; DROP TABLE sightings; "
                    "DROP INDEX reports_of_strangers; "
                    "DROP TABLE experiments; DROP TABLE verdicts; DROP TABLE outcome_senders; "
                    "DROP TABLE outcome_devices; DROP TABLE outcome_totals; "
                    "DROP TABLE outcome_books; DROP TRIGGER audit_is_not_replaced; "
                    "PRAGMA user_version = 1"),
            SQLITE_OK);
  open();
  ASSERT_EQ(store_->rollouts()->size(), 1U);
  EXPECT_TRUE(store_->rollouts()->front().certificates.empty());
  EXPECT_TRUE(Sightings::open(*store_).has_value());
}

TEST_F(StoreTest, KeepsTheLatestSightingOfEnrolledDevicesOnly) {
  const fakes::Signer device("device", crypto::Algorithm::eddsa);
  const std::string duid = duid_of(device.key().view());
  ASSERT_TRUE(store_->import_devices({text::to_hex(device.key().view())}, kDeed));
  {
    auto sightings = std::move(*Sightings::open(*store_));
    sightings->saw(duid, {.at = 5, .version = "1.0.0"});
    ASSERT_TRUE(sightings->flush());
    EXPECT_EQ(store_->devices(10)->front().seen->version, "1.0.0");
    sightings->saw(duid, {.at = 6, .version = "1.1.0"});
    sightings->saw("stranger", {.at = 6, .version = "1.1.0"});
  }  // writes what waits
  open();
  ASSERT_EQ(store_->devices(10)->size(), 1U);
  EXPECT_EQ(store_->devices(10)->front().seen->at, 6);
  EXPECT_EQ(store_->devices(10)->front().seen->version, "1.1.0");
}

TEST_F(StoreTest, LetsInventedDevicesFillNeitherMemoryNorDisk) {
  auto sightings = std::move(*Sightings::open(*store_));
  for (std::size_t at = 0; at < kSightingsMax + 7; ++at) sightings->saw(std::to_string(at), {});
  EXPECT_EQ(sightings->dropped(), 7U);
  ASSERT_TRUE(sightings->flush());
  EXPECT_TRUE(store_->devices(10)->empty());
}

TEST_F(StoreTest, ServesOneServerAtATime) {
  EXPECT_EQ(Store::open(folder_).error().code, Code::busy);
  store_.reset();
  EXPECT_TRUE(Store::open(folder_));
}

TEST_F(StoreTest, ServesSeveralServersThatKnowOfEachOther) {
  EXPECT_EQ(Store::open(folder_, Sharing::with_others).error().code, Code::busy);
  store_.reset();
  const auto one = Store::open(folder_, Sharing::with_others);
  const auto other = Store::open(folder_, Sharing::with_others);
  ASSERT_TRUE(one && other);
  EXPECT_EQ(Store::open(folder_).error().code, Code::busy);
}

TEST_F(StoreTest, RefusesADatabaseOfANewerServer) {
  store_.reset();
  ASSERT_EQ(run_sql("PRAGMA user_version = 99"), SQLITE_OK);
  EXPECT_EQ(Store::open(folder_).error().code, Code::unsupported_version);
}

}  // namespace
}  // namespace airlock::store
