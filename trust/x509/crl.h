// Certificate revocation lists (RFC 5280, sections 5 and 6.3).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "trust/x509/certificate.h"
#include "trust/x509/evidence.h"

namespace airlock::x509 {

inline constexpr std::size_t kCrlSizeMax = std::size_t{4} << 20U;
inline constexpr std::size_t kRevokedMax = 100'000;

// Reasons as CRLReason numbers them (RFC 5280, 5.3.1); only these two matter to a verdict.
inline constexpr std::uint32_t kRemoveFromCrl = 8;

struct RevokedEntry {
  Bytes serial;
  std::int64_t since = 0;
  std::uint32_t reason = 0;
  std::optional<Bytes> issuer;  // the Name of its certificate's issuer, in an indirect CRL
};

// IssuingDistributionPoint (RFC 5280, 5.2.5).
struct CrlScope {
  DistributionPoint point;  // its name, and the reasons that are covered
  bool users_only = false;
  bool authorities_only = false;
  bool attributes_only = false;
  bool indirect = false;
};

// Crl owns its bytes and knows what stands in them, not whether it is to be believed. Move-only.
class Crl {
 public:
  // from_der reads one CRL in strict DER; errors as Certificate::from_der, and unknown_field where
  // it has a critical extension that nothing here understands, in an entry too.
  static Result<Crl> from_der(Bytes der);
  Crl(Crl&&) = default;
  Crl& operator=(Crl&&) = default;

  Bytes der() const { return der_; }

  Bytes signed_part;
  Bytes algorithm;
  Bytes signature;
  Bytes issuer;
  std::int64_t this_update = 0;
  std::optional<std::int64_t> next_update;
  std::optional<Bytes> authority_key_id;
  std::optional<Bytes> authority_key_id_value;  // the whole extension, to compare scopes
  std::optional<Bytes> number;
  bool has_critical_number = false;
  std::optional<Bytes> base_number;  // there in a delta CRL alone
  std::optional<CrlScope> scope;
  std::optional<Bytes> scope_value;
  std::vector<RevokedEntry> revoked;

 private:
  Crl() = default;
  Buffer der_;
};

// find_in_crls asks CRLs about path[0], the certificate, whose issuer is path[1]; `path` ends with
// its root. A CRL may be signed by path[1], or by a certificate of `others` that is valid under the
// same root and may sign CRLs (RFC 5280, 6.3.3 (f)). An authentic CRL that lists the certificate
// answers `revoked` however old it is: a revocation does not become stale.
Finding find_in_crls(std::span<const Certificate> path, std::span<const Crl> crls,
                     std::span<const Certificate> others, const Freshness& freshness);

}  // namespace airlock::x509
