#include "device/platform/identity.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "host/text/text.h"

namespace airlock::platform {
namespace {

constexpr std::size_t kKeyFileSizeMax = 4 << 10;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

Bytes content_of(const Bio& bio) {
  char* start = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &start);
  return bytes_of(std::string_view(start, static_cast<std::size_t>(size)));
}

std::string duid_of(Bytes public_key) {
  const crypto::Digest digest = crypto::sha256(public_key);
  return text::to_base32(Bytes(digest.bytes).first(kDuidBytes));
}

}  // namespace

struct DeviceKey::Pair {
  explicit Pair(EVP_PKEY* made) : key(made) {}
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() { EVP_PKEY_free(key); }
  EVP_PKEY* key;
};

DeviceKey::DeviceKey(std::unique_ptr<Pair> pair) : pair_(std::move(pair)) {
  std::size_t size = public_.size();
  AIRLOCK_CHECK(EVP_PKEY_get_raw_public_key(pair_->key, public_.data(), &size) == 1);
}
DeviceKey::DeviceKey(DeviceKey&&) noexcept = default;
DeviceKey& DeviceKey::operator=(DeviceKey&&) noexcept = default;
DeviceKey::~DeviceKey() = default;

Result<DeviceKey> DeviceKey::generate() {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  if (key == nullptr) return fail(Code::bad_key);
  return DeviceKey(std::make_unique<Pair>(key));
}

Result<DeviceKey> DeviceKey::read(const file::Path& path) {
  AIRLOCK_ASSIGN(file::Buffer pem, file::read(path, kKeyFileSizeMax));
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // An empty passphrase, so that the library never asks for one on a terminal.
  std::string none;
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, none.data());
  OPENSSL_cleanse(pem.data(), pem.size());
  if (key == nullptr) return fail(Code::bad_key);
  auto pair = std::make_unique<Pair>(key);
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519) return fail(Code::bad_key);
  return DeviceKey(std::move(pair));
}

Status DeviceKey::create_files(const file::Path& secret, const file::Path& public_half) const {
  const Bio secret_text(BIO_new(BIO_s_secmem()));  // wiped when it is freed
  const Bio public_text(BIO_new(BIO_s_mem()));
  const bool written = PEM_write_bio_PKCS8PrivateKey(secret_text.get(), pair_->key, nullptr,
                                                     nullptr, 0, nullptr, nullptr) == 1 &&
                       PEM_write_bio_PUBKEY(public_text.get(), pair_->key) == 1;
  if (!written) return fail(Code::bad_key);
  AIRLOCK_TRY(file::create(secret, content_of(secret_text), file::Privacy::secret));
  return file::create(public_half, content_of(public_text));
}

std::string DeviceKey::duid() const { return duid_of(public_); }

Result<std::array<std::uint8_t, crypto::kCurveSignatureSize>> DeviceKey::sign(Bytes message) const {
  std::array<std::uint8_t, crypto::kCurveSignatureSize> signature;
  std::size_t size = signature.size();
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const bool made =
      EVP_DigestSignInit(context, nullptr, nullptr, nullptr, pair_->key) == 1 &&
      EVP_DigestSign(context, signature.data(), &size, message.data(), message.size()) == 1;
  EVP_MD_CTX_free(context);
  if (!made) return fail(Code::bad_key);
  return signature;
}

Result<crypto::Digest> DeviceKey::derive(std::string_view purpose) const {
  std::array<std::uint8_t, crypto::kEd25519KeySize> secret;
  std::size_t size = secret.size();
  if (EVP_PKEY_get_raw_private_key(pair_->key, secret.data(), &size) != 1) {
    return fail(Code::bad_key);
  }
  crypto::Sha256 hash;
  hash.update(bytes_of(purpose));
  hash.update(secret);
  OPENSSL_cleanse(secret.data(), secret.size());
  return hash.finish();
}

Result<DeviceKey> DeviceKey::derive_key(std::string_view purpose) const {
  AIRLOCK_ASSIGN(crypto::Digest secret, derive(purpose));
  EVP_PKEY* key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.bytes.data(),
                                               secret.bytes.size());
  OPENSSL_cleanse(secret.bytes.data(), secret.bytes.size());
  if (key == nullptr) return fail(Code::bad_key);
  return DeviceKey(std::make_unique<Pair>(key));
}

Result<std::string> read_duid(const file::Path& public_half) {
  AIRLOCK_ASSIGN(const file::Buffer pem, file::read(public_half, kKeyFileSizeMax));
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  std::array<std::uint8_t, crypto::kEd25519KeySize> raw;
  std::size_t size = raw.size();
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519 ||
      EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size) != 1) {
    return fail(Code::bad_key);
  }
  return duid_of(raw);
}

Status create_seed(const file::Path& path) {
  std::array<std::uint8_t, 32> seed;
  if (RAND_bytes(seed.data(), static_cast<int>(seed.size())) != 1) return fail(Code::io_failed);
  std::string hex = text::to_hex(seed) + "\n";
  const Status created = file::create(path, bytes_of(hex), file::Privacy::secret);
  OPENSSL_cleanse(hex.data(), hex.size());
  OPENSSL_cleanse(seed.data(), seed.size());
  return created;
}

}  // namespace airlock::platform
