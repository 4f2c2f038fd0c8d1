#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <secp256k1.h>

#include "publish/keys/internal.h"

namespace airlock::keys {
namespace {

using crypto::Algorithm;

constexpr std::string_view kCurve = "secp256k1";
constexpr std::size_t kPointSizeMax = 65;

using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using ParamsBuild = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;

bool on_our_curve(const EVP_PKEY* key) {
  std::array<char, 32> name{};
  std::size_t size = 0;
  return EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) == 1 &&
         std::string_view(name.data(), size) == kCurve;
}

// Any encoding of the point becomes the compressed one.
Result<crypto::PublicKey> compressed(Bytes point) {
  secp256k1_pubkey parsed;
  if (secp256k1_ec_pubkey_parse(secp256k1_context_static, &parsed, point.data(), point.size()) !=
      1) {
    return fail(Code::bad_key);
  }
  std::array<std::uint8_t, crypto::kSecp256k1KeySize> bytes;
  std::size_t size = bytes.size();
  secp256k1_ec_pubkey_serialize(secp256k1_context_static, bytes.data(), &size, &parsed,
                                SECP256K1_EC_COMPRESSED);
  return crypto::make_public_key(Algorithm::es256k, bytes);
}

EvpKey evp_ed25519(const crypto::PublicKey& key) {
  return EvpKey(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.view().data(), key.view().size()));
}

EvpKey evp_secp256k1(const crypto::PublicKey& key) {
  const ParamsBuild build(OSSL_PARAM_BLD_new());
  const EvpContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  if (build == nullptr || context == nullptr) return nullptr;
  OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, kCurve.data(),
                                  kCurve.size());
  OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, key.view().data(),
                                   key.view().size());
  const Params params(OSSL_PARAM_BLD_to_param(build.get()));
  EVP_PKEY* made = nullptr;
  if (params == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return EvpKey(made);
}

EvpKey evp_of(const crypto::PublicKey& key) {
  switch (key.algorithm) {
    case Algorithm::eddsa: return evp_ed25519(key);
    case Algorithm::es256k: return evp_secp256k1(key);
    case Algorithm::slh_dsa_sha2_128s: return nullptr;
  }
  return nullptr;
}

}  // namespace

int no_passphrase(char*, int, int, void*) { return -1; }

Result<crypto::PublicKey> public_half(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) {
    std::array<std::uint8_t, crypto::kEd25519KeySize> bytes;
    std::size_t size = bytes.size();
    if (EVP_PKEY_get_raw_public_key(key, bytes.data(), &size) != 1) return fail(Code::bad_key);
    return crypto::make_public_key(Algorithm::eddsa, bytes);
  }
  if (EVP_PKEY_is_a(key, "EC") != 1 || !on_our_curve(key)) return fail(Code::key_too_weak);
  std::array<std::uint8_t, kPointSizeMax> point;
  std::size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(),
                                      &size) != 1) {
    return fail(Code::bad_key);
  }
  return compressed(Bytes(point).first(size));
}

std::string text_in(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

MemoryBio bio_over(std::string_view text) {
  return MemoryBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Result<std::string> to_pem(const crypto::PublicKey& key) {
  const EvpKey evp = evp_of(key);
  if (evp == nullptr) return fail(Code::unsupported_algorithm);
  const MemoryBio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_PUBKEY(bio.get(), evp.get()) != 1) {
    return fail(Code::bad_key);
  }
  return text_in(bio.get());
}

Result<crypto::PublicKey> public_key_from_pem(std::string_view pem) {
  if (pem.size() > kKeyFileMax) return fail(Code::oversized, pem.size());
  const MemoryBio bio = bio_over(pem);
  const EvpKey key(PEM_read_bio_PUBKEY(bio.get(), nullptr, &no_passphrase, nullptr));
  if (key == nullptr) return fail(Code::wrong_magic);
  return public_half(key.get());
}

Result<crypto::PublicKey> read_public_key(const file::Path& path) {
  AIRLOCK_ASSIGN(const file::Buffer bytes, file::read(path, kKeyFileMax));
  return public_key_from_pem(text_of(bytes));
}

Status create_public_key(const file::Path& path, const crypto::PublicKey& key) {
  AIRLOCK_ASSIGN(const std::string pem, to_pem(key));
  return file::create(path, bytes_of(pem));
}

}  // namespace airlock::keys
