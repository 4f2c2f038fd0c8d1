// The one Ed25519 rule, at the edges where libraries disagree, and SHA-256's published digests.
#include "core/crypto/ed25519_rules.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "core/crypto/backend.h"
#include "core/crypto/crypto.h"
#include "tests/fakes/ed25519_edges.h"

namespace airlock::crypto {
namespace {

using Buffer = std::vector<std::uint8_t>;

Buffer hex(std::string_view text) {
  Buffer bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(
        static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// The eight points whose order divides 8, canonically encoded.
constexpr std::string_view kSmallOrder[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"};

// Encodings that a lenient decoder reads as a point: y >= p, and x = 0 with a sign.
constexpr std::string_view kNotCanonical[] = {
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};

// RFC 8032, section 7.1, test 2.
constexpr std::string_view kKey =
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
constexpr std::string_view kSignature =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

TEST(Ed25519Rules, KnowAllEightPointsOfSmallOrder) {
  for (std::string_view point : kSmallOrder) {
    EXPECT_TRUE(is_canonical_point(hex(point))) << point;
    EXPECT_TRUE(is_small_order_point(hex(point))) << point;
    EXPECT_EQ(make_public_key(Algorithm::eddsa, hex(point)).error().code, Code::weak_key);
  }
  EXPECT_FALSE(is_small_order_point(hex(kKey)));
}

TEST(Ed25519Rules, RefuseEveryEncodingThatIsNotCanonical) {
  for (std::string_view point : kNotCanonical) {
    EXPECT_FALSE(is_canonical_point(hex(point))) << point;
    EXPECT_EQ(make_public_key(Algorithm::eddsa, hex(point)).error().code, Code::bad_key);
  }
  EXPECT_TRUE(is_canonical_point(hex(kKey)));
}

TEST(Ed25519Rules, HoldScalarsBelowTheOrder) {
  EXPECT_TRUE(
      is_canonical_scalar(hex("ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")));
  EXPECT_FALSE(
      is_canonical_scalar(hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")));
  EXPECT_FALSE(is_canonical_scalar(Buffer(32, 0xff)));
}

TEST(Verify, AcceptsTheSignatureOfTheRfcAndNoFlippedBitOfIt) {
  const PublicKey key = *make_public_key(Algorithm::eddsa, hex(kKey));
  const Buffer message = {0x72};
  const Bytes parts[] = {message};
  const Buffer good = hex(kSignature);
  ASSERT_TRUE(verify(key, parts, good));
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Buffer bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << bit % 8);
    EXPECT_EQ(verify(key, parts, bad).error().code, Code::bad_signature) << bit;
  }
}

// With A the identity, the equation is S·B = R for every message: S = 1 and R = B satisfy it. A
// library that checks the equation alone says yes.
TEST(Verify, RefusesAKeyOfSmallOrderThoughTheEquationHolds) {
  PublicKey key;  // as if it had come past make_public_key
  for (std::uint8_t byte : hex(kSmallOrder[0])) ASSERT_TRUE(key.bytes.add(byte));
  Buffer signature = hex("5866666666666666666666666666666666666666666666666666666666666666");
  signature.resize(64);
  signature[32] = 1;
  for (std::string_view text : {"", "any", "message"}) {
    const Bytes parts[] = {bytes_of(text)};
    EXPECT_EQ(verify(key, parts, signature).error().code, Code::bad_signature);
  }
}

TEST(Verify, RefusesASignatureWhoseScalarIsNotReduced) {
  // S + L satisfies the same equation.
  const PublicKey key = *make_public_key(Algorithm::eddsa, hex(kKey));
  const Buffer order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  Buffer malleated = hex(kSignature);
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned>(malleated[32 + i]) + order[i];
    malleated[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  const Buffer message = {0x72};
  const Bytes parts[] = {message};
  EXPECT_EQ(verify(key, parts, malleated).error().code, Code::bad_signature);
}

TEST(Verify, TakesAMessageInPartsAsTheirConcatenation) {
  const PublicKey key = *make_public_key(Algorithm::eddsa, hex(kKey));
  const Buffer message = {0x72};
  const Bytes parts[] = {Bytes(), message, Bytes()};
  EXPECT_TRUE(verify(key, parts, hex(kSignature)));
}

PublicKey unchecked(Bytes bytes) {
  PublicKey key;  // as if it had come past make_public_key
  for (std::uint8_t byte : bytes) AIRLOCK_CHECK(key.bytes.add(byte).has_value());
  return key;
}

class Ed25519Edges : public testing::TestWithParam<std::string_view> {
 protected:
  Buffer message_{bytes_of(GetParam()).begin(), bytes_of(GetParam()).end()};
  std::vector<fakes::Ed25519Edge> edges_ = fakes::ed25519_edges([this](Bytes) { return message_; });
};

INSTANTIATE_TEST_SUITE_P(Messages, Ed25519Edges, testing::Values("", "a", "another message"));

TEST_P(Ed25519Edges, AreJudgedByTheRuleWhicheverWayTheKeyCame) {
  const std::array parts = {Bytes(message_)};
  for (const fakes::Ed25519Edge& edge : edges_) {
    EXPECT_EQ(verify(unchecked(edge.key), parts, edge.signature).has_value(), edge.is_valid)
        << edge.name;
    const auto key = make_public_key(Algorithm::eddsa, edge.key);
    EXPECT_EQ(key && verify(*key, parts, edge.signature), edge.is_valid) << edge.name;
  }
}

// An edge at which every library says no would show nothing.
TEST_P(Ed25519Edges, WouldPassInPartByTheEquationAlone) {
  const std::array parts = {Bytes(message_)};
  std::map<std::string, int> passes;
  for (const fakes::Ed25519Edge& edge : edges_) {
    const bool holds = backend::ed25519_equation(edge.key, parts, edge.signature);
    EXPECT_TRUE(holds || !edge.is_valid) << edge.name;
    if (edge.is_valid || !holds) continue;
    ++passes[edge.name.substr(0, edge.name.find(','))];
  }
  EXPECT_EQ(passes, (std::map<std::string, int>{
                        {"A of small order", 8}, {"R of small order", 8}, {"A not canonical", 6}}));
}

TEST(Sha256, HasThePublishedDigests) {
  const struct {
    std::string_view message;
    std::string_view digest;
  } kCases[] = {{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
                {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
                {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"}};
  for (const auto& one : kCases) {
    EXPECT_TRUE(equal(sha256(bytes_of(one.message)).bytes, hex(one.digest))) << one.message;
  }
}

TEST(Sha256, HashesInAnyCutsAndStartsAnewAfterFinish) {
  Buffer message(300);
  for (std::size_t i = 0; i < message.size(); ++i) message[i] = static_cast<std::uint8_t>(i * 7);
  Sha256 hash;
  for (std::size_t cut = 0; cut <= message.size(); ++cut) {
    hash.update(Bytes(message).first(cut));
    hash.update(Bytes(message).subspan(cut));
    ASSERT_EQ(hash.finish(), sha256(message)) << cut;
  }
}

}  // namespace
}  // namespace airlock::crypto
