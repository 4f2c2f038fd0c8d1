// SLH-DSA-SHA2-128s as verify.h offers it. The published vectors are in corpus_test.cc.
#include "core/crypto/slh_dsa.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/crypto/crypto.h"
#include "tests/fakes/slh_dsa.h"

namespace airlock::crypto {
namespace {

using Buffer = std::vector<std::uint8_t>;

// One key and its signature over "airlock", made once: signing takes a moment.
struct Signed {
  Buffer secret = [] {
    Buffer seeds(48);
    for (std::size_t i = 0; i < seeds.size(); ++i) seeds[i] = static_cast<std::uint8_t>(i);
    return fakes::slh_dsa_secret(seeds);
  }();
  PublicKey key =
      *make_public_key(Algorithm::slh_dsa_sha2_128s, Bytes(secret).last(kSlhDsaKeySize));
  Buffer signature = fakes::slh_dsa_sign(secret, bytes_of("airlock"));
};
const Signed& made() {
  static const Signed one;
  return one;
}

Code verdict(std::span<const Bytes> message, Bytes signature) {
  const Status verified = verify(made().key, message, signature);
  return verified ? Code::ok : verified.error().code;
}
Code verdict(std::string_view message, Bytes signature) {
  const std::array parts = {bytes_of(message)};
  return verdict(parts, signature);
}

// Known by another implementation: @noble/post-quantum 0.7.1 makes this key of these seeds and,
// deterministically, this signature.
TEST(SlhDsa, MakesTheKeyAndTheSignatureThatAnotherImplementationMakes) {
  std::string key, digest;
  const auto hex = [](std::string& to, Bytes bytes) {
    for (std::uint8_t byte : bytes) {
      to += "0123456789abcdef"[byte >> 4];
      to += "0123456789abcdef"[byte & 15];
    }
  };
  hex(key, made().key.view());
  hex(digest, sha256(made().signature).bytes);
  EXPECT_EQ(key, "202122232425262728292a2b2c2d2e2f990ce6298792b128846a8e4a3a68954c");
  EXPECT_EQ(digest, "f6ac6236eda6304142adcd18804e20df2bb3e45f2903853fb8e6c687c707cf21");
}

TEST(SlhDsa, AcceptsTheSignatureOverItsMessageAndNoOther) {
  EXPECT_EQ(verdict("airlock", made().signature), Code::ok);
  EXPECT_EQ(verdict("airlocK", made().signature), Code::bad_signature);
  EXPECT_EQ(verdict("", made().signature), Code::bad_signature);
}

TEST(SlhDsa, TakesAMessageInPartsAsTheirConcatenation) {
  const std::array parts = {bytes_of("air"), Bytes(), bytes_of("lo"), bytes_of("ck")};
  EXPECT_EQ(verdict(parts, made().signature), Code::ok);
  const std::vector<Bytes> many(kMessagePartsMax + 1);
  EXPECT_EQ(verdict(many, made().signature), Code::too_many);
}

// One bit in every hash that the signature is made of.
TEST(SlhDsa, RefusesAFlippedBitInEveryPartOfTheSignature) {
  for (std::size_t at = 0; at < kSlhDsaSignatureSize; at += slh_dsa::kHashSize) {
    Buffer bad = made().signature;
    bad[at + at / 16 % 16] ^= static_cast<std::uint8_t>(1U << at / 16 % 8);
    EXPECT_EQ(verdict("airlock", bad), Code::bad_signature) << at;
  }
}

TEST(SlhDsa, RefusesEveryFlippedBitOfTheKey) {
  for (std::size_t bit = 0; bit < kSlhDsaKeySize * 8; ++bit) {
    PublicKey bad = made().key;
    bad.bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    const std::array parts = {bytes_of("airlock")};
    EXPECT_FALSE(verify(bad, parts, made().signature)) << bit;
  }
}

TEST(SlhDsa, RefusesEveryOtherSize) {
  Buffer longer = made().signature;
  longer.push_back(0);
  EXPECT_EQ(verdict("airlock", longer), Code::bad_signature);
  EXPECT_EQ(verdict("airlock", Bytes(made().signature).first(kSlhDsaSignatureSize - 1)),
            Code::bad_signature);
  EXPECT_EQ(verdict("airlock", Bytes(made().signature).first(kCurveSignatureSize)),
            Code::bad_signature);
  EXPECT_EQ(make_public_key(Algorithm::slh_dsa_sha2_128s, Buffer(31)).error().code, Code::bad_key);
  EXPECT_EQ(make_public_key(Algorithm::slh_dsa_sha2_128s, Buffer(33)).error().code, Code::bad_key);
}

// FIPS 205, section 10.2: 0 is pure, 1 over a hash; then the context's length, and the context.
TEST(SlhDsa, RefusesAnotherContextAndASignatureOverAHash) {
  const auto wrapped = [&](std::initializer_list<std::uint8_t> head) {
    const Buffer first(head);
    const std::array parts = {Bytes(first), bytes_of("airlock")};
    return fakes::slh_dsa_sign_wrapped(made().secret, parts);
  };
  EXPECT_EQ(verdict("airlock", wrapped({0, 0})), Code::ok);
  EXPECT_EQ(verdict("airlock", wrapped({0, 1, 'x'})), Code::bad_signature);
  EXPECT_EQ(verdict("airlock", wrapped({1, 0})), Code::bad_signature);
  EXPECT_EQ(verdict("airlock", wrapped({})), Code::bad_signature);
}

}  // namespace
}  // namespace airlock::crypto
