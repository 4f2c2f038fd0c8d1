// Keys in a token as signers. SoftHSM 2 stands for the token.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <optional>

#include "publish/keys/keys.h"
#include "publish/token/token.h"
#include "tests/fakes/soft_token.h"

namespace airlock::keys {
namespace {

constexpr std::string_view kPin = fakes::SoftToken::kPin;
constexpr int kSignatures = 24;  // of which half would have a high S by chance

class InToken : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fakes::SoftToken::module()) GTEST_SKIP() << "skipped: tokens (softhsm2 is not installed)";
    token_.emplace(std::filesystem::path(::testing::TempDir()) /
                   ("in-token-" + std::to_string(getpid()) + "-" +
                    ::testing::UnitTest::GetInstance()->current_test_info()->name()));
    ASSERT_TRUE(token_->init("Committee"));
  }

  static std::string uri(const std::string& name) {
    return fakes::SoftToken::uri("token=Committee;object=" + name);
  }
  static Result<SigningKey> opened(token::Curve curve) {
    const std::string text = uri("curve-" + std::to_string(static_cast<int>(curve)));
    AIRLOCK_ASSIGN(const token::Uri parsed, token::Uri::parse(text));
    AIRLOCK_TRY(token::Key::generate(parsed, bytes_of(kPin), curve));
    return SigningKey::in_token(text, Secret::of(bytes_of(kPin)));
  }

  std::optional<fakes::SoftToken> token_;
};

TEST_F(InToken, SignAsThePackageDoorDemands) {
  for (const token::Curve curve : {token::Curve::ed25519, token::Curve::secp256k1}) {
    const auto key = opened(curve);
    ASSERT_TRUE(key) << name(key.error().code);
    EXPECT_EQ(key->public_key().algorithm, curve == token::Curve::ed25519
                                               ? crypto::Algorithm::eddsa
                                               : crypto::Algorithm::es256k);
    for (int i = 0; i < kSignatures; ++i) {
      const std::string message = "message " + std::to_string(i);
      const auto signature = key->sign(std::array{bytes_of(message)});
      ASSERT_TRUE(signature) << name(signature.error().code);
      EXPECT_TRUE(crypto::verify(key->public_key(), std::array{bytes_of(message)}, *signature));
    }
  }
}

TEST_F(InToken, AreOfACurveThatADoorTakes) {
  const auto key = opened(token::Curve::p256);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, Code::key_too_weak);
}

TEST_F(InToken, AreNamedByAUriWithoutAPin) {
  const auto key = SigningKey::in_token(uri("x") + "&pin-value=2468", Secret::of(bytes_of(kPin)));
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, Code::pin_in_uri);
}

}  // namespace
}  // namespace airlock::keys
