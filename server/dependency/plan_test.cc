#include "server/dependency/plan.h"

#include <gtest/gtest.h>

namespace airlock::dependency {
namespace {

std::string file_with(std::string_view body, std::string_view name = "gateway") {
  return "airlock_dependencies: 1\ndependencies:\n  " + std::string(name) + ":\n" +
         std::string(body);
}

std::string told(const std::string& text) {
  const auto plans = read_plans(text);
  return plans ? "read" : plans.error().text();
}

TEST(Plan, HasWhatIsWrittenAndElseWhatIsUsual) {
  const auto plans = read_plans(file_with("    url: https://gateway.example/api/\n"));
  ASSERT_TRUE(plans) << plans.error().text();
  const Plan& usual = plans->front();
  EXPECT_EQ(usual.name, "gateway");
  EXPECT_EQ(usual.place.url, "https://gateway.example/api");
  EXPECT_EQ(usual.place.timeout_ms, 2'000U);
  EXPECT_EQ(usual.repeat, Repeat::get);
  EXPECT_EQ(usual.in_flight_max, 32U);
  EXPECT_EQ(usual.breaker, breaker::Settings());
  EXPECT_TRUE(usual.fallbacks.empty());

  const auto written = read_plans(
      file_with("    {url: http://a, timeout: 800ms, ca: own.pem, repeat: any, in_flight: 7,\n"
                "     slow: 500ms, probe: /health, breaker: {failures: 3, open: 1m, probes: 2},\n"
                "     fallback: [{url: http://b, timeout: 1s, ca: b.pem}, {last: 10m},\n"
                "                {answer: {status: 203, type: text/plain, body: 'x'}}]}\n"));
  ASSERT_TRUE(written) << written.error().text();
  const Plan& plan = written->front();
  EXPECT_EQ(plan.place.timeout_ms, 800U);
  EXPECT_EQ(plan.place.ca, "own.pem");
  EXPECT_EQ(plan.repeat, Repeat::any);
  EXPECT_EQ(plan.in_flight_max, 7U);
  EXPECT_EQ(plan.slow_ms, 500U);
  EXPECT_EQ(plan.probe, "/health");
  EXPECT_EQ(plan.breaker.failures_max, 3U);
  EXPECT_EQ(plan.breaker.open_ms, 60'000U);
  EXPECT_EQ(plan.breaker.probes, 2U);
  ASSERT_EQ(plan.fallbacks.size(), 3U);
  EXPECT_EQ(std::get<Place>(plan.fallbacks[0]).url, "http://b");
  EXPECT_EQ(std::get<Place>(plan.fallbacks[0]).timeout_ms, 1'000U);
  EXPECT_EQ(std::get<Last>(plan.fallbacks[1]).age_ms_max, 600'000U);
  EXPECT_EQ(std::get<Fixed>(plan.fallbacks[2]).status, 203);
  EXPECT_EQ(std::get<Fixed>(plan.fallbacks[2]).type, "text/plain");
}

TEST(Plan, RepeatsPaymentsOnlyWhereItIsWritten) {
  using http::Method;
  Plan plan;
  EXPECT_TRUE(plan.repeats(Method::get));
  EXPECT_FALSE(plan.repeats(Method::post));
  plan.repeat = Repeat::any;
  EXPECT_TRUE(plan.repeats(Method::post));
  plan.repeat = Repeat::none;
  EXPECT_FALSE(plan.repeats(Method::get));
}

TEST(Plan, IsRefusedWithThePlaceAndWhatWouldBeRight) {
  EXPECT_EQ(told("airlock_dependencies: 2\ndependencies: {}\n"),
            "line 1, column 23: 2 is no known version; write 1");
  EXPECT_EQ(told("airlock_dependencies: 1\ndependencies: {}\n"),
            "line 2, column 15: no dependency is named here; write the name of each, and below it "
            "its url");
  EXPECT_EQ(told(file_with("    timeout: 2s\n")), "line 4, column 5: url is missing here; add it");
  EXPECT_EQ(told(file_with("    url: http://a\n    retries: 3\n")),
            "line 5, column 5: retries is not known here; known are url, timeout, ca, repeat, "
            "in_flight, slow, breaker, probe, fallback");
  EXPECT_EQ(told(file_with("    url: http://a\n", "Gateway")),
            "line 3, column 3: Gateway is no name of a dependency; write 1 to 32 characters of "
            "a-z, 0-9 and -");
  EXPECT_EQ(told(file_with("    url: http://a\n    timeout: 2\n")),
            "line 5, column 14: 2 is no time that a call may take; write a time with its unit from "
            "10ms to 25s, such as 800ms or 2s");
  EXPECT_EQ(told(file_with("    url: http://a\n    repeat: post\n")),
            "line 5, column 13: post names no calls that may be repeated; write none, get or any");
}

TEST(Plan, AsksOnlyPlacesThatACallCanBePutBehind) {
  for (const char* url : {"ftp://a", "http://user:password@a", "http://", "'http://a?key=1'",
                          "'http://a#x'", "a", "'http://a b'", "file:///etc/passwd"}) {
    EXPECT_NE(told(file_with("    url: " + std::string(url) + "\n")).find("is no place to ask"),
              std::string::npos)
        << url;
  }
  for (const char* probe : {"health", "/../health", "/%2e%2e/x", "'/a b'"}) {
    EXPECT_NE(told(file_with("    url: http://a\n    probe: " + std::string(probe) + "\n"))
                  .find("is no path to be asked"),
              std::string::npos)
        << probe;
  }
}

TEST(Plan, NamesOneWhoAnswersInEachFallback) {
  const auto with = [](std::string_view fallback) {
    return told(file_with("    url: http://a\n    fallback: [" + std::string(fallback) + "]\n"));
  };
  EXPECT_EQ(with("{last: 10m}"), "read");
  for (const char* both : {"{}", "{last: 10m, url: http://b}", "{timeout: 1s}"}) {
    EXPECT_EQ(with(both),
              "line 5, column 16: a fallback names not exactly one who answers; write one of url, "
              "last and answer")
        << both;
  }
  EXPECT_EQ(with("{last: 10m, timeout: 1s}"),
            "line 5, column 16: a time or an authority is of a url alone; leave them out");
  EXPECT_EQ(with("{answer: {body: x}}, {last: 10m}"),
            "line 5, column 37: nobody comes to this fallback; put the fixed answer last: it is "
            "always there");
  EXPECT_NE(with("{answer: {status: 600, body: x}}"), "read");
  EXPECT_NE(with("{answer: {type: \"a\\tb\\n\", body: x}}"), "read");
}

TEST(Plan, LetsNoCallWaitForLongerThanItsCallerIsKept) {
  EXPECT_EQ(told(file_with("    url: http://a\n    timeout: 20s\n    fallback:\n"
                           "      - {url: http://b, timeout: 5s}\n")),
            "read");
  EXPECT_EQ(told(file_with("    url: http://a\n    timeout: 20s\n    fallback:\n"
                           "      - {url: http://b, timeout: 5s}\n      - url: http://c\n"
                           "        timeout: 10ms\n")),
            "line 8, column 9: a call could wait for 25010ms up to here; keep the sum of the "
            "timeouts to 25s");
}

TEST(Plan, HasLimits) {
  std::string many = "airlock_dependencies: 1\ndependencies:\n";
  for (std::size_t at = 0; at <= kDependenciesMax; ++at) {
    many += "  d" + std::to_string(at) + ": {url: http://a}\n";
  }
  EXPECT_EQ(told(many), "line 3, column 3: there are 33 dependencies; at most 32 are allowed");
  for (const char* wrong :
       {"in_flight: 0", "in_flight: 1025", "breaker: {failures: 0}", "breaker: {failures: 256}",
        "breaker: {open: 1ms}", "breaker: {open: 2h}", "breaker: {probes: 0}", "slow: 3s",
        "timeout: 26s", "fallback: []",
        "fallback: [{last: 1s}, {last: 1s}, {last: 1s}, {last: 1s}, {last: 1s}]",
        "fallback: [{last: 31d}]", "timeout: 99999999999999999999s",
        "timeout: 18446744073709551615s"}) {
    EXPECT_NE(told(file_with("    url: http://a\n    " + std::string(wrong) + "\n")), "read")
        << wrong;
  }
}

}  // namespace
}  // namespace airlock::dependency
