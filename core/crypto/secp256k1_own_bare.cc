// secp256k1 on bare metal where libsecp256k1 is not built in.
#include "core/crypto/backend.h"
#include "core/crypto/small.h"

namespace airlock::crypto::backend {

bool secp256k1_valid(Bytes key, Bytes digest, Bytes signature) {
  return small::secp256k1_valid(key, digest, signature);
}
bool secp256k1_on_curve(Bytes key) { return small::secp256k1_on_curve(key); }

}  // namespace airlock::crypto::backend
