#include "core/crypto/residue.h"

namespace airlock::crypto::small {
namespace {

constexpr std::size_t kBits = 256;
// Each folding makes what is above 2^256 at least 126 bits shorter, until a carry is left.
constexpr int kFoldingsMax = 6;

// multiply adds a * b to what `to` holds, which must have room for it.
template <std::size_t kSize>
void multiply(const U256& a, const U256& b, std::array<std::uint32_t, kSize>& to) {
  for (std::size_t i = 0; i < kLimbs; ++i) {
    std::uint64_t carry = 0;
    for (std::size_t k = 0; k < kLimbs; ++k) {
      carry += to[i + k] + std::uint64_t{a.limbs[i]} * b.limbs[k];
      to[i + k] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    for (std::size_t k = i + kLimbs; carry != 0; ++k) {
      AIRLOCK_CHECK(k < kSize);
      carry += to[k];
      to[k] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
  }
}

}  // namespace

U256 from_big_endian(Bytes bytes) {
  AIRLOCK_CHECK(bytes.size() == 32);
  U256 made;
  for (std::size_t i = 0; i < 32; ++i) {
    made.limbs[i / 4] |= std::uint32_t{bytes[31 - i]} << (i % 4 * 8);
  }
  return made;
}

U256 from_little_endian(Bytes bytes) {
  AIRLOCK_CHECK(bytes.size() == 32);
  U256 made;
  for (std::size_t i = 0; i < 32; ++i) {
    made.limbs[i / 4] |= std::uint32_t{bytes[i]} << (i % 4 * 8);
  }
  return made;
}

bool below(const U256& a, const U256& b) {
  for (std::size_t i = kLimbs; i-- > 0;) {
    if (a.limbs[i] != b.limbs[i]) return a.limbs[i] < b.limbs[i];
  }
  return false;
}

U256 subtract(const U256& a, const U256& b) {
  U256 made;
  std::int64_t borrow = 0;
  for (std::size_t i = 0; i < kLimbs; ++i) {
    borrow += std::int64_t{a.limbs[i]} - b.limbs[i];
    made.limbs[i] = static_cast<std::uint32_t>(borrow);
    borrow >>= 32;
  }
  return made;
}

// No prime here goes more than twice into what is below 2^256.
U256 Field::canonical(U256 a) const {
  for (int i = 0; i < 2 && !below(a, prime_); ++i) a = subtract(a, prime_);
  return a;
}

U256 Field::reduce(Wide& wide) const {
  for (int i = 0; i < kFoldingsMax; ++i) {
    U256 high;
    std::uint32_t any = 0;
    for (std::size_t k = 0; k < kLimbs; ++k) {
      high.limbs[k] = wide[kLimbs + k];
      any |= high.limbs[k];
      wide[kLimbs + k] = 0;
    }
    if (any == 0) break;
    multiply(high, fold_, wide);
  }
  U256 made;
  for (std::size_t k = 0; k < kLimbs; ++k) {
    AIRLOCK_CHECK(wide[kLimbs + k] == 0);
    made.limbs[k] = wide[k];
  }
  return made;
}

U256 Field::add(const U256& a, const U256& b) const {
  Wide wide{};
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < kLimbs; ++i) {
    carry += std::uint64_t{a.limbs[i]} + b.limbs[i];
    wide[i] = static_cast<std::uint32_t>(carry);
    carry >>= 32;
  }
  wide[kLimbs] = static_cast<std::uint32_t>(carry);
  return reduce(wide);
}

U256 Field::mul(const U256& a, const U256& b) const {
  Wide wide{};
  multiply(a, b, wide);
  return reduce(wide);
}

U256 Field::power(const U256& a, const U256& exponent) const {
  U256 made;
  made.limbs[0] = 1;
  for (std::size_t i = kBits; i-- > 0;) {
    made = square(made);
    if (exponent.bit(i)) made = mul(made, a);
  }
  return made;
}

U256 Field::inverse(const U256& a) const {
  U256 two;
  two.limbs[0] = 2;
  return power(a, subtract(prime_, two));
}

}  // namespace airlock::crypto::small
