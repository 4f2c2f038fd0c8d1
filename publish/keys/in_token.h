// A key of publish/token as the package door takes it. Private to the room.
#pragma once

#include "publish/keys/keys.h"
#include "publish/token/token.h"

namespace airlock::keys::in_token {

// sign brings ECDSA into the form that verifiers demand: a low S, which a token does not promise.
Result<Signature> sign(const token::Key& key, std::span<const Bytes> message);

}  // namespace airlock::keys::in_token
