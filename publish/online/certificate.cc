#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>
#include <vector>

#include "publish/online/online.h"

namespace airlock::online {
namespace {

template <auto kFree>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Chain = std::vector<Certificate>;

constexpr std::size_t kFileSizeMax = 256 << 10;
constexpr std::int64_t kClocksDiffer = 300;  // seconds, between this host and those who connect
constexpr int kSerialBits = 127;             // positive, and at most 20 octets (RFC 5280, 4.1.2.2)

Answer<Buffer> read(const Path& path) { return naming(path, file::read(path, kFileSizeMax)); }

Memory over(const Buffer& bytes) {
  return Memory(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// The certificates of a file, whatever else stands in it.
Answer<Chain> chain_in(const Path& path) {
  AIRLOCK_ASSIGN(const Buffer bytes, read(path));
  const Memory text = over(bytes);
  Chain chain;
  while (X509* one = PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)) {
    chain.emplace_back(one);
  }
  ERR_clear_error();
  if (chain.empty()) return Refusal::of(Code::wrong_magic, path.string());
  return chain;
}

// A passphrase that nobody gave is wrong; OpenSSL would ask for one at the terminal.
int give_passphrase(char* room, int size, int, void* given) {
  const auto* passphrase = static_cast<const keys::Secret*>(given);
  if (passphrase == nullptr || passphrase->view().size() > static_cast<std::size_t>(size)) {
    return -1;
  }
  std::ranges::copy(passphrase->view(), room);
  return static_cast<int>(passphrase->view().size());
}

Answer<Key> key_in(const Path& path, const keys::Secret* passphrase) {
  AIRLOCK_ASSIGN(const Buffer bytes, read(path));
  const Memory text = over(bytes);
  void* given = const_cast<keys::Secret*>(passphrase);  // NOLINT: OpenSSL hands it back unchanged
  Key key(PEM_read_bio_PrivateKey(text.get(), nullptr, &give_passphrase, given));
  ERR_clear_error();
  if (key != nullptr) return key;
  const bool is_key = text_of(bytes).contains("PRIVATE KEY-----");
  return Refusal::of(is_key ? Code::wrong_passphrase : Code::wrong_magic, path.string());
}

std::optional<std::int64_t> seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return static_cast<std::int64_t>(::timegm(&parts));
}

bool set_times(X509* made, std::int64_t from, std::int64_t until) {
  return ASN1_TIME_set(X509_getm_notBefore(made), from) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(made), until) != nullptr;
}

bool set_serial(X509* made) {
  const Number number(BN_new());
  return number != nullptr &&
         BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(made)) != nullptr;
}

// The two that are about keys; all others are what the certificate says.
bool is_about_keys(const X509_EXTENSION* extension) {
  const int kind = OBJ_obj2nid(X509_EXTENSION_get_object(const_cast<X509_EXTENSION*>(extension)));
  return kind == NID_subject_key_identifier || kind == NID_authority_key_identifier;
}

bool copy_extensions(X509* made, const X509* present) {
  for (int at = 0; at < X509_get_ext_count(present); ++at) {
    X509_EXTENSION* extension = X509_get_ext(present, at);
    if (!is_about_keys(extension) && X509_add_ext(made, extension, -1) != 1) return false;
  }
  return true;
}

bool add_key_identifier(X509* made, X509* authority, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, authority, made, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  return extension != nullptr && X509_add_ext(made, extension.get(), -1) == 1;
}

// An authority that names its own key by none is named by none.
bool add_key_identifiers(X509* made, X509* authority) {
  return add_key_identifier(made, authority, NID_subject_key_identifier, "hash") &&
         (X509_get0_subject_key_id(authority) == nullptr ||
          add_key_identifier(made, authority, NID_authority_key_identifier, "keyid"));
}

// Ed25519 and Ed448 hash by themselves.
const EVP_MD* digest_for(EVP_PKEY* key) {
  const bool hashes = EVP_PKEY_is_a(key, "ED25519") == 1 || EVP_PKEY_is_a(key, "ED448") == 1;
  return hashes ? nullptr : EVP_sha256();
}

bool write_key(BIO* to, EVP_PKEY* key) {
  return PEM_write_bio_PKCS8PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr) == 1;
}

// What a memory BIO holds, which may be secret.
Bytes held_by(BIO* memory) {
  char* at = nullptr;
  const long size = BIO_get_mem_data(memory, &at);
  return bytes_of(std::string_view(at, size < 0 ? 0 : static_cast<std::size_t>(size)));
}

// A secure BIO wipes what it held.
Memory new_memory() { return Memory(BIO_new(BIO_s_secmem())); }

