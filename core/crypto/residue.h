// Whole numbers of 256 bits modulo a prime near a power of two. For public values alone: time
// depends on them. Private to the room.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/base.h"

namespace airlock::crypto::small {

inline constexpr std::size_t kLimbs = 8;
inline constexpr std::size_t kBits = 256;

// The lowest 32 bits first.
struct U256 {
  std::array<std::uint32_t, kLimbs> limbs{};

  constexpr bool bit(std::size_t index) const {
    return ((limbs[index / 32] >> (index % 32)) & 1U) != 0;
  }
  constexpr bool is_odd() const { return (limbs[0] & 1U) != 0; }
  constexpr bool is_zero() const { return *this == U256{}; }
  friend constexpr bool operator==(const U256&, const U256&) = default;
};

using Wide = std::array<std::uint32_t, 2 * kLimbs>;

// from_hex reads a constant: 64 hexadecimal digits, the highest first.
consteval U256 from_hex(std::string_view text) {
  U256 made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[text.size() - 1 - i];
    const auto digit = static_cast<std::uint32_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    made.limbs[i / 8] |= digit << (i % 8 * 4);
  }
  return made;
}
U256 from_big_endian(Bytes bytes);     // 32 of them
U256 from_little_endian(Bytes bytes);  // likewise

constexpr bool below(const U256& a, const U256& b) {
  for (std::size_t i = kLimbs; i-- > 0;) {
    if (a.limbs[i] != b.limbs[i]) return a.limbs[i] < b.limbs[i];
  }
  return false;
}

// add_to and subtract_from answer what is left of a carry, or must be borrowed.
constexpr std::uint32_t add_to(U256& a, const U256& b) {
  std::uint64_t carry = 0;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kLimbs; ++i) {
    carry += std::uint64_t{a.limbs[i]} + b.limbs[i];
    a.limbs[i] = static_cast<std::uint32_t>(carry);
    carry >>= 32;
  }
  return static_cast<std::uint32_t>(carry);
}
constexpr std::uint32_t subtract_from(U256& a, const U256& b) {
  std::int64_t borrow = 0;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kLimbs; ++i) {
    borrow += std::int64_t{a.limbs[i]} - b.limbs[i];
    a.limbs[i] = static_cast<std::uint32_t>(borrow);
    borrow >>= 32;
  }
  return static_cast<std::uint32_t>(-borrow);
}
// halve shifts by one bit; `top` comes in from above.
constexpr void halve(U256& a, std::uint32_t top) {
#pragma GCC unroll 8
  for (std::size_t i = kLimbs; i-- > 0;) {
    const std::uint32_t next = a.limbs[i] & 1U;
    a.limbs[i] = a.limbs[i] >> 1 | top << 31;
    top = next;
  }
}

// A prime, and what 2^256 is modulo it. Numbers that it gives back are below 2^256, and equal
// modulo the prime to what they should be; canonical makes them the least ones.
class Field {
 public:
  // 2^256 mod the prime is at most 2^130; the prime is odd, and above 2^254.
  constexpr Field(const U256& prime, const U256& fold) : prime_(prime), fold_(fold) {
    while (fold_.limbs[fold_size_ - 1] == 0) --fold_size_;
  }

  constexpr const U256& prime() const { return prime_; }
  // No prime here goes more than twice into what is below 2^256.
  constexpr U256 canonical(U256 a) const {
    for (int i = 0; i < 2 && !below(a, prime_); ++i) subtract_from(a, prime_);
    return a;
  }
  constexpr bool same(const U256& a, const U256& b) const { return canonical(a) == canonical(b); }
  constexpr U256 add(U256 a, const U256& b) const {
    for (std::uint32_t carry = add_to(a, b); carry != 0;) carry = add_to(a, fold_);
    return a;
  }
  constexpr U256 sub(U256 a, const U256& b) const {
    for (std::uint32_t borrow = subtract_from(a, b); borrow != 0;) borrow = subtract_from(a, fold_);
    return a;
  }
  constexpr U256 twice(const U256& a) const { return add(a, a); }
  constexpr U256 half(U256 a) const {
    const std::uint32_t carry = a.is_odd() ? add_to(a, prime_) : 0;
    halve(a, carry);
    return a;
  }
  constexpr U256 negative(const U256& a) const { return sub({}, a); }
  constexpr U256 mul(const U256& a, const U256& b) const;
  constexpr U256 square(const U256& a) const { return mul(a, a); }
  constexpr U256 power(const U256& a, const U256& exponent) const;
  constexpr U256 inverse(const U256& a) const;  // of 0 it is 0

 private:
  constexpr void fold_down(Wide& sum, std::size_t top) const;

  U256 prime_;
  U256 fold_;
  std::size_t fold_size_ = kLimbs;  // limbs of it that are not 0
};

