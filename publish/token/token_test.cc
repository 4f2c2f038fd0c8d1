// Against SoftHSM 2, a token in software: each test makes one in a folder of its own.
#include "publish/token/token.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <p11-kit/p11-kit.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "publish/token/watched.h"
#include "tests/fakes/soft_token.h"

namespace airlock::token {
namespace {

constexpr std::string_view kPin = fakes::SoftToken::kPin;
constexpr int kThreads = 4;
constexpr int kSignaturesEach = 1000;
constexpr std::chrono::milliseconds kShortWait{300};

class Token : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { outlast_modules(); }
  void SetUp() override {
    const auto module = fakes::SoftToken::module();
    if (!module) GTEST_SKIP() << "skipped: tokens (softhsm2 is not installed)";
    module_ = *module;
    token_.emplace(std::filesystem::path(::testing::TempDir()) /
                   ("token-" + std::to_string(getpid()) + "-" + name_of_test()));
    ASSERT_TRUE(token_->init("Committee"));
  }

  // A thread that was left behind in a module that hung would still run in it while the process
  // ends and the module takes itself down.
  void TearDown() override {
    for (int waits = 0; calls_under_way() > 0 && waits < 500; ++waits)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }

  static std::string name_of_test() {
    std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::ranges::replace(name, '/', '-');
    return name;
  }

  std::string text(const std::string& rest) const { return fakes::SoftToken::uri(rest, module_); }
  Uri uri(const std::string& rest) const { return *Uri::parse(text(rest)); }
  Result<Key> made(Curve curve, const std::string& label = "release") const {
    return Key::generate(uri("token=Committee;object=" + label), bytes_of(kPin), curve);
  }

  // Keys are then those of the module that hangs while the file is there which this returns.
  std::filesystem::path hang_from_now_on() {
    auto pulled = token_->folder() / "hanging";
    setenv("FAKE_TOKEN_MODULE", module_.c_str(), 1);
    setenv("FAKE_TOKEN_PULLED", pulled.c_str(), 1);
    const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    module_ = (here / "fake_token_module.so").string();
    return pulled;
  }

  // A sanitizer has a thread of its own.
  std::optional<fakes::SoftToken> token_;
  std::string module_;
};

struct Freeing {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
using EvpKey = std::unique_ptr<EVP_PKEY, Freeing>;

EvpKey evp_of(const Key& key) {
  const Bytes point = key.public_point();
  if (key.curve() == Curve::ed25519) {
    return EvpKey(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, point.data(), point.size()));
  }
  std::string curve = key.curve() == Curve::p256 ? "P-256" : "secp256k1";
  std::vector<std::uint8_t> bytes(point.begin(), point.end());
  const std::array params{
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve.data(), curve.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, bytes.data(), bytes.size()),
      OSSL_PARAM_construct_end()};
  const std::unique_ptr<EVP_PKEY_CTX, Freeing> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* made = nullptr;
  EVP_PKEY_fromdata_init(context.get());
  EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY,
                    const_cast<OSSL_PARAM*>(params.data()));
  return EvpKey(made);
}

std::vector<std::uint8_t> der_of(const Signature& signature) {
  const std::unique_ptr<ECDSA_SIG, Freeing> parsed(ECDSA_SIG_new());
  ECDSA_SIG_set0(parsed.get(), BN_bin2bn(signature.data(), 32, nullptr),
                 BN_bin2bn(signature.data() + 32, 32, nullptr));
  std::vector<std::uint8_t> der(static_cast<std::size_t>(i2d_ECDSA_SIG(parsed.get(), nullptr)));
  std::uint8_t* end = der.data();
  i2d_ECDSA_SIG(parsed.get(), &end);
  return der;
}

// OpenSSL judges what the token signed; `message` in one piece.
bool is_valid(const Key& key, std::string_view message, const Signature& signature) {
  const bool is_edwards = key.curve() == Curve::ed25519;
  const EvpKey evp = evp_of(key);
  const std::vector<std::uint8_t> wire =
      is_edwards ? std::vector<std::uint8_t>(signature.begin(), signature.end())
                 : der_of(signature);
  const std::unique_ptr<EVP_MD_CTX, Freeing> context(EVP_MD_CTX_new());
  return evp != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, is_edwards ? nullptr : EVP_sha256(), nullptr,
                              evp.get()) == 1 &&
         EVP_DigestVerify(context.get(), wire.data(), wire.size(), bytes_of(message).data(),
                          message.size()) == 1;
}

