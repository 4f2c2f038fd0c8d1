// Keys of every type, right and wrong, for tests of this room.
#pragma once

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <functional>
#include <memory>
#include <string>

#include "trust/tuf/internal/fake_repository.h"

namespace airlock::tuf::internal {

using FakeKey = std::shared_ptr<EVP_PKEY>;

inline FakeKey make_ec_key(const char* curve = "P-256") {
  return {EVP_EC_gen(curve), &EVP_PKEY_free};
}
inline FakeKey make_rsa_key(unsigned bits = 2048) { return {EVP_RSA_gen(bits), &EVP_PKEY_free}; }

inline std::string pem_of(EVP_PKEY* key) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
  AIRLOCK_CHECK(PEM_write_bio_PUBKEY(out.get(), key) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

// How an RSA key signs; ECDSA knows only the hash.
struct FakePadding {
  const EVP_MD* hash = EVP_sha256();
  int padding = RSA_PKCS1_PSS_PADDING;
  int salt = RSA_PSS_SALTLEN_DIGEST;
};

inline Buffer sign_with(EVP_PKEY* key, Bytes message, const FakePadding& how = {}) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  EVP_PKEY_CTX* parameters = nullptr;
  AIRLOCK_CHECK(EVP_DigestSignInit(context.get(), &parameters, how.hash, nullptr, key) == 1);
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
    AIRLOCK_CHECK(EVP_PKEY_CTX_set_rsa_padding(parameters, how.padding) == 1);
    if (how.padding == RSA_PKCS1_PSS_PADDING) {
      AIRLOCK_CHECK(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, how.salt) == 1);
    }
  }
  std::size_t size = 0;
  AIRLOCK_CHECK(EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) == 1);
  Buffer signature(size);
  AIRLOCK_CHECK(
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1);
  signature.resize(size);
  return signature;
}

// A key object under its own id. The key's form is canonical but for the line ends of PEM.
inline FakeSigner signer_of(const char* type, const char* scheme, const std::string& material,
                            std::function<Buffer(Bytes)> sign) {
  json::Value key = {{"keytype", type}, {"scheme", scheme}, {"keyval", {{"public", material}}}};
  const std::string canonical = std::string("{\"keytype\":\"") + type +
                                "\",\"keyval\":{\"public\":\"" + material + "\"},\"scheme\":\"" +
                                scheme + "\"}";
  return {std::move(sign), std::move(key), text::to_hex(crypto::sha256(bytes_of(canonical)).bytes)};
}
// An Ed25519 signer by its secret of 32 bytes, for where tests/fakes cannot be had.
inline FakeSigner signer_of_secret(Bytes secret) {
  const FakeKey key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.data(), secret.size()),
      &EVP_PKEY_free);
  Buffer raw(secret.size());
  std::size_t size = raw.size();
  AIRLOCK_CHECK(EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size) == 1);
  return ed25519_signer(
      raw, [key](Bytes message) { return sign_with(key.get(), message, {.hash = nullptr}); });
}
inline FakeSigner ecdsa_signer(const FakeKey& key, const char* type = "ecdsa") {
  return signer_of(type, "ecdsa-sha2-nistp256", pem_of(key.get()),
                   [key](Bytes message) { return sign_with(key.get(), message); });
}
inline FakeSigner rsa_signer(const FakeKey& key, const FakePadding& how = {}) {
  return signer_of("rsa", "rsassa-pss-sha256", pem_of(key.get()),
                   [key, how](Bytes message) { return sign_with(key.get(), message, how); });
}

}  // namespace airlock::tuf::internal
