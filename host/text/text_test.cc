#include "host/text/text.h"

#include <gtest/gtest.h>

#include "host/text/visible_json.h"

namespace airlock::text {
namespace {

TEST(Hex, GoesThereAndBackInLowerCaseOnly) {
  const std::uint8_t bytes[] = {0x00, 0xab, 0xff};
  EXPECT_EQ(to_hex(bytes), "00abff");
  EXPECT_TRUE(equal(*from_hex("00abff"), bytes));
  for (const char* bad : {"0", "AB", "zz", "0x"}) EXPECT_FALSE(from_hex(bad)) << bad;
  EXPECT_FALSE(digest_from_hex("00ab"));
}

TEST(Base64, HasTheVectorsOfRfc4648AndOneSpelling) {
  EXPECT_EQ(to_base64(bytes_of("fooba")), "Zm9vYmE=");
  EXPECT_EQ(to_base64({}), "");
  EXPECT_EQ(text_of(*from_base64("Zm9vYg==")), "foob");
  for (const char* bad : {"Zm9vYg=", "Zm9vYg", "Zm9vYh==", "Zm9v Yg==", "===="}) {
    EXPECT_FALSE(from_base64(bad)) << bad;
  }
}

TEST(Base32, HasTheVectorsOfRfc4648) {
  EXPECT_EQ(to_base32(bytes_of("foobar")), "mzxw6ytboi");
  EXPECT_EQ(to_base32(bytes_of("f")), "my");
}

TEST(Time, GoesThereAndBackInOneSpelling) {
  EXPECT_EQ(to_time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_time(1795423500), "2026-11-23T08:45:00Z");
  EXPECT_EQ(*from_time("2026-11-23T08:45:00Z"), 1795423500);
  for (const char* bad : {"2026-02-30T00:00:00Z", "2026-11-23 08:45:00Z", "2026-11-23T24:00:00Z",
                          "2026-11-23T08:45:00+00:00", "2026-1-23T08:45:00Z"}) {
    EXPECT_FALSE(from_time(bad)) << bad;
  }
}

TEST(Duration, ReadsOneNumberAndOneUnit) {
  EXPECT_EQ(*read_duration("90s"), 90);
  EXPECT_EQ(*read_duration("72h"), 259200);
  EXPECT_EQ(*read_duration("4w"), 2419200);
  for (const char* bad : {"", "5", "h", "-1h", "1y", "1.5h", "999999999999w"}) {
    EXPECT_FALSE(read_duration(bad)) << bad;
  }
}

TEST(Share, IsAPercentageWithAtMostTwoDecimals) {
  EXPECT_EQ(*read_share("0"), 0);
  EXPECT_EQ(*read_share("12.34"), 1234);
  EXPECT_EQ(*read_share("0.5%"), 50);
  EXPECT_EQ(*read_share("100"), 10'000);
  for (const char* bad : {"", "%", "1.", ".5", "0.005", "-1", "+1", "1e1", "0100", "5 %"}) {
    ASSERT_FALSE(read_share(bad)) << bad;
    EXPECT_EQ(read_share(bad).error().code, Code::bad_text) << bad;
  }
  EXPECT_EQ(read_share("100.01").error().code, Code::out_of_range);
}

TEST(PercentEncoded, KeepsWhatIsPlainAndNothingElse) {
  EXPECT_EQ(percent_encoded("a/b c", "abc/"), "a/b%20c");
  EXPECT_EQ(percent_encoded("\xc3\xbf%", "abc"), "%C3%BF%25");
  EXPECT_EQ(percent_encoded("", "abc"), "");
}

TEST(Human, SizesAndDurationsReadWell) {
  EXPECT_EQ(human_size(832000), "812.5 KiB");
  EXPECT_EQ(human_size(12), "12 B");
  EXPECT_EQ(human_duration(183600), "2 d 3 h");
}

TEST(Visible, ShowsWhatWouldHideItself) {
  EXPECT_EQ(visible("a\x1b[31m"), "a\\u{1b}[31m");
  EXPECT_EQ(visible("\u202Eevil"), "\\u{202e}evil");
  EXPECT_EQ(visible("\xff"), "\\xff");
  for (const char* const nothing :
       {"\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5",     "\u180b",     "\u180e",     "\u2800",
        "\u3164", "\uffa0", "\ufe00", "\ufe0f", "\U000e0100", "\U0001d159", "\U0001d173", "\u00a0",
        "\u2003", "\u202f", "\u205f", "\u3000", "\u1680",     "\u200b",     "\u2066"})
    EXPECT_TRUE(visible(nothing).starts_with("\\u{")) << visible(nothing);
  EXPECT_EQ(visible("naïve ✓\n"), "naïve ✓\n");
}

TEST(VisibleJson, WritesWhatIsHiddenAsJsonDoes) {
  EXPECT_EQ(visible_json("{\n  \"a\": \"b\u202ec\u00e9\"\n}"),
            "{\n  \"a\": \"b\\u202ec\u00e9\"\n}");
  EXPECT_EQ(visible_json("\"\U000e0041\x7f\""), "\"\\udb40\\udc41\\u007f\"");
  EXPECT_EQ(visible_json("\"\xff\""), "\"\xef\xbf\xbd\"");
}

TEST(Quoted, MarksEveryLineAsNotOurs) {
  EXPECT_EQ(quoted("one", 40), "  | one\n");
  EXPECT_EQ(quoted("one\n\n  SHA-256    0\n", 40), "  | one\n  | \n  |   SHA-256    0\n  | \n");
  EXPECT_EQ(quoted("a\rb\x1b[2J", 40), "  | a\\u{d}b\\u{1b}[2J\n");
}

TEST(Quoted, LeavesNoLineThatATerminalWouldWrap) {
  const std::string words =
      quoted(std::string(30, ' ') + "manifest 00 " + std::string(50, 'x'), 20);
  const std::string wide = quoted("一二三四五六七八九十一二三四五六七八九十", 20);
  for (const std::string& block : {words, wide}) {
    std::size_t lines = 0;
    for (std::size_t at = 0; at < block.size(); ++lines) {
      const std::size_t end = block.find('\n', at);
      EXPECT_TRUE(block.substr(at).starts_with("  | "));
      EXPECT_LE(end - at, 4u + 16 / 2 * 3);  // at most eight characters of three bytes
      at = end + 1;
    }
    EXPECT_GT(lines, 2u);
  }
  EXPECT_EQ(quoted("12345678 9", 12), "  | 12345678\n  | 9\n");
  EXPECT_EQ(quoted("123456789", 12), "  | 12345678\n  | 9\n");
}

}  // namespace
}  // namespace airlock::text
