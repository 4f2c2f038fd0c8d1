// secp256k1 by libsecp256k1: the host's, or on bare metal what was built of Debian's source.
#include <secp256k1.h>

#include "core/crypto/backend.h"

namespace airlock::crypto::backend {

bool secp256k1_valid(Bytes key, Bytes digest, Bytes signature) {
  AIRLOCK_CHECK(digest.size() == 32 && signature.size() == 64);
  secp256k1_pubkey point;
  secp256k1_ecdsa_signature parsed;
  const auto* context = secp256k1_context_static;
  return secp256k1_ec_pubkey_parse(context, &point, key.data(), key.size()) == 1 &&
         secp256k1_ecdsa_signature_parse_compact(context, &parsed, signature.data()) == 1 &&
         secp256k1_ecdsa_verify(context, &parsed, digest.data(), &point) == 1;
}

bool secp256k1_on_curve(Bytes key) {
  secp256k1_pubkey point;
  return (key[0] == 2 || key[0] == 3) &&
         secp256k1_ec_pubkey_parse(secp256k1_context_static, &point, key.data(), key.size()) == 1;
}

}  // namespace airlock::crypto::backend
