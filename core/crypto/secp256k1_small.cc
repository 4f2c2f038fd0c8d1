// ECDSA over secp256k1 (SEC 1, SEC 2), low-S only, by Jacobian coordinates.
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

// z = 0 is the point at infinity.
struct Point {
  U256 x, y, z;
  bool is_infinity() const { return kField.canonical(z).is_zero(); }
};
constexpr Point kBase = {
    from_hex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
    from_hex("483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"), kOne};

U256 twice(const U256& a) { return kField.add(a, a); }

Point double_of(const Point& p) {
  const Field& f = kField;
  const U256 b = f.square(p.y);
  const U256 c = f.square(b);
  const U256 d = twice(twice(f.mul(p.x, b)));
  const U256 a = f.square(p.x);
  const U256 e = f.add(twice(a), a);
  const U256 x = f.sub(f.square(e), twice(d));
  const U256 y = f.sub(f.mul(e, f.sub(d, x)), twice(twice(twice(c))));
  return {x, y, twice(f.mul(p.y, p.z))};
}

Point add(const Point& p, const Point& q) {
  if (p.is_infinity()) return q;
  if (q.is_infinity()) return p;
  const Field& f = kField;
  const U256 pz2 = f.square(p.z);
  const U256 qz2 = f.square(q.z);
  const U256 u = f.mul(p.x, qz2);
  const U256 h = f.sub(f.mul(q.x, pz2), u);
  const U256 s = f.mul(p.y, f.mul(q.z, qz2));
  const U256 r = f.sub(f.mul(q.y, f.mul(p.z, pz2)), s);
  if (f.canonical(h).is_zero()) return f.canonical(r).is_zero() ? double_of(p) : Point{};
  const U256 h2 = f.square(h);
  const U256 h3 = f.mul(h, h2);
  const U256 v = f.mul(u, h2);
  const U256 x = f.sub(f.sub(f.square(r), h3), twice(v));
  const U256 y = f.sub(f.mul(r, f.sub(v, x)), f.mul(s, h3));
  return {x, y, f.mul(h, f.mul(p.z, q.z))};
}

// a * P + b * Q
Point combine(const U256& a, const Point& p, const U256& b, const Point& q) {
  const Point both = add(p, q);
  Point sum;
  for (std::size_t i = 256; i-- > 0;) {
    sum = double_of(sum);
    if (a.bit(i) && b.bit(i)) {
      sum = add(sum, both);
    } else if (a.bit(i)) {
      sum = add(sum, p);
    } else if (b.bit(i)) {
      sum = add(sum, q);
    }
  }
  return sum;
}

// The point of a compressed encoding, if there is one.
std::optional<Point> decode(Bytes key) {
  if (key.size() != 33 || (key[0] != 2 && key[0] != 3)) return {};
  const U256 x = from_big_endian(key.last(32));
  if (!below(x, kField.prime())) return {};
  const U256 squared = kField.add(kField.mul(kField.square(x), x), kSeven);
  U256 y = kField.canonical(kField.power(squared, kRootExponent));
  if (!kField.same(kField.square(y), squared)) return {};
  const bool is_odd = (y.limbs[0] & 1U) != 0;
  if (is_odd != (key[0] == 3)) y = kField.canonical(kField.negative(y));
  return Point{x, y, kOne};
}

}  // namespace

bool secp256k1_on_curve(Bytes key) { return decode(key).has_value(); }

bool secp256k1_valid(Bytes key, Bytes digest, Bytes signature) {
  AIRLOCK_CHECK(digest.size() == 32 && signature.size() == 64);
  const std::optional<Point> owner = decode(key);
  const U256 r = from_big_endian(signature.first(32));
  const U256 s = from_big_endian(signature.last(32));
  if (!owner || r.is_zero() || s.is_zero()) return false;
  if (!below(r, kOrder.prime()) || below(kHalfOrder, s)) return false;
  const U256 inverse = kOrder.inverse(s);
  const U256 of_base = kOrder.canonical(kOrder.mul(from_big_endian(digest), inverse));
  const U256 of_owner = kOrder.canonical(kOrder.mul(r, inverse));
  const Point found = combine(of_base, kBase, of_owner, *owner);
  if (found.is_infinity()) return false;
  const U256 z = kField.inverse(found.z);
  const U256 x = kField.canonical(kField.mul(found.x, kField.square(z)));
  return kOrder.canonical(x) == r;
}

}  // namespace airlock::crypto::small
