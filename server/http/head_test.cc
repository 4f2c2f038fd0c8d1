#include "server/http/head.h"

#include <gtest/gtest.h>

namespace airlock::http {
namespace {

std::string head_of(const Response& response) {
  std::string out;
  write_head(response, After::keep, out);
  return out;
}

TEST(Head, HasAnyStatusThatADependencyAnswersWith) {
  EXPECT_TRUE(head_of({.status = 402, .body = "x"}).starts_with("HTTP/1.1 402 \r\n"));
  EXPECT_TRUE(head_of({.status = 500}).starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
  EXPECT_TRUE(head_of(error_response({Code::outcome_unknown, 0}))
                  .starts_with("HTTP/1.1 504 Gateway Timeout\r\n"));
  EXPECT_NE(head_of(error_response({Code::no_fallback, 0})).find("retry-after: "),
            std::string::npos);
}

TEST(Head, StatesTheTypeThatSomebodyElseNamed) {
  EXPECT_NE(head_of({.other_type = "text/plain"}).find("content-type: text/plain\r\n"),
            std::string::npos);
}

TEST(Head, StatesNoLengthWhereThereIsNoBody) {
  for (const int status : {204, 304}) {
    EXPECT_EQ(head_of({.status = status}).find("content-length"), std::string::npos) << status;
  }
  EXPECT_NE(head_of({}).find("content-length: 0\r\n"), std::string::npos);
}

}  // namespace
}  // namespace airlock::http
