#include "server/judge/judge.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <random>

#include "host/text/text.h"

namespace airlock::judge {
namespace {

using experiment::Counter;
using experiment::Phase;

const store::Deed kDeed{"olivia", "a test", 1'700'000'000};
constexpr std::int64_t kNow = 1'800'000'000;

peer::Sample sample(std::map<std::string, std::string, std::less<>> labels, std::string value) {
  return {std::move(labels), std::move(value)};
}

peer::Sample scraped(const char* book, const char* job, const char* instance) {
  return sample({{"__name__", "airlock_payments_total"},
                 {"arm", "b"},
                 {"book", book},
                 {"instance", instance},
                 {"job", job},
                 {"result", "failed"},
                 {"since", "1800000000"}},
                "5");
}

class JudgeTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "judge-" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    store_ = std::move(*store::Store::open(folder_));
    experiments_ = std::move(*store::Experiments::open(*store_));
    id_ = make(*experiments_);
  }

  // An experiment with one arm "b" at 5 %, running.
  static std::int64_t make(store::Experiments& experiments) {
    const json::Value value = {{"name", "fees"},
                               {"baseline", std::string(64, 'a')},
                               {"arms", {{{"name", "b"}, {"policy", std::string(64, 'b')}}}},
                               {"ramp", {{{"share", 500}}}}};
    const auto definition = *experiment::Definition::parse(value);
    auto state = experiment::State::fresh(definition);
    AIRLOCK_CHECK(experiment::start_or_resume(state, definition, kNow).has_value());
    return experiments
        .create(json::write(definition.write()), state.write(), experiments.marks()->experiments,
                kDeed)
        ->id;
  }
  experiment::State state() {
    const auto row = experiments_->list()->front();
    const auto definition = experiment::Definition::parse(*json::parse(row.definition, 1 << 16));
    return *experiment::State::parse(row.state, *definition);
  }
  World world() {
    return {[this](std::int64_t, std::int64_t) -> Result<std::vector<experiment::Sample>> {
              if (broken_ != Code::ok) return fail(broken_);
              return samples_;
            },
            [this](const std::string& json) -> Status {
              if (deaf_) return fail(Code::unreachable);
              told_.push_back(json);
              return {};
            },
            [this](std::string_view event, json::Value facts) {
              logged_ += std::string(event) + json::write(facts) + "\n";
            }};
  }
  void count(std::uint64_t failed, std::uint64_t total) {
    failed_ += failed;
    succeeded_ += total - failed;
    samples_ = {{"one", Counter::failed, "b", 0, kNow, failed_},
                {"one", Counter::succeeded, "b", 0, kNow, succeeded_},
                {"one", Counter::succeeded, "baseline", 0, kNow, succeeded_ * 19}};
  }

