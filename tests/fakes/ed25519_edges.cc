#include "tests/fakes/ed25519_edges.h"

#include <openssl/bn.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace airlock::fakes {
namespace {

using Encoding = std::array<std::uint8_t, 32>;

constexpr int kTriesMax = 1000;  // each hash has the remainder that is looked for by 1 in 8

// A whole number of any size.
class Number {
 public:
  Number(std::uint64_t value = 0) : number_(BN_new()) { BN_set_word(number_, value); }
  Number(const Number& other) : number_(BN_dup(other.number_)) {}
  Number& operator=(const Number& other) {
    if (this != &other) BN_copy(number_, other.number_);
    return *this;
  }
  ~Number() { BN_free(number_); }

  static Number of_hex(const char* hex) {
    Number made;
    AIRLOCK_CHECK(BN_hex2bn(&made.number_, hex) > 0);
    return made;
  }
  static Number of_little_endian(Bytes bytes) {
    Number made;
    BN_lebin2bn(bytes.data(), static_cast<int>(bytes.size()), made.number_);
    return made;
  }
  Encoding little_endian() const {
    Encoding bytes;
    AIRLOCK_CHECK(BN_bn2lebinpad(number_, bytes.data(), 32) == 32);
    return bytes;
  }
  bool fits() const { return BN_num_bits(number_) <= 256; }
  bool is_odd() const { return BN_is_odd(number_) == 1; }
  std::uint64_t modulo(std::uint64_t divisor) const { return BN_mod_word(number_, divisor); }

  BIGNUM* get() { return number_; }
  const BIGNUM* get() const { return number_; }

 private:
  BIGNUM* number_;
};

BN_CTX* scratch() {
  static BN_CTX* const context = BN_CTX_new();
  return context;
}

const Number& prime() {
  static const Number p =
      Number::of_hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
  return p;
}
const Number& order() {
  static const Number l =
      Number::of_hex("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");
  return l;
}

Number plus(const Number& a, const Number& b, const Number& modulus) {
  Number made;
  BN_mod_add(made.get(), a.get(), b.get(), modulus.get(), scratch());
  return made;
}
Number minus(const Number& a, const Number& b) {
  Number made;
  BN_mod_sub(made.get(), a.get(), b.get(), prime().get(), scratch());
  return made;
}
Number times(const Number& a, const Number& b, const Number& modulus) {
  Number made;
  BN_mod_mul(made.get(), a.get(), b.get(), modulus.get(), scratch());
  return made;
}
Number plus(const Number& a, const Number& b) { return plus(a, b, prime()); }
Number times(const Number& a, const Number& b) { return times(a, b, prime()); }
Number over(const Number& a, const Number& b) {
  Number inverse;
  AIRLOCK_CHECK(BN_mod_inverse(inverse.get(), b.get(), prime().get(), scratch()) != nullptr);
  return times(a, inverse);
}
Number sum(const Number& a, const Number& b) {
  Number made;
  BN_add(made.get(), a.get(), b.get());
  return made;
}

const Number& curve_d() {
  static const Number d = over(minus(0, 121665), 121666);
  return d;
}

// A point of the curve, x = X/Z and y = Y/Z (RFC 8032, section 5.1.4).
struct Point {
  Number x = 0, y = 1, z = 1;

