// Ed25519 (RFC 8032): the cofactorless equation, by extended coordinates.
#include <optional>

#include "core/crypto/residue.h"
#include "core/crypto/sha2.h"
#include "core/crypto/small.h"

namespace airlock::crypto::small {
namespace {

constexpr U256 kOne = from_hex("1");
constexpr Field kField{from_hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed"),
                       from_hex("26")};
constexpr U256 kD = from_hex("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3");
constexpr U256 kTwoD = from_hex("2406d9dc56dffce7198e80f2eef3d13000e0149a8283b156ebd69b9426b2f159");
constexpr U256 kRootOfMinusOne =
    from_hex("2b8324804fc1df0b2b4d00993dfbd7a72f431806ad2fe478c4ee1b274a0ea0b0");
// (p - 5) / 8
constexpr U256 kRootExponent =
    from_hex("0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd");
constexpr U256 kOrder =
    from_hex("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");

struct Point {
  U256 x, y, z, t;
};
constexpr Point kNeutral = {{}, kOne, kOne, {}};
constexpr Point kBase = {
    from_hex("216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a"),
    from_hex("6666666666666666666666666666666666666666666666666666666666666658"), kOne,
    from_hex("67875f0fd78b766566ea4e8e64abe37d20f09f80775152f56dde8ab3a5b7dda3")};

// add is complete: it doubles too.
Point add(const Point& p, const Point& q) {
  const Field& f = kField;
  const U256 a = f.mul(f.sub(p.y, p.x), f.sub(q.y, q.x));
  const U256 b = f.mul(f.add(p.y, p.x), f.add(q.y, q.x));
  const U256 c = f.mul(f.mul(p.t, kTwoD), q.t);
  const U256 d = f.mul(f.add(p.z, p.z), q.z);
  const U256 e = f.sub(b, a);
  const U256 g = f.sub(d, c);
  const U256 h = f.add(d, c);
  const U256 i = f.add(b, a);
  return {f.mul(e, g), f.mul(h, i), f.mul(g, h), f.mul(e, i)};
}

// The point of a canonical encoding, if there is one.
std::optional<Point> decode(Bytes bytes) {
  const Field& f = kField;
  U256 y = from_little_endian(bytes);
  const bool wants_odd = (y.limbs[kLimbs - 1] >> 31) != 0;
  y.limbs[kLimbs - 1] &= 0x7fffffffU;
  const U256 y2 = f.square(y);
  const U256 u = f.sub(y2, kOne);
  const U256 v = f.add(f.mul(kD, y2), kOne);
  const U256 v3 = f.mul(f.square(v), v);
  const U256 v7 = f.mul(f.square(v3), v);
  U256 x = f.mul(f.mul(u, v3), f.power(f.mul(u, v7), kRootExponent));
  const U256 squared = f.mul(v, f.square(x));
  if (f.same(squared, f.negative(u))) {
    x = f.mul(x, kRootOfMinusOne);
  } else if (!f.same(squared, u)) {
    return {};
  }
  x = f.canonical(x);
  if (x.is_odd() != wants_odd) x = f.canonical(f.negative(x));
  return Point{x, y, kOne, f.mul(x, y)};
}

Point negative(const Point& p) { return {kField.negative(p.x), p.y, p.z, kField.negative(p.t)}; }

// SHA-512 is 512 bits, the lowest byte first; so many as this modulo the order.
U256 reduce_by_order(Bytes hash) {
  U256 made;
  for (std::size_t i = hash.size() * 8; i-- > 0;) {
    std::uint32_t carry = (std::uint32_t{hash[i / 8]} >> (i % 8)) & 1U;
    for (std::uint32_t& limb : made.limbs) {
      const std::uint32_t next = limb >> 31;
      limb = limb << 1 | carry;
      carry = next;
    }
    if (!below(made, kOrder)) subtract_from(made, kOrder);
  }
  return made;
}

// a * P + b * Q
Point combine(const U256& a, const Point& p, const U256& b, const Point& q) {
  const Point both = add(p, q);
  Point sum = kNeutral;
  for (std::size_t i = 256; i-- > 0;) {
    sum = add(sum, sum);
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

bool has_encoding(const Point& point, Bytes bytes) {
  const U256 inverse = kField.inverse(point.z);
  const U256 x = kField.canonical(kField.mul(point.x, inverse));
  U256 encoded = kField.canonical(kField.mul(point.y, inverse));
  if (x.is_odd()) encoded.limbs[kLimbs - 1] |= 0x80000000U;
  return encoded == from_little_endian(bytes);
}

}  // namespace

bool ed25519_equation(Bytes key, std::span<const Bytes> message, Bytes signature) {
  const std::optional<Point> owner = decode(key);
  if (!owner) return false;
  Sha512State hash;
  hash.update(signature.first(32));
  hash.update(key);
  for (const Bytes part : message) hash.update(part);
  const U256 challenge = reduce_by_order(hash.finish());
  const U256 s = from_little_endian(signature.last(32));
  return has_encoding(combine(s, kBase, challenge, negative(*owner)), signature.first(32));
}

}  // namespace airlock::crypto::small
