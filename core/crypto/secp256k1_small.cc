// ECDSA over secp256k1 (SEC 1, SEC 2), low-S only: Jacobian coordinates, two scalars at once, each
// in two halves by odd signed digits (Guide to Elliptic Curve Cryptography,
// algorithms 3.35, 3.51, 3.77).
#include <optional>

#include "core/crypto/residue.h"
#include "core/crypto/small.h"

namespace airlock::crypto::small {
namespace {

constexpr U256 kOne = from_hex("1");
constexpr U256 kSeven = from_hex("7");
constexpr Field kField{from_hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"),
                       from_hex("1000003d1")};
constexpr Field kOrder{from_hex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"),
                       from_hex("14551231950b75fc4402da1732fc9bebf")};
constexpr U256 kHalfOrder =
    from_hex("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");
// (p + 1) / 4
constexpr U256 kRootExponent =
    from_hex("3fffffffffffffffffffffffffffffffffffffffffffffffffffffffbfffff0c");

struct Affine {
  U256 x, y;
};
struct Point {
  U256 x, y, z;
  bool is_infinity = true;
};
constexpr Affine kBase = {
    from_hex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
    from_hex("483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8")};

constexpr Point point_of(const Affine& a) { return {a.x, a.y, kOne, false}; }

// double_it makes a point its double. None of this curve has y = 0.
constexpr void double_it(Point& p) {
  const Field& f = kField;
  p.z = f.mul(p.y, p.z);
  U256 slope = f.square(p.x);
  slope = f.half(f.add(f.twice(slope), slope));
  p.y = f.square(p.y);
  const U256 t = f.mul(p.x, p.y);
  p.x = f.sub(f.square(slope), f.twice(t));
  p.y = f.square(p.y);
  p.y = f.sub(f.mul(slope, f.sub(t, p.x)), p.y);
}

// join adds q, told by x and y, to a p of the same denominators, z being their product. False where
// the two are one point: then p is as it was.
constexpr bool join(Point& p, U256 qx, U256 qy, const U256& z) {
  const Field& f = kField;
  qx = f.sub(qx, p.x);
  qy = f.sub(qy, p.y);
  if (f.canonical(qx).is_zero()) {
    p.is_infinity = !f.canonical(qy).is_zero();
    return p.is_infinity;
  }
  p.z = f.mul(z, qx);
  U256 power = f.square(qx);
  const U256 v = f.mul(p.x, power);
  power = f.mul(power, qx);
  p.x = f.sub(f.sub(f.square(qy), power), f.twice(v));
  p.y = f.sub(f.mul(qy, f.sub(v, p.x)), f.mul(p.y, power));
  return true;
}

constexpr bool add_other(Point& p, const Affine& q) {
  const Field& f = kField;
  const U256 zz = f.square(p.z);
  return join(p, f.mul(q.x, zz), f.mul(q.y, f.mul(zz, p.z)), p.z);
}

constexpr bool add_other(Point& p, const Point& q) {
  const Field& f = kField;
  U256 zz = f.square(p.z);
  const U256 x = f.mul(q.x, zz);
  const U256 y = f.mul(q.y, f.mul(zz, p.z));
  const U256 z = f.mul(p.z, q.z);
  zz = f.square(q.z);
  const U256 own_x = p.x;
  const U256 own_y = p.y;
  p.x = f.mul(p.x, zz);
  p.y = f.mul(p.y, f.mul(zz, q.z));
  if (join(p, x, y, z)) return true;
  p.x = own_x;
  p.y = own_y;
  return false;
}

constexpr Point point_of(const Point& p) { return p; }

// add_to makes p the sum of both; q is a point, not infinity.
template <class Other>
constexpr void add_to(Point& p, const Other& q) {
  if (p.is_infinity) {
    p = point_of(q);
  } else if (!add_other(p, q)) {
    double_it(p);
  }
}

constexpr std::size_t kHalfBits = 128;

// A number below 2^128 by digits that are odd, of either sign and below 2^(width - 1), or 0.
template <int kWidth>
class Digits {
 public:
  Digits(U256 number, bool is_negative) {
    for (std::size_t at = 0; !number.is_zero(); ++at) {
      AIRLOCK_CHECK(at < digits_.size());
      if (number.is_odd()) digits_[at] = take(number, is_negative);
      halve(number, 0);
    }
  }
  int operator[](std::size_t at) const { return digits_[at]; }

