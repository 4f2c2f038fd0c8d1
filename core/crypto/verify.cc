#include "core/crypto/verify.h"

#include "core/crypto/backend.h"
#include "core/crypto/ed25519_rules.h"
#include "core/crypto/sha256.h"

namespace airlock::crypto {
namespace {

Status verify_ed25519(Bytes key, std::span<const Bytes> message, Bytes signature) {
  const Bytes r = signature.first(32);
  const Bytes s = signature.last(32);
  if (!is_canonical_scalar(s)) return fail(Code::bad_signature);
  if (!is_canonical_point(r) || is_small_order_point(r)) return fail(Code::bad_signature);
  if (!is_canonical_point(key) || is_small_order_point(key)) return fail(Code::bad_signature);
  if (!backend::ed25519_equation(key, message, signature)) return fail(Code::bad_signature);
  return {};
}

Status verify_secp256k1(Bytes key, std::span<const Bytes> message, Bytes signature) {
  Sha256 hash;
  for (Bytes part : message) hash.update(part);
  const Digest digest = hash.finish();
  if (!backend::secp256k1_valid(key, digest.bytes, signature)) return fail(Code::bad_signature);
  return {};
}

Status check_ed25519_key(Bytes bytes) {
  if (bytes.size() != kEd25519KeySize) return fail(Code::bad_key, bytes.size());
  if (!is_canonical_point(bytes)) return fail(Code::bad_key);
  if (is_small_order_point(bytes)) return fail(Code::weak_key);
  return {};
}

Status check_secp256k1_key(Bytes bytes) {
  if (bytes.size() != kSecp256k1KeySize) return fail(Code::bad_key, bytes.size());
  if (!backend::secp256k1_on_curve(bytes)) return fail(Code::bad_key);
  return {};
}

}  // namespace

Result<Algorithm> known_algorithm(std::int64_t number) {
  for (Algorithm known : {Algorithm::eddsa, Algorithm::es256k, Algorithm::slh_dsa_sha2_128s}) {
    if (static_cast<std::int64_t>(known) == number) return known;
  }
  return fail(Code::unsupported_algorithm);
}

Result<PublicKey> make_public_key(Algorithm algorithm, Bytes bytes) {
  switch (algorithm) {
    case Algorithm::eddsa: AIRLOCK_TRY(check_ed25519_key(bytes)); break;
    case Algorithm::es256k: AIRLOCK_TRY(check_secp256k1_key(bytes)); break;
    case Algorithm::slh_dsa_sha2_128s: return fail(Code::unsupported_algorithm);
  }
  PublicKey key;
  key.algorithm = algorithm;
  for (std::uint8_t byte : bytes) AIRLOCK_TRY(key.bytes.add(byte));
  return key;
}

Status verify(const PublicKey& key, std::span<const Bytes> message, Bytes signature) {
  if (signature.size() != kSignatureSize) return fail(Code::bad_signature, signature.size());
  switch (key.algorithm) {
    case Algorithm::eddsa:
      if (key.bytes.size() != kEd25519KeySize) return fail(Code::bad_key);
      return verify_ed25519(key.view(), message, signature);
    case Algorithm::es256k:
      if (key.bytes.size() != kSecp256k1KeySize) return fail(Code::bad_key);
      return verify_secp256k1(key.view(), message, signature);
    case Algorithm::slh_dsa_sha2_128s: break;
  }
  return fail(Code::unsupported_algorithm);
}

Digest sha256(Bytes bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

}  // namespace airlock::crypto
