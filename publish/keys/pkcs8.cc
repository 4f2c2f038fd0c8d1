#include "publish/keys/pkcs8.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>

#include <array>
#include <optional>

#include "host/parallel/parallel.h"

namespace airlock::keys {
namespace {

constexpr std::size_t kSaltSize = 16;

Result<PlainKey> decrypted(const X509_SIG* encrypted, const Secret& passphrase) {
  const Bytes words = passphrase.view();
  PlainKey plain(PKCS8_decrypt(encrypted, text_of(words).data(), static_cast<int>(words.size())));
  ERR_clear_error();
  if (plain == nullptr) return fail(Code::wrong_passphrase);
  return plain;
}

// A door as the friendlyName (PKCS #9) of the key; "" where none is stated.
std::string_view name_of(Door door) {
  switch (door) {
    case Door::unstated: return "";
    case Door::package: return "airlock package key";
    case Door::repository: return "airlock repository key";
  }
  return "";
}

Status state_door(PKCS8_PRIV_KEY_INFO* plain, Door door) {
  const std::string_view words = name_of(door);
  if (words.empty()) return {};
  const auto* bytes = bytes_of(words).data();
  const int added = PKCS8_pkey_add1_attr_by_NID(plain, NID_friendlyName, MBSTRING_ASC, bytes,
                                                static_cast<int>(words.size()));
  if (added != 1) return fail(Code::io_failed);
  return {};
}

}  // namespace

Door stated_door(const PKCS8_PRIV_KEY_INFO* plain) {
  const STACK_OF(X509_ATTRIBUTE)* attributes = PKCS8_pkey_get0_attrs(plain);
  const int at = X509at_get_attr_by_NID(attributes, NID_friendlyName, -1);
  if (at < 0) return Door::unstated;
  const auto* stated = static_cast<const ASN1_STRING*>(
      X509_ATTRIBUTE_get0_data(X509at_get_attr(attributes, at), 0, V_ASN1_BMPSTRING, nullptr));
  unsigned char* words = nullptr;
  const int size = stated == nullptr ? -1 : ASN1_STRING_to_UTF8(&words, stated);
  if (size < 0) return Door::unstated;
  const std::string text(words, words + size);
  OPENSSL_free(words);
  for (Door door : {Door::package, Door::repository}) {
    if (text == name_of(door)) return door;
  }
  return Door::unstated;
}

Result<std::string> encrypted_pem(const PlainKey& plain, Door door, const Secret& passphrase) {
  std::array<std::uint8_t, kSaltSize> salt;
  if (plain == nullptr || RAND_bytes(salt.data(), kSaltSize) != 1) return fail(Code::io_failed);
  AIRLOCK_TRY(state_door(plain.get(), door));
  X509_ALGOR* scheme = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt.data(), kSaltSize, nullptr,
                                             kScryptN, kScryptR, kScryptP);
  if (scheme == nullptr) return fail(Code::io_failed);
  const Bytes words = passphrase.view();
  const EncryptedKey encrypted(
      PKCS8_set0_pbe(text_of(words).data(), static_cast<int>(words.size()), plain.get(), scheme));
  if (encrypted == nullptr) {
    X509_ALGOR_free(scheme);
    return fail(Code::io_failed);
  }
  const MemoryBio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_PKCS8(bio.get(), encrypted.get()) != 1) {
    return fail(Code::io_failed);
  }
  return text_in(bio.get());
}

Result<std::vector<PlainKey>> read_plain(const file::Path& path, const Secret& passphrase) {
  AIRLOCK_ASSIGN(const file::Buffer bytes, file::read(path, kKeyFileMax));
  const MemoryBio bio = bio_over(text_of(bytes));
  std::vector<EncryptedKey> encrypted;
  while (encrypted.size() <= kKeysInFileMax) {
    EncryptedKey one(PEM_read_bio_PKCS8(bio.get(), nullptr, &no_passphrase, nullptr));
    if (one == nullptr) break;
    encrypted.push_back(std::move(one));
  }
  ERR_clear_error();
  if (encrypted.empty()) return fail(Code::wrong_magic);
  // Decrypting is slow by intent: the keys of one signer are decrypted side by side.
  std::vector<std::optional<PlainKey>> plain(encrypted.size());
  AIRLOCK_TRY(parallel::for_each({0, plain.size()}, parallel::worker_count(kKeysInFileMax),
                                 [&](std::size_t, std::size_t at) -> Status {
                                   AIRLOCK_ASSIGN(plain[at],
                                                  decrypted(encrypted[at].get(), passphrase));
                                   return {};
                                 }));
  std::vector<PlainKey> keys;
  for (std::optional<PlainKey>& one : plain) keys.push_back(std::move(*one));
  return keys;
}

}  // namespace airlock::keys
