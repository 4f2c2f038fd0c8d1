#include "server/dependency/service.h"

#include <gtest/gtest.h>

#include "server/dependency/internal/fake_wire.h"

namespace airlock::dependency {
namespace {

using http::Method;

class ServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    auto plans = read_plans(
        "airlock_dependencies: 1\ndependencies:\n  gateway: {url: http://a}\n"
        "  prices: {url: http://p, fallback: [{answer: {body: stand-in}}]}\n");
    ASSERT_TRUE(plans) << plans.error().text();
    World world;
    world.now_ms = [] { return std::uint64_t{0}; };
    world.wire = [this] { return std::make_unique<FakeWire>(network_); };
    world.tell = [](const Notice&) {};
    service_ = std::make_unique<Service>(std::move(*plans), world, nullptr, log_);
  }
  void ask(std::string_view target, Method method = Method::get, std::string_view headers = "") {
    http::Request request;
    request.method = method;
    request.target = target;
    request.headers = headers;
    request.body = "body";
    service_->handle(request, [this](http::Response made) { answer_ = std::move(made); });
  }

  FakeNetwork network_;
  std::string lines_;
  http::Log log_{[] { return std::int64_t{0}; }, [this](std::string_view line) { lines_ += line; }};
  std::unique_ptr<Service> service_;
  std::optional<http::Response> answer_;
};

TEST_F(ServiceTest, HandsACallOnAndAnswersWhenItsAnswerComes) {
  ask("/v1/dependency/gateway/pay?x=1", Method::post, "Host: here\r\nIdempotency-Key: k\r\n");
  EXPECT_FALSE(answer_);
  ASSERT_EQ(network_.sent.size(), 1U);
  EXPECT_EQ(network_.sent.front().ask.url, "http://a/pay?x=1");
  EXPECT_EQ(network_.sent.front().ask.headers, "idempotency-key: k\r\n");
  EXPECT_EQ(network_.sent.front().ask.body, "body");
  network_.end({Ending::answered, Code::ok, 201, "", "made"});
  ASSERT_TRUE(answer_);
  EXPECT_EQ(answer_->status, 201);
  EXPECT_EQ(answer_->body, "made");
  EXPECT_EQ(lines_, "");
}

TEST_F(ServiceTest, IsAskedOnAnotherThreadForWhatItHandsOnAlone) {
  http::Request request;
  request.target = "/v1/dependency/gateway";
  EXPECT_TRUE(service_->answers_later(request));
  request.target = "/metrics";
  EXPECT_FALSE(service_->answers_later(request));
  EXPECT_TRUE(service_->demands().all_headers);
}

TEST_F(ServiceTest, RefusesWhatIsForNobody) {
  ask("/v1/dependency/other/x");
  EXPECT_EQ(answer_->code, Code::not_found);
  ask("/v1/dependency/gateway/../x");
  EXPECT_EQ(answer_->code, Code::bad_request);
  ask("/v1/dependency/gateway", Method::head);
  EXPECT_EQ(answer_->code, Code::bad_request);
  ask("/v1/check-in", Method::post);
  EXPECT_EQ(answer_->code, Code::not_found);
  EXPECT_TRUE(network_.urls.empty());
  EXPECT_EQ(service_->handle_admin({}).code, Code::not_found);
}

TEST_F(ServiceTest, LogsACallThatHadNoAnswerWithoutWhatStandsBehindItsName) {
  ask("/v1/dependency/gateway/customers/alice?card=1");
  network_.end({Ending::not_sent, Code::unreachable, 0, "", ""});
  EXPECT_EQ(answer_->code, Code::no_fallback);
  EXPECT_NE(lines_.find(R"("path":"/v1/dependency/gateway")"), std::string::npos) << lines_;
  EXPECT_NE(lines_.find(R"("reason":"no_fallback")"), std::string::npos) << lines_;
  EXPECT_EQ(lines_.find("alice"), std::string::npos);
}

TEST_F(ServiceTest, TellsPrometheusOfItsDependenciesAndItsDoor) {
  ask("/v1/dependency/prices/eth");
  network_.end({Ending::unheard, Code::timed_out, 0, "", ""});
  EXPECT_EQ(answer_->body, "stand-in");
  ask("/metrics");
  for (const char* line :
       {"airlock_dependency_calls_total{dependency=\"prices\",answered_by=\"answer\"} 1\n",
        "airlock_breaker_mode{dependency=\"gateway\",mode=\"closed\"} 1\n",
        "airlock_alerts_dropped_total 0\n", "airlock_request_seconds_count 1\n"}) {
    EXPECT_NE(answer_->body.find(line), std::string::npos) << line << answer_->body;
  }
  EXPECT_EQ(answer_->body.find("airlock_check_ins_total"), std::string::npos);
}

TEST_F(ServiceTest, EndsTheCallsForWhichNobodyWaits) {
  ask("/v1/dependency/gateway/pay", Method::post);
  service_->give_up();
  ASSERT_TRUE(answer_);
  EXPECT_EQ(answer_->code, Code::outcome_unknown);
}

}  // namespace
}  // namespace airlock::dependency
