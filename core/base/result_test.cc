#include "core/base/base.h"

#include <gtest/gtest.h>

#include <set>

namespace airlock {
namespace {

TEST(Codes, HaveDistinctNumbersAndNames) {
  std::set<int> numbers;
  std::set<std::string_view> names;
  int rows = 0;
#define X(number, name, text)                   \
  numbers.insert(number);                       \
  names.insert(#name);                          \
  EXPECT_FALSE(std::string_view(text).empty()); \
  ++rows;
#include "core/base/codes.inc"
#undef X
  EXPECT_EQ(numbers.size(), static_cast<std::size_t>(rows));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(rows));
}

TEST(Codes, GoToTheirNameAndBack) {
  EXPECT_EQ(name(Code::quorum_missing), "quorum_missing");
  EXPECT_EQ(code_named("quorum_missing"), Code::quorum_missing);
  EXPECT_EQ(code_named("no such code"), Code::ok);
  EXPECT_EQ(*known_code(200), Code::quorum_missing);
  EXPECT_EQ(known_code(65000).error().code, Code::out_of_range);
}

TEST(FixedList, RefusesMoreThanItsLimit) {
  FixedList<int, 2> list;
  EXPECT_TRUE(list.add(1));
  EXPECT_TRUE(list.add(2));
  EXPECT_EQ(list.add(3).error().code, Code::too_many);
  EXPECT_EQ(list.size(), 2u);
}

TEST(FixedText, RefusesMoreThanItsLimit) {
  EXPECT_EQ(FixedText<3>::from("abcd").error().code, Code::oversized);
  EXPECT_EQ(FixedText<3>::from("abc")->view(), "abc");
}

TEST(Check, StopsTheProgramOnABug) {
  FixedList<int, 2> list;
  EXPECT_DEATH((void)list[0], "");
}

}  // namespace
}  // namespace airlock
