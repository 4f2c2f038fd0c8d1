// SLH-DSA-SHA2-128s for tests of rooms that must not know publish/keys.
#pragma once

#include <span>
#include <vector>

#include "core/base/base.h"

namespace airlock::fakes {

// slh_dsa_secret makes a secret key of 64 bytes from 48; its last 32 are the public key.
std::vector<std::uint8_t> slh_dsa_secret(Bytes seeds);
// slh_dsa_sign signs as core/crypto verifies; slh_dsa_sign_wrapped what has its wrapping already.
std::vector<std::uint8_t> slh_dsa_sign(Bytes secret, Bytes message);
std::vector<std::uint8_t> slh_dsa_sign_wrapped(Bytes secret, std::span<const Bytes> message);

}  // namespace airlock::fakes
