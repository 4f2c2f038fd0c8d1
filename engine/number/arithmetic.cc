#include "engine/number/arithmetic.h"

namespace airlock::number {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t low(Wide value) { return static_cast<std::uint64_t>(value); }
constexpr std::uint64_t high(Wide value) { return static_cast<std::uint64_t>(value >> 64); }

template <std::size_t kLimbs>
bool add_into(std::array<std::uint64_t, kLimbs>& sum, const std::array<std::uint64_t, kLimbs>& b) {
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < kLimbs; ++i) {
    const Wide part = Wide{sum[i]} + b[i] + carry;
    sum[i] = low(part);
    carry = high(part);
  }
  return carry == 0;
}

Result<U256> rounded(U256 quotient, std::uint64_t rest, std::uint64_t denominator,
                     Rounding rounding) {
  if (!goes_up((quotient.limbs[0] & 1) != 0, rest, denominator, rounding)) return quotient;
  if (++quotient.limbs[0] != 0) [[likely]]
    return quotient;
  for (std::size_t i = 1; i < 4; ++i) {
    if (++quotient.limbs[i] != 0) return quotient;
  }
  return fail(Code::out_of_range);
}

}  // namespace

Result<U256> add(const U256& a, const U256& b) {
  U256 sum = a;
  if (!add_into(sum.limbs, b.limbs)) return fail(Code::out_of_range);
  return sum;
}

U256 subtract(const U256& from, const U256& amount) {
  U256 left = from;
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const Wide part = Wide{from.limbs[i]} - amount.limbs[i] - borrow;
    left.limbs[i] = low(part);
    borrow = high(part) != 0 ? 1 : 0;
  }
  AIRLOCK_CHECK(borrow == 0);
  return left;
}

U320 wide_product(const U256& value, std::uint64_t factor) {
  U320 product;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const Wide part = Wide{value.limbs[i]} * factor + carry;
    product.limbs[i] = low(part);
    carry = high(part);
  }
  product.limbs[4] = carry;
  return product;
}

Result<U256> multiply(const U256& value, std::uint64_t factor) {
  const U320 product = wide_product(value, factor);
  if (product.limbs[4] != 0) return fail(Code::out_of_range);
  U256 narrow;
  for (std::size_t i = 0; i < 4; ++i) narrow.limbs[i] = product.limbs[i];
  return narrow;
}

Result<U320> wide_add(const U320& a, const U320& b) {
  U320 sum = a;
  if (!add_into(sum.limbs, b.limbs)) return fail(Code::out_of_range);
  return sum;
}

Divided wide_divide(const U320& value, std::uint64_t denominator) {
  AIRLOCK_CHECK(denominator != 0);
  Divided divided;
  std::size_t count = value.limbs.size();
  while (count > 0 && value.limbs[count - 1] == 0) --count;
  for (std::size_t i = count; i-- > 0;) {
    const Wide part = Wide{divided.rest} << 64 | value.limbs[i];
    divided.quotient.limbs[i] = low(part / denominator);
    divided.rest = low(part) - divided.quotient.limbs[i] * denominator;
  }
  return divided;
}

Result<U256> divide(const U320& value, std::uint64_t denominator, Rounding rounding) {
  AIRLOCK_CHECK(denominator != 0);
  const auto& limbs = value.limbs;
  if ((limbs[4] | limbs[3] | limbs[2]) == 0 && limbs[1] < denominator)
    return divide_short(limbs[1], limbs[0], denominator, rounding);
  const Divided divided = wide_divide(value, denominator);
  if (divided.quotient.limbs[4] != 0) return fail(Code::out_of_range);
  U256 quotient;
  for (std::size_t i = 0; i < 4; ++i) quotient.limbs[i] = divided.quotient.limbs[i];
  return rounded(quotient, divided.rest, denominator, rounding);
}

U256 divide_short(std::uint64_t high, std::uint64_t low, std::uint64_t denominator,
                  Rounding rounding) {
  AIRLOCK_CHECK(high < denominator);
  const Wide value = Wide{high} << 64 | low;
  const auto quotient = static_cast<std::uint64_t>(value / denominator);
  const std::uint64_t rest = low - quotient * denominator;
  U256 result = quotient;
  if (!goes_up((quotient & 1) != 0, rest, denominator, rounding)) return result;
  if (++result.limbs[0] == 0) result.limbs[1] = 1;
  return result;
}

bool scale_wide(U256& result, const U256& value, const Ratio& ratio, Rounding rounding) {
  AIRLOCK_CHECK(ratio.denominator != 0);
  if ((value.limbs[1] | value.limbs[2] | value.limbs[3]) == 0) {
    const Wide product = Wide{value.limbs[0]} * ratio.numerator;
    if (high(product) < ratio.denominator) {
      result = divide_short(high(product), low(product), ratio.denominator, rounding);
      return true;
    }
  }
  const auto scaled = divide(wide_product(value, ratio.numerator), ratio.denominator, rounding);
  if (scaled) result = *scaled;
  return scaled.has_value();
}

Result<U256> scale(const U256& value, const Ratio& ratio, Rounding rounding) {
  AIRLOCK_CHECK(ratio.denominator != 0);
  U256 result;
  if (!scale_to(result, value, ratio, rounding)) return fail(Code::out_of_range);
  return result;
}

}  // namespace airlock::number
