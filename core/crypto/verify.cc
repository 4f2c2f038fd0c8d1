#include "core/crypto/verify.h"

#include "core/crypto/backend.h"
#include "core/crypto/ed25519_rules.h"
#include "core/crypto/sha256.h"
#include "core/crypto/slh_dsa.h"

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

// Pure SLH-DSA with an empty context string (FIPS 205, algorithm 24), as COSE has it: a zero for
// "pure", and the context's length. A signature over a hash (HashSLH-DSA) begins with a one.
constexpr std::array<std::uint8_t, 2> kPureWithoutContext = {0, 0};

Status verify_slh_dsa(Bytes key, std::span<const Bytes> message, Bytes signature) {
  FixedList<Bytes, 1 + kMessagePartsMax> wrapped;
  AIRLOCK_TRY(wrapped.add(kPureWithoutContext));
  for (Bytes part : message) AIRLOCK_TRY(wrapped.add(part));
  const std::span<const Bytes> parts(wrapped.begin(), wrapped.size());
  if (!slh_dsa::verify_internal(key, parts, signature)) return fail(Code::bad_signature);
  return {};
}

std::size_t key_size(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::eddsa: return kEd25519KeySize;
    case Algorithm::es256k: return kSecp256k1KeySize;
    case Algorithm::slh_dsa_sha2_128s: return kSlhDsaKeySize;
  }
  return 0;
}

Status check_ed25519_key(Bytes bytes) {
  if (!is_canonical_point(bytes)) return fail(Code::bad_key);
  if (is_small_order_point(bytes)) return fail(Code::weak_key);
  return {};
}

Status check_secp256k1_key(Bytes bytes) {
  if (!backend::secp256k1_on_curve(bytes)) return fail(Code::bad_key);
  return {};
}

}  // namespace

Result<Algorithm> known_algorithm(std::int64_t number) {
  for (Algorithm known : kAlgorithms) {
    if (static_cast<std::int64_t>(known) == number) return known;
  }
  return fail(Code::unsupported_algorithm);
}

std::size_t signature_size(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::eddsa:
    case Algorithm::es256k: return kCurveSignatureSize;
    case Algorithm::slh_dsa_sha2_128s: return kSlhDsaSignatureSize;
  }
  return 0;
}

Result<PublicKey> make_public_key(Algorithm algorithm, Bytes bytes) {
  if (bytes.size() != key_size(algorithm)) return fail(Code::bad_key, bytes.size());
  switch (algorithm) {
    case Algorithm::eddsa: AIRLOCK_TRY(check_ed25519_key(bytes)); break;
    case Algorithm::es256k: AIRLOCK_TRY(check_secp256k1_key(bytes)); break;
    case Algorithm::slh_dsa_sha2_128s: break;
  }
  PublicKey key;
  key.algorithm = algorithm;
  for (std::uint8_t byte : bytes) AIRLOCK_TRY(key.bytes.add(byte));
  return key;
}

Status verify(const PublicKey& key, std::span<const Bytes> message, Bytes signature) {
  if (key.bytes.size() != key_size(key.algorithm)) return fail(Code::bad_key);
  if (signature.size() != signature_size(key.algorithm)) {
    return fail(Code::bad_signature, signature.size());
  }
  switch (key.algorithm) {
    case Algorithm::eddsa: return verify_ed25519(key.view(), message, signature);
    case Algorithm::es256k: return verify_secp256k1(key.view(), message, signature);
    case Algorithm::slh_dsa_sha2_128s: return verify_slh_dsa(key.view(), message, signature);
  }
  return fail(Code::unsupported_algorithm);
}

Digest sha256(Bytes bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

}  // namespace airlock::crypto
