// engine/number: whole numbers of up to 256 bits, exactly.
//
// They are what amounts, identifiers and words of a chain are. It promises exact results, decimal
// text in its one spelling, and no heap. It rounds only where it is told how (arithmetic.h), and it
// has no floating point.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/base.h"

namespace airlock::number {

inline constexpr std::size_t kDigitsMax = 78;  // of 2^256 - 1
inline constexpr unsigned kDecimalsMax = 255;

// An unsigned number below 2^256.
struct U256 {
  std::array<std::uint64_t, 4> limbs{};  // the least significant first

  constexpr U256() = default;
  constexpr U256(std::uint64_t value) : limbs{value, 0, 0, 0} {}

  constexpr bool is_zero() const { return (limbs[0] | limbs[1] | limbs[2] | limbs[3]) == 0; }
  // fits says whether the number is below 2^bits.
  bool fits(unsigned bits) const;
  // bit returns the bit of that weight, which is below 256.
  constexpr bool bit(unsigned index) const { return (limbs[index / 64] >> (index % 64) & 1) != 0; }

  friend constexpr bool operator==(const U256&, const U256&) = default;
  friend constexpr std::strong_ordering operator<=>(const U256& a, const U256& b) {
    if (a.limbs[3] != b.limbs[3]) return a.limbs[3] <=> b.limbs[3];
    if (a.limbs[2] != b.limbs[2]) return a.limbs[2] <=> b.limbs[2];
    if (a.limbs[1] != b.limbs[1]) return a.limbs[1] <=> b.limbs[1];
    return a.limbs[0] <=> b.limbs[0];
  }
};

// A number with a sign. Zero is not negative.
struct Signed {
  U256 magnitude;
  bool negative = false;
  friend constexpr bool operator==(const Signed&, const Signed&) = default;
};

// from_big and from_little read at most 32 bytes, in either order of bytes.
U256 from_big(Bytes bytes);
U256 from_little(Bytes bytes);
// to_big and to_little fill `room` (at most 32 bytes); what does not fit is cut off at the top.
void to_big(const U256& value, MutableBytes room);
void to_little(const U256& value, MutableBytes room);

// as_signed reads the lowest `bits` (8 to 256) as two's complement; from_signed is the way back,
// and out_of_range where the number needs more bits.
Signed as_signed(const U256& value, unsigned bits);
Result<U256> from_signed(const Signed& value, unsigned bits);

// read takes ASCII digits without leading zeros; read_signed a '-' before them too, but not "-0".
// Errors: bad_text, out_of_range.
Result<U256> read(std::string_view decimal);
Result<Signed> read_signed(std::string_view decimal);

// write puts the decimal digits at the start of `room` and returns how many there are.
std::size_t write(const U256& value, std::span<char, kDigitsMax> room);
// append adds the decimal digits to a text, a '-' before them where the number is negative.
void append(std::string& text, const U256& value);
void append(std::string& text, const Signed& value);

// append_scaled adds value / 10^decimals, all digits and no trailing zeros: "76.2346", "0", "5".
void append_scaled(std::string& text, const U256& value, unsigned decimals);

}  // namespace airlock::number
