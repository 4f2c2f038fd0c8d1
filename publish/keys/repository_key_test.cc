// Keys of the repository's roles, in files and in tokens.
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "publish/keys/internal.h"
#include "publish/keys/pkcs8.h"
#include "tests/fakes/soft_token.h"

namespace airlock::keys {
namespace {

using Type = RepositoryKey::Type;

constexpr std::string_view kPin = fakes::SoftToken::kPin;

// Whether OpenSSL takes a signature by the public half.
bool verifies(const RepositoryKey& key, std::string_view message, const Signature& signature) {
  const MemoryBio bio = bio_over(key.public_pem());
  const EvpKey half(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  const EvpDigest digest(EVP_MD_CTX_new());
  const EVP_MD* hash = EVP_PKEY_is_a(half.get(), "EC") == 1 ? EVP_sha256() : nullptr;
  const Bytes bytes = bytes_of(message);
  return EVP_DigestVerifyInit(digest.get(), nullptr, hash, nullptr, half.get()) == 1 &&
         EVP_DigestVerify(digest.get(), signature.data(), signature.size(), bytes.data(),
                          bytes.size()) == 1;
}

class RepositoryKeys : public testing::TestWithParam<Type> {
 protected:
  RepositoryKeys() {
    folder_ = std::filesystem::temp_directory_path() /
              ("airlock-repository-keys-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  ~RepositoryKeys() override { std::filesystem::remove_all(folder_); }

  file::Path folder_;
  Secret passphrase_ = Secret::of(bytes_of("correct horse"));
};

INSTANTIATE_TEST_SUITE_P(Each, RepositoryKeys, testing::Values(Type::ed25519, Type::p256));

TEST_P(RepositoryKeys, SignWhatOpensslVerifiesByThePublicHalf) {
  const RepositoryKey key = *RepositoryKey::generate(GetParam());
  const Signature signature = *key.sign(bytes_of("metadata"));
  EXPECT_TRUE(verifies(key, "metadata", signature));
  EXPECT_FALSE(verifies(key, "Metadata", signature));
}

TEST_P(RepositoryKeys, OpenAsTheyWereSavedWithTheirDoor) {
  const RepositoryKey made = *RepositoryKey::generate(GetParam());
  const file::Path path = folder_ / "a.key";
  ASSERT_TRUE(made.save(path, passphrase_));
  const auto opened = RepositoryKey::open(path, passphrase_);
  ASSERT_TRUE(opened) << name(opened.error().code);
  EXPECT_EQ(opened->public_pem(), made.public_pem());
  EXPECT_EQ(opened->door(), Door::repository);
  EXPECT_TRUE(verifies(made, "m", *opened->sign(bytes_of("m"))));
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(made.save(path, passphrase_).error().code, Code::exists_already);
  EXPECT_EQ(RepositoryKey::open(path, Secret::of(bytes_of("other"))).error().code,
            Code::wrong_passphrase);
  EXPECT_EQ(made.save(folder_ / "b.key", Secret(0)).error().code, Code::no_passphrase);
}

TEST_F(RepositoryKeys, OfP256AreNoneOfAPackage) {
  ASSERT_TRUE(RepositoryKey::generate(Type::p256)->save(folder_ / "a.key", passphrase_));
  EXPECT_EQ(SigningKey::open(folder_ / "a.key", passphrase_).error().code, Code::key_too_weak);
  EXPECT_EQ(public_keys_from_pem(RepositoryKey::generate(Type::p256)->public_pem()).error().code,
            Code::key_too_weak);
}

TEST_F(RepositoryKeys, AreOneInAFileAndOfNoOtherType) {
  std::vector<SigningKey> keys;
  keys.push_back(*SigningKey::generate(crypto::Algorithm::es256k));
  ASSERT_TRUE(keys[0].save(folder_ / "secp256k1.key", passphrase_));
  EXPECT_EQ(RepositoryKey::open(folder_ / "secp256k1.key", passphrase_).error().code,
            Code::key_too_weak);
  keys.push_back(*SigningKey::generate(crypto::Algorithm::eddsa));
  ASSERT_TRUE(save_keys(folder_ / "two.key", keys, passphrase_));
  EXPECT_EQ(RepositoryKey::open(folder_ / "two.key", passphrase_).error().code, Code::too_many);
  const EvpKey p384(EVP_EC_gen("P-384"));
  const PlainKey plain(EVP_PKEY2PKCS8(p384.get()));
  ASSERT_TRUE(file::create(folder_ / "p384.key",
                           bytes_of(*encrypted_pem(plain, Door::unstated, passphrase_))));
  EXPECT_EQ(RepositoryKey::open(folder_ / "p384.key", passphrase_).error().code,
            Code::key_too_weak);
}

class RepositoryKeyInToken : public testing::Test {
 protected:
  void SetUp() override {
    if (!fakes::SoftToken::module()) GTEST_SKIP() << "skipped: tokens (softhsm2 is not installed)";
    token_.emplace(std::filesystem::path(testing::TempDir()) /
                   ("repository-token-" + std::to_string(::getpid())));
    ASSERT_TRUE(token_->init("Roles"));
  }
  std::optional<fakes::SoftToken> token_;
};

TEST_F(RepositoryKeyInToken, SignsMetadataOnBothCurvesAndNoOther) {
  const Secret pin = Secret::of(bytes_of(kPin));
  for (token::Curve curve : {token::Curve::ed25519, token::Curve::p256, token::Curve::secp256k1}) {
    const std::string uri =
        fakes::SoftToken::uri("token=Roles;object=key-" + std::to_string(static_cast<int>(curve)));
    const auto made = token::Key::generate(*token::Uri::parse(uri), bytes_of(kPin), curve);
    ASSERT_TRUE(made);
    const auto opened = RepositoryKey::in_token(uri, pin);
    if (curve == token::Curve::secp256k1) {
      EXPECT_EQ(opened.error().code, Code::key_too_weak);
      continue;
    }
    ASSERT_TRUE(opened) << name(opened.error().code);
    EXPECT_EQ(opened->public_pem(), *public_pem(*made));
    EXPECT_EQ(opened->door(), Door::unstated);
    for (int i = 0; i < 20; ++i) {  // of which some would have a short r or s
      const std::string message = "message " + std::to_string(i);
      EXPECT_TRUE(verifies(*opened, message, *opened->sign(bytes_of(message))));
    }
  }
}

}  // namespace
}  // namespace airlock::keys
