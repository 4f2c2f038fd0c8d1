#include "core/codec/text.h"

#include <gtest/gtest.h>

#include <array>

namespace airlock::codec {
namespace {

TEST(Hex, ReadsLowerCaseOfExactlyTheRoomsSize) {
  std::array<std::uint8_t, 3> room{};
  ASSERT_TRUE(read_hex("00ff7a", room));
  EXPECT_EQ(room, (std::array<std::uint8_t, 3>{0x00, 0xff, 0x7a}));
  for (const char* bad : {"", "00ff7", "00ff7a0", "00ff7a00", "00FF7a", "00ff7g", "00ff 7a"}) {
    EXPECT_EQ(read_hex(bad, room).error().code, Code::bad_text) << bad;
  }
}

TEST(Decimal, HasOneSpellingAndALargestValue) {
  EXPECT_EQ(*read_decimal("0", 5), 0U);
  EXPECT_EQ(*read_decimal("18446744073709551615", UINT64_MAX), UINT64_MAX);
  EXPECT_EQ(*read_decimal("5", 5), 5U);
  EXPECT_EQ(read_decimal("6", 5).error().code, Code::out_of_range);
  EXPECT_EQ(read_decimal("18446744073709551616", UINT64_MAX).error().code, Code::out_of_range);
  EXPECT_EQ(read_decimal("99999999999999999999999", UINT64_MAX).error().code, Code::out_of_range);
  for (const char* bad : {"", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1"}) {
    EXPECT_EQ(read_decimal(bad, 1000).error().code, Code::bad_text) << bad;
  }
}

// From `date -u -d TIME +%s`.
TEST(TimeText, IsReadToTheSecond) {
  EXPECT_EQ(*read_time("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(*read_time("1969-12-31T23:59:59Z"), -1);
  EXPECT_EQ(*read_time("2000-02-29T12:30:45Z"), 951'827'445);
  EXPECT_EQ(*read_time("2026-11-23T08:45:00Z"), 1'795'423'500);
  EXPECT_EQ(*read_time("0000-03-01T00:00:00Z"), -62'162'035'200);
  EXPECT_EQ(*read_time("0000-01-01T00:00:00Z"), -62'167'219'200);
  EXPECT_EQ(*read_time("9999-12-31T23:59:59Z"), 253'402'300'799);
}

TEST(TimeText, HasOneSpellingAndNoDayThatIsNot) {
  for (const char* bad :
       {"", "2026-11-23", "2026-11-23T08:45:00", "2026-11-23t08:45:00Z", "2026-11-23 08:45:00Z",
        "2026-11-23T08:45:00z", "2026-11-23T08:45:60Z", "2026-11-23T24:00:00Z",
        "2026-11-23T08:60:00Z", "2026-00-23T08:45:00Z", "2026-13-23T08:45:00Z",
        "2026-11-00T08:45:00Z", "2026-11-31T08:45:00Z", "2026-02-29T08:45:00Z",
        "1900-02-29T08:45:00Z", "2026-11-23T08:45:00.0Z", "+026-11-23T08:45:00Z",
        "2026-1a-23T08:45:00Z", "2026-11-23T08:45:00+00:00"}) {
    EXPECT_FALSE(read_time(bad)) << bad;
  }
  EXPECT_TRUE(read_time("2024-02-29T00:00:00Z"));
}

TEST(PlainPath, StaysBelowItsFolder) {
  for (const char* path : {"a", "a/b.c", "...", "a b", ".a", "a..", "..a/b"}) {
    EXPECT_TRUE(is_plain_path(path)) << path;
  }
  for (const char* path : {"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "a\\b",
                           "a\tb", "\xc3\xbc", "a\x7f"}) {
    EXPECT_FALSE(is_plain_path(path)) << path;
  }
  EXPECT_FALSE(is_plain_path(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace airlock::codec
