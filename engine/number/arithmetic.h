// Sums, products and exact fractions of whole numbers, refused where they do not fit and never
// wrapped.
//
// A product is held in 320 bits until it was divided, so that value * numerator / denominator is
// exact for every value of 256 bits. What a division leaves over is rounded as the caller says, and
// as nobody else: every function here that rounds takes the mode as an argument.
#pragma once

#include "engine/number/number.h"

namespace airlock::number {

// What becomes of a fraction. No number here is negative.
enum class Rounding : std::uint8_t {
  down,       // to the whole number below
  up,         // to the whole number above; a whole number stays
  half_up,    // to the nearer one, and from the middle between two to the one above
  half_even,  // to the nearer one, and from the middle between two to the even one
};

// A number below 2^320: a product before it is divided.
struct U320 {
  std::array<std::uint64_t, 5> limbs{};  // the least significant first
  friend constexpr bool operator==(const U320&, const U320&) = default;
};

// A division's two results.
struct Divided {
  U320 quotient;
  std::uint64_t rest = 0;
};

// add and multiply answer out_of_range where the result is 2^256 or more; subtract takes at most
// what there is (a bug otherwise).
Result<U256> add(const U256& a, const U256& b);
Result<U256> multiply(const U256& value, std::uint64_t factor);
U256 subtract(const U256& from, const U256& amount);

// wide_product is exact. wide_add answers out_of_range where the sum is 2^320 or more.
U320 wide_product(const U256& value, std::uint64_t factor);
Result<U320> wide_add(const U320& a, const U320& b);
// wide_divide divides by what is not zero (a bug otherwise).
Divided wide_divide(const U320& value, std::uint64_t denominator);
// divide rounds to a number of 256 bits. Errors: out_of_range (2^256 or more).
Result<U256> divide(const U320& value, std::uint64_t denominator, Rounding rounding);

// A part of something, exactly: numerator / denominator, and the latter is not zero.
struct Ratio {
  std::uint64_t numerator = 0;
  std::uint64_t denominator = 1;
  friend constexpr bool operator==(const Ratio&, const Ratio&) = default;
};
// scale is value * ratio, rounded. Errors: out_of_range.
Result<U256> scale(const U256& value, const Ratio& ratio, Rounding rounding);

// goes_up says whether what a division left over makes its result one more.
inline bool goes_up(bool quotient_is_odd, std::uint64_t rest, std::uint64_t denominator,
                    Rounding rounding) {
  if (rest == 0) return false;
  const std::uint64_t missing = denominator - rest;  // to the next whole number
  switch (rounding) {
    case Rounding::down: return false;
    case Rounding::up: return true;
    case Rounding::half_up: return rest >= missing;
    case Rounding::half_even: return rest > missing || (rest == missing && quotient_is_odd);
  }
  return false;
}

// scale_wide is scale_to for what is not short.
bool scale_wide(U256& result, const U256& value, const Ratio& ratio, Rounding rounding);

// divide_short rounds a quotient of 128 by 64 bits that has 64 bits: the upper half is below the
// denominator (a bug otherwise).
U256 divide_short(std::uint64_t high, std::uint64_t low, std::uint64_t denominator,
                  Rounding rounding);

// scale_to is scale where every nanosecond counts: false where the result is 2^256 or more.
inline bool scale_to(U256& result, const U256& value, const Ratio& ratio, Rounding rounding) {
  __extension__ using Wide = unsigned __int128;
  if ((value.limbs[1] | value.limbs[2] | value.limbs[3]) != 0) [[unlikely]]
    return scale_wide(result, value, ratio, rounding);
  const Wide product = Wide{value.limbs[0]} * ratio.numerator;
  const auto high = static_cast<std::uint64_t>(product >> 64);
  const auto low = static_cast<std::uint64_t>(product);
  if (high >= ratio.denominator) [[unlikely]]
    return scale_wide(result, value, ratio, rounding);
  const auto quotient =
      high == 0 ? low / ratio.denominator : static_cast<std::uint64_t>(product / ratio.denominator);
  const bool is_raised =
      goes_up((quotient & 1) != 0, low - quotient * ratio.denominator, ratio.denominator, rounding);
  result = quotient + (is_raised ? 1 : 0);
  if (is_raised && result.limbs[0] == 0) result.limbs[1] = 1;
  return true;
}

}  // namespace airlock::number
