#include "server/store/experiments.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ctime>
#include <future>
#include <random>

#include "host/text/text.h"
#include "server/store/outcome_writer.h"
#include "tests/fakes/signers.h"

namespace airlock::store {
namespace {

const Deed kDeed{"olivia", "a test", 1'700'000'000};

class ExperimentsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "experiments-" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    store_ = std::move(*Store::open(folder_));
    experiments_ = std::move(*Experiments::open(*store_));
    const std::string key = text::to_hex(device_.key().view());
    ASSERT_TRUE(store_->import_devices({key}, kDeed));
  }
  std::string duid() const { return duid_of(device_.key().view()); }
  OutcomeBatch batch(std::int64_t sequence, std::size_t count, Payment payment) const {
    OutcomeBatch made{duid(), sequence, 1'700'000'000, {}};
    made.outcomes.assign(count, {7, "b", 2, payment, 120});
    return made;
  }
  static Result<OutcomeReceipt> send(OutcomeWriter& writer, OutcomeBatch batch) {
    std::promise<Result<OutcomeReceipt>> told;
    const auto submitted = writer.submit(
        std::move(batch), [&](Result<OutcomeReceipt> receipt) { told.set_value(receipt); });
    if (!submitted) return std::unexpected(submitted.error());
    return told.get_future().get();
  }

  std::int64_t mark() { return experiments_->marks()->experiments; }

  const fakes::Signer device_{"device", crypto::Algorithm::eddsa};
  file::Path folder_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Experiments> experiments_;
};

TEST_F(ExperimentsTest, StoresAStateAndItsDecisionsAtOnceOrNotAtAll) {
  const Experiment made = *experiments_->create("{}", "one", mark(), kDeed);
  Change change{made.id, made.revision, "two", {{.at = 5, .act = "paused", .words = "why"}}};
  EXPECT_EQ(*experiments_->apply(change), 1);
  change.state = "three";
  EXPECT_EQ(experiments_->apply(change).error().code, Code::conflict);  // of an old revision
  EXPECT_EQ(experiments_->list()->front().state, "two");
  EXPECT_EQ(experiments_->decisions(made.id, 10)->size(), 1U);
}

TEST_F(ExperimentsTest, BeginsNoneBesideAnotherThatBeganMeanwhile) {
  const std::int64_t seen = mark();
  const Experiment made = *experiments_->create("{}", "one", seen, kDeed);
  EXPECT_EQ(experiments_->create("{}", "two", seen, kDeed).error().code, Code::conflict);
  EXPECT_EQ(experiments_->list()->size(), 1U);
  Change change{made.id, made.revision, "resumed", {}, mark()};
  EXPECT_TRUE(experiments_->create("{}", "two", mark(), kDeed));
  EXPECT_EQ(experiments_->apply(change).error().code, Code::conflict);
  change.mark = mark();
  EXPECT_TRUE(experiments_->apply(change));
}

TEST_F(ExperimentsTest, GivesEachASeedOfItsOwn) {
  const Experiment one = *experiments_->create("{}", "", mark(), kDeed);
  const Experiment other = *experiments_->create("{}", "", mark(), kDeed);
  EXPECT_NE(one.seed, other.seed);
  EXPECT_FALSE(one.seed.is_zero());
}

TEST_F(ExperimentsTest, NotesInTheAuditWhatAnOperatorDoesAndRefusesItWithoutAReason) {
  const Experiment made = *experiments_->create("{}", "one", mark(), kDeed);
  EXPECT_EQ(experiments_->apply({made.id, 0, "two", {}}, "experiment.pause", {"otto", "", 5})
                .error()
                .code,
            Code::missing_field);
  ASSERT_TRUE(experiments_->apply({made.id, 0, "two", {}}, "experiment.pause", {"otto", "w", 5}));
  const auto audit = *store_->audit(10);
  EXPECT_EQ(audit[0].what, "experiment.pause");
  EXPECT_EQ(audit[0].who, "otto");
  EXPECT_EQ(audit[1].what, "experiment.create");
}

TEST_F(ExperimentsTest, KeepsAlertsUntilTheyAreTold) {
  const Experiment made = *experiments_->create("{}", "one", mark(), kDeed);
  ASSERT_TRUE(experiments_->apply(
      {made.id, 0, "two", {{.act = "held"}, {.act = "paused", .alert = true}}}));
  const auto waiting = *experiments_->untold(10);
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_EQ(waiting.front().act, "paused");
  ASSERT_TRUE(experiments_->told(waiting.front().id));
  EXPECT_TRUE(experiments_->untold(10)->empty());
  EXPECT_EQ(experiments_->decisions(made.id, 10)->size(), 2U);
}

TEST_F(ExperimentsTest, ShowsOtherProcessesThatSomethingChanged) {
  const auto before = *experiments_->marks();
  const Experiment made = *experiments_->create("{}", "one", mark(), kDeed);
  const auto created = *experiments_->marks();
  EXPECT_NE(created, before);
  ASSERT_TRUE(experiments_->apply({made.id, 0, "two", {}}));
  EXPECT_NE(experiments_->marks()->experiments, created.experiments);
  EXPECT_EQ(experiments_->marks()->audit, created.audit);
}

TEST_F(ExperimentsTest, CountsEachBatchOnceHoweverOftenItComes) {
  auto writer = std::move(*OutcomeWriter::open(*store_, "one"));
  EXPECT_EQ(send(*writer, batch(1, 3, Payment::failed))->counted, 3U);
  EXPECT_EQ(send(*writer, batch(1, 3, Payment::failed))->counted, 0U);
  EXPECT_EQ(send(*writer, batch(2, 5, Payment::succeeded))->counted, 5U);
  EXPECT_EQ(send(*writer, batch(1, 3, Payment::failed))->standing, Standing::counted);
  const OutcomeTotals totals = writer->book().totals[{7, "b"}];
  EXPECT_EQ(totals.failed, 3U);
  EXPECT_EQ(totals.succeeded, 5U);
  EXPECT_EQ(totals.sum_ms, 8U * 120);
  EXPECT_EQ(totals.latency[2], 8U);  // over 100 ms, up to 200
}

TEST_F(ExperimentsTest, CountsNothingOfStrangers) {
  auto writer = std::move(*OutcomeWriter::open(*store_, "one"));
  OutcomeBatch strange = batch(1, 3, Payment::failed);
  strange.duid = "stranger";
  EXPECT_EQ(send(*writer, strange)->standing, Standing::marked);
  EXPECT_TRUE(writer->book().totals.empty());
  EXPECT_EQ(writer->book().marked, 1U);
}

TEST_F(ExperimentsTest, LetsOneDeviceCountForSoMuchAnHour) {
  auto writer = std::move(*OutcomeWriter::open(*store_, "one"));
  EXPECT_EQ(send(*writer, batch(1, 15, Payment::failed))->counted, 15U);
  EXPECT_EQ(send(*writer, batch(2, 15, Payment::failed))->counted, 5U);
  writer.reset();
  writer = std::move(*OutcomeWriter::open(*store_, "one"));
  EXPECT_EQ(send(*writer, batch(3, 15, Payment::failed))->counted, 0U) << "a restart is no hour";
  OutcomeBatch later = batch(4, 15, Payment::failed);
  later.received += 3600;
  EXPECT_EQ(send(*writer, later)->counted, 15U);
  later.sequence = 5;
  writer.reset();
  writer = std::move(*OutcomeWriter::open(*store_, "one", 25));
  EXPECT_EQ(send(*writer, later)->counted, 10U);
}

TEST_F(ExperimentsTest, CountsADeviceOnceInAStage) {
  auto writer = std::move(*OutcomeWriter::open(*store_, "one"));
  send(*writer, batch(1, 3, Payment::failed));
  send(*writer, batch(2, 3, Payment::failed));
  EXPECT_EQ((writer->book().devices[{{7, "b"}, 2}]), 1U);
  OutcomeBatch next = batch(3, 1, Payment::failed);
  next.outcomes[0].stage = 3;
  send(*writer, next);
  OutcomeBatch old = batch(4, 1, Payment::failed);  // a late one of the stage before
  send(*writer, old);
  EXPECT_EQ((writer->book().devices[{{7, "b"}, 2}]), 1U);
  EXPECT_EQ((writer->book().devices[{{7, "b"}, 3}]), 1U);
}

TEST_F(ExperimentsTest, PutsALatencyOfExactly800MillisecondsBelowTheLimit) {
  auto writer = std::move(*OutcomeWriter::open(*store_, "one"));
  for (const std::int64_t ms : {800, 801}) {
    OutcomeBatch one = batch(ms, 1, Payment::succeeded);
    one.outcomes[0].ms = ms;
    send(*writer, one);
  }
  const OutcomeTotals totals = writer->book().totals[{7, "b"}];
  EXPECT_EQ(kLatencyEdgesMs[4], 800);
  EXPECT_EQ(totals.latency[4], 1U);
  EXPECT_EQ(totals.latency[5], 1U);
}

TEST_F(ExperimentsTest, KeepsOneBookOfEachProcessAndBeginsAnotherInANewDatabase) {
  const auto began = static_cast<std::int64_t>(std::time(nullptr));
  const std::string one = (*OutcomeWriter::open(*store_, "one"))->book().id;
  EXPECT_EQ(one.size(), 16U);
  EXPECT_NE((*OutcomeWriter::open(*store_, "other"))->book().id, one);
  const OutcomeBook again = (*OutcomeWriter::open(*store_, "one"))->book();
  EXPECT_EQ(again.id, one);
  EXPECT_GE(again.began, began);
  experiments_.reset();
  store_.reset();
  std::filesystem::remove_all(folder_);
  store_ = std::move(*Store::open(folder_));
  EXPECT_NE((*OutcomeWriter::open(*store_, "one"))->book().id, one);
}

TEST_F(ExperimentsTest, KeepsTheCountsOfTwoProcessesApart) {
  {
    auto one = std::move(*OutcomeWriter::open(*store_, "one"));
    auto other = std::move(*OutcomeWriter::open(*store_, "other"));
    EXPECT_EQ(send(*one, batch(1, 3, Payment::failed))->counted, 3U);
    EXPECT_EQ(send(*other, batch(1, 3, Payment::failed))->counted, 0U);  // the same batch
    EXPECT_EQ(send(*other, batch(2, 4, Payment::failed))->counted, 4U);
  }
  auto one = std::move(*OutcomeWriter::open(*store_, "one"));
  EXPECT_EQ((one->book().totals[{7, "b"}].failed), 3U);
}

// A writer is killed at any moment after its first few answers, fifty times; the device sends again
// what was not acknowledged. In the end everything that it sent counts once.
TEST_F(ExperimentsTest, LosesNoAcknowledgedOutcomeAndCountsNoneTwiceWhenItIsKilled) {
  experiments_.reset();
  store_.reset();
  std::mt19937 random(3);
  std::int64_t acknowledged = 0;
  for (int life = 0; life < 50; ++life) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      auto store = Store::open(folder_);
      auto writer = OutcomeWriter::open(**store, "one");
      for (std::int64_t sequence = acknowledged + 1;; ++sequence) {
        OutcomeBatch one = batch(sequence, 1, Payment::failed);
        one.received += 3600 * sequence;  // of the next hour
        if (!send(**writer, one)) ::_exit(1);
        (void)!::write(pipe[1], &sequence, sizeof sequence);
      }
    }
    ::close(pipe[1]);
    std::int64_t sequence = 0;
    for (auto answers = 1 + random() % 3; answers > 0; --answers) {
      ASSERT_EQ(::read(pipe[0], &sequence, sizeof sequence), ssize_t{sizeof sequence});
      acknowledged = sequence;
    }
    ::usleep(static_cast<useconds_t>(random() % 10'000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(pipe[0], &sequence, sizeof sequence) == sizeof sequence) acknowledged = sequence;
    ::close(pipe[0]);
  }
  store_ = std::move(*Store::open(folder_));
  auto writer = std::move(*OutcomeWriter::open(*store_, "one"));
  OutcomeBatch last = batch(acknowledged + 1, 1, Payment::failed);
  last.received += 3600 * (acknowledged + 1);
  ASSERT_TRUE(send(*writer, last));
  EXPECT_EQ((writer->book().totals[{7, "b"}].failed), static_cast<std::uint64_t>(acknowledged) + 1);
  EXPECT_GE(acknowledged, 50);
}

}  // namespace
}  // namespace airlock::store
