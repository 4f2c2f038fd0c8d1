// A certificate, parsed once (RFC 5280, section 4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/base.h"

namespace airlock::x509 {

using Buffer = std::vector<std::uint8_t>;

inline constexpr std::size_t kCertificateSizeMax = std::size_t{16} << 10U;
inline constexpr std::size_t kExtensionsMax = 32;
inline constexpr std::size_t kNamesMax = 512;  // names in one extension, attributes in one name

// GeneralName's choices, by their tags (RFC 5280, 4.2.1.6).
enum class NameForm : std::uint8_t {
  other = 0,
  email = 1,
  dns = 2,
  x400 = 3,
  directory = 4,
  edi_party = 5,
  uri = 6,
  ip = 7,
  registered_id = 8,
};

// One name; `value` is its text or octets, for `directory` the whole encoded Name.
struct GeneralName {
  NameForm form = NameForm::other;
  Bytes value;
};

struct BasicConstraints {
  bool ca = false;
  std::optional<std::uint32_t> path_length;
};

// KeyUsage's bits as named_bits_of gives them (RFC 5280, 4.2.1.3).
enum KeyUsage : std::uint16_t {
  kDigitalSignature = 1U << 0U,
  kKeyCertSign = 1U << 5U,
  kCrlSign = 1U << 6U,
};

struct AuthorityKeyId {
  std::optional<Bytes> key_id;
  bool names_issuer = false;
  bool names_serial = false;
};

struct NameConstraints {
  std::vector<GeneralName> permitted;
  std::vector<GeneralName> excluded;
  bool has_bounds = false;  // minimum or maximum, which RFC 5280 does not use
};

struct DistributionPoint {
  std::vector<GeneralName> full_name;
  std::optional<Bytes> relative_name;    // the whole RelativeDistinguishedName, as a SET
  std::optional<std::uint16_t> reasons;  // named bits; missing means all
  std::vector<GeneralName> crl_issuer;
};

struct Extension {
  Bytes oid;
  bool critical = false;
  Bytes value;
};

// What the extensions of a certificate say; what is missing is empty.
struct Extensions {
  std::vector<Extension> all;
  std::optional<BasicConstraints> basic_constraints;
  std::optional<std::uint16_t> key_usage;
  std::optional<std::vector<Bytes>> extended_key_usage;  // OIDs
  std::optional<std::vector<GeneralName>> subject_names;
  std::optional<NameConstraints> name_constraints;
  std::optional<Bytes> subject_key_id;
  std::optional<AuthorityKeyId> authority_key_id;
  std::vector<DistributionPoint> distribution_points;
  std::vector<GeneralName> ocsp_responders;
  bool is_no_check = false;  // id-pkix-ocsp-nocheck (RFC 6960, 4.2.2.2.1)

  const Extension* find(Bytes oid) const;
};

struct PublicKeyInfo {
  Bytes whole;
  Bytes algorithm;   // OID
  Bytes parameters;  // the whole element, or nothing
  Bytes bits;
};

// The parts of a certificate; every view points into the Certificate that they came from.
struct CertificateFields {
  Bytes signed_part;
  std::uint32_t version = 1;
  Bytes serial;
  Bytes inner_algorithm;  // whole AlgorithmIdentifiers; both must be equal
  Bytes outer_algorithm;
  Bytes issuer;
  Bytes subject;
  std::int64_t not_before = 0;
  std::int64_t not_after = 0;
  bool has_shortest_times = true;  // UTCTime through 2049, GeneralizedTime from 2050
  PublicKeyInfo key;
  Extensions extensions;
  Bytes signature;
};

// Certificate owns its bytes and knows what stands in them. That it could be read says nothing
// about whether it is to be trusted. Move-only; a moved certificate's views stay valid.
class Certificate {
 public:
  // from_der reads one certificate in strict DER. Errors: oversized, truncated, trailing_bytes,
  // not_canonical, wrong_type, out_of_range, bad_text, duplicate_key, too_many, missing_field.
  static Result<Certificate> from_der(Bytes der);

  Certificate(Certificate&&) = default;
  Certificate& operator=(Certificate&&) = default;
  Certificate copy() const;

  Bytes der() const { return der_; }
  const CertificateFields& fields() const { return fields_; }
  bool is_self_issued() const;
  // subject_text names it to a person, without control characters: "CN=Wallet signer, O=Example".
  std::string subject_text() const;

 private:
  Certificate() = default;
  Buffer der_;
  CertificateFields fields_;
};

// same_name compares two encoded Names as RFC 5280, section 7.1 says: case and spaces fold.
bool same_name(Bytes a, Bytes b);

}  // namespace airlock::x509
