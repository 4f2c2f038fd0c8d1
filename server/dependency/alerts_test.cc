#include "server/dependency/alerts.h"

#include <gtest/gtest.h>

#include <future>

#include "host/json/json.h"

namespace airlock::dependency {
namespace {

using Change = peer::Line::Change;

TEST(Alert, SaysWhatBeganOrEndedInWords) {
  const auto down =
      json::parse(alert_of({"gateway", Change::down, Code::timed_out}, 1'700'000'000'123), 4096);
  ASSERT_TRUE(down);
  EXPECT_EQ(down->at("id"), "gateway-1700000000123-down");
  EXPECT_EQ(down->at("at"), "2023-11-14T22:13:20Z");
  EXPECT_EQ(down->at("why"), "timed_out");
  EXPECT_EQ(down->at("words"),
            "gateway does not answer (timed_out); its fallbacks do until it is back");
  const auto up = json::parse(alert_of({"gateway", Change::up, Code::ok}, 0), 4096);
  EXPECT_EQ(up->at("change"), "up");
  EXPECT_FALSE(up->contains("why"));
}

// A receiver that answers as a test says, and lets it wait for what came.
class FakeReceiver {
 public:
  Status take(const std::string& json) {
    std::unique_lock lock(mutex_);
    tried_.push_back(json);
    comes_.notify_all();
    comes_.wait(lock, [this] { return !is_held_; });
    if (answers_.empty()) return {};
    const Status answer = answers_.front();
    answers_.erase(answers_.begin());
    return answer;
  }
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    comes_.wait(lock, [&] { return tried_.size() >= count; });
    return tried_;
  }
  void hold(bool is_held) {
    const std::lock_guard lock(mutex_);
    is_held_ = is_held;
    comes_.notify_all();
  }
  std::vector<Status> answers_;

 private:
  std::mutex mutex_;
  std::condition_variable comes_;
  bool is_held_ = false;
  std::vector<std::string> tried_;
};

constexpr std::chrono::milliseconds kNoPause{0};

TEST(Alerts, AreToldInTheirOrderEachUntilItIsTaken) {
  FakeReceiver receiver;
  receiver.answers_ = {fail(Code::unreachable), fail(Code::http_failed, 503), Status()};
  Alerts alerts([&](const std::string& json) { return receiver.take(json); }, kNoPause);
  alerts.tell("one");
  alerts.tell("two");
  EXPECT_EQ(receiver.wait_for(4), (std::vector<std::string>{"one", "one", "one", "two"}));
  EXPECT_EQ(alerts.dropped(), 0U);
}

TEST(Alerts, AreDroppedWhereTheReceiverCallsThemWrong) {
  FakeReceiver receiver;
  receiver.answers_ = {fail(Code::http_failed, 400)};
  Alerts alerts([&](const std::string& json) { return receiver.take(json); }, kNoPause);
  alerts.tell("one");
  alerts.tell("two");
  EXPECT_EQ(receiver.wait_for(2), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(alerts.dropped(), 1U);
}

TEST(Alerts, AreToldAgainWhereTheReceiverHasNoTimeForThem) {
  FakeReceiver receiver;
  receiver.answers_ = {fail(Code::http_failed, 429), fail(Code::http_failed, 408),
                       fail(Code::http_failed, 425)};
  Alerts alerts([&](const std::string& json) { return receiver.take(json); }, kNoPause);
  alerts.tell("one");
  alerts.tell("two");
  EXPECT_EQ(receiver.wait_for(5), (std::vector<std::string>{"one", "one", "one", "one", "two"}));
  EXPECT_EQ(alerts.dropped(), 0U);
}

TEST(Alerts, HoldUpNobodyAndForgetTheOldestWhereTheReceiverHangs) {
  FakeReceiver receiver;
  receiver.hold(true);
  Alerts alerts([&](const std::string& json) { return receiver.take(json); }, kNoPause);
  alerts.tell("0");
  receiver.wait_for(1);
  for (std::size_t at = 1; at <= kAlertsWaitingMax; ++at) alerts.tell(std::to_string(at));
  EXPECT_EQ(alerts.dropped(), 1U);  // the one under way, which comes to its end all the same
  receiver.hold(false);
  const auto told = receiver.wait_for(kAlertsWaitingMax + 1);
  EXPECT_EQ(told.front(), "0");
  EXPECT_EQ(told[1], "1");
  EXPECT_EQ(told.back(), std::to_string(kAlertsWaitingMax));
}

}  // namespace
}  // namespace airlock::dependency
