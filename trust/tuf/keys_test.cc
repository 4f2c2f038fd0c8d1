// The three key types of the specification, and everything that looks like one of them.
#include <gtest/gtest.h>

#include "tests/fakes/signers.h"
#include "trust/tuf/internal/fake_keys.h"
#include "trust/tuf/internal/verifier.h"

namespace airlock::tuf::internal {
namespace {

constexpr const char* kEcdsa = "ecdsa-sha2-nistp256";
constexpr const char* kPss = "rsassa-pss-sha256";
const Bytes kMessage = bytes_of("metadata");

Code code_of(const Result<Verifier>& made) { return made ? Code::ok : made.error().code; }

Code ec_code(std::string_view pem) { return code_of(Verifier::make("ecdsa", kEcdsa, pem)); }
Code rsa_code(std::string_view pem) { return code_of(Verifier::make("rsa", kPss, pem)); }

// A DER signature of two integers given as their content.
Buffer der_of(const Buffer& r, const Buffer& s) {
  Buffer body = {2, static_cast<std::uint8_t>(r.size())};
  body.insert(body.end(), r.begin(), r.end());
  body.insert(body.end(), {2, static_cast<std::uint8_t>(s.size())});
  body.insert(body.end(), s.begin(), s.end());
  Buffer der = {0x30, static_cast<std::uint8_t>(body.size())};
  der.insert(der.end(), body.begin(), body.end());
  return der;
}

TEST(KeyTypes, VerifyTheirOwnSignaturesAndNoOthers) {
  const FakeKey ec = make_ec_key();
  const FakeKey rsa = make_rsa_key();
  const struct {
    Verifier verifier;
    Buffer signature;
  } cases[] = {{*Verifier::make("ecdsa", kEcdsa, pem_of(ec.get())), sign_with(ec.get(), kMessage)},
               {*Verifier::make(kEcdsa, kEcdsa, pem_of(ec.get())), sign_with(ec.get(), kMessage)},
               {*Verifier::make("rsa", kPss, pem_of(rsa.get())), sign_with(rsa.get(), kMessage)}};
  for (const auto& [verifier, signature] : cases) {
    EXPECT_TRUE(verifier.verifies(kMessage, signature));
    EXPECT_FALSE(verifier.verifies(bytes_of("Metadata"), signature));
    EXPECT_FALSE(verifier.verifies(kMessage, {}));
    for (std::size_t at = 0; at < signature.size(); ++at) {
      Buffer bent = signature;
      bent[at] ^= 1;
      EXPECT_FALSE(verifier.verifies(kMessage, bent)) << at;
      EXPECT_FALSE(verifier.verifies(kMessage, Bytes(signature).first(at))) << at;
    }
    Buffer longer = signature;
    longer.push_back(0);
    EXPECT_FALSE(verifier.verifies(kMessage, longer));
  }
}

TEST(KeyTypes, BindTheCurveToTheScheme) {
  EXPECT_EQ(ec_code(pem_of(make_ec_key().get())), Code::ok);
  for (const char* curve : {"P-384", "P-521", "secp256k1", "brainpoolP256r1"}) {
    EXPECT_EQ(ec_code(pem_of(make_ec_key(curve).get())), Code::bad_key) << curve;
  }
}

TEST(KeyTypes, BindTheTypeToTheScheme) {
  const std::string ec = pem_of(make_ec_key().get());
  const std::string rsa = pem_of(make_rsa_key().get());
  EXPECT_EQ(ec_code(rsa), Code::bad_key);
  EXPECT_EQ(rsa_code(ec), Code::bad_key);
  EXPECT_EQ(code_of(Verifier::make("rsa", kEcdsa, ec)), Code::unsupported_algorithm);
  EXPECT_EQ(code_of(Verifier::make("ecdsa", kPss, rsa)), Code::unsupported_algorithm);
  EXPECT_EQ(code_of(Verifier::make("ed25519", kEcdsa, ec)), Code::unsupported_algorithm);
  EXPECT_EQ(code_of(Verifier::make("ecdsa", "ed25519", std::string(64, '2'))),
            Code::unsupported_algorithm);
  EXPECT_EQ(code_of(Verifier::make("ed25519", "ed25519", ec)), Code::bad_text);
  const FakeKey ed(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free);
  EXPECT_EQ(ec_code(pem_of(ed.get())), Code::bad_key);
  EXPECT_EQ(rsa_code(pem_of(ed.get())), Code::bad_key);
}

// Parameters that a key brings itself may make any point a valid key for a known signature
// (CVE-2020-0601).
TEST(KeyTypes, RefuseACurveThatIsSpelledOut_CVE_2020_0601) {
  const FakeKey key = make_ec_key();
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_ENCODING, "explicit"), 1);
  EXPECT_EQ(ec_code(pem_of(key.get())), Code::bad_key);
}

