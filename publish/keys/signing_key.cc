#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <secp256k1.h>

#include "publish/keys/internal.h"

namespace airlock::keys {
namespace {

using crypto::Algorithm;

constexpr std::size_t kScalarSize = 32;
constexpr std::size_t kSaltSize = 16;

EvpKey generate_evp(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::eddsa: return EvpKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    case Algorithm::es256k: return EvpKey(EVP_EC_gen("secp256k1"));
    case Algorithm::slh_dsa_sha2_128s: return nullptr;
  }
  return nullptr;
}

// Ed25519 hashes its message twice, so that OpenSSL wants it in one piece.
Result<Signature> sign_ed25519(EVP_PKEY* key, std::span<const Bytes> message) {
  file::Buffer whole;
  for (Bytes part : message) whole.insert(whole.end(), part.begin(), part.end());
  const EvpDigest digest(EVP_MD_CTX_new());
  Signature signature;
  std::size_t size = signature.size();
  if (digest == nullptr || EVP_DigestSignInit(digest.get(), nullptr, nullptr, nullptr, key) != 1 ||
      EVP_DigestSign(digest.get(), signature.data(), &size, whole.data(), whole.size()) != 1) {
    return fail(Code::bad_key);
  }
  return signature;
}

Result<Secret> scalar_of(const EVP_PKEY* key) {
  BIGNUM* number = nullptr;
  const bool found = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1;
  const SecretNumber owned(number);
  Secret scalar(kScalarSize);
  if (!found || BN_bn2binpad(number, scalar.room().data(), kScalarSize) < 0) {
    return fail(Code::bad_key);
  }
  return scalar;
}

// libsecp256k1 and not OpenSSL: its nonces follow RFC 6979 and its S is always low, as verifiers
// of wallets demand.
Result<Signature> sign_secp256k1(const EVP_PKEY* key, std::span<const Bytes> message) {
  crypto::Sha256 hash;
  for (Bytes part : message) hash.update(part);
  const crypto::Digest digest = hash.finish();
  AIRLOCK_ASSIGN(const Secret scalar, scalar_of(key));
  using Context = std::unique_ptr<secp256k1_context, Freed<secp256k1_context_destroy>>;
  const Context context(secp256k1_context_create(SECP256K1_CONTEXT_SIGN));
  Secret blinding(kScalarSize);  // against side channels
  if (context == nullptr || RAND_bytes(blinding.room().data(), kScalarSize) != 1 ||
      secp256k1_context_randomize(context.get(), blinding.view().data()) != 1) {
    return fail(Code::io_failed);
  }
  secp256k1_ecdsa_signature made;
  if (secp256k1_ecdsa_sign(context.get(), &made, digest.bytes.data(), scalar.view().data(), nullptr,
                           nullptr) != 1) {
    return fail(Code::bad_key);
  }
  Signature signature;
  secp256k1_ecdsa_signature_serialize_compact(context.get(), signature.data(), &made);
  return signature;
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

Result<std::string> encrypted_pem(EVP_PKEY* key, Door door, const Secret& passphrase) {
  const PlainKey plain(EVP_PKEY2PKCS8(key));
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

struct Decrypted {
  EvpKey key;
  Door door = Door::unstated;
};

Result<Decrypted> decrypted(std::string_view pem, const Secret& passphrase) {
  const MemoryBio bio = bio_over(pem);
  const EncryptedKey encrypted(PEM_read_bio_PKCS8(bio.get(), nullptr, &no_passphrase, nullptr));
  if (encrypted == nullptr) return fail(Code::wrong_magic);
  const Bytes words = passphrase.view();
  const PlainKey plain(
      PKCS8_decrypt(encrypted.get(), text_of(words).data(), static_cast<int>(words.size())));
  EvpKey key(plain == nullptr ? nullptr : EVP_PKCS82PKEY(plain.get()));
  ERR_clear_error();
  if (key == nullptr) return fail(Code::wrong_passphrase);
  return Decrypted{std::move(key), stated_door(plain.get())};
}

}  // namespace

struct SigningKey::Opened {
  EvpKey key;
};

SigningKey::SigningKey(std::unique_ptr<Opened> opened, const crypto::PublicKey& key, Door door)
    : opened_(std::move(opened)), public_key_(key), door_(door) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

Result<SigningKey> SigningKey::generate(Algorithm algorithm, Door door) {
  if (algorithm == Algorithm::slh_dsa_sha2_128s) return fail(Code::unsupported_algorithm);
  EvpKey key = generate_evp(algorithm);
  if (key == nullptr) return fail(Code::io_failed);
  AIRLOCK_ASSIGN(const crypto::PublicKey public_key, public_half(key.get()));
  return SigningKey(std::make_unique<Opened>(std::move(key)), public_key, door);
}

Result<SigningKey> SigningKey::open(const file::Path& path, const Secret& passphrase) {
  AIRLOCK_ASSIGN(const file::Buffer bytes, file::read(path, kKeyFileMax));
  AIRLOCK_ASSIGN(Decrypted opened, decrypted(text_of(bytes), passphrase));
  AIRLOCK_ASSIGN(const crypto::PublicKey public_key, public_half(opened.key.get()));
  return SigningKey(std::make_unique<Opened>(std::move(opened.key)), public_key, opened.door);
}

Status SigningKey::save(const file::Path& path, const Secret& passphrase) const {
  if (passphrase.view().empty()) return fail(Code::no_passphrase);
  AIRLOCK_ASSIGN(const std::string pem, encrypted_pem(opened_->key.get(), door_, passphrase));
  return file::create(path, bytes_of(pem), file::Privacy::secret);
}

Result<Signature> SigningKey::sign(std::span<const Bytes> message) const {
  AIRLOCK_ASSIGN(const Signature signature, public_key_.algorithm == Algorithm::eddsa
                                                ? sign_ed25519(opened_->key.get(), message)
                                                : sign_secp256k1(opened_->key.get(), message));
  AIRLOCK_TRY(crypto::verify(public_key_, message, signature));
  return signature;
}

}  // namespace airlock::keys