  // of finds the point with this y whose x has this parity.
  static Point of(const Number& y, bool odd) {
    const Number squared = times(y, y);
    const Number x_squared = over(minus(squared, 1), plus(times(curve_d(), squared), 1));
    Point made;
    made.y = y;
    AIRLOCK_CHECK(BN_mod_sqrt(made.x.get(), x_squared.get(), prime().get(), scratch()) != nullptr);
    if (made.x.is_odd() != odd) made.x = minus(0, made.x);
    return made;
  }
  Encoding encode() const {
    Encoding bytes = over(y, z).little_endian();
    if (over(x, z).is_odd()) bytes[31] |= 0x80;
    return bytes;
  }
};

Point add(const Point& p, const Point& q) {
  const Number a = times(p.z, q.z), b = times(a, a), c = times(p.x, q.x), d = times(p.y, q.y);
  const Number e = times(curve_d(), times(c, d)), f = minus(b, e), g = plus(b, e);
  const Number cross = minus(minus(times(plus(p.x, p.y), plus(q.x, q.y)), c), d);
  return {times(a, times(f, cross)), times(a, times(g, plus(d, c))), times(f, g)};
}

Point multiply(const Number& scalar, const Point& point) {
  Point made;
  for (int bit = BN_num_bits(scalar.get()); bit-- > 0;) {
    made = add(made, made);
    if (BN_is_bit_set(scalar.get(), bit) == 1) made = add(made, point);
  }
  return made;
}

const Point& base() {
  static const Point b = Point::of(over(4, 5), false);
  return b;
}

// torsion is a multiple of a point of order 8: all eight points of small order.
const Point& torsion(std::uint64_t multiple) {
  static const std::vector<Point> all = [] {
    const Point one = Point::of(
        Number::of_hex("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826"), false);
    std::vector<Point> points(1);
    while (points.size() < 8) points.push_back(add(points.back(), one));
    return points;
  }();
  return all[multiple % 8];
}

// The order-8 part of a point whose encoding is not the canonical one.
struct Lenient {
  std::string_view name;
  Encoding encoding;
  std::uint64_t multiple;
};
std::vector<Lenient> lenient_encodings() {
  std::vector<Lenient> made;
  const auto sign = [](Encoding encoding) {
    encoding[31] |= 0x80;
    return encoding;
  };
  const auto place_of = [](const Encoding& canonical) {
    for (std::uint64_t i = 0; i < 8; ++i) {
      if (torsion(i).encode() == canonical) return i;
    }
    broken_promise();
  };
  const Encoding one = Number(1).little_endian(), zero = Number(0).little_endian();
  const Encoding minus_one = minus(0, 1).little_endian(), p = prime().little_endian();
  const Encoding p_plus_one = sum(prime(), 1).little_endian();
  made.push_back({"1 with a sign", sign(one), 0});
  made.push_back({"p+1", p_plus_one, 0});
  made.push_back({"p+1 with a sign", sign(p_plus_one), 0});
  made.push_back({"-1 with a sign", sign(minus_one), 4});
  made.push_back({"p", p, place_of(zero)});
  made.push_back({"p with a sign", sign(p), place_of(sign(zero))});
  return made;
}

Number hashed(Bytes r, Bytes a, Bytes message) {
  std::vector<std::uint8_t> whole(r.begin(), r.end());
  whole.insert(whole.end(), a.begin(), a.end());
  whole.insert(whole.end(), message.begin(), message.end());
  std::array<std::uint8_t, 64> digest;
  AIRLOCK_CHECK(
      EVP_Digest(whole.data(), whole.size(), digest.data(), nullptr, EVP_sha512(), nullptr) == 1);
  Number made;
  BN_mod(made.get(), Number::of_little_endian(digest).get(), order().get(), scratch());
  return made;
}

// Whoever makes the edges: an honest key a·B, and a nonce r, from which searches start.
class Edges {
 public:
  explicit Edges(const MessageOf& message_of) : message_of_(message_of) {}

  std::vector<Ed25519Edge> make() {
    honest_and_not_reduced();
    for (std::uint64_t t = 0; t < 8; ++t) small_key(t);
    for (std::uint64_t t = 0; t < 8; ++t) small_r(t);
    for (const Lenient& one : lenient_encodings()) lenient_key(one);
    for (const Lenient& one : lenient_encodings()) lenient_r(one);
    for (std::uint64_t t = 1; t < 8; ++t) mixed(t);
    return std::move(made_);
  }

 private:
  void keep(std::string name, const Encoding& a, const Encoding& r, const Number& s, bool valid) {
    Ed25519Edge edge{std::move(name), {a.begin(), a.end()}, {r.begin(), r.end()}, valid};
    const Encoding scalar = s.little_endian();
    edge.signature.insert(edge.signature.end(), scalar.begin(), scalar.end());
    made_.push_back(std::move(edge));
  }
  Number challenge(const Encoding& a, const Encoding& r) { return hashed(r, a, message_of_(a)); }
  Number answer(const Number& r, const Number& h, const Number& a) {
    return plus(r, times(h, a, order()), order());
  }