 private:
  static std::int8_t take(U256& number, bool is_negative) {
    constexpr int kRange = 1 << kWidth;
    const int low = static_cast<int>(number.limbs[0] & (kRange - 1));
    const int digit = low < kRange / 2 ? low : low - kRange;
    U256 part;
    part.limbs[0] = static_cast<std::uint32_t>(digit < 0 ? -digit : digit);
    if (digit < 0) {
      add_to(number, part);
    } else {
      subtract_from(number, part);
    }
    return static_cast<std::int8_t>(is_negative ? -digit : digit);
  }

  std::array<std::int8_t, kHalfBits + 1> digits_{};
};

// The endomorphism of this curve: (beta x, y) is lambda times (x, y).
constexpr U256 kBeta = from_hex("7ae96a2b657c07106e64479eac3434e99cf0497512f58995c1396c28719501ee");
constexpr U256 kLambda =
    from_hex("5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72");
// Two short vectors (a, b) of which a + b * lambda is 0 modulo the order, by their b; and b * 2^384
// through the order, rounded.
constexpr U256 kMinusB1 = from_hex("e4437ed6010e88286f547fa90abfe4c3");
constexpr U256 kB2 = from_hex("3086d221a7d46bcde86c90e49284eb15");
constexpr U256 kScaledB2 =
    from_hex("3086d221a7d46bcde86c90e49284eb153daa8a1471e8ca7fe893209a45dbb031");
constexpr U256 kScaledMinusB1 =
    from_hex("e4437ed6010e88286f547fa90abfe4c4221208ac9df506c61571b4ae8ac47f71");

// a * b / 2^384, rounded.
U256 scale(const U256& a, const U256& b) {
  const Wide product = multiply(a, b);
  U256 made;
  for (std::size_t i = 0; i < 4; ++i) made.limbs[i] = product[12 + i];
  U256 rest;
  rest.limbs[0] = product[11] >> 31;
  add_to(made, rest);
  return made;
}

template <int kWidth>
Digits<kWidth> digits_of(const U256& scalar) {
  const U256 number = kOrder.canonical(scalar);
  const bool is_negative = below(kHalfOrder, number);
  return Digits<kWidth>(is_negative ? kOrder.canonical(kOrder.negative(number)) : number,
                        is_negative);
}

// A scalar as first + second * lambda (Gallant, Lambert, Vanstone 2001).
struct Halves {
  explicit Halves(const U256& scalar)
      : second(kOrder.sub(kOrder.mul(scale(scalar, kScaledB2), kMinusB1),
                          kOrder.mul(scale(scalar, kScaledMinusB1), kB2))),
        first(kOrder.sub(scalar, kOrder.mul(second, kLambda))) {}
  U256 second, first;
};

template <int kWidth>
struct Places {
  explicit Places(const Halves& halves)
      : first(digits_of<kWidth>(halves.first)), second(digits_of<kWidth>(halves.second)) {}
  Digits<kWidth> first, second;
};

constexpr int kBaseWidth = 6;   // a table in flash
constexpr int kOwnerWidth = 4;  // a table on the stack

template <int kWidth>
constexpr std::size_t kOddMultiples = std::size_t{1} << (kWidth - 2);

// multiples_of answers the point, its triple, and so on.
template <std::size_t kCount>
constexpr std::array<Point, kCount> multiples_of(const Affine& point) {
  std::array<Point, kCount> made;
  made[0] = point_of(point);
  Point both = made[0];
  double_it(both);
  for (std::size_t i = 1; i < kCount; ++i) {
    made[i] = both;
    add_to(made[i], made[i - 1]);
  }
  return made;
}

// One inverse serves all: of the product of all denominators, from which each is taken again.
template <std::size_t kCount>
constexpr std::array<Affine, kCount> affine_of(const std::array<Point, kCount>& points) {
  const Field& f = kField;
  std::array<U256, kCount> products;
  products[0] = points[0].z;
  for (std::size_t i = 1; i < kCount; ++i) products[i] = f.mul(products[i - 1], points[i].z);
  U256 inverse = f.inverse(products[kCount - 1]);
  std::array<Affine, kCount> made;
  for (std::size_t i = kCount; i-- > 0;) {
    const Point& p = points[i];
    const U256 own = i == 0 ? inverse : f.mul(inverse, products[i - 1]);
    const U256 square = f.square(own);
    made[i] = {f.canonical(f.mul(p.x, square)), f.canonical(f.mul(p.y, f.mul(square, own)))};
    inverse = f.mul(inverse, p.z);
  }
  return made;
}

constexpr auto kMultiplesOfBase = affine_of(multiples_of<kOddMultiples<kBaseWidth>>(kBase));

// add_multiple adds what a digit stands for, lambda times if it is of a second half.
template <class Table>
[[gnu::noinline]] void add_multiple(Point& sum, const Table& table, int digit, bool is_second) {
  if (digit == 0) return;
  auto found = table[static_cast<std::size_t>(digit < 0 ? -digit : digit) / 2];
  if (digit < 0) found.y = kField.negative(found.y);
  if (is_second) found.x = kField.mul(found.x, kBeta);
  add_to(sum, found);
}

// a * G + b * Q
[[gnu::noinline]] Point combine(const U256& a, const U256& b, const Affine& q) {
  const auto multiples = multiples_of<kOddMultiples<kOwnerWidth>>(q);
  const Places<kBaseWidth> of_base{Halves(a)};
  const Places<kOwnerWidth> of_owner{Halves(b)};
  Point sum;
  for (std::size_t i = kHalfBits + 1; i-- > 0;) {
    if (!sum.is_infinity) double_it(sum);
    add_multiple(sum, kMultiplesOfBase, of_base.first[i], false);
    add_multiple(sum, kMultiplesOfBase, of_base.second[i], true);
    add_multiple(sum, multiples, of_owner.first[i], false);
    add_multiple(sum, multiples, of_owner.second[i], true);
  }
  return sum;
}

// The point of a compressed encoding, if there is one.
std::optional<Affine> decode(Bytes key) {
  if (key.size() != 33 || (key[0] != 2 && key[0] != 3)) return {};
  const U256 x = from_big_endian(key.last(32));
  if (!below(x, kField.prime())) return {};
  const U256 squared = kField.add(kField.mul(kField.square(x), x), kSeven);
  U256 y = kField.canonical(kField.power(squared, kRootExponent));
  if (!kField.same(kField.square(y), squared)) return {};
  if (y.is_odd() != (key[0] == 3)) y = kField.canonical(kField.negative(y));
  return Affine{x, y};
}

// Whether x / z^2, which is below the prime, is r modulo the order.
bool has_x(const Point& found, const U256& r) {
  const U256 zz = kField.square(found.z);
  if (kField.same(found.x, kField.mul(r, zz))) return true;
  U256 above = r;
  const std::uint32_t carry = add_to(above, kOrder.prime());
  return carry == 0 && below(above, kField.prime()) && kField.same(found.x, kField.mul(above, zz));
}

// By how much the base and the owner's point are multiplied.
struct Scalars {
  U256 of_base, of_owner;
};
[[gnu::noinline]] Scalars scalars_of(Bytes digest, const U256& r, const U256& s) {
  const Field& f = kOrder;
  const U256 inverse = f.inverse(s);
  return {f.canonical(f.mul(from_big_endian(digest), inverse)), f.canonical(f.mul(r, inverse))};
}

}  // namespace

bool secp256k1_on_curve(Bytes key) { return decode(key).has_value(); }

bool secp256k1_valid(Bytes key, Bytes digest, Bytes signature) {
  AIRLOCK_CHECK(digest.size() == 32 && signature.size() == 64);
  const U256 r = from_big_endian(signature.first(32));
  const U256 s = from_big_endian(signature.last(32));
  if (r.is_zero() || s.is_zero()) return false;
  if (!below(r, kOrder.prime()) || below(kHalfOrder, s)) return false;
  const std::optional<Affine> owner = decode(key);
  if (!owner) return false;
  const Scalars by = scalars_of(digest, r, s);
  const Point found = combine(by.of_base, by.of_owner, *owner);
  return !found.is_infinity && has_x(found, r);
}

}  // namespace airlock::crypto::small
