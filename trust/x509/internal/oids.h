// Object identifiers, as the content octets of their DER.
#pragma once

#include <array>
#include <cstdint>

namespace airlock::x509::oid {

template <class... Octets>
constexpr std::array<std::uint8_t, sizeof...(Octets)> octets(Octets... values) {
  return {static_cast<std::uint8_t>(values)...};
}

// id-ce (2.5.29), RFC 5280, 4.2.1 and 5.2
inline constexpr auto kSubjectKeyId = octets(0x55, 0x1d, 14);
inline constexpr auto kKeyUsage = octets(0x55, 0x1d, 15);
inline constexpr auto kSubjectAltName = octets(0x55, 0x1d, 17);
inline constexpr auto kBasicConstraints = octets(0x55, 0x1d, 19);
inline constexpr auto kCrlNumber = octets(0x55, 0x1d, 20);
inline constexpr auto kReasonCode = octets(0x55, 0x1d, 21);
inline constexpr auto kInvalidityDate = octets(0x55, 0x1d, 24);
inline constexpr auto kDeltaCrlIndicator = octets(0x55, 0x1d, 27);
inline constexpr auto kIssuingDistributionPoint = octets(0x55, 0x1d, 28);
inline constexpr auto kCertificateIssuer = octets(0x55, 0x1d, 29);
inline constexpr auto kNameConstraints = octets(0x55, 0x1d, 30);
inline constexpr auto kCrlDistributionPoints = octets(0x55, 0x1d, 31);
inline constexpr auto kCertificatePolicies = octets(0x55, 0x1d, 32);
inline constexpr auto kPolicyMappings = octets(0x55, 0x1d, 33);
inline constexpr auto kAuthorityKeyId = octets(0x55, 0x1d, 35);
inline constexpr auto kPolicyConstraints = octets(0x55, 0x1d, 36);
inline constexpr auto kExtendedKeyUsage = octets(0x55, 0x1d, 37);
inline constexpr auto kInhibitAnyPolicy = octets(0x55, 0x1d, 54);
inline constexpr auto kAnyExtendedKeyUsage = octets(0x55, 0x1d, 37, 0);

// id-pkix (1.3.6.1.5.5.7), RFC 5280 and RFC 6960
inline constexpr auto kAuthorityInfoAccess = octets(0x2b, 6, 1, 5, 5, 7, 1, 1);
inline constexpr auto kServerAuth = octets(0x2b, 6, 1, 5, 5, 7, 3, 1);
inline constexpr auto kClientAuth = octets(0x2b, 6, 1, 5, 5, 7, 3, 2);
inline constexpr auto kCodeSigning = octets(0x2b, 6, 1, 5, 5, 7, 3, 3);
inline constexpr auto kOcspSigning = octets(0x2b, 6, 1, 5, 5, 7, 3, 9);
inline constexpr auto kOcsp = octets(0x2b, 6, 1, 5, 5, 7, 48, 1);
inline constexpr auto kOcspBasic = octets(0x2b, 6, 1, 5, 5, 7, 48, 1, 1);
inline constexpr auto kOcspNonce = octets(0x2b, 6, 1, 5, 5, 7, 48, 1, 2);
inline constexpr auto kOcspNoCheck = octets(0x2b, 6, 1, 5, 5, 7, 48, 1, 5);

// Signed certificate timestamps in an OCSP answer (RFC 6962, 3.3)
inline constexpr auto kOcspTimestamps = octets(0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 5);

// Keys: RFC 3279, RFC 4055, RFC 5480, RFC 8410, SEC 2
inline constexpr auto kRsaEncryption = octets(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1);
inline constexpr auto kEcPublicKey = octets(0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1);
inline constexpr auto kP256 = octets(0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7);
inline constexpr auto kP384 = octets(0x2b, 0x81, 0x04, 0, 0x22);
inline constexpr auto kP521 = octets(0x2b, 0x81, 0x04, 0, 0x23);
inline constexpr auto kSecp256k1 = octets(0x2b, 0x81, 0x04, 0, 0x0a);
inline constexpr auto kEd25519 = octets(0x2b, 0x65, 0x70);

// Signatures: RFC 4055, RFC 5758, RFC 8410; SHA-1 (RFC 3279) for published vectors alone
inline constexpr auto kRsaSha1 = octets(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5);
inline constexpr auto kRsaPss = octets(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10);
inline constexpr auto kRsaSha256 = octets(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11);
inline constexpr auto kRsaSha384 = octets(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12);
inline constexpr auto kRsaSha512 = octets(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13);
inline constexpr auto kEcdsaSha256 = octets(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2);
inline constexpr auto kEcdsaSha384 = octets(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3);
inline constexpr auto kEcdsaSha512 = octets(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4);

// Digests of an OCSP CertID: RFC 3279, RFC 5754
inline constexpr auto kSha1 = octets(0x2b, 0x0e, 3, 2, 0x1a);
inline constexpr auto kSha256 = octets(0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1);

// Attributes of a Name
inline constexpr auto kCommonName = octets(0x55, 4, 3);
inline constexpr auto kCountry = octets(0x55, 4, 6);
inline constexpr auto kOrganization = octets(0x55, 4, 10);
inline constexpr auto kUnit = octets(0x55, 4, 11);

}  // namespace airlock::x509::oid
