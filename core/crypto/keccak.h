// Keccak-256 and SHA3-256: one permutation, two paddings, without heap.
#pragma once

#include "core/crypto/sha256.h"

namespace airlock::crypto {

// keccak256 is Keccak[512] as Ethereum uses it, with the padding 0x01 of before FIPS 202:
// selectors, topics, EIP-55, EIP-712. Its digest is no SHA-256 digest; the type says 32 bytes and
// nothing more.
Digest keccak256(Bytes bytes);

// sha3_256 is SHA3-256 of FIPS 202, with the padding 0x06: identifiers of Aptos.
Digest sha3_256(Bytes bytes);

}  // namespace airlock::crypto