TEST_F(Token, SignsOnEachCurve) {
  for (const Curve curve : {Curve::ed25519, Curve::secp256k1, Curve::p256}) {
    const auto key = made(curve, "key-" + std::to_string(static_cast<int>(curve)));
    ASSERT_TRUE(key) << name(key.error().code) << " " << std::hex << key.error().at;
    EXPECT_EQ(key->curve(), curve);
    const auto signature = key->sign(std::array{bytes_of("two "), bytes_of("parts")});
    ASSERT_TRUE(signature) << name(signature.error().code) << " " << std::hex
                           << signature.error().at;
    EXPECT_TRUE(is_valid(*key, "two parts", *signature));
    EXPECT_FALSE(is_valid(*key, "two  parts", *signature));
  }
}

TEST_F(Token, SignsFromSeveralThreadsAtOnce) {
  for (const Curve curve : {Curve::ed25519, Curve::secp256k1, Curve::p256}) {
    const auto key = made(curve, "key-" + std::to_string(static_cast<int>(curve)));
    ASSERT_TRUE(key);
    std::atomic<int> valid = 0;
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
          for (int i = 0; i < kSignaturesEach; ++i) {
            const std::string message = std::to_string(t) + "/" + std::to_string(i);
            const auto signature = key->sign(std::array{bytes_of(message)});
            valid += signature && is_valid(*key, message, *signature);
          }
        });
      }
    }
    EXPECT_EQ(valid, kThreads * kSignaturesEach);
  }
}

TEST_F(Token, KeepsWhatItMakes) {
  ASSERT_TRUE(made(Curve::secp256k1));
  CK_FUNCTION_LIST* module = p11_kit_module_load(module_.c_str(), 0);
  ASSERT_EQ(p11_kit_module_initialize(module), CKR_OK);
  std::array<CK_SLOT_ID, 4> slots{};
  CK_ULONG count = slots.size();
  ASSERT_EQ(module->C_GetSlotList(CK_TRUE, slots.data(), &count), CKR_OK);
  CK_SESSION_HANDLE session = 0;
  ASSERT_EQ(module->C_OpenSession(slots[0], CKF_SERIAL_SESSION, nullptr, nullptr, &session),
            CKR_OK);
  std::string pin(kPin);
  ASSERT_EQ(
      module->C_Login(session, CKU_USER, reinterpret_cast<CK_UTF8CHAR*>(pin.data()), pin.size()),
      CKR_OK);
  CK_OBJECT_CLASS wanted = CKO_PRIVATE_KEY;
  CK_ATTRIBUTE search{CKA_CLASS, &wanted, sizeof wanted};
  CK_OBJECT_HANDLE object = 0;
  ASSERT_EQ(module->C_FindObjectsInit(session, &search, 1), CKR_OK);
  ASSERT_EQ(module->C_FindObjects(session, &object, 1, &count), CKR_OK);
  ASSERT_EQ(count, 1U);
  std::array<std::uint8_t, 64> secret;
  CK_ATTRIBUTE value{CKA_VALUE, secret.data(), secret.size()};
  EXPECT_EQ(module->C_GetAttributeValue(session, object, &value, 1), CKR_ATTRIBUTE_SENSITIVE);
  p11_kit_module_finalize(module);
  p11_kit_module_release(module);
}

TEST_F(Token, OpensTheSameKeyLater) {
  const auto key = made(Curve::p256);
  ASSERT_TRUE(key);
  const auto again = Key::open(uri("token=Committee;object=release"), bytes_of(kPin));
  ASSERT_TRUE(again) << name(again.error().code);
  EXPECT_TRUE(equal(again->public_point(), key->public_point()));
  const auto signature = again->sign(std::array{bytes_of("message")});
  ASSERT_TRUE(signature);
  EXPECT_TRUE(is_valid(*key, "message", *signature));
}

TEST_F(Token, IsMissingUnlessExactlyOneKeyFits) {
  ASSERT_TRUE(token_->init("Other"));
  ASSERT_TRUE(made(Curve::p256, "one"));
  ASSERT_TRUE(made(Curve::ed25519, "two"));
  const auto code_of = [&](const std::string& rest) {
    const auto key = Key::open(uri(rest), bytes_of(kPin));
    return key ? Code::ok : key.error().code;
  };
  EXPECT_EQ(code_of("token=Committee;object=one"), Code::ok);
  EXPECT_EQ(code_of("token=Committee;object=three"), Code::token_missing);
  EXPECT_EQ(code_of("token=Committee"), Code::token_missing);
  EXPECT_EQ(code_of("token=Nobody;object=one"), Code::token_missing);
  EXPECT_EQ(code_of("object=one"), Code::token_missing);  // two tokens fit
}

TEST_F(Token, RefusesAWrongPin) {
  ASSERT_TRUE(made(Curve::p256));
  const auto key = Key::open(uri("token=Committee;object=release"), bytes_of("0000"));
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, Code::wrong_passphrase);
}

