#include "trust/x509/certificate.h"

#include "host/text/text.h"
#include "trust/x509/internal/extensions.h"
#include "trust/x509/internal/names.h"
#include "trust/x509/internal/oids.h"

namespace airlock::x509 {
namespace {

constexpr std::uint32_t kVersionMax = 3;
constexpr std::int64_t kYear2050 = 2'524'608'000;
constexpr std::size_t kSubjectTextMax = 160;

Result<PublicKeyInfo> read_key(der::Reader& tbs) {
  AIRLOCK_ASSIGN(const der::Element whole, tbs.expect(der::kSequence));
  PublicKeyInfo key;
  key.whole = whole.whole;
  der::Reader reader(whole.content);
  AIRLOCK_ASSIGN(der::Reader algorithm, reader.enter(der::kSequence));
  AIRLOCK_ASSIGN(key.algorithm, algorithm.oid());
  if (!algorithm.at_end()) {
    AIRLOCK_ASSIGN(const der::Element parameters, algorithm.next());
    key.parameters = parameters.whole;
  }
  AIRLOCK_TRY(algorithm.end());
  AIRLOCK_ASSIGN(key.bits, reader.bits());
  AIRLOCK_TRY(reader.end());
  return key;
}

Status read_validity(der::Reader& tbs, CertificateFields& fields) {
  AIRLOCK_ASSIGN(der::Reader reader, tbs.enter(der::kSequence));
  for (std::int64_t* const moment : {&fields.not_before, &fields.not_after}) {
    const bool is_short = reader.next_is(der::kUtcTime);
    AIRLOCK_ASSIGN(*moment, reader.time());
    // RFC 5280, 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on.
    if (is_short != (*moment < kYear2050)) fields.has_shortest_times = false;
  }
  return reader.end();
}

Result<Bytes> read_name(der::Reader& tbs) {
  AIRLOCK_ASSIGN(const der::Element name, tbs.expect(der::kSequence));
  AIRLOCK_TRY(internal::attributes_of(name.whole));
  return name.whole;
}

Result<std::uint32_t> read_version(der::Reader& tbs) {
  AIRLOCK_ASSIGN(const auto version, tbs.optional(der::constructed(0)));
  if (!version) return 1U;
  der::Reader reader(version->content);
  AIRLOCK_ASSIGN(const std::uint32_t number, reader.small());
  AIRLOCK_TRY(reader.end());
  if (number == 0) return fail(Code::not_canonical);
  if (number >= kVersionMax) return fail(Code::unsupported_version, number);
  return number + 1;
}

// TBSCertificate (RFC 5280, 4.1).
Status read_signed_part(Bytes content, CertificateFields& fields) {
  der::Reader tbs(content);
  AIRLOCK_ASSIGN(fields.version, read_version(tbs));
  AIRLOCK_ASSIGN(fields.serial, tbs.integer());
  AIRLOCK_ASSIGN(const der::Element algorithm, tbs.expect(der::kSequence));
  fields.inner_algorithm = algorithm.whole;
  AIRLOCK_ASSIGN(fields.issuer, read_name(tbs));
  AIRLOCK_TRY(read_validity(tbs, fields));
  AIRLOCK_ASSIGN(fields.subject, read_name(tbs));
  AIRLOCK_ASSIGN(fields.key, read_key(tbs));
  for (const std::uint8_t unique_id : {std::uint8_t{1}, std::uint8_t{2}}) {
    AIRLOCK_TRY(tbs.optional(der::primitive(unique_id)));
  }
  AIRLOCK_ASSIGN(const auto extensions, tbs.optional(der::constructed(3)));
  if (extensions) {
    AIRLOCK_ASSIGN(fields.extensions, internal::read_extensions(extensions->content));
  }
  return tbs.end();
}

std::string_view label_of(Bytes type) {
  if (equal(type, oid::kCommonName)) return "CN=";
  if (equal(type, oid::kOrganization)) return "O=";
  if (equal(type, oid::kUnit)) return "OU=";
  if (equal(type, oid::kCountry)) return "C=";
  return {};
}

}  // namespace

Result<Certificate> Certificate::from_der(Bytes der) {
  if (der.size() > kCertificateSizeMax) return fail(Code::oversized, der.size());
  Certificate made;
  made.der_.assign(der.begin(), der.end());
  CertificateFields& fields = made.fields_;
  AIRLOCK_ASSIGN(der::Reader reader, der::open(made.der_, der::kSequence));
  AIRLOCK_ASSIGN(const der::Element signed_part, reader.expect(der::kSequence));
  fields.signed_part = signed_part.whole;
  AIRLOCK_TRY(read_signed_part(signed_part.content, fields));
  AIRLOCK_ASSIGN(const der::Element algorithm, reader.expect(der::kSequence));
  fields.outer_algorithm = algorithm.whole;
  AIRLOCK_ASSIGN(fields.signature, reader.bits());
  AIRLOCK_TRY(reader.end());
  return made;
}

Certificate Certificate::copy() const {
  // What could be read once can be read again.
  return std::move(*from_der(der_));
}

bool Certificate::is_self_issued() const { return same_name(fields_.issuer, fields_.subject); }

std::string Certificate::subject_text() const {
  std::string text;
  const auto attributes = internal::attributes_of(fields_.subject);
  for (const internal::Attribute& attribute : *attributes) {
    const std::string_view label = label_of(attribute.oid);
    if (label.empty() || text.size() > kSubjectTextMax) continue;
    if (!text.empty()) text += ", ";
    text += label;
    text += text_of(attribute.value.first(std::min(attribute.value.size(), kSubjectTextMax)));
  }
  if (text.empty()) text = "serial " + text::to_hex(fields_.serial);
  return text::visible(text);
}

}  // namespace airlock::x509
