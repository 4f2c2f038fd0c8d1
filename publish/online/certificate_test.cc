#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "publish/online/online.h"

namespace airlock::online {
namespace {

constexpr std::int64_t kNow = 1'790'000'000;
constexpr std::int64_t kHour = 3600;

template <auto kFree>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

void add(X509* to, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, to, to, nullptr, nullptr, 0);
  X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  X509_add_ext(to, made, -1);
  X509_EXTENSION_free(made);
}

// A certificate by `issuer`'s key, or by its own.
Certificate certificate(const char* subject, EVP_PKEY* key, const X509* issuer, EVP_PKEY* signs) {
  Certificate made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 7);
  ASN1_TIME_set(X509_getm_notBefore(made.get()), kNow - 100 * kHour);
  ASN1_TIME_set(X509_getm_notAfter(made.get()), kNow + 1000 * kHour);
  const auto* const text = reinterpret_cast<const unsigned char*>(subject);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC, text, -1, -1,
                             0);
  const X509* const by = issuer == nullptr ? made.get() : issuer;
  X509_set_issuer_name(made.get(), X509_get_subject_name(by));
  X509_set_pubkey(made.get(), key);
  if (issuer != nullptr) {
    add(made.get(), NID_subject_alt_name, "DNS:updates.example,IP:127.0.0.1");
    add(made.get(), NID_ext_key_usage, "serverAuth");
  }
  const bool hashes = EVP_PKEY_is_a(signs, "ED25519") == 1;
  X509_sign(made.get(), signs, hashes ? nullptr : EVP_sha256());
  return made;
}

std::string pem(const std::function<int(BIO*)>& write) {
  BIO* const memory = BIO_new(BIO_s_mem());
  write(memory);
  char* at = nullptr;
  const long size = BIO_get_mem_data(memory, &at);
  std::string text(at, static_cast<std::size_t>(size));
  BIO_free(memory);
  return text;
}
std::string pem_of(X509* one) {
  return pem([&](BIO* to) { return PEM_write_bio_X509(to, one); });
}
std::string pem_of(EVP_PKEY* key, const char* passphrase = nullptr) {
  return pem([&](BIO* to) {
    const EVP_CIPHER* cipher = passphrase == nullptr ? nullptr : EVP_aes_256_cbc();
    const int size =
        passphrase == nullptr ? 0 : static_cast<int>(std::string_view(passphrase).size());
    return PEM_write_bio_PKCS8PrivateKey(to, key, cipher, passphrase, size, nullptr, nullptr);
  });
}

