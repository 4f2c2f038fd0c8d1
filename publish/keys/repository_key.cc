// Keys of the repository's roles. Ed25519 is signed as everywhere; P-256 is here alone, so that no
// code of the package door can meet it.
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <optional>

#include "publish/keys/pkcs8.h"

namespace airlock::keys {
namespace {

constexpr std::string_view kP256 = SN_X9_62_prime256v1;
constexpr std::size_t kCoordinateSize = 32;

using EcSignature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

Result<std::string> pem_of(EVP_PKEY* key) {
  const MemoryBio bio(BIO_new(BIO_s_mem()));
  if (key == nullptr || bio == nullptr || PEM_write_bio_PUBKEY(bio.get(), key) != 1) {
    return fail(Code::bad_key);
  }
  return text_in(bio.get());
}

Result<Signature> sign_p256(EVP_PKEY* key, Bytes message) {
  const EvpDigest digest(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (digest == nullptr ||
      EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(digest.get(), nullptr, &size, message.data(), message.size()) != 1) {
    return fail(Code::bad_key);
  }
  Signature signature(size);
  if (EVP_DigestSign(digest.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    return fail(Code::bad_key);
  }
  signature.resize(size);
  return signature;
}

bool verifies_p256(EVP_PKEY* key, Bytes message, Bytes signature) {
  const EvpDigest digest(EVP_MD_CTX_new());
  return digest != nullptr &&
         EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestVerify(digest.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

// A token answers r || s; metadata has ECDSA in DER.
Result<Signature> der_of(const token::Signature& raw) {
  const EcSignature pair(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(raw.data(), kCoordinateSize, nullptr);
  BIGNUM* s = BN_bin2bn(raw.data() + kCoordinateSize, kCoordinateSize, nullptr);
  if (pair == nullptr || ECDSA_SIG_set0(pair.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return fail(Code::bad_signature);
  }
  std::uint8_t* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return fail(Code::bad_signature);
  Signature made(der, der + size);
  OPENSSL_free(der);
  return made;
}

}  // namespace

struct RepositoryKey::Opened {
  std::optional<SigningKey> ed25519;
  EvpKey p256;  // the public half alone, where the key is in a token
  std::optional<token::Key> token;

  static Result<std::unique_ptr<Opened>> of(SigningKey key) {
    if (key.public_key().algorithm != crypto::Algorithm::eddsa) return fail(Code::key_too_weak);
    auto opened = std::make_unique<Opened>();
    opened->ed25519 = std::move(key);
    return opened;
  }

  Result<Signature> sign(Bytes message) const {
    const std::array parts = {message};
    if (ed25519) return ed25519->sign(parts);
    if (!token) return sign_p256(p256.get(), message);
    AIRLOCK_ASSIGN(const token::Signature raw, token->sign(parts));
    return der_of(raw);
  }
};

RepositoryKey::RepositoryKey(std::unique_ptr<Opened> opened, std::string public_pem, Door door)
    : opened_(std::move(opened)), public_pem_(std::move(public_pem)), door_(door) {}
RepositoryKey::RepositoryKey(RepositoryKey&&) noexcept = default;
RepositoryKey& RepositoryKey::operator=(RepositoryKey&&) noexcept = default;
RepositoryKey::~RepositoryKey() = default;

Result<RepositoryKey> RepositoryKey::make(std::unique_ptr<Opened> opened, Door door) {
  std::string pem;
  if (opened->ed25519) {
    AIRLOCK_ASSIGN(pem, to_pem({&opened->ed25519->public_key(), 1}));
  } else {
    AIRLOCK_ASSIGN(pem, pem_of(opened->p256.get()));
  }
  return RepositoryKey(std::move(opened), std::move(pem), door);
}

Result<RepositoryKey> RepositoryKey::generate(Type type) {
  std::unique_ptr<Opened> opened;
  if (type == Type::ed25519) {
    AIRLOCK_ASSIGN(SigningKey key,
                   SigningKey::generate(crypto::Algorithm::eddsa, Door::repository));
    AIRLOCK_ASSIGN(opened, Opened::of(std::move(key)));
  } else {
    opened = std::make_unique<Opened>();
    opened->p256.reset(EVP_EC_gen(kP256.data()));
    if (opened->p256 == nullptr) return fail(Code::io_failed);
  }
  return make(std::move(opened), Door::repository);
}

Result<RepositoryKey> RepositoryKey::open(const file::Path& path, const Secret& passphrase) {
  AIRLOCK_ASSIGN(const std::vector<PlainKey> keys, read_plain(path, passphrase));
  if (keys.size() != 1) return fail(Code::too_many, 1);
  const Door door = stated_door(keys[0].get());
  EvpKey evp(EVP_PKCS82PKEY(keys[0].get()));
  ERR_clear_error();
  std::unique_ptr<Opened> opened;
  if (evp != nullptr && is_on_curve(evp.get(), kP256)) {
    opened = std::make_unique<Opened>();
    opened->p256 = std::move(evp);
  } else {
    AIRLOCK_ASSIGN(SigningKey key, take_signing_key(keys[0]));
    AIRLOCK_ASSIGN(opened, Opened::of(std::move(key)));
  }
  return make(std::move(opened), door);
}

Result<RepositoryKey> RepositoryKey::in_token(std::string_view uri, const Secret& pin) {
  AIRLOCK_ASSIGN(const token::Uri parsed, token::Uri::parse(uri));
  AIRLOCK_ASSIGN(token::Key key, token::Key::open(parsed, pin.view()));
  std::unique_ptr<Opened> opened;
  if (key.curve() == token::Curve::p256) {
    opened = std::make_unique<Opened>();
    opened->p256 = evp_ec(kP256, key.public_point());
    opened->token = std::move(key);
    if (opened->p256 == nullptr) return fail(Code::bad_key);
  } else {
    AIRLOCK_ASSIGN(SigningKey signing, take_signing_key(std::move(key)));
    AIRLOCK_ASSIGN(opened, Opened::of(std::move(signing)));
  }
  return make(std::move(opened), Door::unstated);
}

Status RepositoryKey::save(const file::Path& path, const Secret& passphrase) const {
  AIRLOCK_CHECK(!opened_->token);
  if (passphrase.view().empty()) return fail(Code::no_passphrase);
  if (opened_->ed25519) return opened_->ed25519->save(path, passphrase);
  const PlainKey plain(EVP_PKEY2PKCS8(opened_->p256.get()));
  if (plain == nullptr) return fail(Code::io_failed);
  AIRLOCK_ASSIGN(const std::string pem, encrypted_pem(plain, door_, passphrase));
  return file::create(path, bytes_of(pem), file::Privacy::secret);
}

Result<Signature> RepositoryKey::sign(Bytes message) const {
  AIRLOCK_ASSIGN(Signature signature, opened_->sign(message));
  if (opened_->ed25519) return signature;  // SigningKey verified it
  if (!verifies_p256(opened_->p256.get(), message, signature)) return fail(Code::bad_signature);
  return signature;
}

Result<std::string> public_pem(const token::Key& key) {
  if (key.curve() == token::Curve::p256) return pem_of(evp_ec(kP256, key.public_point()).get());
  AIRLOCK_ASSIGN(const crypto::PublicKey half, public_half(key));
  return to_pem({&half, 1});
}

}  // namespace airlock::keys