  void honest_and_not_reduced() {
    const Encoding a = multiply(a_, base()).encode(), r = multiply(r_, base()).encode();
    Number s = answer(r_, challenge(a, r), a_);
    keep("honest", a, r, s, true);
    for (int k = 1; (s = sum(s, order())).fits(); ++k) {
      keep("S + " + std::to_string(k) + "·L", a, r, s, false);
    }
  }

  // R = r·B (+ an offset) such that `wanted` accepts the challenge's remainder modulo 8.
  template <class Wanted>
  void search_r(const std::string& name, const Encoding& key, const Number& a, const Point& offset,
                bool valid, Wanted wanted) {
    Number r = r_;
    Point point = add(multiply(r, base()), offset);
    for (int tries = 0; tries < kTriesMax; ++tries) {
      const Encoding encoded = point.encode();
      const Number h = challenge(key, encoded);
      if (wanted(h.modulo(8))) return keep(name, key, encoded, answer(r, h, a), valid);
      r = plus(r, 1, order());
      point = add(point, base());
    }
    broken_promise();
  }

  // A = a·B + T such that the challenge, times T, takes away R, a multiple of the same point.
  void search_a(const std::string& name, const Encoding& r, std::uint64_t multiple) {
    Number a = a_;
    Point point = add(multiply(a, base()), torsion(1));
    for (int tries = 0; tries < kTriesMax; ++tries) {
      const Encoding key = point.encode();
      const Number h = challenge(key, r);
      if ((h.modulo(8) + multiple) % 8 == 0) return keep(name, key, r, answer(0, h, a), false);
      a = plus(a, 1, order());
      point = add(point, base());
    }
    broken_promise();
  }

  void small_key(std::uint64_t t) {
    search_r("A of small order, " + std::to_string(t), torsion(t).encode(), 0, Point(), false,
             [t](std::uint64_t h) { return h * t % 8 == 0; });
  }
  void lenient_key(const Lenient& one) {
    search_r("A not canonical, " + std::string(one.name), one.encoding, 0, Point(), false,
             [&](std::uint64_t h) { return h * one.multiple % 8 == 0; });
  }
  void small_r(std::uint64_t t) {
    search_a("R of small order, " + std::to_string(t), torsion(t).encode(), t);
  }
  void lenient_r(const Lenient& one) {
    search_a("R not canonical, " + std::string(one.name), one.encoding, one.multiple);
  }

  // Where a point of small order hides in A, in R, or in both, the equation alone decides.
  void mixed(std::uint64_t t) {
    const std::string which = ", " + std::to_string(t);
    const Encoding honest = multiply(a_, base()).encode();
    const Encoding key = add(multiply(a_, base()), torsion(t)).encode();
    search_r("A of mixed order" + which, key, a_, Point(), true,
             [t](std::uint64_t h) { return h * t % 8 == 0; });
    search_r("A of mixed order, cofactored alone" + which, key, a_, Point(), false,
             [t](std::uint64_t h) { return h * t % 8 != 0; });
    search_r("R of mixed order, cofactored alone" + which, honest, a_, torsion(t), false,
             [](std::uint64_t) { return true; });
    search_r("A and R of mixed order" + which, key, a_, torsion(t), true,
             [t](std::uint64_t h) { return (h * t + t) % 8 == 0; });
  }

  const MessageOf& message_of_;
  std::vector<Ed25519Edge> made_;
  Number a_ = Number::of_hex("0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789abcdef");
  Number r_ = Number::of_hex("03141592653589793238462643383279502884197169399375105820974944ab");
};

}  // namespace

std::vector<Ed25519Edge> ed25519_edges(const MessageOf& message_of) {
  return Edges(message_of).make();
}

}  // namespace airlock::fakes
