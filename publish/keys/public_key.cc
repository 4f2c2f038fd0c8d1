#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <secp256k1.h>

#include <array>

#include "publish/keys/internal.h"

namespace airlock::keys {
namespace {

using crypto::Algorithm;

constexpr std::string_view kCurve = "secp256k1";
constexpr std::size_t kPointSizeMax = 65;

using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using ParamsBuild = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;

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

EvpKey evp_secp256k1(const crypto::PublicKey& key) { return evp_ec(kCurve, key.view()); }

PublicInfo info_of_evp(const EvpKey& key) {
  X509_PUBKEY* made = nullptr;
  if (key == nullptr || X509_PUBKEY_set(&made, key.get()) != 1) return nullptr;
  return PublicInfo(made);
}

PublicInfo info_of_slh_dsa(const crypto::PublicKey& key) {
  PublicInfo info(X509_PUBKEY_new());
  ObjectName name = slh_dsa_name();
  auto* bytes = static_cast<unsigned char*>(OPENSSL_memdup(key.view().data(), key.view().size()));
  if (info == nullptr || name == nullptr || bytes == nullptr ||
      X509_PUBKEY_set0_param(info.get(), name.get(), V_ASN1_UNDEF, nullptr, bytes,
                             static_cast<int>(key.view().size())) != 1) {
    OPENSSL_free(bytes);
    return nullptr;
  }
  static_cast<void>(name.release());  // the info has both now
  return info;
}

PublicInfo info_of(const crypto::PublicKey& key) {
  switch (key.algorithm) {
    case Algorithm::eddsa: return info_of_evp(evp_ed25519(key));
    case Algorithm::es256k: return info_of_evp(evp_secp256k1(key));
    case Algorithm::slh_dsa_sha2_128s: return info_of_slh_dsa(key);
  }
  return nullptr;
}

Result<crypto::PublicKey> key_in(const X509_PUBKEY* info) {
  ASN1_OBJECT* name = nullptr;
  const unsigned char* bytes = nullptr;
  int size = 0;
  X509_ALGOR* algorithm = nullptr;
  X509_PUBKEY_get0_param(&name, &bytes, &size, &algorithm, info);
  if (!is_slh_dsa(name)) {
    const EVP_PKEY* key = X509_PUBKEY_get0(info);
    ERR_clear_error();
    if (key == nullptr) return fail(Code::key_too_weak);
    return public_half(key);
  }
  int parameters = V_ASN1_UNDEF;
  X509_ALGOR_get0(nullptr, &parameters, nullptr, algorithm);
  if (parameters != V_ASN1_UNDEF) return fail(Code::bad_key);
  return crypto::make_public_key(Algorithm::slh_dsa_sha2_128s,
                                 {bytes, static_cast<std::size_t>(size)});
}

}  // namespace

bool is_on_curve(const EVP_PKEY* key, std::string_view group) {
  std::array<char, 32> name{};
  std::size_t size = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) == 1 &&
         std::string_view(name.data(), size) == group;
}

EvpKey evp_ec(std::string_view group, Bytes point) {
  const ParamsBuild build(OSSL_PARAM_BLD_new());
  const EvpContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  if (build == nullptr || context == nullptr) return nullptr;
  OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, group.data(),
                                  group.size());
  OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  const Params params(OSSL_PARAM_BLD_to_param(build.get()));
  EVP_PKEY* made = nullptr;
  if (params == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return EvpKey(made);
}

ObjectName slh_dsa_name() { return ObjectName(OBJ_txt2obj("2.16.840.1.101.3.4.3.20", 1)); }

bool is_slh_dsa(const ASN1_OBJECT* name) {
  const ObjectName known = slh_dsa_name();
  return known != nullptr && name != nullptr && OBJ_cmp(known.get(), name) == 0;
}

int no_passphrase(char*, int, int, void*) { return -1; }

Result<crypto::PublicKey> public_half(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) {
    std::array<std::uint8_t, crypto::kEd25519KeySize> bytes;
    std::size_t size = bytes.size();
    if (EVP_PKEY_get_raw_public_key(key, bytes.data(), &size) != 1) return fail(Code::bad_key);
    return crypto::make_public_key(Algorithm::eddsa, bytes);
  }
  if (!is_on_curve(key, kCurve)) return fail(Code::key_too_weak);
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

Result<std::string> to_pem(std::span<const crypto::PublicKey> keys) {
  const MemoryBio bio(BIO_new(BIO_s_mem()));
  for (const crypto::PublicKey& key : keys) {
    const PublicInfo info = info_of(key);
    if (bio == nullptr || info == nullptr ||
        PEM_write_bio_X509_PUBKEY(bio.get(), info.get()) != 1) {
      return fail(Code::bad_key);
    }
  }
  return text_in(bio.get());
}

Result<std::vector<crypto::PublicKey>> public_keys_from_pem(std::string_view pem) {
  if (pem.size() > kKeyFileMax) return fail(Code::oversized, pem.size());
  const MemoryBio bio = bio_over(pem);
  std::vector<crypto::PublicKey> keys;
  while (keys.size() <= kKeysInFileMax) {
    const PublicInfo info(PEM_read_bio_X509_PUBKEY(bio.get(), nullptr, &no_passphrase, nullptr));
    if (info == nullptr) break;
    AIRLOCK_ASSIGN(const crypto::PublicKey key, key_in(info.get()));
    keys.push_back(key);
  }
  ERR_clear_error();
  if (keys.empty()) return fail(Code::wrong_magic);
  AIRLOCK_TRY(check_one_of_each(keys, [](const auto& key) { return key.algorithm; }));
  return keys;
}

Result<std::vector<crypto::PublicKey>> read_public_keys(const file::Path& path) {
  AIRLOCK_ASSIGN(const file::Buffer bytes, file::read(path, kKeyFileMax));
  return public_keys_from_pem(text_of(bytes));
}

Result<crypto::PublicKey> read_public_key(const file::Path& path) {
  AIRLOCK_ASSIGN(const std::vector<crypto::PublicKey> keys, read_public_keys(path));
  if (keys.size() != 1) return fail(Code::too_many, 1);
  return keys[0];
}

Status create_public_keys(const file::Path& path, std::span<const crypto::PublicKey> keys) {
  AIRLOCK_ASSIGN(const std::string pem, to_pem(keys));
  return file::create(path, bytes_of(pem));
}

}  // namespace airlock::keys
