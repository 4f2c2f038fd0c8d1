// Whole numbers of 256 bits modulo a prime near a power of two. For public values alone: time
// depends on them. Private to the room.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/base.h"

namespace airlock::crypto::small {

inline constexpr std::size_t kLimbs = 8;

// The lowest 32 bits first.
struct U256 {
  std::array<std::uint32_t, kLimbs> limbs{};

  constexpr bool bit(std::size_t index) const {
    return ((limbs[index / 32] >> (index % 32)) & 1U) != 0;
  }
  constexpr bool is_zero() const { return *this == U256{}; }
  friend constexpr bool operator==(const U256&, const U256&) = default;
};

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
bool below(const U256& a, const U256& b);
// subtract takes `b` away from an `a` that is not smaller.
U256 subtract(const U256& a, const U256& b);

// A prime, and what 2^256 is modulo it. Numbers that it gives back are below 2^256, and equal
// modulo the prime to what they should be; canonical makes them the least ones.
class Field {
 public:
  // 2^256 mod the prime is at most 2^130.
  constexpr Field(const U256& prime, const U256& fold) : prime_(prime), fold_(fold) {}

  const U256& prime() const { return prime_; }
  U256 canonical(U256 a) const;
  bool same(const U256& a, const U256& b) const { return canonical(a) == canonical(b); }
  U256 add(const U256& a, const U256& b) const;
  U256 sub(const U256& a, const U256& b) const { return add(a, negative(b)); }
  U256 negative(const U256& a) const { return subtract(prime_, canonical(a)); }
  U256 mul(const U256& a, const U256& b) const;
  U256 square(const U256& a) const { return mul(a, a); }
  U256 power(const U256& a, const U256& exponent) const;
  U256 inverse(const U256& a) const;  // of 0 it is 0

 private:
  using Wide = std::array<std::uint32_t, 2 * kLimbs>;
  U256 reduce(Wide& wide) const;

  U256 prime_;
  U256 fold_;
};

}  // namespace airlock::crypto::small
