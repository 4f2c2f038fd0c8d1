// SLH-DSA-SHA2-128s (FIPS 205): making keys and signing, which core/crypto cannot.
//
// SigningKey is what holds a secret; here are the algorithms alone, over bytes, for it and for
// tests. Signatures are deterministic: opt_rand is the public seed, so that one message has one
// signature. Signing takes some two million hashes, a fraction of a second where the processor has
// instructions for SHA-256.
#pragma once

#include <span>

#include "core/base/base.h"
#include "core/crypto/slh_dsa.h"
#include "host/file/file.h"
#include "publish/keys/keys.h"

namespace airlock::keys::slh_dsa {

inline constexpr std::size_t kHashSize = crypto::slh_dsa::kHashSize;
inline constexpr std::size_t kSeedsSize = 3 * kHashSize;   // SK.seed, SK.prf, PK.seed
inline constexpr std::size_t kSecretSize = 4 * kHashSize;  // and PK.root

// derive makes the secret key from its three seeds (algorithm 18).
Secret derive(Bytes seeds);
// public_half returns the 32 bytes of the public key that stand in a secret one.
inline Bytes public_half(Bytes secret) { return secret.last(2 * kHashSize); }
// has_its_root says whether the root that stands in a secret key is that of its seeds.
bool has_its_root(Bytes secret);

// sign signs as verify.h verifies: pure, with an empty context (algorithm 22).
file::Buffer sign(Bytes secret, std::span<const Bytes> message);
// sign_internal is algorithm 19: the message has its wrapping already.
file::Buffer sign_internal(Bytes secret, std::span<const Bytes> message, Bytes opt_rand);

}  // namespace airlock::keys::slh_dsa
