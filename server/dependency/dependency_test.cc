#include "server/dependency/dependency.h"

#include <gtest/gtest.h>

#include "server/dependency/internal/fake_wire.h"
#include "server/dependency/metrics.h"

namespace airlock::dependency {
namespace {

using breaker::Mode;
using http::Method;

Heard answer_with(int status, std::string body = "hello", std::string headers = "") {
  return {Ending::answered, Code::ok, status, "content-type: text/plain\r\n" + headers,
          std::move(body)};
}
const Heard kTimedOut{Ending::unheard, Code::timed_out, 0, {}, {}};
const Heard kUnreachable{Ending::not_sent, Code::unreachable, 0, {}, {}};

class DependencyTest : public testing::Test {
 protected:
  void make(const std::string& plan) {
    const auto plans = read_plans(
        "airlock_dependencies: 1\ndependencies:\n  gateway: {url: http://a, " + plan + "}\n");
    ASSERT_TRUE(plans) << plans.error().text();
    World world;
    world.now_ms = [this] { return now_ms_; };
    world.wire = [this] { return std::make_unique<FakeWire>(network_); };
    world.tell = [this](const Notice& notice) { notices_.push_back(notice); };
    dependency_ = std::make_unique<Dependency>(plans->front(), world);
  }
  // ask remembers what came of a question, the newest last.
  void ask(Method method = Method::get, std::string rest = "/x", std::string headers = "") {
    dependency_->ask({method, std::move(rest), std::move(headers), "body"},
                     [this](http::Response made) { answers_.push_back(std::move(made)); });
  }
  void ask_and(const Heard& heard, Method method = Method::get) {
    ask(method);
    network_.end(heard);
  }
  bool said(std::string_view line) const {
    return answers_.back().headers.find(line) != std::string::npos;
  }
  Mode mode() const { return dependency_->upstreams()[0]->mode(); }

