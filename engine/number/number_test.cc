#include "engine/number/number.h"

#include <gtest/gtest.h>

#include <vector>

namespace airlock::number {
namespace {

std::string text(const auto& value) {
  std::string made;
  append(made, value);
  return made;
}

std::string scaled(std::string_view value, unsigned decimals) {
  std::string made;
  append_scaled(made, *read(value), decimals);
  return made;
}

constexpr std::string_view kLargest =
    "115792089237316195423570985008687907853269984665640564039457584007913129639935";

TEST(Number, IsWrittenAsItIsRead) {
  for (std::string_view decimal :
       {"0", "1", "9", "10", "99", "100", "18446744073709551615", "18446744073709551616",
        "9999999999999999999", "10000000000000000000", "10000000000000000001",
        "100000000000000000000000000000000000000000000000000",
        "340282366920938463463374607431768211456", kLargest.data()}) {
    const auto value = read(decimal);
    ASSERT_TRUE(value) << decimal;
    EXPECT_EQ(text(*value), decimal);
  }
}

TEST(Number, EveryPowerOfTwoComesBack) {
  for (unsigned bit = 0; bit < 256; ++bit) {
    U256 value;
    value.limbs[bit / 64] = std::uint64_t{1} << bit % 64;
    EXPECT_EQ(*read(text(value)), value);
    EXPECT_TRUE(value.fits(bit + 1));
    EXPECT_FALSE(value.fits(bit));
  }
}

TEST(Number, ThatHasAnotherSpellingIsRefused) {
  for (std::string_view wrong : {"", "00", "01", "+1", "-1", " 1", "1 ", "0x1", "1e3", "1."})
    EXPECT_EQ(read(wrong).error().code, Code::bad_text) << wrong;
  EXPECT_EQ(read_signed("-0").error().code, Code::bad_text);
  EXPECT_EQ(read_signed("--1").error().code, Code::bad_text);
}

TEST(Number, OfMoreThan256BitsIsRefused) {
  std::string over(kLargest);
  over.back() = '6';
  EXPECT_EQ(read(over).error().code, Code::out_of_range);
  EXPECT_EQ(read(std::string(kLargest) + "0").error().code, Code::out_of_range);
  EXPECT_EQ(read(std::string(100'000, '9')).error().code, Code::out_of_range);
}

TEST(Number, IsReadFromEitherOrderOfBytes) {
  const std::vector<std::uint8_t> bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_EQ(text(from_big(bytes)), "18591708106338011145");
  EXPECT_EQ(text(from_little(bytes)),
            text(from_big(std::vector<std::uint8_t>(bytes.rbegin(), bytes.rend()))));
  std::vector<std::uint8_t> word(32);
  for (std::size_t i = 0; i < word.size(); ++i) word[i] = static_cast<std::uint8_t>(i * 7);
  std::vector<std::uint8_t> back(32);
  to_big(from_big(word), back);
  EXPECT_EQ(back, word);
  to_little(from_little(word), back);
  EXPECT_EQ(back, word);
}

TEST(Number, HasASignAsTwosComplementSays) {
  EXPECT_EQ(text(as_signed(0xff, 8)), "-1");
  EXPECT_EQ(text(as_signed(0x80, 8)), "-128");
  EXPECT_EQ(text(as_signed(0x7f, 8)), "127");
  EXPECT_EQ(*from_signed({128, true}, 8), U256(0x80));
  EXPECT_FALSE(from_signed({129, true}, 8));
  EXPECT_FALSE(from_signed({128, false}, 8));
  U256 all;
  all.limbs.fill(~std::uint64_t{0});
  EXPECT_EQ(text(as_signed(all, 256)), "-1");
  EXPECT_EQ(*from_signed({1, true}, 256), all);
  EXPECT_EQ(*from_signed(as_signed(all, 64), 64), U256(~std::uint64_t{0}));
}

TEST(Number, IsScaledWithoutLosingADigit) {
  EXPECT_EQ(scaled("76234652435588210907", 18), "76.234652435588210907");
  EXPECT_EQ(scaled("1000000", 6), "1");
  EXPECT_EQ(scaled("1", 18), "0.000000000000000001");
  EXPECT_EQ(scaled("1500", 3), "1.5");
  EXPECT_EQ(scaled("0", 18), "0");
  EXPECT_EQ(scaled("120", 0), "120");
  EXPECT_EQ(scaled("10", 255).size(), 2U + 254U);
}

}  // namespace
}  // namespace airlock::number