TEST(KeyTypes, KnowAKeyWhicheverWayItsPointIsWritten) {
  const FakeKey key = make_ec_key();
  const std::string plain = pem_of(key.get());
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                           "compressed"),
            1);
  const std::string compressed = pem_of(key.get());
  ASSERT_NE(plain, compressed);
  const auto one = Verifier::make("ecdsa", kEcdsa, plain);
  const auto other = Verifier::make("ecdsa", kEcdsa, compressed);
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->identity(), other->identity());
}

TEST(KeyTypes, RefuseRsaBelow2048Bits) {
  EXPECT_EQ(rsa_code(pem_of(make_rsa_key(1024).get())), Code::key_too_weak);
  EXPECT_EQ(rsa_code(pem_of(make_rsa_key(2047).get())), Code::key_too_weak);
  EXPECT_EQ(rsa_code(pem_of(make_rsa_key(2048).get())), Code::ok);
}

TEST(KeyTypes, TakePssWithSha256WhateverItsSaltAndNoOtherPadding) {
  const FakeKey key = make_rsa_key();
  const auto verifier = Verifier::make("rsa", kPss, pem_of(key.get()));
  ASSERT_TRUE(verifier);
  const auto takes = [&](const FakePadding& how) {
    return verifier->verifies(kMessage, sign_with(key.get(), kMessage, how));
  };
  for (const int salt : {RSA_PSS_SALTLEN_DIGEST, RSA_PSS_SALTLEN_MAX, 20}) {
    EXPECT_TRUE(takes({.salt = salt}));
  }
  EXPECT_FALSE(takes({.padding = RSA_PKCS1_PADDING}));
  EXPECT_FALSE(takes({.hash = EVP_sha512()}));
  EXPECT_FALSE(takes({.hash = EVP_sha1()}));
}

TEST(KeyTypes, RefuseEcdsaOfNothing_CVE_2022_24884_CVE_2022_21449) {
  const FakeKey key = make_ec_key();
  const auto verifier = Verifier::make("ecdsa", kEcdsa, pem_of(key.get()));
  ASSERT_TRUE(verifier);
  const Buffer zero = {0};
  const Buffer one = {1};
  const Buffer order =
      *text::from_hex("00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  for (const auto& [r, s] :
       {std::pair(zero, zero), std::pair(zero, one), std::pair(one, zero), std::pair(order, one),
        std::pair(one, order), std::pair(order, order), std::pair(one, one)}) {
    EXPECT_FALSE(verifier->verifies(kMessage, der_of(r, s)));
  }
  EXPECT_FALSE(verifier->verifies(kMessage, Buffer(64, 0)));
  EXPECT_FALSE(verifier->verifies(kMessage, Buffer(72, 0)));
}

