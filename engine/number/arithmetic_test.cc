#include "engine/number/arithmetic.h"

#include <gtest/gtest.h>

namespace airlock::number {
namespace {

constexpr std::string_view kLargest =
    "115792089237316195423570985008687907853269984665640564039457584007913129639935";

std::string text(const Result<U256>& value) {
  if (!value) return std::string(name(value.error().code));
  std::string made;
  append(made, *value);
  return made;
}

U256 largest() { return *read(kLargest); }

TEST(Arithmetic, RefusesASumThatDoesNotFitAndNeverWraps) {
  EXPECT_EQ(text(add(largest(), 0)), kLargest);
  EXPECT_EQ(text(add(largest(), 1)), "out_of_range");
  EXPECT_EQ(text(add(largest(), largest())), "out_of_range");
  EXPECT_EQ(text(add(*read("18446744073709551615"), 1)), "18446744073709551616");
}

TEST(Arithmetic, RefusesAProductThatDoesNotFitAndNeverWraps) {
  EXPECT_EQ(text(multiply(largest(), 1)), kLargest);
  EXPECT_EQ(text(multiply(largest(), 2)), "out_of_range");
  EXPECT_EQ(text(multiply(*read("340282366920938463463374607431768211456"), 3)),
            "1020847100762815390390123822295304634368");
}

TEST(Arithmetic, TakesAwayAcrossLimbs) {
  EXPECT_EQ(text(subtract(*read("18446744073709551616"), 1)), "18446744073709551615");
  EXPECT_EQ(text(subtract(largest(), largest())), "0");
}

TEST(Arithmetic, RoundsAsEachModeIsNamed) {
  const auto rounded = [](std::uint64_t value, std::uint64_t denominator, Rounding rounding) {
    return text(scale(value, {1, denominator}, rounding));
  };
  // 2.25, 2.5, 2.75, 3.5 and 4
  const std::array<std::pair<std::uint64_t, std::array<std::string_view, 4>>, 5> cases = {{
      {9, {"2", "3", "2", "2"}},
      {10, {"2", "3", "3", "2"}},
      {11, {"2", "3", "3", "3"}},
      {14, {"3", "4", "4", "4"}},
      {16, {"4", "4", "4", "4"}},
  }};
  for (const auto& [value, expected] : cases) {
    EXPECT_EQ(rounded(value, 4, Rounding::down), expected[0]) << value;
    EXPECT_EQ(rounded(value, 4, Rounding::up), expected[1]) << value;
    EXPECT_EQ(rounded(value, 4, Rounding::half_up), expected[2]) << value;
    EXPECT_EQ(rounded(value, 4, Rounding::half_even), expected[3]) << value;
  }
}

TEST(Arithmetic, KnowsTheMiddleOfAnOddDenominatorAndOfTheLargest) {
  EXPECT_EQ(text(scale(1, {1, 3}, Rounding::half_up)), "0");
  EXPECT_EQ(text(scale(2, {1, 3}, Rounding::half_even)), "1");
  const std::uint64_t most = ~std::uint64_t{0};
  EXPECT_EQ(text(scale(most / 2, {1, most}, Rounding::half_up)), "0");
  EXPECT_EQ(text(scale(most / 2 + 1, {1, most}, Rounding::half_up)), "1");
}

TEST(Arithmetic, ScalesTheLargestNumberExactly) {
  EXPECT_EQ(text(scale(largest(), {1, 1}, Rounding::up)), kLargest);
  EXPECT_EQ(text(scale(largest(), {25, 10'000}, Rounding::down)),
            "289480223093290488558927462521719769633174961664101410098643960019782824099");
  EXPECT_EQ(text(scale(largest(), {25, 10'000}, Rounding::up)),
            "289480223093290488558927462521719769633174961664101410098643960019782824100");
  EXPECT_EQ(text(scale(largest(), {10'001, 10'000}, Rounding::down)), "out_of_range");
}

TEST(Arithmetic, RefusesWhatOnlyRoundingCarriesOutOfRange) {
  // (2^256 - 1) * 3 / 2 is refused by its size; what rounds up to 2^256, by the rounding alone:
  // (2^257 - 1) / 2
  auto doubled = wide_add(wide_product(largest(), 2), wide_product(1, 1));
  ASSERT_TRUE(doubled);
  EXPECT_EQ(text(divide(*doubled, 2, Rounding::down)), kLargest);
  EXPECT_EQ(text(divide(*doubled, 2, Rounding::half_even)), "out_of_range");
  EXPECT_EQ(text(divide(*doubled, 2, Rounding::up)), "out_of_range");
}

TEST(Arithmetic, CarriesARoundedNumberThroughAllItsLimbs) {
  // (2^128 * 2 - 1) / 2, rounded up, is 2^128.
  const auto two = wide_product(*read("340282366920938463463374607431768211455"), 2);
  EXPECT_EQ(text(divide(*wide_add(two, wide_product(1, 1)), 2, Rounding::up)),
            "340282366920938463463374607431768211456");
}

TEST(Arithmetic, RefusesAWideSumThatDoesNotFit) {
  U320 most;
  most.limbs.fill(~std::uint64_t{0});
  EXPECT_FALSE(wide_add(most, wide_product(1, 1)));
  EXPECT_TRUE(wide_add(most, wide_product(0, 1)));
}

}  // namespace
}  // namespace airlock::number
