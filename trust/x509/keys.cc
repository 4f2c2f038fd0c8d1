#include "trust/x509/internal/keys.h"

#include <openssl/asn1.h>

#include <algorithm>
#include <array>
#include <bit>

#include "trust/x509/internal/der.h"
#include "trust/x509/internal/oids.h"
#include "trust/x509/internal/openssl.h"

namespace airlock::x509::internal {
namespace {

constexpr std::size_t kRsaBitsMin = 2048;
constexpr std::size_t kRsaBitsMax = 8192;    // verifying with a larger one would take too long
constexpr std::size_t kExponentSizeMin = 3;  // 65537 and more (FIPS 186-5, 5.4)
constexpr std::size_t kExponentSizeMax = 32;

struct Curve {
  Bytes oid;
  std::size_t field_size;
};
const std::array kCurves = {Curve{oid::kP256, 32}, Curve{oid::kP384, 48}, Curve{oid::kP521, 66},
                            Curve{oid::kSecp256k1, 32}};

bool is_strong_rsa(const PublicKeyInfo& key) {
  auto reader = der::open(key.bits, der::kSequence);
  if (!reader) return false;
  const auto modulus = reader->integer();
  const auto exponent = modulus ? reader->integer() : modulus;
  if (!exponent || !reader->at_end()) return false;
  if ((*modulus)[0] != 0 || (exponent->front() & 0x80U) != 0) return false;
  // A leading zero octet means that the first bit of the next one is set: whole octets.
  const std::size_t bits = (modulus->size() - 1) * 8;
  const bool is_sized = bits >= kRsaBitsMin && bits <= kRsaBitsMax;
  const bool is_exponent = exponent->size() >= kExponentSizeMin &&
                           exponent->size() <= kExponentSizeMax && (exponent->back() & 1U) != 0;
  return is_sized && is_exponent;
}

// The named curve of an EC key (RFC 5480, 2.1.1: no explicit parameters), or nothing.
const Curve* curve_of(const PublicKeyInfo& key) {
  der::Reader reader(key.parameters);
  const auto named = reader.oid();
  if (!named || !reader.at_end()) return nullptr;
  const auto found =
      std::ranges::find_if(kCurves, [&](const Curve& curve) { return equal(curve.oid, *named); });
  return found == kCurves.end() ? nullptr : &*found;
}

KeyPointer evp_key_of(const PublicKeyInfo& key) {
  const unsigned char* at = key.whole.data();
  return KeyPointer(d2i_PUBKEY(nullptr, &at, static_cast<long>(key.whole.size())));
}

bool is_strong_ec(const PublicKeyInfo& key) {
  const Curve* const curve = curve_of(key);
  if (curve == nullptr || key.bits.empty()) return false;
  const bool is_compressed = key.bits[0] == 2 || key.bits[0] == 3;
  const std::size_t size = 1 + curve->field_size * (is_compressed ? 1 : 2);
  if (key.bits.size() != size || (!is_compressed && key.bits[0] != 4)) return false;
  return evp_key_of(key) != nullptr;  // OpenSSL refuses a point that is not on the curve
}

Result<crypto::PublicKey> ed25519_of(const PublicKeyInfo& key) {
  if (!key.parameters.empty()) return fail(Code::bad_key);  // RFC 8410, 3
  return crypto::make_public_key(crypto::Algorithm::eddsa, key.bits);
}

constexpr std::array kNullParameters{std::uint8_t{der::kNull}, std::uint8_t{0}};

// RFC 4055, 5: NULL is to be written, and both are to be read.
bool is_null_or_absent(Bytes parameters) {
  return parameters.empty() || equal(parameters, kNullParameters);
}

// RSASSA-PSS-params (RFC 4055, 3.1): the digest must be named, since the one left out is SHA-1.
bool is_strong_pss(Bytes parameters) {
  constexpr auto kSha2 = oid::octets(0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2);
  auto reader = der::open(parameters, der::kSequence);
  if (!reader) return false;
  auto hash = reader->enter(der::constructed(0));
  if (!hash) return false;
  auto algorithm = hash->enter(der::kSequence);
  const auto digest = algorithm ? algorithm->oid() : Result<Bytes>(fail(Code::missing_field));
  if (!digest || digest->size() != kSha2.size() + 1) return false;
  const std::uint8_t last = digest->back();  // 1, 2, 3: SHA-256, SHA-384, SHA-512
  return equal(digest->first(kSha2.size()), kSha2) && last >= 1 && last <= 3;
}

struct AlgorithmParts {
  Bytes oid;
  Bytes parameters;
};

Result<AlgorithmParts> parts_of(Bytes algorithm) {
  AIRLOCK_ASSIGN(der::Reader reader, der::open(algorithm, der::kSequence));
  AlgorithmParts parts;
  AIRLOCK_ASSIGN(parts.oid, reader.oid());
  if (!reader.at_end()) {
    AIRLOCK_ASSIGN(const der::Element parameters, reader.next());
    parts.parameters = parameters.whole;
  }
  AIRLOCK_TRY(reader.end());
  return parts;
}

template <std::size_t kCount>
bool is_one_of(Bytes oid, const std::array<Bytes, kCount>& list) {
  return std::ranges::any_of(list, [oid](Bytes other) { return equal(oid, other); });
}

bool is_published_algorithm(Bytes algorithm) {
  const auto parts = parts_of(algorithm);
  return parts && equal(parts->oid, oid::kRsaSha1) && is_null_or_absent(parts->parameters);
}

void free_algorithm(X509_ALGOR* algorithm) { X509_ALGOR_free(algorithm); }

// OpenSSL's own reading of an AlgorithmIdentifier, which knows PSS' parameters.
Status verify_by_openssl(const PublicKeyInfo& key, Bytes algorithm, Bytes message,
                         Bytes signature) {
  const KeyPointer evp = evp_key_of(key);
  if (!evp) return fail(Code::bad_key);
  const unsigned char* at = algorithm.data();
  const std::unique_ptr<X509_ALGOR, Freed<free_algorithm>> read(
      d2i_X509_ALGOR(nullptr, &at, static_cast<long>(algorithm.size())));
  at = message.data();
  const std::unique_ptr<ASN1_TYPE, Freed<ASN1_TYPE_free>> part(
      d2i_ASN1_TYPE(nullptr, &at, static_cast<long>(message.size())));
  const std::unique_ptr<ASN1_BIT_STRING, Freed<ASN1_BIT_STRING_free>> bits(ASN1_BIT_STRING_new());
  if (!read || !part || !bits) return fail(Code::bad_signature);
  if (ASN1_BIT_STRING_set(bits.get(), const_cast<unsigned char*>(signature.data()),
                          static_cast<int>(signature.size())) != 1) {
    return fail(Code::no_room);
  }
  const int valid =
      ASN1_item_verify(ASN1_ITEM_rptr(ASN1_ANY), read.get(), bits.get(), part.get(), evp.get());
  if (valid != 1) return fail(Code::bad_signature);
  return {};
}

}  // namespace

bool is_strong_key(const PublicKeyInfo& key) {
  if (equal(key.algorithm, oid::kRsaEncryption)) {
    return equal(key.parameters, kNullParameters) && is_strong_rsa(key);
  }
  if (equal(key.algorithm, oid::kEcPublicKey)) return is_strong_ec(key);
  return equal(key.algorithm, oid::kEd25519) && ed25519_of(key).has_value();
}

bool is_strong_algorithm(Bytes algorithm) {
  static const std::array<Bytes, 3> kRsa = {oid::kRsaSha256, oid::kRsaSha384, oid::kRsaSha512};
  static const std::array<Bytes, 4> kWithoutParameters = {oid::kEcdsaSha256, oid::kEcdsaSha384,
                                                          oid::kEcdsaSha512, oid::kEd25519};
  const auto parts = parts_of(algorithm);
  if (!parts) return false;
  if (is_one_of(parts->oid, kRsa)) return is_null_or_absent(parts->parameters);
  if (equal(parts->oid, oid::kRsaPss)) return is_strong_pss(parts->parameters);
  return is_one_of(parts->oid, kWithoutParameters) && parts->parameters.empty();
}

Status verify_signature(const PublicKeyInfo& key, Bytes algorithm, Bytes message, Bytes signature,
                        Digests digests) {
  const bool is_allowed = is_strong_algorithm(algorithm) ||
                          (digests == Digests::published && is_published_algorithm(algorithm));
  if (!is_allowed) return fail(Code::unsupported_algorithm);
  if (!equal(key.algorithm, oid::kEd25519)) {
    return verify_by_openssl(key, algorithm, message, signature);
  }
  AIRLOCK_ASSIGN(const AlgorithmParts parts, parts_of(algorithm));
  if (!equal(parts.oid, oid::kEd25519)) return fail(Code::bad_signature);
  AIRLOCK_ASSIGN(const crypto::PublicKey ed25519, ed25519_of(key));
  return crypto::verify(ed25519, std::array{message}, signature);
}

Result<crypto::PublicKey> package_key_of(const PublicKeyInfo& key) {
  if (equal(key.algorithm, oid::kEd25519)) return ed25519_of(key);
  const Curve* const curve = equal(key.algorithm, oid::kEcPublicKey) ? curve_of(key) : nullptr;
  if (curve == nullptr || !equal(curve->oid, oid::kSecp256k1) || !is_strong_ec(key)) {
    return fail(Code::unsupported_algorithm);
  }
  Buffer compressed(key.bits.begin(), key.bits.begin() + crypto::kSecp256k1KeySize);
  if (compressed[0] == 4) compressed[0] = static_cast<std::uint8_t>(2 + (key.bits.back() & 1U));
  return crypto::make_public_key(crypto::Algorithm::es256k, compressed);
}

}  // namespace airlock::x509::internal
