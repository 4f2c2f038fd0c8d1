// core/crypto: hashing and verifying. Nothing here can sign.
//
// It is for every trust decision of both doors: SHA-256 (FIPS 180-4), Ed25519 (RFC 8032),
// ECDSA on secp256k1 with SHA-256, and SLH-DSA-SHA2-128s (FIPS 205). It promises one verdict for
// one signature in every process of Airlock, whatever library stands behind the face: the rules in
// which libraries differ are applied here, before the library is asked.
//
//   Ed25519: S < L; A and R canonically encoded; A and R not of small order; cofactorless equation.
//   ES256K:  64 bytes r || s, both in [1, n-1], s in the lower half; key compressed, 33 bytes.
//   SLH-DSA: pure, with an empty context string, 7856 bytes; never over a hash (HashSLH-DSA).
//
// The library of both curves and of SHA-256 is chosen at link time: OpenSSL 3 and libsecp256k1 on
// the host (backend_host.cc), small verifiers on bare metal; SLH-DSA needs no more than SHA-256.
// There is no virtual call and no registry.
#pragma once

#include "core/crypto/sha256.h"
#include "core/crypto/verify.h"
