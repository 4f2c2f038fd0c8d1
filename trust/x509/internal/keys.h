// Keys and signatures in certificates, CRLs and OCSP responses.
#pragma once

#include "core/crypto/crypto.h"
#include "trust/x509/certificate.h"

namespace airlock::x509::internal {

// Which signatures count. `published` adds SHA-1 with RSA: it is for published test vectors, never
// for a decision of ours.
enum class Digests : std::uint8_t { strong, published };

// is_strong_key: RSA of 2048 to 8192 bits, P-256, P-384, P-521, secp256k1 as named curves, Ed25519.
// Nothing else, so no DSA, no explicit curve, no key that is malformed.
bool is_strong_key(const PublicKeyInfo& key);

// is_strong_algorithm judges a whole AlgorithmIdentifier: RSA (PKCS #1 or PSS) and ECDSA with
// SHA-256, 384 or 512, and Ed25519, each with the parameters that its RFC demands.
bool is_strong_algorithm(Bytes algorithm);

// verify_signature checks a signature over `message`, one whole DER element. Ed25519 goes by the
// rule of core/crypto, the others by OpenSSL. Errors: unsupported_algorithm, bad_key,
// bad_signature.
Status verify_signature(const PublicKeyInfo& key, Bytes algorithm, Bytes message, Bytes signature,
                        Digests digests);

// package_key_of returns the key as the package door writes it: Ed25519 (RFC 8410) or secp256k1.
// Errors: unsupported_algorithm for any other, and those of crypto::make_public_key.
Result<crypto::PublicKey> package_key_of(const PublicKeyInfo& key);

}  // namespace airlock::x509::internal
