#include "trust/x509/crl.h"

#include <algorithm>
#include <array>

#include "trust/x509/internal/der.h"
#include "trust/x509/internal/extensions.h"
#include "trust/x509/internal/names.h"
#include "trust/x509/internal/oids.h"

namespace airlock::x509 {
namespace {

constexpr std::size_t kNumberSizeMax = 20;  // RFC 5280, 5.2.3

// The first version has no extensions, neither of the list nor of an entry (RFC 5280, 5.1.2.1).
enum class Version : std::uint8_t { first, second };

Result<Bytes> read_number(Bytes value) {
  der::Reader reader(value);
  AIRLOCK_ASSIGN(const Bytes number, reader.integer());
  AIRLOCK_TRY(reader.end());
  if (number.size() > kNumberSizeMax || (number[0] & 0x80U) != 0) return fail(Code::out_of_range);
  return number;
}

// IssuingDistributionPoint (RFC 5280, 5.2.5).
Result<CrlScope> read_scope(Bytes value) {
  AIRLOCK_ASSIGN(der::Reader reader, der::open(value, der::kSequence));
  CrlScope scope;
  AIRLOCK_ASSIGN(const auto name, reader.optional(der::constructed(0)));
  if (name) AIRLOCK_TRY(internal::read_point_name(name->content, scope.point));
  AIRLOCK_ASSIGN(scope.users_only, reader.optional_false(der::primitive(1)));
  AIRLOCK_ASSIGN(scope.authorities_only, reader.optional_false(der::primitive(2)));
  AIRLOCK_ASSIGN(const auto reasons, reader.optional(der::primitive(3)));
  if (reasons) {
    AIRLOCK_ASSIGN(scope.point.reasons, der::named_bits_of(reasons->content));
  }
  AIRLOCK_ASSIGN(scope.indirect, reader.optional_false(der::primitive(4)));
  AIRLOCK_ASSIGN(scope.attributes_only, reader.optional_false(der::primitive(5)));
  AIRLOCK_TRY(reader.end());
  const int kinds = scope.users_only + scope.authorities_only + scope.attributes_only;
  if (kinds > 1) return fail(Code::out_of_range);
  return scope;
}

Status read_crl_extension(const Extension& extension, Crl& crl) {
  if (equal(extension.oid, oid::kAuthorityKeyId)) {
    AIRLOCK_ASSIGN(const AuthorityKeyId id, internal::read_authority_key_id(extension.value));
    crl.authority_key_id = id.key_id;
    crl.authority_key_id_value = extension.value;
  } else if (equal(extension.oid, oid::kCrlNumber)) {
    AIRLOCK_ASSIGN(crl.number, read_number(extension.value));
    crl.has_critical_number = extension.critical;
  } else if (equal(extension.oid, oid::kDeltaCrlIndicator)) {
    AIRLOCK_ASSIGN(crl.base_number, read_number(extension.value));
  } else if (equal(extension.oid, oid::kIssuingDistributionPoint)) {
    AIRLOCK_ASSIGN(crl.scope, read_scope(extension.value));
    crl.scope_value = extension.value;
  } else if (extension.critical) {
    return fail(Code::unknown_field);
  }
  return {};
}

Result<std::uint32_t> read_reason(Bytes value) {
  der::Reader reader(value);
  AIRLOCK_ASSIGN(const der::Element reason, reader.expect(der::kEnumerated));
  AIRLOCK_TRY(reader.end());
  return der::small_of(reason.content);
}

// CertificateIssuer (RFC 5280, 5.3.3): the one directory name of it.
Result<Bytes> read_entry_issuer(Bytes value) {
  der::Reader reader(value);
  AIRLOCK_ASSIGN(const der::Element names, reader.expect(der::kSequence));
  AIRLOCK_TRY(reader.end());
  AIRLOCK_ASSIGN(const auto list, internal::general_names_of(names.content));
  for (const GeneralName& one : list) {
    if (one.form == NameForm::directory) return one.value;
  }
  return fail(Code::missing_field);
}

Result<RevokedEntry> read_entry(der::Reader& list, Version version) {
  AIRLOCK_ASSIGN(der::Reader reader, list.enter(der::kSequence));
  RevokedEntry entry;
  AIRLOCK_ASSIGN(entry.serial, reader.integer());
  AIRLOCK_ASSIGN(entry.since, reader.time());
  if (reader.at_end()) return entry;
  if (version == Version::first) return fail(Code::trailing_bytes);
  AIRLOCK_ASSIGN(const der::Element extensions, reader.expect(der::kSequence));
  AIRLOCK_TRY(reader.end());
  AIRLOCK_ASSIGN(const auto all, internal::read_extension_list(extensions.whole));
  for (const Extension& extension : all) {
    if (equal(extension.oid, oid::kReasonCode)) {
      AIRLOCK_ASSIGN(entry.reason, read_reason(extension.value));
    } else if (equal(extension.oid, oid::kCertificateIssuer)) {
      AIRLOCK_ASSIGN(entry.issuer, read_entry_issuer(extension.value));
    } else if (extension.critical) {
      return fail(Code::unknown_field);
    }
  }
  return entry;
}

Status read_revoked(Bytes content, Version version, Crl& crl) {
  der::Reader list(content);
  do {
    if (crl.revoked.size() == kRevokedMax) return fail(Code::too_many, kRevokedMax);
    AIRLOCK_ASSIGN(RevokedEntry entry, read_entry(list, version));
    // RFC 5280, 5.3.3: an entry without an issuer has that of the entry before it.
    if (!entry.issuer && !crl.revoked.empty()) entry.issuer = crl.revoked.back().issuer;
    crl.revoked.push_back(entry);
  } while (!list.at_end());
  return {};
}

Status read_list_extensions(der::Reader& tbs, Crl& crl) {
  AIRLOCK_ASSIGN(const auto extensions, tbs.optional(der::constructed(0)));
  if (!extensions) return {};
  AIRLOCK_ASSIGN(const auto all, internal::read_extension_list(extensions->content));
  for (const Extension& extension : all) AIRLOCK_TRY(read_crl_extension(extension, crl));
  return {};
}

// TBSCertList (RFC 5280, 5.1).
Status read_list(Bytes content, Crl& crl) {
  der::Reader tbs(content);
  const Version version = tbs.next_is(der::kInteger) ? Version::second : Version::first;
  if (version == Version::second) {
    AIRLOCK_ASSIGN(const std::uint32_t number, tbs.small());
    if (number != 1) return fail(Code::unsupported_version, number);
  }
  AIRLOCK_ASSIGN(const der::Element algorithm, tbs.expect(der::kSequence));
  if (!equal(algorithm.whole, crl.algorithm)) return fail(Code::unsupported_algorithm);
  AIRLOCK_ASSIGN(const der::Element issuer, tbs.expect(der::kSequence));
  AIRLOCK_TRY(internal::attributes_of(issuer.whole));
  crl.issuer = issuer.whole;
  AIRLOCK_ASSIGN(crl.this_update, tbs.time());
  if (tbs.next_is(der::kUtcTime) || tbs.next_is(der::kGeneralizedTime)) {
    AIRLOCK_ASSIGN(crl.next_update, tbs.time());
  }
  AIRLOCK_ASSIGN(const auto revoked, tbs.optional(der::kSequence));
  if (revoked) AIRLOCK_TRY(read_revoked(revoked->content, version, crl));
  if (version == Version::first) return tbs.end();
  AIRLOCK_TRY(read_list_extensions(tbs, crl));
  return tbs.end();
}

}  // namespace

Result<Crl> Crl::from_der(Bytes der) {
  if (der.size() > kCrlSizeMax) return fail(Code::oversized, der.size());
  Crl made;
  made.der_.assign(der.begin(), der.end());
  AIRLOCK_ASSIGN(der::Reader reader, der::open(made.der_, der::kSequence));
  AIRLOCK_ASSIGN(const der::Element signed_part, reader.expect(der::kSequence));
  made.signed_part = signed_part.whole;
  AIRLOCK_ASSIGN(const der::Element algorithm, reader.expect(der::kSequence));
  made.algorithm = algorithm.whole;
  AIRLOCK_ASSIGN(made.signature, reader.bits());
  AIRLOCK_TRY(reader.end());
  AIRLOCK_TRY(read_list(signed_part.content, made));
  const bool is_direct = !made.scope || !made.scope->indirect;
  const auto names_issuer = [](const RevokedEntry& entry) { return entry.issuer.has_value(); };
  if (is_direct && std::ranges::any_of(made.revoked, names_issuer)) return fail(Code::wrong_type);
  return made;
}

}  // namespace airlock::x509