namespace internal {

// a * b + low + high, which is below 2^64: its halves take the places of the two.
constexpr void multiply_add(std::uint32_t a, std::uint32_t b, std::uint32_t& low,
                            std::uint32_t& high) {
#ifdef __ARM_FEATURE_DSP
  if !consteval {
    asm("umaal %0, %1, %2, %3" : "+r"(low), "+r"(high) : "r"(a), "r"(b));
    return;
  }
#endif
  const std::uint64_t sum = std::uint64_t{a} * b + low + high;
  low = static_cast<std::uint32_t>(sum);
  high = static_cast<std::uint32_t>(sum >> 32);
}

// Adds the eight limbs at `a`, times two others, to the eight at `to`, and puts two more above
// them.
constexpr void multiply_by_two(const std::uint32_t* a, std::uint32_t low, std::uint32_t high,
                               std::uint32_t* to) {
  std::uint32_t of_low = 0;
  std::uint32_t of_high = 0;
  std::uint32_t before = 0;
#pragma GCC unroll 8
  for (std::size_t k = 0; k < kLimbs; ++k) {
    const std::uint32_t limb = a[k];
    std::uint32_t sum = to[k];
    multiply_add(limb, low, sum, of_low);
    multiply_add(before, high, sum, of_high);
    to[k] = sum;
    before = limb;
  }
  multiply_add(before, high, of_low, of_high);
  to[kLimbs] = of_low;
  to[kLimbs + 1] = of_high;
}

}  // namespace internal

// What stands above 2^256 is folded down, limb by limb from the highest one.
constexpr void Field::fold_down(Wide& sum, std::size_t top) const {
  while (top >= kLimbs) {
    const std::uint32_t limb = sum[top];
    if (limb == 0) {
      --top;
      continue;
    }
    sum[top] = 0;
    std::uint32_t carry = 0;
    std::size_t at = top - kLimbs;
    for (std::size_t k = 0; k < fold_size_; ++k, ++at) {
      internal::multiply_add(limb, fold_.limbs[k], sum[at], carry);
    }
    for (; carry != 0; ++at) {
      const std::uint64_t next = std::uint64_t{sum[at]} + carry;
      sum[at] = static_cast<std::uint32_t>(next);
      carry = static_cast<std::uint32_t>(next >> 32);
    }
  }
}

// multiply makes the whole product. Nothing is cleared before: on bare metal that takes as long.
constexpr Wide multiply(const U256& a, const U256& b) {
  Wide product;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kLimbs; ++i) product[i] = 0;
  for (std::size_t i = 0; i < kLimbs; i += 2) {
    internal::multiply_by_two(a.limbs.data(), b.limbs[i], b.limbs[i + 1], &product[i]);
  }
  return product;
}

constexpr U256 Field::mul(const U256& a, const U256& b) const {
  const Wide product = multiply(a, b);
  Wide sum;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kLimbs; ++i) sum[i] = product[i];
  std::size_t top = kLimbs;
  for (std::size_t i = 0; i < fold_size_; i += 2, top += 2) {
    internal::multiply_by_two(&product[kLimbs], fold_.limbs[i], fold_.limbs[i + 1], &sum[i]);
  }
  fold_down(sum, top - 1);
  return {{sum[0], sum[1], sum[2], sum[3], sum[4], sum[5], sum[6], sum[7]}};
}

constexpr U256 Field::power(const U256& a, const U256& exponent) const {
  constexpr std::size_t kWindow = 2;  // bits: more would take more stack
  std::array<U256, 1U << kWindow> powers;
  powers[0].limbs[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = mul(powers[i - 1], a);
  U256 made = powers[0];
  for (std::size_t i = kBits; i > 0; i -= kWindow) {
    for (std::size_t k = 0; k < kWindow; ++k) made = square(made);
    const std::size_t at = i - kWindow;
    const std::uint32_t digit = exponent.limbs[at / 32] >> (at % 32) & (powers.size() - 1);
    if (digit != 0) made = mul(made, powers[digit]);
  }
  return made;
}

// By halving: a * of_u = u and a * of_v = v, modulo the prime, until one of them is 1.
constexpr U256 Field::inverse(const U256& a) const {
  const U256 one = from_hex("1");
  U256 u = canonical(a);
  U256 v = prime_;
  U256 of_u = one;
  U256 of_v;
  if (u.is_zero()) return u;
  const auto make_odd = [this](U256& number, U256& of) {
    while (!number.is_odd()) {
      halve(number, 0);
      of = half(of);
    }
  };
  while (true) {
    make_odd(u, of_u);
    if (u == one) return of_u;
    make_odd(v, of_v);
    if (v == one) return of_v;
    if (below(u, v)) {
      subtract_from(v, u);
      of_v = sub(of_v, of_u);
    } else {
      subtract_from(u, v);
      of_u = sub(of_u, of_v);
    }
  }
}

}  // namespace airlock::crypto::small
