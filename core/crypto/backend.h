// What a crypto library must do for core/crypto; one implementation is linked. Private to the room.
#pragma once

#include <span>

#include "core/base/base.h"

namespace airlock::crypto::backend {

// ed25519_equation checks the cofactorless equation for a key and signature that already passed
// the rules of ed25519_rules.h.
bool ed25519_equation(Bytes key, std::span<const Bytes> message, Bytes signature);

// secp256k1_valid checks an ECDSA signature (r || s) over a 32-byte digest, low-S only.
bool secp256k1_valid(Bytes key, Bytes digest, Bytes signature);

// secp256k1_on_curve says whether 33 bytes are the compressed encoding of a point of the curve.
bool secp256k1_on_curve(Bytes key);

}  // namespace airlock::crypto::backend
