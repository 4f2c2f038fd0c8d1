#include "server/dependency/forward.h"

#include <gtest/gtest.h>

namespace airlock::dependency {
namespace {

TEST(Target, IsTheNameAndWhatStandsBehindIt) {
  const auto target = read_target("/v1/dependency/gateway/quote?of=1");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->name, "gateway");
  EXPECT_EQ(target->rest, "/quote?of=1");
  EXPECT_EQ(read_target("/v1/dependency/gateway")->rest, "");
  EXPECT_EQ(read_target("/v1/dependency/gateway?of=1")->name, "gateway");
  EXPECT_EQ(read_target("/v1/dependency/gateway?of=..")->rest, "?of=..");
  EXPECT_EQ(read_target("/v1/dependencies").error().code, Code::not_found);
}

TEST(Target, StaysBelowTheUrlOfItsDependency) {
  for (const char* rest : {"/..", "/../admin", "/a/../../admin", "/%2e%2e/admin", "/.%2E/admin",
                           "/%2E./admin", "/.", "/a/./b", "/..%2fadmin", "/%5c..%5cadmin", "/%2",
                           "/%zz", "/a#b", "/a b", "/a\\..\\b", "/\"", "/{x}", "/\x80"}) {
    EXPECT_EQ(read_target("/v1/dependency/gateway" + std::string(rest)).error().code,
              Code::bad_request)
        << rest;
  }
  for (const char* rest : {"/...", "/a..b", "/.well-known/x", "/%41", "/a%2fb", "//a", "/a@b:1"}) {
    EXPECT_TRUE(read_target("/v1/dependency/gateway" + std::string(rest))) << rest;
  }
}

TEST(Headers, GoOnAsFarAsTheyAreNotOfOneHop) {
  EXPECT_EQ(onward_headers("Host: here\r\nAuthorization: Bearer x\r\nConnection: close, X-Mine\r\n"
                           "X-Mine: 1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n"
                           "TE: trailers\r\nUpgrade: h2c\r\nProxy-Authorization: x\r\n"
                           "Airlock-Why: lie\r\nExpect: 100-continue\r\nIdempotency-Key:  k \r\n"),
            "authorization: Bearer x\r\nidempotency-key: k\r\n");
}

TEST(Headers, ThatAreNoneAreLeftOut) {
  EXPECT_EQ(onward_headers("no colon\r\n: no name\r\nbad name: x\r\na: b\x01c\r\nfine: 1\r\n"),
            "fine: 1\r\n");
  EXPECT_EQ(onward_headers(""), "");
  EXPECT_EQ(onward_headers("\r\n\r\n:"), "");
}

TEST(Headers, OfAnAnswerComeBackWithoutThoseThatWeWrite) {
  const AnswerHeaders read = answer_headers(
      "Content-Type: text/plain\r\nContent-Length: 3\r\nX-Payment: 1\r\nAirlock-Answered-By: "
      "liar\r\n"
      "Connection: X-Hop\r\nX-Hop: 1\r\nCache-Control: max-age=1\r\n");
  EXPECT_EQ(read.type, "text/plain");
  EXPECT_EQ(read.lines, "x-payment: 1\r\ncache-control: max-age=1\r\n");
  EXPECT_TRUE(read.may_be_kept);
  EXPECT_FALSE(
      answer_headers("cache-control: private, No-Store\r\ncache-control: a\r\n").may_be_kept);
}

TEST(Headers, ThatAnAnswerMayDependOnAreAllButTraces) {
  EXPECT_EQ(key_headers("authorization: x\r\nuser-agent: y\r\ntraceparent: z\r\naccept: a\r\n"),
            "authorization: x\r\naccept: a\r\n");
}

}  // namespace
}  // namespace airlock::dependency
