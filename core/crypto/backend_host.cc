// The host's backend, but for secp256k1: OpenSSL 3.
#define OPENSSL_SUPPRESS_DEPRECATED  // SHA256_CTX: the only SHA-256 of OpenSSL 3 without heap
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <cstring>
#include <memory>
#include <new>

#include "core/crypto/backend.h"
#include "core/crypto/crypto.h"

namespace airlock::crypto {
namespace {

SHA256_CTX* context(std::array<std::uint8_t, 128>& state) {
  static_assert(sizeof(SHA256_CTX) <= 128 && alignof(SHA256_CTX) <= 8);
  return std::launder(reinterpret_cast<SHA256_CTX*>(state.data()));
}

}  // namespace

void Sha256::reset() {
  new (state_.data()) SHA256_CTX;
  SHA256_Init(context(state_));
}

void Sha256::update(Bytes bytes) { SHA256_Update(context(state_), bytes.data(), bytes.size()); }

Digest Sha256::finish() {
  Digest digest;
  SHA256_Final(digest.bytes.data(), context(state_));
  reset();
  return digest;
}

namespace backend {

bool ed25519_equation(Bytes key, std::span<const Bytes> message, Bytes signature) {
  // OpenSSL takes an Ed25519 message in one piece only; what comes so is not copied.
  Bytes whole = message.empty() ? Bytes() : message.front();
  std::unique_ptr<std::uint8_t[]> joined;
  if (message.size() > 1) {
    std::size_t size = 0;
    for (Bytes part : message) size += part.size();
    joined.reset(new (std::nothrow) std::uint8_t[size + 1]);
    if (!joined) return false;
    std::size_t at = 0;
    for (Bytes part : message) {
      if (!part.empty()) std::memcpy(joined.get() + at, part.data(), part.size());
      at += part.size();
    }
    whole = {joined.get(), size};
  }
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pkey(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()),
      &EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> md(EVP_MD_CTX_new(),
                                                                   &EVP_MD_CTX_free);
  return pkey && md && EVP_DigestVerifyInit(md.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
         EVP_DigestVerify(md.get(), signature.data(), signature.size(), whole.data(),
                          whole.size()) == 1;
}

}  // namespace backend
}  // namespace airlock::crypto
