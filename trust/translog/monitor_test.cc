#include "trust/translog/monitor.h"

#include "trust/translog/translog_test.h"

namespace airlock::translog {
namespace {

class Monitoring : public LogInAFolder {
 protected:
  Result<Followed> look(const file::Path& log) {
    AIRLOCK_ASSIGN(Monitor monitor, Monitor::open(folder_ / "monitor", policy_));
    FolderFetcher fetcher(log);
    return monitor.follow(fetcher);
  }
  Result<Followed> look() { return look(log_); }
  // Another log by the same key.
  file::Path fork_of(std::uint64_t shared, std::uint64_t size) {
    const file::Path fork = folder_ / "fork";
    std::filesystem::remove_all(fork);
    EXPECT_TRUE(create(fork, identity_, sign_));
    for (std::uint64_t i = 0; i < size; ++i) {
      EXPECT_TRUE(add(fork, identity_, release_of(i < shared ? i : i + 1'000), sign_));
    }
    return fork;
  }

  package::LogPolicy policy_ = twin_.policy();
};

TEST_F(Monitoring, TellsEachReleaseOnce) {
  EXPECT_EQ(look()->added.size(), 0U);
  add_releases(3);
  const auto first = look();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->first, 0U);
  EXPECT_EQ(first->added, (std::vector{release_of(0), release_of(1), release_of(2)}));
  add_releases(5);
  const auto second = look();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->first, 3U);
  EXPECT_EQ(second->added, (std::vector{release_of(3), release_of(4)}));
  EXPECT_EQ(look()->added.size(), 0U);
}

TEST_F(Monitoring, KnowsWhichReleasesStandInTheLog) {
  add_releases(3);
  ASSERT_TRUE(look());
  const auto monitor = Monitor::open(folder_ / "monitor", policy_);
  ASSERT_TRUE(monitor);
  EXPECT_TRUE(monitor->knows(release_of(2)));
  EXPECT_FALSE(monitor->knows(release_of(3)));
}

TEST_F(Monitoring, NoticesAForkOfAnySizeAndKeepsTheEvidence) {
  add_releases(5);
  ASSERT_TRUE(look());
  for (const std::uint64_t size : {4U, 5U, 6U, 9U}) {
    std::filesystem::remove(folder_ / "monitor/contradiction");
    const file::Path fork = fork_of(2, size);
    EXPECT_EQ(look(fork).error().code, Code::log_forked) << size;
    EXPECT_EQ(*file::read(folder_ / "monitor/contradiction", 1 << 14),
              *file::read(fork / "checkpoint", 1 << 14));
  }
  EXPECT_TRUE(look());  // the honest log goes on
}

TEST_F(Monitoring, NoticesALogThatGoesBack) {
  add_releases(3);
  const file::Path young = copy_of_log("young");
  add_releases(5);
  ASSERT_TRUE(look());
  EXPECT_EQ(look(young).error().code, Code::log_went_back);
}

TEST_F(Monitoring, TellsDamagedEntriesFromAFork) {
  add_releases(3);
  ASSERT_TRUE(look());
  add_releases(5);
  Buffer bundle = *file::read(log_ / "tile/entries/000.p/5", 1 << 14);
  bundle.back() ^= 1;
  ASSERT_TRUE(file::replace(log_ / "tile/entries/000.p/5", bundle));
  EXPECT_EQ(look().error().code, Code::log_damaged);
}

TEST_F(Monitoring, CountsTheWitnessesOfACheckpoint) {
  add_releases(2);
  ASSERT_TRUE(keep_cosignatures(
      log_, identity_, fakes::cosignature_line(twin_.witness(1), 1'700'000'000, twin_.text(2))));
  const auto followed = look();
  ASSERT_TRUE(followed);
  ASSERT_EQ(followed->cosigners.size(), 1U);
  EXPECT_EQ(followed->cosigners[0].witness, 1U);
}

TEST_F(Monitoring, RefusesAnotherLogAndAMemoryThatIsDamaged) {
  add_releases(2);
  ASSERT_TRUE(look());
  fakes::PublicLog stranger("stranger");
  EXPECT_EQ(Monitor::open(folder_ / "monitor", stranger.policy()).error().code, Code::wrong_log);
  Buffer entries = *file::read(folder_ / "monitor/entries", 1 << 14);
  entries[0] ^= 1;
  ASSERT_TRUE(file::replace(folder_ / "monitor/entries", entries));
  EXPECT_EQ(look().error().code, Code::log_damaged);
}

Code cut_at_the_checkpoint(std::string_view, const file::Path& path) {
  return path.filename().string().find("checkpoint") != std::string::npos ? Code::io_failed
                                                                          : Code::ok;
}

TEST_F(Monitoring, GoesOnAfterACutBetweenEntriesAndCheckpoint) {
  add_releases(2);
  ASSERT_TRUE(look());
  add_releases(4);
  file::set_interruption(&cut_at_the_checkpoint);
  EXPECT_FALSE(look());
  file::set_interruption(nullptr);
  const auto again = look();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->added.size(), 2U);
}

}  // namespace
}  // namespace airlock::translog
