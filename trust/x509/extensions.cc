#include "trust/x509/internal/extensions.h"

#include <algorithm>
#include <array>

#include "trust/x509/internal/names.h"
#include "trust/x509/internal/oids.h"

namespace airlock::x509::internal {
namespace {

constexpr std::size_t kUsagesMax = 32;
constexpr std::size_t kPointsMax = 32;
constexpr std::size_t kPoliciesMax = 64;

Result<Extension> read_extension(der::Reader& list) {
  AIRLOCK_ASSIGN(der::Reader reader, list.enter(der::kSequence));
  Extension extension;
  AIRLOCK_ASSIGN(extension.oid, reader.oid());
  AIRLOCK_ASSIGN(extension.critical, reader.optional_false());
  AIRLOCK_ASSIGN(const der::Element value, reader.expect(der::kOctetString));
  AIRLOCK_TRY(reader.end());
  extension.value = value.content;
  return extension;
}

Status read_basic_constraints(Bytes value, Extensions& into) {
  AIRLOCK_ASSIGN(der::Reader reader, der::open(value, der::kSequence));
  BasicConstraints constraints;
  AIRLOCK_ASSIGN(constraints.ca, reader.optional_false());
  if (reader.next_is(der::kInteger)) {
    AIRLOCK_ASSIGN(constraints.path_length, reader.small());
  }
  AIRLOCK_TRY(reader.end());
  into.basic_constraints = constraints;
  return {};
}

Status read_key_usage(Bytes value, Extensions& into) {
  der::Reader reader(value);
  AIRLOCK_ASSIGN(const der::Element bits, reader.expect(der::kBitString));
  AIRLOCK_TRY(reader.end());
  AIRLOCK_ASSIGN(into.key_usage, der::named_bits_of(bits.content));
  return {};
}

Status read_extended_key_usage(Bytes value, Extensions& into) {
  AIRLOCK_ASSIGN(der::Reader reader, der::open(value, der::kSequence));
  std::vector<Bytes> usages;
  do {
    if (usages.size() == kUsagesMax) return fail(Code::too_many, kUsagesMax);
    AIRLOCK_ASSIGN(const Bytes usage, reader.oid());
    usages.push_back(usage);
  } while (!reader.at_end());
  into.extended_key_usage = std::move(usages);
  return {};
}

Status read_subject_names(Bytes value, Extensions& into) {
  der::Reader reader(value);
  AIRLOCK_ASSIGN(const der::Element names, reader.expect(der::kSequence));
  AIRLOCK_TRY(reader.end());
  AIRLOCK_ASSIGN(into.subject_names, general_names_of(names.content));
  return {};
}

// GeneralSubtrees (RFC 5280, 4.2.1.10).
Result<std::vector<GeneralName>> read_subtrees(Bytes content, NameConstraints& constraints) {
  std::vector<GeneralName> subtrees;
  der::Reader reader(content);
  while (!reader.at_end()) {
    if (subtrees.size() == kNamesMax) return fail(Code::too_many, kNamesMax);
    AIRLOCK_ASSIGN(der::Reader subtree, reader.enter(der::kSequence));
    AIRLOCK_ASSIGN(const der::Element element, subtree.next());
    AIRLOCK_ASSIGN(const GeneralName base, general_name_of(element));
    AIRLOCK_ASSIGN(const auto minimum, subtree.optional(der::primitive(0)));
    AIRLOCK_ASSIGN(const auto maximum, subtree.optional(der::primitive(1)));
    AIRLOCK_TRY(subtree.end());
    if (minimum || maximum) constraints.has_bounds = true;
    subtrees.push_back(base);
  }
  return subtrees;
}

Status read_name_constraints(Bytes value, Extensions& into) {
  AIRLOCK_ASSIGN(der::Reader reader, der::open(value, der::kSequence));
  NameConstraints constraints;
  AIRLOCK_ASSIGN(const auto permitted, reader.optional(der::constructed(0)));
  AIRLOCK_ASSIGN(const auto excluded, reader.optional(der::constructed(1)));
  AIRLOCK_TRY(reader.end());
  if (permitted) {
    AIRLOCK_ASSIGN(constraints.permitted, read_subtrees(permitted->content, constraints));
  }
  if (excluded) {
    AIRLOCK_ASSIGN(constraints.excluded, read_subtrees(excluded->content, constraints));
  }
  into.name_constraints = std::move(constraints);
  return {};
}

Status read_subject_key_id(Bytes value, Extensions& into) {
  der::Reader reader(value);
  AIRLOCK_ASSIGN(const der::Element id, reader.expect(der::kOctetString));
  AIRLOCK_TRY(reader.end());
  if (id.content.empty()) return fail(Code::missing_field);
  into.subject_key_id = id.content;
  return {};
}

Status read_authority_key_id_into(Bytes value, Extensions& into) {
  AIRLOCK_ASSIGN(into.authority_key_id, read_authority_key_id(value));
  return {};
}

Result<DistributionPoint> read_point(der::Reader& points) {
  AIRLOCK_ASSIGN(der::Reader reader, points.enter(der::kSequence));
  DistributionPoint point;
  AIRLOCK_ASSIGN(const auto name, reader.optional(der::constructed(0)));
  AIRLOCK_ASSIGN(const auto reasons, reader.optional(der::primitive(1)));
  AIRLOCK_ASSIGN(const auto issuer, reader.optional(der::constructed(2)));
  AIRLOCK_TRY(reader.end());
  if (!name && !issuer) return fail(Code::missing_field);
  if (name) AIRLOCK_TRY(read_point_name(name->content, point));
  if (reasons) {
    AIRLOCK_ASSIGN(point.reasons, der::named_bits_of(reasons->content));
  }
  if (issuer) {
    AIRLOCK_ASSIGN(point.crl_issuer, general_names_of(issuer->content));
  }
  return point;
}

Status read_distribution_points(Bytes value, Extensions& into) {
  AIRLOCK_ASSIGN(der::Reader reader, der::open(value, der::kSequence));
  do {
    if (into.distribution_points.size() == kPointsMax) return fail(Code::too_many, kPointsMax);
    AIRLOCK_ASSIGN(DistributionPoint point, read_point(reader));
    into.distribution_points.push_back(std::move(point));
  } while (!reader.at_end());
  return {};
}

Status read_authority_info_access(Bytes value, Extensions& into) {
  AIRLOCK_ASSIGN(der::Reader reader, der::open(value, der::kSequence));
  std::size_t count = 0;
  do {
    if (++count > kPointsMax) return fail(Code::too_many, kPointsMax);
    AIRLOCK_ASSIGN(der::Reader access, reader.enter(der::kSequence));
    AIRLOCK_ASSIGN(const Bytes method, access.oid());
    AIRLOCK_ASSIGN(const der::Element element, access.next());
    AIRLOCK_ASSIGN(const GeneralName location, general_name_of(element));
    AIRLOCK_TRY(access.end());
    const bool is_responder = equal(method, oid::kOcsp) && location.form == NameForm::uri;
    if (is_responder) into.ocsp_responders.push_back(location);
  } while (!reader.at_end());
  return {};
}

// What policies mean is OpenSSL's to say (judge.cc); here their shape is held to DER alone.
Status read_policies(Bytes value, Extensions&) {
  AIRLOCK_ASSIGN(der::Reader reader, der::open(value, der::kSequence));
  std::vector<Bytes> seen;
  do {
    if (seen.size() == kPoliciesMax) return fail(Code::too_many, kPoliciesMax);
    AIRLOCK_ASSIGN(der::Reader policy, reader.enter(der::kSequence));
    AIRLOCK_ASSIGN(const Bytes id, policy.oid());
    const auto is_id = [id](Bytes other) { return equal(other, id); };
    if (std::ranges::any_of(seen, is_id)) return fail(Code::duplicate_key);
    seen.push_back(id);
  } while (!reader.at_end());
  return {};
}

Status read_no_check(Bytes, Extensions& into) {
  into.is_no_check = true;
  return {};
}

struct Known {
  Bytes oid;
  Status (*read)(Bytes, Extensions&);
};

const std::array kKnown = {
    Known{oid::kBasicConstraints, read_basic_constraints},
    Known{oid::kKeyUsage, read_key_usage},
    Known{oid::kExtendedKeyUsage, read_extended_key_usage},
    Known{oid::kSubjectAltName, read_subject_names},
    Known{oid::kNameConstraints, read_name_constraints},
    Known{oid::kSubjectKeyId, read_subject_key_id},
    Known{oid::kAuthorityKeyId, read_authority_key_id_into},
    Known{oid::kCrlDistributionPoints, read_distribution_points},
    Known{oid::kAuthorityInfoAccess, read_authority_info_access},
    Known{oid::kCertificatePolicies, read_policies},
    Known{oid::kOcspNoCheck, read_no_check},
};

}  // namespace

Result<std::vector<Extension>> read_extension_list(Bytes content) {
  std::vector<Extension> all;
  AIRLOCK_ASSIGN(der::Reader list, der::open(content, der::kSequence));
  do {
    if (all.size() == kExtensionsMax) return fail(Code::too_many, kExtensionsMax);
    AIRLOCK_ASSIGN(const Extension extension, read_extension(list));
    const auto is_same = [&](const Extension& other) { return equal(other.oid, extension.oid); };
    // RFC 5280, 4.2: not more than one instance of a particular extension.
    if (std::ranges::any_of(all, is_same)) return fail(Code::duplicate_key, all.size());
    all.push_back(extension);
  } while (!list.at_end());
  return all;
}

Result<Extensions> read_extensions(Bytes content) {
  Extensions made;
  AIRLOCK_ASSIGN(made.all, read_extension_list(content));
  for (const Extension& extension : made.all) {
    for (const Known& known : kKnown) {
      if (equal(extension.oid, known.oid)) AIRLOCK_TRY(known.read(extension.value, made));
    }
  }
  return made;
}

Result<AuthorityKeyId> read_authority_key_id(Bytes value) {
  AIRLOCK_ASSIGN(der::Reader reader, der::open(value, der::kSequence));
  AuthorityKeyId id;
  AIRLOCK_ASSIGN(const auto key_id, reader.optional(der::primitive(0)));
  AIRLOCK_ASSIGN(const auto issuer, reader.optional(der::constructed(1)));
  AIRLOCK_ASSIGN(const auto serial, reader.optional(der::primitive(2)));
  AIRLOCK_TRY(reader.end());
  if (key_id) id.key_id = key_id->content;
  if (issuer) AIRLOCK_TRY(general_names_of(issuer->content));
  id.names_issuer = issuer.has_value();
  id.names_serial = serial.has_value();
  return id;
}

Status read_point_name(Bytes content, DistributionPoint& point) {
  der::Reader reader(content);
  AIRLOCK_ASSIGN(const der::Element element, reader.next());
  AIRLOCK_TRY(reader.end());
  if (element.tag == der::constructed(0)) {
    AIRLOCK_ASSIGN(point.full_name, general_names_of(element.content));
    return {};
  }
  if (element.tag != der::constructed(1)) return fail(Code::wrong_type);
  point.relative_name = element.content;
  return {};
}

}  // namespace airlock::x509::internal

namespace airlock::x509 {

const Extension* Extensions::find(Bytes oid) const {
  const auto found =
      std::ranges::find_if(all, [oid](const Extension& other) { return equal(other.oid, oid); });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace airlock::x509