  std::uint64_t now_ms_ = 1'000'000;
  FakeNetwork network_;
  std::vector<Notice> notices_;
  std::vector<http::Response> answers_;
  std::unique_ptr<Dependency> dependency_;
};

constexpr const char* kAnswers =
    "breaker: {failures: 2, open: 10s, probes: 2}, "
    "fallback: [{answer: {status: 203, body: stand-in}}]";

TEST(Next, AsksNothingAgainThatMayHaveBeenCarriedOut) {
  for (const bool repeats : {false, true}) {
    EXPECT_EQ(next(answer_with(200), repeats), Next::give);
    EXPECT_EQ(next(answer_with(404), repeats), Next::give);
    EXPECT_EQ(next(answer_with(429), repeats), Next::give);
    EXPECT_EQ(next(kUnreachable, repeats), Next::go_on);
  }
  EXPECT_EQ(next(kTimedOut, false), Next::unknown);
  EXPECT_EQ(next(kTimedOut, true), Next::go_on);
  EXPECT_EQ(next(answer_with(502), false), Next::give);
  EXPECT_EQ(next(answer_with(502), true), Next::go_on);
}

TEST(Failure, IsNoAnswerAnErrorOfTheServersOrOneThatCameTooLate) {
  EXPECT_TRUE(is_failure(kTimedOut, 0, 0));
  EXPECT_TRUE(is_failure(kUnreachable, 0, 0));
  EXPECT_TRUE(is_failure(answer_with(500), 0, 0));
  EXPECT_FALSE(is_failure(answer_with(499), 900, 0));
  EXPECT_FALSE(is_failure(answer_with(200), 800, 800));
  EXPECT_TRUE(is_failure(answer_with(200), 801, 800));
}

TEST_F(DependencyTest, HandsOnTheCallAndItsAnswer) {
  make(kAnswers);
  ask(Method::post, "/pay?x=1", "authorization: y\r\n");
  EXPECT_EQ(network_.sent.front().ask.url, "http://a/pay?x=1");
  EXPECT_EQ(network_.sent.front().ask.headers, "authorization: y\r\n");
  EXPECT_EQ(network_.sent.front().ask.body, "body");
  EXPECT_EQ(network_.sent.front().ask.sending, Ask::Sending::once);
  network_.end(answer_with(402, "no money", "x-own: 1\r\n"));
  EXPECT_EQ(answers_.back().status, 402);
  EXPECT_EQ(answers_.back().body, "no money");
  EXPECT_EQ(answers_.back().other_type, "text/plain");
  EXPECT_TRUE(said("x-own: 1\r\n"));
  EXPECT_TRUE(
      said("airlock-answered-by: dependency\r\nairlock-why: ok\r\n"
           "airlock-breaker: closed\r\n"));
}

TEST_F(DependencyTest, LetsTheFallbackAnswerAtOnceOnceItsBreakerIsOpen) {
  make(kAnswers);
  for (int at = 0; at < 2; ++at) {
    ask_and(kTimedOut);
    EXPECT_EQ(answers_.back().status, 203);
    EXPECT_TRUE(said("airlock-why: timed_out\r\n"));
  }
  EXPECT_EQ(mode(), Mode::open);
  ask();
  EXPECT_TRUE(network_.sent.empty());
  EXPECT_EQ(answers_.back().body, "stand-in");
  EXPECT_TRUE(
      said("airlock-answered-by: fallback-1\r\nairlock-why: breaker_open\r\n"
           "airlock-breaker: open\r\n"));
}

TEST_F(DependencyTest, ClosesByItselfAfterExactlyItsProbesAndTellsAnOutageOnce) {
  make(kAnswers);
  for (int at = 0; at < 2; ++at) ask_and(kTimedOut);
  now_ms_ += 10'000;
  ask_and(kTimedOut);  // a probe, which fails: the outage goes on
  EXPECT_EQ(mode(), Mode::open);
  now_ms_ += 10'000;
  for (int at = 0; at < 5; ++at) ask();  // at once: two are probes, and three are not
  EXPECT_EQ(network_.sent.size(), 2U);
  EXPECT_EQ(mode(), Mode::half_open);
  network_.end(answer_with(200));
  EXPECT_EQ(mode(), Mode::half_open);
  network_.end(answer_with(200));
  EXPECT_EQ(mode(), Mode::closed);
  ASSERT_EQ(notices_.size(), 2U);
  EXPECT_EQ(notices_[0].change, peer::Line::Change::down);
  EXPECT_EQ(notices_[0].why, Code::timed_out);
  EXPECT_EQ(notices_[1].change, peer::Line::Change::up);
  EXPECT_EQ(notices_[1].dependency, "gateway");
}

TEST_F(DependencyTest, AsksNobodyElseAboutAPaymentThatMayHaveBeenMade) {
  make("breaker: {failures: 9}, fallback: [{url: http://b}, {answer: {body: stand-in}}]");
  ask_and(kTimedOut, Method::post);
  EXPECT_EQ(network_.urls, std::vector<std::string>{"http://a/x"});
  EXPECT_EQ(answers_.back().status, 504);
  EXPECT_EQ(answers_.back().code, Code::outcome_unknown);
  EXPECT_NE(answers_.back().body.find(R"("why":"timed_out")"), std::string::npos);
  EXPECT_TRUE(said("airlock-answered-by: nobody\r\n"));
}

TEST_F(DependencyTest, AsksElsewhereAboutAPaymentThatWasNeverSent) {
  make("fallback: [{url: http://b}, {answer: {body: stand-in}}]");
  ask_and(kUnreachable, Method::post);
  ASSERT_EQ(network_.sent.size(), 1U);
  EXPECT_EQ(network_.sent.front().ask.url, "http://b/x");
  network_.end(kTimedOut);  // and there it may have been made
  EXPECT_EQ(answers_.back().code, Code::outcome_unknown);
}

TEST_F(DependencyTest, AsksElsewhereAboutWhatThePlanSaysMayBeRepeated) {
  make("repeat: any, fallback: [{url: http://b}]");
  ask_and(kTimedOut, Method::post);
  ASSERT_EQ(network_.sent.size(), 1U);
  EXPECT_EQ(network_.sent.front().ask.sending, Ask::Sending::again);
  network_.end(answer_with(200, "from b"));
  EXPECT_EQ(answers_.back().body, "from b");
  EXPECT_TRUE(said("airlock-answered-by: fallback-1\r\nairlock-why: timed_out\r\n"));
}

TEST_F(DependencyTest, PassesOnAnErrorOfItsOwnWhereNobodyElseAnswers) {
  make("fallback: [{last: 1m}]");
  ask_and(answer_with(503, "down for tonight"));
  EXPECT_EQ(answers_.back().status, 503);
  EXPECT_EQ(answers_.back().body, "down for tonight");
  EXPECT_TRUE(said("airlock-answered-by: dependency\r\nairlock-why: http_failed\r\n"));
}

TEST_F(DependencyTest, SaysThatNobodyAnswersWithACodeOfItsOwn) {
  make("fallback: [{url: http://b}, {last: 1m}]");
  ask();
  network_.end(kUnreachable);
  network_.end(kTimedOut);
  EXPECT_EQ(answers_.back().status, 503);
  EXPECT_EQ(answers_.back().code, Code::no_fallback);
  EXPECT_NE(answers_.back().body.find(R"("why":"unreachable")"), std::string::npos);
  EXPECT_EQ(dependency_->count_of(By::nobody), 1U);
}

TEST_F(DependencyTest, KeepsTheLastGoodAnswerForAsLongAsThePlanSays) {
  make("breaker: {failures: 9}, fallback: [{last: 1m}, {answer: {body: stand-in}}]");
  ask_and(answer_with(200, "42"));
  now_ms_ += 60'000;
  ask_and(kTimedOut);
  EXPECT_EQ(answers_.back().body, "42");
  EXPECT_TRUE(said("age: 60\r\n"));
  now_ms_ += 1;
  ask_and(kTimedOut);
  EXPECT_EQ(answers_.back().body, "stand-in");
}

TEST_F(DependencyTest, KeepsNoAnswerForAnotherQuestion) {
  make("breaker: {failures: 9}, fallback: [{last: 1m}, {answer: {body: stand-in}}]");
  ask(Method::get, "/x", "authorization: alice\r\nuser-agent: 1\r\n");
  network_.end(answer_with(200, "alice's"));
  ask(Method::get, "/x", "authorization: bob\r\nuser-agent: 1\r\n");
  network_.end(kTimedOut);
  EXPECT_EQ(answers_.back().body, "stand-in");
  ask(Method::get, "/y", "authorization: alice\r\n");
  network_.end(kTimedOut);
  EXPECT_EQ(answers_.back().body, "stand-in");
  ask(Method::get, "/x", "authorization: alice\r\nuser-agent: 2\r\n");
  network_.end(kTimedOut);
  EXPECT_EQ(answers_.back().body, "alice's");
}

TEST_F(DependencyTest, KeepsOnlyGoodAnswersToGetsThatMayBeKept) {
  make("breaker: {failures: 9}, fallback: [{last: 1m}, {answer: {body: stand-in}}]");
  for (const Heard& heard : {answer_with(404), answer_with(200, "x", "cache-control: no-store\r\n"),
                             answer_with(200, std::string(kKeptBodyMax + 1, 'x'))}) {
    ask_and(heard);
    ask_and(kTimedOut);
    EXPECT_EQ(answers_.back().body, "stand-in");
  }
  ask_and(answer_with(200, "paid"), Method::post);
  ask_and(kTimedOut);
  EXPECT_EQ(answers_.back().body, "stand-in");
  ask_and(answer_with(200, "42"));
  ask_and(kUnreachable, Method::post);  // a payment has no last answer
  EXPECT_EQ(answers_.back().body, "stand-in");
}

TEST_F(DependencyTest, LetsFallbacksAnswerBeyondTheCallsInFlight) {
  make("in_flight: 2, fallback: [{answer: {body: stand-in}}]");
  for (int at = 0; at < 3; ++at) ask();
  EXPECT_EQ(network_.sent.size(), 2U);
  EXPECT_EQ(answers_.size(), 1U);
  EXPECT_TRUE(said("airlock-why: overloaded\r\nairlock-breaker: closed\r\n"));
  network_.end(answer_with(200));
  network_.end(answer_with(200));
  ask();
  EXPECT_EQ(network_.sent.size(), 1U);
}

TEST_F(DependencyTest, HasABreakerForEachPlaceAmongItsFallbacks) {
  make(
      "repeat: any, breaker: {failures: 1, open: 10s}, "
      "fallback: [{url: http://b}, {answer: {body: stand-in}}]");
  ask();
  network_.end(kTimedOut);
  network_.end(kTimedOut);
  ask();
  EXPECT_TRUE(network_.sent.empty());
  EXPECT_TRUE(said("airlock-answered-by: fallback-2\r\n"));
  ASSERT_EQ(notices_.size(), 2U);
  EXPECT_EQ(notices_[1].dependency, "gateway/fallback-1");
}

TEST_F(DependencyTest, DegradesWhereAnswersComeTooLate) {
  make("slow: 800ms, breaker: {failures: 2}, fallback: [{answer: {body: stand-in}}]");
  for (int at = 0; at < 2; ++at) {
    ask();
    now_ms_ += 801;
    network_.end(answer_with(200, "late"));
    EXPECT_EQ(answers_.back().body, "late");  // it is an answer all the same
  }
  EXPECT_EQ(mode(), Mode::open);
  EXPECT_EQ(notices_.back().why, Code::timed_out);
  ask();
  EXPECT_EQ(answers_.back().body, "stand-in");
}

TEST_F(DependencyTest, AsksAPathInsteadOfCallsWhetherItIsBack) {
  make("probe: /health, breaker: {failures: 1, open: 10s, probes: 2}");
  dependency_->look();
  EXPECT_TRUE(network_.sent.empty());  // it is well
  ask_and(kTimedOut);
  dependency_->look();
  EXPECT_TRUE(network_.sent.empty());  // it rests
  now_ms_ += 10'000;
  ask();
  EXPECT_TRUE(network_.sent.empty());
  EXPECT_TRUE(said("airlock-why: breaker_open\r\n"));
  dependency_->look();
  dependency_->look();
  ASSERT_EQ(network_.sent.size(), 2U);
  EXPECT_EQ(network_.sent.front().ask.url, "http://a/health");
  network_.end(answer_with(204, ""));
  network_.end(answer_with(204, ""));
  EXPECT_EQ(mode(), Mode::closed);
  ask_and(answer_with(200));
  EXPECT_EQ(answers_.back().status, 200);
}

TEST_F(DependencyTest, IsToldToPrometheus) {
  make("breaker: {failures: 1}, fallback: [{url: http://b}]");
  ask();
  network_.end(kUnreachable);
  network_.end(answer_with(200));
  std::vector<std::unique_ptr<Dependency>> all;
  all.push_back(std::move(dependency_));
  std::string text;
  put_dependencies(text, all);
  for (const char* line :
       {"airlock_dependency_calls_total{dependency=\"gateway\",answered_by=\"url\"} 1\n",
        "airlock_breaker_mode{dependency=\"gateway\",mode=\"open\"} 1\n",
        "airlock_breaker_mode{dependency=\"gateway\",mode=\"closed\"} 0\n",
        "airlock_breaker_mode{dependency=\"gateway/fallback-1\",mode=\"closed\"} 1\n",
        "airlock_breaker_openings_total{dependency=\"gateway\"} 1\n",
        "airlock_dependency_failures_total{dependency=\"gateway\"} 1\n",
        "airlock_dependency_asked_total{dependency=\"gateway/fallback-1\"} 1\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

TEST(Kept, ForgetsWhatWasAskedLongestAgo) {
  Kept kept;
  for (std::size_t at = 0; at < kKeptMax; ++at) kept.keep(std::to_string(at), {.body = "x"});
  EXPECT_NE(kept.find("0", 0, 0), nullptr);  // asked just now
  kept.keep("one more", {.body = "x"});
  EXPECT_NE(kept.find("0", 0, 0), nullptr);
  EXPECT_EQ(kept.find("1", 0, 0), nullptr);
  EXPECT_NE(kept.find("2", 0, 0), nullptr);
}

}  // namespace
}  // namespace airlock::dependency
