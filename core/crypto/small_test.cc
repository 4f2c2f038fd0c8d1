// The small verifiers beside the host's libraries: one verdict, whatever the input.
#include "core/crypto/small.h"

#include <gtest/gtest.h>
#include <secp256k1.h>

#include <random>
#include <vector>

#include "core/crypto/backend.h"
#include "core/crypto/crypto.h"
#include "core/crypto/ed25519_rules.h"
#include "core/crypto/sha2.h"
#include "tests/fakes/corpus.h"
#include "tests/fakes/ed25519_edges.h"
#include "tests/fakes/memory.h"
#include "tests/fakes/signers.h"

namespace airlock::crypto {
namespace {

using Buffer = std::vector<std::uint8_t>;

constexpr int kRounds = 200;

bool small_says(const PublicKey& key, Bytes message, Bytes signature) {
  const Bytes parts[] = {message.first(message.size() / 3), message.subspan(message.size() / 3)};
  if (key.algorithm == Algorithm::eddsa) {
    return small::ed25519_equation(key.view(), parts, signature);
  }
  return small::secp256k1_valid(key.view(), sha256(message).bytes, signature);
}

TEST(SmallHash, IsSha256HoweverItsInputIsCut) {
  const Buffer bytes = fakes::noise(700, 1);
  for (std::size_t size = 0; size <= 300; ++size) {
    const Bytes input = Bytes(bytes).first(size);
    for (const std::size_t cut : {std::size_t{0}, size / 2, size}) {
      small::Sha256State hash;
      hash.update(input.first(cut));
      hash.update(input.subspan(cut));
      ASSERT_EQ(hash.finish(), sha256(input).bytes) << size << " cut at " << cut;
    }
  }
}

// FIPS 180-4: "abc", and the empty input of the NIST's vectors.
TEST(SmallHash, IsSha512) {
  const auto hash_of = [](std::string_view text) {
    small::Sha512State hash;
    hash.update(bytes_of(text));
    const auto made = hash.finish();
    return Buffer(made.begin(), made.end());
  };
  EXPECT_EQ(
      hash_of("abc"),
      fakes::bytes_of_hex("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                          "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"));
  EXPECT_EQ(hash_of(""), fakes::bytes_of_hex(
                             "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
                             "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"));
}

TEST(SmallVerifier, SaysWhatTheHostsLibrariesSayOfRealAndChangedSignatures) {
  std::mt19937 dice(7);
  for (const Algorithm algorithm : {Algorithm::eddsa, Algorithm::es256k}) {
    for (int round = 0; round < kRounds; ++round) {
      const fakes::Signer signer("signer " + std::to_string(round), algorithm);
      Buffer message = fakes::noise(dice() % 300, static_cast<std::uint32_t>(round));
      Buffer signature = signer.sign_message(message);
      ASSERT_TRUE(small_says(signer.key(), message, signature)) << round;
      signature[dice() % 64] ^= static_cast<std::uint8_t>(1U << (dice() % 8));
      const Bytes whole[] = {message};
      EXPECT_EQ(small_says(signer.key(), message, signature),
                verify(signer.key(), whole, signature).has_value());
      EXPECT_FALSE(small_says(signer.key(), message, signature));
    }
  }
}

// By the rules first, as core/crypto/verify.cc asks them.
TEST(SmallVerifier, JudgesEd25519AtItsEdgesByTheOneRule) {
  const Buffer message = fakes::noise(100, 3);
  const Bytes parts[] = {message};
  std::size_t judged = 0;
  for (const fakes::Ed25519Edge& edge : fakes::ed25519_edges([&](Bytes) { return message; })) {
    if (edge.key.size() != 32 || edge.signature.size() != 64) continue;
    const Bytes r = Bytes(edge.signature).first(32);
    if (!is_canonical_point(r) || is_small_order_point(r)) continue;
    if (!is_canonical_point(edge.key) || is_small_order_point(edge.key)) continue;
    if (!is_canonical_scalar(Bytes(edge.signature).last(32))) continue;
    ++judged;
    EXPECT_EQ(small::ed25519_equation(edge.key, parts, edge.signature), edge.is_valid) << edge.name;
  }
  EXPECT_GT(judged, 2U);
}

TEST(SmallVerifier, KnowsThePointsOfSecp256k1AsTheHostDoes) {
  std::size_t on_curve = 0;
  for (std::uint32_t round = 0; round < 200; ++round) {
    Buffer key = fakes::noise(33, round);
    key[0] = static_cast<std::uint8_t>(round % 5);
    if (round % 7 == 0) std::fill_n(key.begin() + 1, 28, std::uint8_t{0xff});
    ASSERT_EQ(small::secp256k1_on_curve(key), backend::secp256k1_on_curve(key)) << round;
    if (small::secp256k1_on_curve(key)) ++on_curve;
  }
  EXPECT_GT(on_curve, 20U);
}

TEST(SmallVerifier, TakesNoHighSAndNoNumberOutsideTheOrder) {
  const fakes::Signer signer("signer", Algorithm::es256k);
  const Buffer message = fakes::noise(50, 5);
  const Buffer good = signer.sign_message(message);
  const Buffer order =
      fakes::bytes_of_hex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
  Buffer high = good;
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int left = order[i] - good[32 + i] - borrow;
    borrow = left < 0 ? 1 : 0;
    high[32 + i] = static_cast<std::uint8_t>(left);
  }
  ASSERT_TRUE(small_says(signer.key(), message, good));
  EXPECT_FALSE(small_says(signer.key(), message, high));
  for (const std::size_t at : {std::size_t{0}, std::size_t{32}}) {
    for (const Buffer& number : {order, Buffer(32, 0), Buffer(32, 0xff)}) {
      Buffer wrong = good;
      std::copy(number.begin(), number.end(), wrong.begin() + static_cast<std::ptrdiff_t>(at));
      EXPECT_FALSE(small_says(signer.key(), message, wrong));
    }
  }
}

// Of few bits, of one half (lambda), and their negatives: for these the sums on the way are sums of
// equal points, or none.
std::vector<Buffer> special_scalars() {
  std::vector<Buffer> scalars;
  for (const int low : {1, 2, 3, 4, 5, 8, 31, 32}) {
    scalars.emplace_back(32, std::uint8_t{0});
    scalars.back().back() = static_cast<std::uint8_t>(low);
  }
  scalars.push_back(
      fakes::bytes_of_hex("5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72"));
  scalars.push_back(Buffer(16, 0));
  scalars.back().resize(32, 0xff);
  const std::size_t count = scalars.size();
  for (std::size_t i = 0; i < count; ++i) {
    scalars.push_back(scalars[i]);
    EXPECT_EQ(secp256k1_ec_seckey_negate(secp256k1_context_static, scalars.back().data()), 1);
  }
  return scalars;
}

Buffer compressed(const secp256k1_pubkey& point) {
  Buffer made(33);
  std::size_t size = made.size();
  secp256k1_ec_pubkey_serialize(secp256k1_context_static, made.data(), &size, &point,
                                SECP256K1_EC_COMPRESSED);
  return made;
}

// Where s = r, the point that is found is t * G + Q for a digest of t * r: with t and Q chosen so
// that its halves meet.
TEST(SmallVerifier, SaysWhatTheHostSaysWherePointsMeetOnTheWay) {
  auto* const context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
  int valid = 0;
  for (const Buffer& secret : special_scalars()) {
    secp256k1_pubkey owner;
    ASSERT_EQ(secp256k1_ec_pubkey_create(context, &owner, secret.data()), 1);
    const Buffer key = compressed(owner);
    for (const Buffer& t : special_scalars()) {
      secp256k1_pubkey found = owner;
      if (secp256k1_ec_pubkey_tweak_add(context, &found, t.data()) == 0) found = owner;  // infinity
      const Buffer x = compressed(found);
      Buffer signature(x.begin() + 1, x.end());
      Buffer digest = signature;
      ASSERT_EQ(secp256k1_ec_seckey_tweak_mul(context, digest.data(), t.data()), 1);
      signature.insert(signature.end(), x.begin() + 1, x.end());
      const bool is_valid = backend::secp256k1_valid(key, digest, signature);
      EXPECT_EQ(small::secp256k1_valid(key, digest, signature), is_valid);
      valid += is_valid ? 1 : 0;
    }
  }
  EXPECT_GT(valid, 100);  // half of all have a low s
  secp256k1_context_destroy(context);
}

}  // namespace
}  // namespace airlock::crypto
