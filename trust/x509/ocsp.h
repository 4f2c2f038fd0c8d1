// OCSP: the status of one certificate, signed by its issuer or on its behalf (RFC 6960).
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "trust/x509/certificate.h"
#include "trust/x509/evidence.h"

namespace airlock::x509 {

inline constexpr std::size_t kOcspSizeMax = std::size_t{64} << 10U;
inline constexpr std::size_t kSingleResponsesMax = 32;
inline constexpr std::size_t kOcspCertificatesMax = 8;

enum class OcspStatus : std::uint8_t { good, revoked, unknown };

struct SingleResponse {
  Bytes hash_algorithm;  // OID
  Bytes issuer_name_hash;
  Bytes issuer_key_hash;
  Bytes serial;
  OcspStatus status = OcspStatus::unknown;
  std::int64_t this_update = 0;
  std::optional<std::int64_t> next_update;
};

// OcspResponse owns its bytes and knows what stands in them, not whether it is to be believed.
// Move-only.
class OcspResponse {
 public:
  // from_der reads one successful response of the basic type in strict DER. Errors: as
  // Certificate::from_der; not_found where the responder answers that it has none (any other
  // status than successful); unknown_field for a critical extension that nothing here understands.
  static Result<OcspResponse> from_der(Bytes der);
  OcspResponse(OcspResponse&&) = default;
  OcspResponse& operator=(OcspResponse&&) = default;

  Bytes der() const { return der_; }

  Bytes signed_part;
  Bytes algorithm;
  Bytes signature;
  std::optional<Bytes> responder_name;      // a Name, or
  std::optional<Bytes> responder_key_hash;  // SHA-1 of the responder's key bits
  std::int64_t produced_at = 0;
  std::vector<SingleResponse> responses;
  std::optional<Bytes> nonce;
  std::vector<Bytes> certificates;  // DER

 private:
  OcspResponse() = default;
  Buffer der_;
};

// find_in_ocsp asks a response about path[0], the certificate, whose issuer is path[1]. The signer
// is path[1] itself, or a certificate in the response that path[1] issued for OCSP signing and, in
// our profile, freed from being checked itself (id-pkix-ocsp-nocheck). Where a nonce was sent and
// the response has one, they must be equal.
Finding find_in_ocsp(std::span<const Certificate> path, const OcspResponse& response,
                     const Freshness& freshness, std::optional<Bytes> nonce = {});

// ocsp_request writes a request about path[0]; the nonce may be empty (RFC 6960, 4.1; RFC 9654).
// The hashes that name the issuer are SHA-1, which every responder knows; nothing rests on them.
Buffer ocsp_request(std::span<const Certificate> path, Bytes nonce);

// fresh_nonce makes random bytes for a request; none where the system has none to give.
Buffer fresh_nonce();

}  // namespace airlock::x509
