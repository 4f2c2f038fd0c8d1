#include "publish/keys/in_token.h"

#include <secp256k1.h>

#include <array>

namespace airlock::keys::in_token {
namespace {

constexpr std::size_t kCoordinateSize = 32;

// SEC 1, section 2.3.3: from 04 || x || y.
std::array<std::uint8_t, crypto::kSecp256k1KeySize> compressed(Bytes point) {
  AIRLOCK_CHECK(point.size() == 1 + 2 * kCoordinateSize);
  std::array<std::uint8_t, crypto::kSecp256k1KeySize> bytes;
  bytes[0] = (point.back() & 1) == 0 ? 0x02 : 0x03;
  std::ranges::copy(point.subspan(1, kCoordinateSize), bytes.begin() + 1);
  return bytes;
}

void lower_s(token::Signature& signature) {
  secp256k1_ecdsa_signature parsed;
  if (secp256k1_ecdsa_signature_parse_compact(secp256k1_context_static, &parsed,
                                              signature.data()) != 1) {
    return;  // what is no signature is refused when it is verified
  }
  secp256k1_ecdsa_signature_normalize(secp256k1_context_static, &parsed, &parsed);
  secp256k1_ecdsa_signature_serialize_compact(secp256k1_context_static, signature.data(), &parsed);
}

}  // namespace

Result<Signature> sign(const token::Key& key, std::span<const Bytes> message) {
  AIRLOCK_ASSIGN(token::Signature signature, key.sign(message));
  if (key.curve() == token::Curve::secp256k1) lower_s(signature);
  return Signature(signature.begin(), signature.end());
}

}  // namespace airlock::keys::in_token

namespace airlock::keys {

Result<crypto::PublicKey> public_half(const token::Key& key) {
  switch (key.curve()) {
    case token::Curve::ed25519:
      return crypto::make_public_key(crypto::Algorithm::eddsa, key.public_point());
    case token::Curve::secp256k1:
      return crypto::make_public_key(crypto::Algorithm::es256k,
                                     in_token::compressed(key.public_point()));
    case token::Curve::p256: break;
  }
  return fail(Code::key_too_weak);
}

}  // namespace airlock::keys
