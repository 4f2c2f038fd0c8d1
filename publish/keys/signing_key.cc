#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <secp256k1.h>

#include <array>

#include "host/parallel/parallel.h"
#include "publish/keys/in_token.h"
#include "publish/keys/internal.h"
#include "publish/keys/pkcs8.h"
#include "publish/keys/slh_dsa.h"

namespace airlock::keys {
namespace {

using crypto::Algorithm;

constexpr std::size_t kScalarSize = 32;

// Derived in a moment from fresh randomness of this size.
Result<Secret> generate_slh_dsa() {
  Secret seeds(slh_dsa::kSeedsSize);
  if (RAND_priv_bytes(seeds.room().data(), static_cast<int>(seeds.room().size())) != 1) {
    return fail(Code::io_failed);
  }
  return slh_dsa::derive(seeds.view());
}

// Ed25519 hashes its message twice, so that OpenSSL wants it in one piece.
Result<Signature> sign_ed25519(EVP_PKEY* key, std::span<const Bytes> message) {
  file::Buffer whole;
  for (Bytes part : message) whole.insert(whole.end(), part.begin(), part.end());
  const EvpDigest digest(EVP_MD_CTX_new());
  Signature signature(crypto::kCurveSignatureSize);
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
  Signature signature(crypto::kCurveSignatureSize);
  secp256k1_ecdsa_signature_serialize_compact(context.get(), signature.data(), &made);
  return signature;
}

// Twice, since one secret must never sign two things: a fault in a lower tree would make a layer
// above sign another root, in a signature that verifies (RFC 9909, section 7).
Result<Signature> sign_slh_dsa(const Secret& secret, std::span<const Bytes> message) {
  Signature signature = slh_dsa::sign(secret.view(), message);
  if (signature != slh_dsa::sign(secret.view(), message)) return fail(Code::bad_signature);
  return signature;
}

// The secret bytes alone, without parameters (RFC 9909, section 6). OpenSSL wipes its copy.
PlainKey plain_slh_dsa(const Secret& secret) {
  PlainKey plain(PKCS8_PRIV_KEY_INFO_new());
  ObjectName name = slh_dsa_name();
  const Bytes from = secret.view();
  auto* bytes = static_cast<unsigned char*>(OPENSSL_memdup(from.data(), from.size()));
  if (plain == nullptr || name == nullptr || bytes == nullptr ||
      PKCS8_pkey_set0(plain.get(), name.get(), 0, V_ASN1_UNDEF, nullptr, bytes,
                      static_cast<int>(from.size())) != 1) {
    OPENSSL_clear_free(bytes, from.size());
    return nullptr;
  }
  static_cast<void>(name.release());  // the plain key has both now
  return plain;
}

// A secret of SLH-DSA, or nothing where the key is of another type.
Result<std::optional<Secret>> slh_dsa_in(const PKCS8_PRIV_KEY_INFO* plain) {
  const ASN1_OBJECT* name = nullptr;
  const unsigned char* bytes = nullptr;
  int size = 0;
  const X509_ALGOR* algorithm = nullptr;
  if (PKCS8_pkey_get0(&name, &bytes, &size, &algorithm, plain) != 1 || !is_slh_dsa(name)) {
    return std::nullopt;
  }
  int parameters = V_ASN1_UNDEF;
  X509_ALGOR_get0(nullptr, &parameters, nullptr, algorithm);
  if (parameters != V_ASN1_UNDEF || size != static_cast<int>(slh_dsa::kSecretSize)) {
    return fail(Code::bad_key);
  }
  Secret secret = Secret::of({bytes, slh_dsa::kSecretSize});
  if (!slh_dsa::has_its_root(secret.view())) return fail(Code::bad_key);
  return secret;
}

}  // namespace

struct SigningKey::Opened {
  EvpKey curve;                   // of Ed25519 or secp256k1
  std::optional<Secret> slh_dsa;  // SK.seed || SK.prf || PK.seed || PK.root
  std::optional<token::Key> token;