  file::Path folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::Experiments> experiments_;
  std::int64_t id_ = 0;
  std::vector<experiment::Sample> samples_;
  std::uint64_t failed_ = 0, succeeded_ = 0;
  Code broken_ = Code::ok;
  bool deaf_ = false;
  std::vector<std::string> told_;
  std::string logged_;
};

TEST_F(JudgeTest, StoresADecisionWithItsNumbersAndTellsIt) {
  Judge judge(*experiments_, world());
  count(52, 712);
  ASSERT_TRUE(judge.look(kNow));
  EXPECT_EQ(state().phase, Phase::paused);
  const auto decisions = *experiments_->decisions(id_, 10);
  ASSERT_EQ(decisions.size(), 1U);
  EXPECT_EQ(decisions.front().act, "paused");
  EXPECT_NE(decisions.front().words.find("52 of 712 payments failed (7.3 % > 5 %)"),
            std::string::npos);
  EXPECT_NE(decisions.front().numbers.find("\"total\":712"), std::string::npos);
  Messenger messenger(*experiments_, world());
  ASSERT_TRUE(messenger.deliver());
  ASSERT_TRUE(messenger.deliver());
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ((*json::parse(told_.front(), 10'000))["numbers"]["bad"], 52);
}

// What a messenger has told after so many calls, where these are the answers to each decision.
class MessengerTest : public JudgeTest {
 protected:
  // Three decisions that are alerts, each of them about a share.
  void decide() {
    auto row = experiments_->list()->front();
    store::Change change{row.id, row.revision, row.state, {}};
    for (const char* const words : {"first", "second", "third"}) {
      change.decisions.push_back(
          {.at = kNow, .act = "paused", .words = words, .numbers = "{}", .alert = true});
    }
    ASSERT_TRUE(experiments_->apply(change));
  }
  World answering(std::function<Status(const std::string& words)> answer) {
    World made = world();
    made.tell = [this, answer](const std::string& json) {
      told_.push_back((*json::parse(json, 10'000))["words"].get<std::string>());
      return answer(told_.back());
    };
    return made;
  }
  static void call(Messenger& messenger, int times) {
    for (int at = 0; at < times; ++at) (void)messenger.deliver();
  }
  std::size_t waiting() { return experiments_->untold(10)->size(); }
};

TEST_F(MessengerTest, KeepsAnAlertUntilSomebodyTakesIt) {
  decide();
  deaf_ = true;
  Messenger messenger(*experiments_, world());
  call(messenger, 20 * kRestTurns);
  EXPECT_EQ(waiting(), 3U);
  deaf_ = false;
  Messenger another(*experiments_, world());  // after a restart
  call(another, 3);
  EXPECT_EQ(told_.size(), 3U);
  EXPECT_EQ(waiting(), 0U);
}

TEST_F(MessengerTest, GivesUpWhatIsRefusedForGoodAndGoesOnWithTheNext) {
  decide();
  Messenger messenger(*experiments_, answering([](const std::string& words) -> Status {
    if (words == "first") return fail(Code::http_failed, 410);
    return {};
  }));
  call(messenger, kRefusalsMax * (kRestTurns + 1) + 3);
  const std::vector<std::string> expected = {"first", "first",  "first", "first",
                                             "first", "second", "third"};
  EXPECT_EQ(told_, expected);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_NE(logged_.find("alert_given_up"), std::string::npos);
  EXPECT_NE(logged_.find("\"status\":410"), std::string::npos);
  EXPECT_NE(logged_.find("\"words\":\"first\""), std::string::npos);
}

TEST_F(MessengerTest, LosesNothingByErrorsThatPass) {
  const std::vector<Error> errors = {{Code::http_failed, 500}, {Code::http_failed, 503},
                                     {Code::http_failed, 429}, {Code::http_failed, 408},
                                     {Code::timed_out, 0},     {Code::overloaded, 0},
                                     {Code::unreachable, 0},   {Code::tls_failed, 0}};
  decide();
  int tries = 0;
  Messenger messenger(*experiments_, answering([&](const std::string&) -> Status {
    return std::unexpected(errors[static_cast<std::size_t>(tries++) % errors.size()]);
  }));
  call(messenger, 30 * (kRestTurns + 1));
  EXPECT_EQ(tries, 30);
  EXPECT_EQ(waiting(), 3U);
  EXPECT_EQ(told_, std::vector<std::string>(30, "first"));
}

TEST_F(MessengerTest, RestsAfterAnAlertThatWasNotTaken) {
  decide();
  deaf_ = true;
  Messenger messenger(*experiments_, world());
  EXPECT_FALSE(messenger.deliver());
  deaf_ = false;
  call(messenger, kRestTurns);
  EXPECT_TRUE(told_.empty());
  call(messenger, 1);
  EXPECT_EQ(told_.size(), 1U);
}

TEST_F(JudgeTest, HoldsWhilePrometheusIsGone) {
  Judge judge(*experiments_, world());
  count(0, 100);
  ASSERT_TRUE(judge.look(kNow));
  broken_ = Code::timed_out;
  for (int tick = 1; tick < 10; ++tick) ASSERT_TRUE(judge.look(kNow + 10 * tick));
  EXPECT_EQ(state().phase, Phase::running);
  EXPECT_EQ(state().share, 500U);
  const auto decisions = *experiments_->decisions(id_, 10);
  ASSERT_EQ(decisions.size(), 1U);
  EXPECT_EQ(decisions.front().act, "held");
  EXPECT_NE(decisions.front().words.find("timed_out"), std::string::npos);
}

// Somebody pauses it while Prometheus is being asked: the tick is made again from what he left.
TEST_F(JudgeTest, LosesToAnOperatorWhoWasFaster) {
  World slow = world();
  slow.ask = [this](std::int64_t, std::int64_t) -> Result<std::vector<experiment::Sample>> {
    const auto row = experiments_->list()->front();
    auto now = state();
    AIRLOCK_CHECK(experiment::pause(now, kNow).has_value());
    AIRLOCK_CHECK(
        experiments_->apply({row.id, row.revision, now.write(), {}}, "experiment.pause", kDeed)
            .has_value());
    return samples_;
  };
  Judge judge(*experiments_, slow);
  count(52, 712);
  ASSERT_TRUE(judge.look(kNow));
  EXPECT_EQ(state().cause, experiment::Cause::operators);
  EXPECT_TRUE(experiments_->decisions(id_, 10)->empty());
  EXPECT_TRUE(state().ledger.empty());  // nothing was counted by the tick that lost
}

// What was counted before a server got another name is not counted again.
TEST_F(JudgeTest, CountsAServerOnceThatReturnsUnderAnotherName) {
  World renamed = world();
  std::vector<peer::Sample> answer = {scraped("3f", "airlock", "one:8443")};
  answer.front().value = "500";
  renamed.ask = [&](std::int64_t, std::int64_t) { return samples_of(answer); };
  Judge judge(*experiments_, renamed);
  ASSERT_TRUE(judge.look(kNow));
  answer = {scraped("3f", "moved", "two:8443")};
  answer.front().value = "503";
  ASSERT_TRUE(judge.look(kNow + 10));
  EXPECT_EQ(state().arms[1].guards[0].stage, (experiment::Count{503, 503}));
}

TEST_F(JudgeTest, LetsOneProcessJudge) {
  Chair one(folder_);
  EXPECT_TRUE(one.take());
  EXPECT_TRUE(one.take());
  {
    Chair other(folder_);
    EXPECT_FALSE(other.take());
  }
  Chair next(folder_);
  EXPECT_FALSE(next.take());
}

// A process judges growing counters, and is killed at any moment after its first few ticks, a
// hundred times. What the last one has stored is every payment once, and no decision twice.
TEST_F(JudgeTest, ForgetsNothingAndCountsNothingTwiceWhenItIsKilled) {
  auto* const counter = static_cast<std::atomic<std::uint64_t>*>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(static_cast<void*>(counter), MAP_FAILED);
  *counter = 0;
  experiments_.reset();
  store_.reset();
  const auto ask = [counter](std::int64_t, std::int64_t) {
    const std::uint64_t value = counter->fetch_add(7) + 7;
    return Result<std::vector<experiment::Sample>>(
        {{"one", Counter::succeeded, "b", 0, kNow, value}});
  };
  std::mt19937 random(1);
  for (int life = 0; life < 100; ++life) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto store = store::Store::open(folder_);
      auto experiments = store::Experiments::open(**store);
      Judge judge(**experiments, {ask, nullptr, [](std::string_view, json::Value) {}});
      for (std::int64_t tick = 0;; ++tick) (void)judge.look(kNow + 10 * tick);
    }
    // Whoever asks a second time has stored what came of the first.
    const std::uint64_t asked = counter->load() + 7 * (2 + random() % 3);
    while (counter->load() < asked && ::waitpid(child, nullptr, WNOHANG) == 0) ::usleep(100);
    ::usleep(static_cast<useconds_t>(random() % 10'000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  store_ = std::move(*store::Store::open(folder_));
  experiments_ = std::move(*store::Experiments::open(*store_));
  Judge judge(*experiments_, {ask, nullptr, [](std::string_view, json::Value) {}});
  ASSERT_TRUE(judge.look(kNow + 1'000'000));
  EXPECT_EQ(state().arms[1].guards[0].stage.total, counter->load());
  EXPECT_GE(state().ticks, 100U);  // it did live in between
  ::munmap(counter, 4096);
}

TEST(Samples, AreTheCountersThatTheRulesKnow) {
  const auto samples = samples_of(
      {sample({{"__name__", "airlock_payments_total"}, {"arm", "b"}, {"result", "failed"}}, "5"),
       sample({{"__name__", "airlock_payment_seconds_bucket"}, {"arm", "b"}, {"le", "0.8"}}, "6"),
       sample({{"__name__", "airlock_payment_seconds_bucket"}, {"arm", "b"}, {"le", "+Inf"}}, "7"),
       sample({{"__name__", "airlock_payment_seconds_bucket"}, {"arm", "b"}, {"le", "1.6"}}, "8"),
       sample({{"__name__", "airlock_experiment_devices_total"}, {"arm", "b"}, {"stage", "3"}},
              "9")});
  ASSERT_EQ(samples->size(), 4U);
  EXPECT_EQ((*samples)[0].counter, Counter::failed);
  EXPECT_EQ((*samples)[1].counter, Counter::fast);
  EXPECT_EQ((*samples)[2].counter, Counter::timed);
  EXPECT_EQ((*samples)[3].counter, Counter::devices);
  EXPECT_EQ((*samples)[3].stage, 3U);
}

TEST(Samples, OfOneBookAreOneSeriesWhateverPrometheusCallsItsServer) {
  const auto samples =
      *samples_of({scraped("3f", "airlock", "one:8443"), scraped("3f", "moved", "two:8443"),
                   scraped("4a", "airlock", "one:8443")});
  EXPECT_EQ(samples[0].series(), samples[1].series());
  EXPECT_NE(samples[0].series(), samples[2].series());
  EXPECT_EQ(samples[0].since, 1'800'000'000);
}

TEST(Samples, ThatAreNoCountersAreAnError) {
  EXPECT_FALSE(samples_of({sample(
      {{"__name__", "airlock_payments_total"}, {"arm", "b"}, {"result", "failed"}}, "NaN")}));
}

TEST(Repeating, EndsWithItsObject) {
  std::atomic<int> calls = 0;
  {
    const Repeating repeating(std::chrono::milliseconds(1), [&] { ++calls; });
    while (calls < 3) std::this_thread::yield();
  }
  const int after = calls;
  EXPECT_EQ(calls, after);
}

}  // namespace
}  // namespace airlock::judge