Answer<void> put(const CertificateFiles& files, const Chain& chain, EVP_PKEY* key) {
  const Memory certificates = new_memory();
  const Memory secret = new_memory();
  bool written = certificates != nullptr && secret != nullptr && write_key(secret.get(), key);
  const bool is_one_file = files.certificate == files.key;
  for (const Certificate& one : chain) {
    written = written && PEM_write_bio_X509(certificates.get(), one.get()) == 1;
  }
  if (!written) return Refusal::of(Code::no_room, files.certificate.string());
  if (is_one_file) {
    const std::array parts = {held_by(certificates.get()), held_by(secret.get())};
    return naming(files.key, file::replace_by_parts(files.key, parts, file::Privacy::secret));
  }
  AIRLOCK_TRY(
      naming(files.key, file::replace(files.key, held_by(secret.get()), file::Privacy::secret)));
  return naming(files.certificate, file::replace(files.certificate, held_by(certificates.get())));
}

}  // namespace

Answer<Age> certificate_age(const CertificateFiles& files) {
  AIRLOCK_ASSIGN(const Chain chain, chain_in(files.certificate));
  const Answer<Key> key = key_in(files.key, nullptr);
  if (!key || X509_check_private_key(chain.front().get(), key->get()) != 1) return Age{};
  const auto begins = seconds_of(X509_get0_notBefore(chain.front().get()));
  const auto ends = seconds_of(X509_get0_notAfter(chain.front().get()));
  return begins && ends ? Age{begins, ends} : Age{};
}

struct Authority::Opened {
  Certificate certificate;
  Key key;

  // A certificate as the present one, for another key.
  Certificate certify(const X509* present, EVP_PKEY* subject, std::int64_t from,
                      std::int64_t until) const {
    Certificate made(X509_new());
    const bool complete =
        made != nullptr && X509_set_version(made.get(), X509_VERSION_3) == 1 &&
        set_serial(made.get()) && set_times(made.get(), from, until) &&
        X509_set_issuer_name(made.get(), X509_get_subject_name(certificate.get())) == 1 &&
        X509_set_subject_name(made.get(), X509_get_subject_name(present)) == 1 &&
        X509_set_pubkey(made.get(), subject) == 1 && copy_extensions(made.get(), present) &&
        add_key_identifiers(made.get(), certificate.get()) &&
        X509_sign(made.get(), key.get(), digest_for(key.get())) > 0;
    ERR_clear_error();
    return complete ? std::move(made) : nullptr;
  }

  bool issued(X509* present) const {
    const bool signed_here = X509_verify(present, X509_get0_pubkey(certificate.get())) == 1;
    ERR_clear_error();
    return signed_here && X509_NAME_cmp(X509_get_issuer_name(present),
                                        X509_get_subject_name(certificate.get())) == 0;
  }
};

Authority::Authority(std::unique_ptr<Opened> opened) : opened_(std::move(opened)) {}
Authority::Authority(Authority&&) noexcept = default;
Authority& Authority::operator=(Authority&&) noexcept = default;
Authority::~Authority() = default;

Answer<Authority> Authority::open(const CertificateFiles& files, const keys::Secret* passphrase) {
  AIRLOCK_ASSIGN(Chain chain, chain_in(files.certificate));
  AIRLOCK_ASSIGN(Key key, key_in(files.key, passphrase));
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    ERR_clear_error();
    return Refusal::of(Code::key_mismatch, files.key.string());
  }
  return Authority(std::make_unique<Opened>(Opened{std::move(chain.front()), std::move(key)}));
}

Answer<std::int64_t> Authority::renew(const CertificateFiles& files, std::int64_t valid_seconds,
                                      std::int64_t now) const {
  AIRLOCK_ASSIGN(Chain chain, chain_in(files.certificate));
  if (!opened_->issued(chain.front().get())) {
    return Refusal::of(Code::untrusted_chain, files.certificate.string());
  }
  const auto authority_ends = seconds_of(X509_get0_notAfter(opened_->certificate.get()));
  const std::int64_t until = std::min(now + valid_seconds, authority_ends.value_or(now));
  if (until <= now) return Refusal::of(Code::outside_validity, files.certificate.string());
  const Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return Refusal::of(Code::io_failed, files.key.string());
  Certificate made = opened_->certify(chain.front().get(), key.get(), now - kClocksDiffer, until);
  if (made == nullptr) return Refusal::of(Code::no_room, files.certificate.string());
  chain.front() = std::move(made);
  AIRLOCK_TRY(put(files, chain, key.get()));
  return until;
}

}  // namespace airlock::online
