// Verifying signatures.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/base/base.h"

namespace airlock::crypto {

// Signature algorithms, numbered as in the IANA COSE Algorithms registry.
enum class Algorithm : std::int16_t {
  eddsa = -8,               // Ed25519 (RFC 9053)
  es256k = -47,             // ECDSA, secp256k1, SHA-256 (RFC 8812)
  slh_dsa_sha2_128s = -51,  // FIPS 205 (draft-ietf-cose-sphincs-plus)
};

inline constexpr std::size_t kEd25519KeySize = 32;
inline constexpr std::size_t kSecp256k1KeySize = 33;
inline constexpr std::size_t kSlhDsaKeySize = 32;
inline constexpr std::size_t kPublicKeySizeMax = 33;
inline constexpr std::size_t kCurveSignatureSize = 64;  // both curves
inline constexpr std::size_t kSlhDsaSignatureSize = 7856;
inline constexpr std::size_t kSignatureSizeMax = kSlhDsaSignatureSize;

inline constexpr std::size_t kMessagePartsMax = 6;

inline constexpr std::array<Algorithm, 3> kAlgorithms = {Algorithm::eddsa, Algorithm::es256k,
                                                         Algorithm::slh_dsa_sha2_128s};

// A public key whose shape was checked. Made by make_public_key only, except for the empty one.
struct PublicKey {
  Algorithm algorithm = Algorithm::eddsa;
  FixedList<std::uint8_t, kPublicKeySizeMax> bytes;

  Bytes view() const { return {bytes.begin(), bytes.size()}; }
  friend bool operator==(const PublicKey&, const PublicKey&) = default;
};

// known_algorithm turns a COSE algorithm number into an Algorithm, or unsupported_algorithm.
Result<Algorithm> known_algorithm(std::int64_t number);

// signature_size is the one size that signatures of an algorithm have.
std::size_t signature_size(Algorithm algorithm);

// make_public_key checks the size and the encoding of a key: canonical, on the curve where the
// library can say so, not of small order (weak_key); of SLH-DSA every 32 bytes are one. Errors:
// bad_key, weak_key.
Result<PublicKey> make_public_key(Algorithm algorithm, Bytes bytes);

// verify checks a signature over a message that is given in at most kMessagePartsMax parts (their
// concatenation is signed).
// It returns nothing when the signature is valid by the rules of crypto.h; otherwise
// bad_signature, bad_key where the key did not come from make_public_key, or too_many (parts).
Status verify(const PublicKey& key, std::span<const Bytes> message, Bytes signature);

}  // namespace airlock::crypto
