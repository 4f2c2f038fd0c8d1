// What the server's counters say: which of them are counted, and from where.
#include <gtest/gtest.h>

#include "server/experiment/experiment.h"
#include "server/experiment/internal/fake_experiment.h"
#include "server/experiment/internal/look.h"

namespace airlock::experiment {
namespace {

using internal::FakeExperiment;

Sample sample(const std::string& book, Counter counter, const std::string& arm, std::uint64_t value,
              std::int64_t since = internal::kFakeStart) {
  return {book, counter, arm, 0, since, value};
}

// What a look at these counters counts of payments in arm b.
Count look_at(FakeExperiment& play, const std::vector<Sample>& samples) {
  const Observation seen = observe(play.state, play.definition, samples, play.now += kTickSeconds);
  return seen.data == Data::value ? seen.arms[1].payments : Count{};
}

TEST(Ledger, CountsWhatHappenedSinceTheLastTickOverAllProcesses) {
  FakeExperiment play;
  const auto count = [&](std::uint64_t one, std::uint64_t other) {
    return look_at(play, {sample("one", Counter::failed, "b", one),
                          sample("other", Counter::failed, "b", other),
                          sample("one", Counter::succeeded, "b", 10 * one)});
  };
  EXPECT_EQ(count(5, 7), (Count{12, 62}));
  EXPECT_EQ(count(5, 7), (Count{0, 0}));
  EXPECT_EQ(count(6, 9), (Count{3, 13}));
}

// A server that Prometheus scrapes twice, or under two names while one of them fades.
TEST(Ledger, CountsABookOnceHoweverOftenItIsTold) {
  FakeExperiment play;
  look_at(play, {sample("one", Counter::failed, "b", 100)});
  EXPECT_EQ(look_at(play, {sample("one", Counter::failed, "b", 110),
                           sample("one", Counter::failed, "b", 112)}),
            (Count{12, 12}));
  EXPECT_EQ(look_at(play, {sample("one", Counter::failed, "b", 112)}), Count{});
}

TEST(Ledger, BeginsWhereACounterStandsThatItMeetsLate) {
  FakeExperiment play;
  const std::int64_t long_ago = play.now - play.definition.window;
  EXPECT_EQ(look_at(play, {sample("old", Counter::failed, "b", 1'000, long_ago)}), Count{});
  EXPECT_EQ(look_at(play, {sample("old", Counter::failed, "b", 1'007, long_ago),
                           sample("nobody knows", Counter::failed, "b", 500, 0),
                           sample("of tomorrow", Counter::failed, "b", 500, play.now + 86'400)}),
            (Count{7, 7}));
}

TEST(Ledger, CountsFromZeroABookThatBeganWithinTheWindow) {
  FakeExperiment play;
  play.now += 10'000;
  EXPECT_EQ(look_at(play, {sample("new", Counter::failed, "b", 9, play.now - 100)}), (Count{9, 9}));
}

TEST(Ledger, CountsDevicesFromZeroWhereTheirStageBeganWithinTheWindow) {
  FakeExperiment play;
  const auto devices = [&](std::uint64_t value) {
    const Sample told{"one", Counter::devices, "b", play.state.stage, 1, value};
    return observe(play.state, play.definition, {told}, play.now).arms[1].devices;
  };
  EXPECT_EQ(devices(7), 7U);
  EXPECT_EQ(devices(9), 2U);
  internal::begin_stage(play.state, play.now);
  play.now += play.definition.window;
  EXPECT_EQ(devices(30), 0U);
}

TEST(Ledger, CountsNothingTwiceWhereAnOldReadingComesBack) {
  FakeExperiment play;
  std::uint64_t counted = 0;
  for (const std::uint64_t value : {10U, 25U, 25U, 3U, 4U, 25U, 27U}) {
    counted += look_at(play, {sample("one", Counter::failed, "b", value)}).bad;
  }
  EXPECT_EQ(counted, 27U);
  // A process that was away comes back with what it had, and with what it counted meanwhile.
  look_at(play, {sample("other", Counter::failed, "b", 1)});
  EXPECT_EQ(look_at(play, {sample("one", Counter::failed, "b", 30)}), (Count{3, 3}));
}

TEST(Ledger, CountsSlowPaymentsByTheBucketThatEndsAt800Milliseconds) {
  FakeExperiment play;
  const Observation seen = observe(
      play.state, play.definition,
      {sample("one", Counter::fast, "b", 90), sample("one", Counter::timed, "b", 100)}, play.now);
  EXPECT_EQ(seen.arms[1].slow, (Count{10, 100}));
}

TEST(Ledger, PassesOverArmsThatItDoesNotKnowAndStagesThatAreOver) {
  FakeExperiment play;
  const Sample old{"one", Counter::devices, "b", play.state.stage - 1, 1, 50};
  const Sample present{"one", Counter::devices, "b", play.state.stage, 1, 7};
  const Observation seen =
      observe(play.state, play.definition, {old, present, sample("one", Counter::failed, "zz", 9)},
              play.now);
  EXPECT_EQ(seen.arms[1].devices, 7U);
  EXPECT_EQ(play.state.ledger.size(), 1U);
}

// As many counters as are followed, each of a book of its own.
std::vector<Sample> many_books(const std::string& kind, std::size_t books) {
  std::vector<Sample> many;
  for (std::size_t at = 0; at < books; ++at) {
    many.push_back(sample(kind + std::to_string(at), Counter::failed, "b", 1));
  }
  return many;
}

TEST(Ledger, ForgetsADayLaterWhatVanished) {
  FakeExperiment play;
  look_at(play, many_books("old", 5));
  play.now += kSeriesSeconds - kTickSeconds;
  look_at(play, many_books("new", 1));
  EXPECT_EQ(play.state.ledger.size(), 6U);
  look_at(play, many_books("new", 1));
  EXPECT_EQ(play.state.ledger.size(), 1U);
}

TEST(Ledger, MakesRoomForWhatIsToldByForgettingWhatVanishedFirst) {
  FakeExperiment play;
  look_at(play, many_books("first", 96));
  look_at(play, many_books("second", kSeriesMax - 96));
  look_at(play, many_books("third", 90));
  EXPECT_EQ(play.state.ledger.size(), kSeriesMax);
  EXPECT_FALSE(play.state.ledger.contains(many_books("first", 1).front().series()));
  EXPECT_TRUE(play.state.ledger.contains(many_books("second", 1).front().series()));
}

TEST(Ledger, HoldsAloudWhereMoreIsToldThanItFollows) {
  FakeExperiment play;
  const auto seen =
      observe(play.state, play.definition, many_books("one", kSeriesMax + 1), play.now);
  EXPECT_EQ(seen.data, Data::uncounted);
  EXPECT_TRUE(play.state.ledger.empty());
  const auto verdicts = play.look(seen);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts.front().act, Act::held);
  EXPECT_TRUE(verdicts.front().alerts());
  EXPECT_NE(verdicts.front().words.find("Prometheus tells of more than 4096 counters; nothing is "
                                        "decided, and no share grows"),
            std::string::npos);
  EXPECT_EQ(play.look(failed(Code::timed_out)).size(), 1U);  // it is another reason
}

TEST(Ledger, HoldsAloudWhereACounterDoesNotSayWhoseItIs) {
  FakeExperiment play;
  const auto verdicts = play.look(
      observe(play.state, play.definition, {sample("", Counter::failed, "b", 5)}, play.now));
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_NE(verdicts.front().words.find("does not say of which book it is"), std::string::npos);
}

}  // namespace
}  // namespace airlock::experiment