class Certificates : public testing::Test {
 protected:
  Certificates() {
    folder_ =
        std::filesystem::temp_directory_path() / ("airlock-online-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    put("ca.pem", pem_of(ca_.get()));
    put("ca.key", pem_of(ca_key_.get()));
    put("server.pem", pem_of(leaf_.get()) + pem_of(ca_.get()));
    put("server.key", pem_of(leaf_key_.get()));
    put("one.pem", pem_of(leaf_.get()) + pem_of(leaf_key_.get()));
  }
  ~Certificates() override {
    file::set_interruption(nullptr);
    std::filesystem::remove_all(folder_);
  }

  void put(const char* name, const std::string& text) const {
    ASSERT_TRUE(file::replace(folder_ / name, bytes_of(text)));
  }
  std::string text(const char* name) const {
    const Buffer bytes = file::read(folder_ / name, 1 << 20).value_or(Buffer());
    return std::string(bytes.begin(), bytes.end());
  }
  Certificate first_of(const char* name) const {
    const std::string all = text(name);
    BIO* const memory = BIO_new_mem_buf(all.data(), static_cast<int>(all.size()));
    Certificate read(PEM_read_bio_X509(memory, nullptr, nullptr, nullptr));
    BIO_free(memory);
    return read;
  }
  CertificateFiles files(const char* certificate, const char* key) const {
    return {folder_ / certificate, folder_ / key};
  }
  CertificateFiles two() const { return files("server.pem", "server.key"); }
  CertificateFiles one() const { return files("one.pem", "one.pem"); }
  Authority authority() const { return *Authority::open(files("ca.pem", "ca.key"), nullptr); }

  std::filesystem::path folder_;
  Key ca_key_{EVP_EC_gen("P-256")};
  Key leaf_key_{EVP_EC_gen("P-256")};
  Certificate ca_ = certificate("Wallet CA", ca_key_.get(), nullptr, ca_key_.get());
  Certificate leaf_ = certificate("updates.example", leaf_key_.get(), ca_.get(), ca_key_.get());
};

TEST_F(Certificates, AreRenewedForANewKeyAndSayWhatTheySaid) {
  for (const auto& [place, name] : {std::pair{two(), "server.pem"}, std::pair{one(), "one.pem"}}) {
    const auto until = authority().renew(place, 72 * kHour, kNow);
    ASSERT_TRUE(until) << until.error().about;
    EXPECT_EQ(*until, kNow + 72 * kHour);
    const Certificate made = first_of(name);
    ASSERT_NE(made, nullptr);
    EXPECT_EQ(X509_verify(made.get(), ca_key_.get()), 1);
    EXPECT_EQ(X509_NAME_cmp(X509_get_subject_name(made.get()), X509_get_subject_name(leaf_.get())),
              0);
    EXPECT_NE(EVP_PKEY_eq(X509_get0_pubkey(made.get()), leaf_key_.get()), 1);
    EXPECT_EQ(X509_check_host(made.get(), "updates.example", 0, 0, nullptr), 1);
    EXPECT_EQ(X509_check_ip_asc(made.get(), "127.0.0.1", 0), 1);
    EXPECT_EQ(X509_get_extended_key_usage(made.get()), unsigned{XKU_SSL_SERVER});
    EXPECT_NE(
        ASN1_INTEGER_cmp(X509_get0_serialNumber(made.get()), X509_get0_serialNumber(leaf_.get())),
        0);
    const auto age = certificate_age(place);
    ASSERT_TRUE(age && age->since && age->ends);  // so the key fits
    EXPECT_EQ(*age->ends, *until);
  }
  EXPECT_TRUE(text("server.pem").ends_with(pem_of(ca_.get()))) << "the rest of the chain stays";
  EXPECT_EQ(std::filesystem::status(folder_ / "one.pem").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(Certificates, AreDueByTheirAgeAndBeforeTheirEnd) {
  const Age young{kNow - kHour, kNow + 100 * kHour};
  EXPECT_FALSE(is_due(young, 72 * kHour, kNow));
  EXPECT_TRUE(is_due(young, kHour, kNow));
  EXPECT_TRUE(is_due({kNow - kHour, kNow + kHour}, 72 * kHour, kNow));
  EXPECT_FALSE(is_due({kNow - kHour}, 72 * kHour, kNow));
  EXPECT_TRUE(is_due({}, 72 * kHour, kNow));
}

TEST_F(Certificates, NeverOutliveTheirAuthority) {
  EXPECT_EQ(authority().renew(two(), 5000 * kHour, kNow).value_or(0), kNow + 1000 * kHour);
  EXPECT_EQ(authority().renew(two(), kHour, kNow + 1000 * kHour).error().error.code,
            Code::outside_validity);
}

TEST_F(Certificates, OfAnotherAuthorityAreLeftAlone) {
  const Key other_key(EVP_EC_gen("P-256"));
  const Certificate other = certificate("Wallet CA", other_key.get(), nullptr, other_key.get());
  put("ca.pem", pem_of(other.get()));
  put("ca.key", pem_of(other_key.get()));
  const std::string before = text("server.pem") + text("server.key");
  EXPECT_EQ(authority().renew(two(), kHour, kNow).error().error.code, Code::untrusted_chain);
  EXPECT_EQ(text("server.pem") + text("server.key"), before);
}

TEST_F(Certificates, WithoutTheirKeyAreDueAtOnce) {
  put("server.key", pem_of(ca_key_.get()));
  const auto age = certificate_age(two());
  ASSERT_TRUE(age);
  EXPECT_TRUE(is_due(*age, 1000 * kHour, kNow));
  ASSERT_TRUE(authority().renew(two(), 72 * kHour, kNow));
  EXPECT_TRUE(certificate_age(two())->since);
}

TEST_F(Certificates, ComeFromAnAuthorityOfEd25519Too) {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const Certificate root = certificate("Wallet CA", key.get(), nullptr, key.get());
  put("ca.pem", pem_of(root.get()));
  put("ca.key", pem_of(key.get()));
  put("server.pem", pem_of(certificate("s", leaf_key_.get(), root.get(), key.get()).get()));
  ASSERT_TRUE(authority().renew(two(), kHour, kNow));
  EXPECT_EQ(X509_verify(first_of("server.pem").get(), key.get()), 1);
}

TEST_F(Certificates, TakeAnAuthorityWhoseKeyIsEncrypted) {
  put("ca.key", pem_of(ca_key_.get(), "secret words"));
  const CertificateFiles files_of_ca = files("ca.pem", "ca.key");
  const keys::Secret right = keys::Secret::of(bytes_of(std::string_view("secret words")));
  const keys::Secret wrong = keys::Secret::of(bytes_of(std::string_view("other words")));
  EXPECT_TRUE(Authority::open(files_of_ca, &right));
  EXPECT_EQ(Authority::open(files_of_ca, &wrong).error().error.code, Code::wrong_passphrase);
  EXPECT_EQ(Authority::open(files_of_ca, nullptr).error().error.code, Code::wrong_passphrase);
  put("ca.key", pem_of(leaf_key_.get()));
  EXPECT_EQ(Authority::open(files_of_ca, nullptr).error().error.code, Code::key_mismatch);
  put("ca.key", "no key");
  EXPECT_EQ(Authority::open(files_of_ca, nullptr).error().error.code, Code::wrong_magic);
}

int operations_left = 0;
Code stop_after(std::string_view, const Path&) {
  return operations_left-- > 0 ? Code::ok : Code::io_failed;
}

// One file is the old one or the new one, whole; of two, the next run mends what was cut between
// them.
TEST_F(Certificates, AreWholeAfterACutAtAnyOperation) {
  for (const CertificateFiles& place : {one(), two()}) {
    for (int cut = 0;; ++cut) {
      operations_left = cut;
      file::set_interruption(&stop_after);
      const bool done = authority().renew(place, 72 * kHour, kNow).has_value();
      file::set_interruption(nullptr);
      const auto age = certificate_age(place);
      ASSERT_TRUE(age) << "cut " << cut;
      EXPECT_TRUE(age->since || place.certificate != place.key) << "cut " << cut;
      ASSERT_TRUE(authority().renew(place, 72 * kHour, kNow)) << "cut " << cut;
      ASSERT_TRUE(certificate_age(place)->since) << "cut " << cut;
      if (done) break;
      ASSERT_LT(cut, 100);
    }
  }
}

}  // namespace
}  // namespace airlock::online
