// What a backend must do (backend.h), small and without a library: for microcontrollers that bring
// none. Verification only, of public values; slower than the host's by far. Private to the room.
#pragma once

#include <span>

#include "core/base/base.h"

namespace airlock::crypto::small {

bool ed25519_equation(Bytes key, std::span<const Bytes> message, Bytes signature);
bool secp256k1_valid(Bytes key, Bytes digest, Bytes signature);
bool secp256k1_on_curve(Bytes key);

}  // namespace airlock::crypto::small