TEST_F(Token, MakesNoSecondKeyOfOneName) {
  ASSERT_TRUE(made(Curve::p256));
  const auto second = made(Curve::ed25519);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::exists_already);
}

// A token of each curve that is pulled out. How long it takes until there is an error depends on
// the machine: it is printed and recorded, for whoever wants to know, and never asserted.
class PulledToken : public Token, public ::testing::WithParamInterface<Curve> {
 protected:
  using Clock = std::chrono::steady_clock;
  static void tell_time_until_error(Clock::duration passed) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(passed).count();
    RecordProperty("ms_until_error", std::to_string(ms));
    std::printf("%s: the error came %lld ms after the pull\n",
                ::testing::UnitTest::GetInstance()->current_test_info()->name(),
                static_cast<long long>(ms));
  }
};

std::string name_of_curve(const ::testing::TestParamInfo<Curve>& curve) {
  return curve.param == Curve::ed25519 ? "Ed25519"
         : curve.param == Curve::p256  ? "P256"
                                       : "Secp256k1";
}

INSTANTIATE_TEST_SUITE_P(EachCurve, PulledToken,
                         ::testing::Values(Curve::ed25519, Curve::secp256k1, Curve::p256),
                         name_of_curve);

TEST_P(PulledToken, EndsEveryThreadsSignature) {
  const auto key = made(GetParam());
  ASSERT_TRUE(key);
  std::atomic<int> made_count = 0;
  std::array<Code, kThreads> ended{};
  Clock::time_point pulled;
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (;;) {
          const auto signature = key->sign(std::array{bytes_of("message")});
          if (!signature) {
            ended[t] = signature.error().code;
            return;
          }
          ++made_count;
        }
      });
    }
    while (made_count < 100) std::this_thread::yield();
    pulled = Clock::now();
    token_->pull();
  }
  tell_time_until_error(Clock::now() - pulled);  // of the last thread
  for (const Code code : ended) EXPECT_EQ(code, Code::token_gone) << name(code);
}

// The module that hangs is released again at the end, so that the thread left behind can end.
TEST_P(PulledToken, IsNotWaitedForWhereItsModuleHangs) {
  const auto hanging = hang_from_now_on();
  const auto key = made(GetParam());
  ASSERT_TRUE(key) << name(key.error().code);
  ASSERT_TRUE(key->sign(std::array{bytes_of("message")}));
  const Clock::time_point pulled = Clock::now();
  std::ofstream(hanging) << "1";
  const auto signature = key->sign(std::array{bytes_of("message")});
  tell_time_until_error(Clock::now() - pulled);
  std::filesystem::remove(hanging);
  ASSERT_FALSE(signature);
  EXPECT_EQ(signature.error().code, Code::token_gone) << name(signature.error().code);
}

TEST_F(Token, IsNotWaitedForForeverWhereItsModuleHangsBeforeItSigns) {
  const auto hanging = hang_from_now_on();
  std::ofstream(hanging) << "1";
  const auto key = Key::open(uri("token=Committee;object=release"), bytes_of(kPin), kShortWait);
  const auto fresh = Key::generate(uri("token=Committee;object=fresh"), bytes_of(kPin),
                                   Curve::ed25519, kShortWait);
  std::filesystem::remove(hanging);
  EXPECT_EQ(key.error().code, Code::timed_out);
  EXPECT_EQ(fresh.error().code, Code::timed_out);
}

TEST(TokenUri, TakesNoPinFromTheCommandLine) {
  const auto uri = Uri::parse("pkcs11:token=Committee?pin-value=2468");
  ASSERT_FALSE(uri);
  EXPECT_EQ(uri.error().code, Code::pin_in_uri);
}

TEST(TokenUri, NamesTheFileOfThePin) {
  EXPECT_EQ(Uri::parse("pkcs11:token=C?pin-source=file:/run/pin")->pin_source(), "/run/pin");
  EXPECT_EQ(Uri::parse("pkcs11:token=C?pin-source=/run/pin")->pin_source(), "/run/pin");
  EXPECT_EQ(Uri::parse("pkcs11:token=C")->pin_source(), std::nullopt);
}

TEST(TokenUri, RefusesWhatRfc7512DoesNotHave) {
  for (const std::string text :
       {"", "pkcs11", "http:token=C", "pkcs11:token=%zz", "pkcs11:colour=red"}) {
    const auto uri = Uri::parse(text);
    ASSERT_FALSE(uri) << text;
    EXPECT_EQ(uri.error().code, Code::bad_text) << text;
  }
  EXPECT_EQ(Uri::parse("pkcs11:token=" + std::string(kUriSizeMax, 'a')).error().code,
            Code::oversized);
}

}  // namespace
}  // namespace airlock::token
