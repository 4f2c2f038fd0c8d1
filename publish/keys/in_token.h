// A key of publish/token as the package door takes it. Private to the room.
#pragma once

#include "publish/keys/keys.h"
#include "publish/token/token.h"

namespace airlock::keys::in_token {

// public_half errors: key_too_weak (P-256, which no door of ours takes), bad_key, weak_key.
Result<crypto::PublicKey> public_half(const token::Key& key);

// sign brings ECDSA into the form that verifiers demand: a low S, which a token does not promise.
Result<Signature> sign(const token::Key& key, std::span<const Bytes> message);

}  // namespace airlock::keys::in_token