  Result<crypto::PublicKey> public_key() const {
    if (token) return keys::public_half(*token);
    if (!slh_dsa) return public_half(curve.get());
    return crypto::make_public_key(Algorithm::slh_dsa_sha2_128s,
                                   slh_dsa::public_half(slh_dsa->view()));
  }
  Result<std::string> encrypt(Door door, const Secret& passphrase) const {
    AIRLOCK_CHECK(!token);  // nobody can take it out
    const PlainKey plain =
        slh_dsa ? plain_slh_dsa(*slh_dsa) : PlainKey(EVP_PKEY2PKCS8(curve.get()));
    if (plain == nullptr) return fail(Code::io_failed);
    return encrypted_pem(plain, door, passphrase);
  }
  Result<Signature> sign(Algorithm algorithm, std::span<const Bytes> message) const;
  static Result<SigningKey> take(const PlainKey& plain) {
    auto opened = std::make_unique<Opened>();
    AIRLOCK_ASSIGN(opened->slh_dsa, slh_dsa_in(plain.get()));
    if (!opened->slh_dsa) opened->curve.reset(EVP_PKCS82PKEY(plain.get()));
    ERR_clear_error();
    if (!opened->slh_dsa && opened->curve == nullptr) return fail(Code::wrong_passphrase);
    AIRLOCK_ASSIGN(const crypto::PublicKey public_key, opened->public_key());
    return SigningKey(std::move(opened), public_key, stated_door(plain.get()));
  }
  static Result<SigningKey> take(token::Key key) {
    auto opened = std::make_unique<Opened>();
    opened->token = std::move(key);
    AIRLOCK_ASSIGN(const crypto::PublicKey public_key, opened->public_key());
    return SigningKey(std::move(opened), public_key, Door::unstated);
  }
};

SigningKey::SigningKey(std::unique_ptr<Opened> opened, const crypto::PublicKey& key, Door door)
    : opened_(std::move(opened)), public_key_(key), door_(door) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

Result<SigningKey> SigningKey::generate(Algorithm algorithm, Door door) {
  auto opened = std::make_unique<Opened>();
  switch (algorithm) {
    case Algorithm::eddsa:
      opened->curve.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
      break;
    case Algorithm::es256k: opened->curve.reset(EVP_EC_gen("secp256k1")); break;
    case Algorithm::slh_dsa_sha2_128s: {
      AIRLOCK_ASSIGN(opened->slh_dsa, generate_slh_dsa());
      break;
    }
  }
  if (opened->curve == nullptr && !opened->slh_dsa) return fail(Code::io_failed);
  AIRLOCK_ASSIGN(const crypto::PublicKey public_key, opened->public_key());
  return SigningKey(std::move(opened), public_key, door);
}

Result<SigningKey> take_signing_key(const PlainKey& plain) {
  return SigningKey::Opened::take(plain);
}

Result<SigningKey> take_signing_key(token::Key key) {
  return SigningKey::Opened::take(std::move(key));
}

Result<SigningKey> SigningKey::open(const file::Path& path, const Secret& passphrase) {
  AIRLOCK_ASSIGN(std::vector<SigningKey> keys, open_keys(path, passphrase));
  if (keys.size() != 1) return fail(Code::too_many, 1);
  return std::move(keys[0]);
}

Result<SigningKey> SigningKey::in_token(std::string_view uri, const Secret& pin) {
  AIRLOCK_ASSIGN(const token::Uri parsed, token::Uri::parse(uri));
  AIRLOCK_ASSIGN(token::Key key, token::Key::open(parsed, pin.view()));
  return take_signing_key(std::move(key));
}

Status SigningKey::save(const file::Path& path, const Secret& passphrase) const {
  return save_keys(path, {this, 1}, passphrase);
}

Result<Signature> SigningKey::Opened::sign(Algorithm algorithm,
                                           std::span<const Bytes> message) const {
  if (token) return in_token::sign(*token, message);
  switch (algorithm) {
    case Algorithm::eddsa: return sign_ed25519(curve.get(), message);
    case Algorithm::es256k: return sign_secp256k1(curve.get(), message);
    case Algorithm::slh_dsa_sha2_128s: return sign_slh_dsa(*slh_dsa, message);
  }
  return fail(Code::bad_key);
}

Result<Signature> SigningKey::sign(std::span<const Bytes> message) const {
  AIRLOCK_ASSIGN(Signature signature, opened_->sign(public_key_.algorithm, message));
  AIRLOCK_TRY(crypto::verify(public_key_, message, signature));
  return signature;
}

Result<std::vector<SigningKey>> open_keys(const file::Path& path, const Secret& passphrase) {
  AIRLOCK_ASSIGN(const std::vector<PlainKey> plain, read_plain(path, passphrase));
  std::vector<SigningKey> keys;
  for (const PlainKey& one : plain) {
    AIRLOCK_ASSIGN(SigningKey key, SigningKey::Opened::take(one));
    keys.push_back(std::move(key));
  }
  AIRLOCK_TRY(check_one_of_each(keys, [](const auto& key) { return key.public_key().algorithm; }));
  return keys;
}

Status save_keys(const file::Path& path, std::span<const SigningKey> keys,
                 const Secret& passphrase) {
  if (passphrase.view().empty()) return fail(Code::no_passphrase);
  AIRLOCK_TRY(check_one_of_each(keys, [](const auto& key) { return key.public_key().algorithm; }));
  // Encrypting is slow by intent: the keys of one signer are encrypted side by side.
  std::vector<std::string> encrypted(keys.size());
  AIRLOCK_TRY(parallel::for_each(
      {0, keys.size()}, parallel::worker_count(crypto::kAlgorithms.size()),
      [&](std::size_t, std::size_t at) -> Status {
        const SigningKey& key = keys[at];
        AIRLOCK_ASSIGN(encrypted[at], key.opened_->encrypt(key.door_, passphrase));
        return {};
      }));
  std::string pem;
  for (const std::string& one : encrypted) pem += one;
  return file::create(path, bytes_of(pem), file::Privacy::secret);
}

}  // namespace airlock::keys
