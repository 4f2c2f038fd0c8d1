#include "core/base/base.h"

#include <gtest/gtest.h>

#include <set>

namespace airlock {
namespace {

TEST(Codes, HaveDistinctNumbersAndNames) {
  std::set<int> numbers;
  std::set<std::string_view> names;
  int rows = 0;
#define X(number, name, text) \
  numbers.insert(number);     \
  names.insert(#name);        \
  ++rows;
#include "core/base/codes.inc"
#undef X
  EXPECT_EQ(numbers.size(), static_cast<std::size_t>(rows));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(rows));
}

TEST(Codes, KeepRetiredNumbersToThemselves) {
  for (const unsigned retired : {208U, 603U, 604U, 607U}) {
    EXPECT_EQ(known_code(retired).error().code, Code::out_of_range);
  }
}

// One line of a narrow terminal, behind "error: <code>: <about>: ".
constexpr std::size_t kTextMax = 110;

void expect_text(std::string_view name, std::string_view text) {
  const std::size_t mark = text.find("; ");
  ASSERT_NE(mark, std::string_view::npos) << name << " does not say what to do";
  EXPECT_EQ(text.find(';', mark + 1), std::string_view::npos) << name;
  EXPECT_LE(text.size(), kTextMax) << name;
  for (const std::string_view part : {text.substr(0, mark), text.substr(mark + 2)}) {
    ASSERT_FALSE(part.empty()) << name;
    EXPECT_TRUE(part.front() >= 'a' && part.front() <= 'z') << name << ": " << part;
    EXPECT_EQ(std::string_view(" .,:;").find(part.back()), std::string_view::npos) << name;
  }
  for (const char c : text) EXPECT_TRUE(c >= ' ' && c <= '~') << name;
}

TEST(Codes, SayWhatIsWrongAndWhatToDo) {
  std::set<std::string_view> texts;
#define X(number, name, text) \
  expect_text(#name, text);   \
  EXPECT_TRUE(texts.insert(text).second) << #name;
#include "core/base/codes.inc"
#undef X
}

TEST(Codes, HaveNamesThatEndWithAZeroForThoseWhoGiveThemToC) {
#define X(number, code, text) EXPECT_STREQ(name(Code::code).data(), #code);
#include "core/base/codes.inc"
#undef X
  EXPECT_STREQ(name(Code::ok).data(), "ok");
  EXPECT_STREQ(name(static_cast<Code>(9999)).data(), "unknown");
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

TEST(FixedText, IsAsItWasWhereWhatIsSetIsTooLong) {
  FixedText<3> text;
  EXPECT_TRUE(text.set("abc"));
  EXPECT_EQ(text.set("abcd").error().at, 4U);
  EXPECT_EQ(text.view(), "abc");
  EXPECT_TRUE(text.set("z"));
  EXPECT_EQ(text.view(), "z");
}

TEST(Check, StopsTheProgramOnABug) {
  FixedList<int, 2> list;
  EXPECT_DEATH((void)list[0], "");
}

}  // namespace
}  // namespace airlock