TEST(KeyTypes, RefuseEcdsaInAnotherEncodingOfTheSameNumbers) {
  const FakeKey key = make_ec_key();
  const auto verifier = Verifier::make("ecdsa", kEcdsa, pem_of(key.get()));
  const Buffer honest = sign_with(key.get(), kMessage);
  ASSERT_TRUE(verifier->verifies(kMessage, honest));
  const std::size_t r_size = honest[3];
  Buffer padded = honest;  // r with a zero byte more than it needs
  padded.insert(padded.begin() + 4, 0);
  padded[3] = static_cast<std::uint8_t>(r_size + 1);
  ++padded[1];
  EXPECT_FALSE(verifier->verifies(kMessage, padded));
  Buffer indefinite = honest;
  indefinite[1] = 0x80;
  indefinite.insert(indefinite.end(), {0, 0});
  EXPECT_FALSE(verifier->verifies(kMessage, indefinite));
  Buffer long_length = honest;
  long_length.insert(long_length.begin() + 1, 0x81);
  EXPECT_FALSE(verifier->verifies(kMessage, long_length));
}

TEST(KeyTypes, ReadOneBlockOfPemAndNothingAroundIt) {
  const FakeKey key = make_ec_key();
  const std::string pem = pem_of(key.get());
  EXPECT_EQ(ec_code(pem), Code::ok);
  EXPECT_EQ(ec_code(pem.substr(0, pem.size() - 1)), Code::ok);  // without the last line's end
  EXPECT_EQ(ec_code(""), Code::bad_key);
  EXPECT_EQ(ec_code("x" + pem), Code::bad_key);
  EXPECT_EQ(ec_code("\n" + pem), Code::bad_key);
  EXPECT_EQ(ec_code(pem + pem), Code::bad_key);
  EXPECT_EQ(ec_code(pem + "x"), Code::bad_key);
  EXPECT_EQ(ec_code(pem.substr(0, pem.size() / 2)), Code::bad_key);
  std::string private_words = pem;
  for (std::size_t at; (at = private_words.find("PUBLIC")) != std::string::npos;) {
    private_words.replace(at, 6, "PRIVATE");
  }
  EXPECT_EQ(ec_code(private_words), Code::bad_key);
}

TEST(KeyTypes, TakeEd25519ByTheOneRuleOfTheProject) {
  const auto made = [](std::string_view hex) {
    return code_of(Verifier::make("ed25519", "ed25519", hex));
  };
  EXPECT_EQ(made("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"), Code::ok);
  EXPECT_EQ(made("D75A980182B10AB7D54BFED3C964073A0EE172F3DAA62325AF021A68F707511A"),
            Code::bad_text);
  EXPECT_EQ(made(std::string(62, '2')), Code::bad_key);
  EXPECT_EQ(made(std::string(63, '2')), Code::bad_text);
  EXPECT_EQ(made(std::string(64, '0')), Code::weak_key);
}

class SignedBy : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Key, SignedBy, testing::Values("ecdsa", "rsa", "ed25519"),
                         [](const auto& one) { return std::string(one.param); });

TEST_P(SignedBy, EveryRoleIsTaken) {
  const std::string type = GetParam();
  const auto signer = [&](const char* name) {
    if (type == "ecdsa") return ecdsa_signer(make_ec_key());
    if (type == "rsa") return rsa_signer(make_rsa_key());
    return fake_signer(fakes::Signer(name, crypto::Algorithm::eddsa));
  };
  FakeRepository repository{
      {signer("root"), signer("timestamp"), signer("snapshot"), signer("targets")}};
  const FakeSigner below = signer("delegated");
  repository.delegate("targets", "delegated", {below}, {{"paths", {"*"}}});
  FakeRepository::add_target_to(repository.delegated["delegated"], "wanted", "content");
  repository.publish();
  MemoryStore store{repository.file("1.root.json")};
  const auto found = refresh(store, repository, FakeRepository::kNow);
  ASSERT_TRUE(found) << name(found.error().code);
  const auto target = found->find("wanted", store, repository);
  ASSERT_TRUE(target) << name(target.error().code);
}

}  // namespace
}  // namespace airlock::tuf::internal
