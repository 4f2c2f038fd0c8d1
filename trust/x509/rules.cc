#include "trust/x509/internal/rules.h"

#include <algorithm>
#include <array>

#include "trust/x509/internal/der.h"
#include "trust/x509/internal/keys.h"
#include "trust/x509/internal/names.h"
#include "trust/x509/internal/oids.h"

namespace airlock::x509::internal {
namespace {

constexpr std::size_t kSerialSizeMax = 20;

// ---- questions that several rules ask

bool is_ca_place(Place place) { return place != Place::leaf; }

bool has_key_usage(const Extensions& extensions, std::uint16_t bit) {
  return extensions.key_usage && (*extensions.key_usage & bit) != 0;
}

bool is_ca(const Extensions& extensions) {
  return extensions.basic_constraints && extensions.basic_constraints->ca;
}

bool is_critical(const Extensions& extensions, Bytes oid) {
  const Extension* const found = extensions.find(oid);
  return found != nullptr && found->critical;
}

bool is_there_but_not_critical(const Extensions& extensions, Bytes oid) {
  const Extension* const found = extensions.find(oid);
  return found != nullptr && !found->critical;
}

bool allows_usage(const Extensions& extensions, Bytes oid) {
  const auto is_it = [oid](Bytes usage) { return equal(usage, oid); };
  return extensions.extended_key_usage &&
         std::ranges::any_of(*extensions.extended_key_usage, is_it);
}

Bytes usage_of(Use use) {
  switch (use) {
    case Use::server: return oid::kServerAuth;
    case Use::client: return oid::kClientAuth;
    case Use::code_signing: return oid::kCodeSigning;
    case Use::path: break;
  }
  return {};
}

// ---- rules: what is wrong with a certificate, in the words of broken_rule's table

using Fields = CertificateFields;

bool has_unknown_critical(const Fields& f, Place, Use) {
  static const std::array<Bytes, 13> kProcessed = {oid::kKeyUsage,
                                                   oid::kBasicConstraints,
                                                   oid::kSubjectAltName,
                                                   oid::kNameConstraints,
                                                   oid::kCertificatePolicies,
                                                   oid::kPolicyMappings,
                                                   oid::kPolicyConstraints,
                                                   oid::kInhibitAnyPolicy,
                                                   oid::kExtendedKeyUsage,
                                                   oid::kCrlDistributionPoints,
                                                   oid::kSubjectKeyId,
                                                   oid::kAuthorityKeyId,
                                                   oid::kOcspNoCheck};
  return std::ranges::any_of(f.extensions.all, [](const Extension& extension) {
    const auto is_it = [&](Bytes known) { return equal(known, extension.oid); };
    return extension.critical && std::ranges::none_of(kProcessed, is_it);
  });
}

bool has_two_algorithms(const Fields& f, Place, Use) {
  return !equal(f.inner_algorithm, f.outer_algorithm);
}
bool has_weak_key(const Fields& f, Place, Use) { return !is_strong_key(f.key); }
// A root is trusted for its key, not for its signature over itself.
bool has_weak_signature(const Fields& f, Place place, Use) {
  return place != Place::root && !is_strong_algorithm(f.outer_algorithm);
}

bool is_not_version_3(const Fields& f, Place, Use) { return f.version != 3; }
bool has_bad_serial(const Fields& f, Place, Use) {
  const bool is_positive =
      (f.serial[0] & 0x80U) == 0 && !(f.serial.size() == 1 && f.serial[0] == 0);
  return !is_positive || f.serial.size() > kSerialSizeMax;
}
bool has_long_times(const Fields& f, Place, Use) { return !f.has_shortest_times; }
bool ends_before_it_begins(const Fields& f, Place, Use) { return f.not_after < f.not_before; }
bool has_no_issuer(const Fields& f, Place, Use) { return is_empty_name(f.issuer); }
bool is_ca_without_name(const Fields& f, Place place, Use) {
  return is_ca_place(place) && is_empty_name(f.subject);
}
bool has_no_name_at_all(const Fields& f, Place, Use) {
  return is_empty_name(f.subject) && !is_critical(f.extensions, oid::kSubjectAltName);
}

bool has_critical_key_id(const Fields& f, Place, Use) {
  return is_critical(f.extensions, oid::kSubjectKeyId) ||
         is_critical(f.extensions, oid::kAuthorityKeyId);
}
bool is_ca_without_key_id(const Fields& f, Place place, Use) {
  return is_ca_place(place) && !f.extensions.subject_key_id;
}
bool lacks_authority_key_id(const Fields& f, Place place, Use) {
  if (f.extensions.authority_key_id) return !f.extensions.authority_key_id->key_id;
  return place != Place::root || !same_name(f.issuer, f.subject);
}
bool is_root_of_another_key(const Fields& f, Place place, Use) {
  const auto& id = f.extensions.authority_key_id;
  if (place != Place::root || !id || !same_name(f.issuer, f.subject)) return false;
  const auto& own = f.extensions.subject_key_id;
  const bool is_own = id->key_id && own && equal(*id->key_id, *own);
  return !is_own || id->names_issuer || id->names_serial;
}
bool has_critical_access_info(const Fields& f, Place, Use) {
  return is_critical(f.extensions, oid::kAuthorityInfoAccess);
}

bool is_ca_without_constraints(const Fields& f, Place place, Use) {
  return is_ca_place(place) &&
         (!is_ca(f.extensions) || !is_critical(f.extensions, oid::kBasicConstraints));
}
bool is_ca_without_cert_sign(const Fields& f, Place, Use) {
  const bool has_length =
      f.extensions.basic_constraints && f.extensions.basic_constraints->path_length;
  if (!is_ca(f.extensions)) return has_length;
  if (f.extensions.key_usage) return !has_key_usage(f.extensions, kKeyCertSign);
  return has_length;
}
bool is_leaf_that_signs_certificates(const Fields& f, Place place, Use) {
  return place == Place::leaf && (is_ca(f.extensions) || has_key_usage(f.extensions, kKeyCertSign));
}
bool is_leaf_that_does_not_sign(const Fields& f, Place place, Use) {
  return place == Place::leaf && f.extensions.key_usage &&
         !has_key_usage(f.extensions, kDigitalSignature);
}

bool is_for_another_use(const Fields& f, Place place, Use use) {
  if (place == Place::leaf) return !allows_usage(f.extensions, usage_of(use));
  if (place == Place::root || !f.extensions.extended_key_usage) return false;
  return !allows_usage(f.extensions, usage_of(use)) &&
         !allows_usage(f.extensions, oid::kAnyExtendedKeyUsage);
}
bool is_leaf_for_any_use(const Fields& f, Place place, Use) {
  return place == Place::leaf && allows_usage(f.extensions, oid::kAnyExtendedKeyUsage);
}
bool is_root_with_usage(const Fields& f, Place place, Use) {
  return place == Place::root && f.extensions.extended_key_usage;
}

bool is_leaf_with_constraints(const Fields& f, Place place, Use) {
  return place == Place::leaf && f.extensions.name_constraints;
}
bool has_soft_constraints(const Fields& f, Place, Use) {
  return is_there_but_not_critical(f.extensions, oid::kNameConstraints) ||
         is_there_but_not_critical(f.extensions, oid::kPolicyConstraints) ||
         is_there_but_not_critical(f.extensions, oid::kInhibitAnyPolicy);
}

bool is_network(Bytes range) {
  if (range.size() != 8 && range.size() != 32) return false;
  bool ended = false;
  for (const unsigned octet : range.subspan(range.size() / 2)) {
    for (unsigned bit = 8; bit-- > 0;) {
      const bool is_set = (octet >> bit & 1U) != 0;
      if (is_set && ended) return false;
      ended = ended || !is_set;
    }
  }
  return true;
}

bool is_subtree(const GeneralName& base) {
  const std::string_view text = text_of(base.value);
  const std::string_view domain = text.starts_with('.') ? text.substr(1) : text;
  switch (base.form) {
    case NameForm::dns: return text.empty() || is_host(text);
    case NameForm::email: return is_mailbox(text) || is_host(domain);
    case NameForm::uri: return is_host(domain);
    case NameForm::ip: return is_network(base.value);
    case NameForm::directory:
    case NameForm::other:
    case NameForm::x400:
    case NameForm::edi_party:
    case NameForm::registered_id:
      return true;  // OpenSSL refuses names of those of them that it does not know
  }
  return false;
}

bool has_malformed_constraints(const Fields& f, Place, Use) {
  const auto& constraints = f.extensions.name_constraints;
  if (!constraints) return false;
  if (constraints->has_bounds) return true;
  if (constraints->permitted.empty() && constraints->excluded.empty()) return true;
  return !std::ranges::all_of(constraints->permitted, is_subtree) ||
         !std::ranges::all_of(constraints->excluded, is_subtree);
}

bool is_well_formed(const GeneralName& name) {
  switch (name.form) {
    case NameForm::dns: return is_presented_host(text_of(name.value));
    case NameForm::email: return is_mailbox(text_of(name.value));
    case NameForm::uri: return is_uri(text_of(name.value));
    case NameForm::ip: return name.value.size() == 4 || name.value.size() == 16;
    case NameForm::directory:
    case NameForm::other:
    case NameForm::x400:
    case NameForm::edi_party:
    case NameForm::registered_id: return true;
  }
  return false;
}
bool has_malformed_names(const Fields& f, Place, Use) {
  return f.extensions.subject_names &&
         !std::ranges::all_of(*f.extensions.subject_names, is_well_formed);
}

// ---- rules for servers alone

bool is_server_without_name(const Fields& f, Place place, Use) {
  if (place != Place::leaf) return false;
  const auto names_a_server = [](const GeneralName& name) {
    return name.form == NameForm::dns || name.form == NameForm::ip ||
           name.form == NameForm::directory;
  };
  return !f.extensions.subject_names ||
         std::ranges::none_of(*f.extensions.subject_names, names_a_server);
}
bool is_server_with_critical_names(const Fields& f, Place place, Use) {
  return place == Place::leaf && !is_empty_name(f.subject) &&
         is_critical(f.extensions, oid::kSubjectAltName);
}
bool is_server_with_critical_usage(const Fields& f, Place place, Use) {
  return place == Place::leaf && is_critical(f.extensions, oid::kExtendedKeyUsage);
}

bool is_copy_of_a_name(std::string_view common_name, const std::vector<GeneralName>& names) {
  return std::ranges::any_of(names, [common_name](const GeneralName& name) {
    if (name.form == NameForm::ip) return address_text(name.value) == common_name;
    return name.form == NameForm::dns && text_of(name.value) == common_name;
  });
}

// CABF BR 7.1.4.3, as far as it can be told what a common name is meant to be: one that is an
// address, that is a host in another spelling than a name of the server, or that only a host can
// be and cannot. That any other host of a common name is among the names is not asked.
bool has_misspelt_common_name(const Fields& f, Place place, Use) {
  if (place != Place::leaf || !f.extensions.subject_names) return false;
  const auto& names = *f.extensions.subject_names;
  return std::ranges::any_of(common_names(f.subject), [&](std::string_view common_name) {
    if (is_copy_of_a_name(common_name, names)) return false;
    if (looks_like_address(common_name)) return true;
    const auto is_respelt = [&](const GeneralName& name) {
      return name.form == NameForm::dns && equal_folded(text_of(name.value), common_name);
    };
    if (std::ranges::any_of(names, is_respelt)) return true;
    const bool is_dotted = common_name.find('.') != std::string_view::npos &&
                           common_name.find(' ') == std::string_view::npos;
    const auto is_foreign = [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; };
    return is_dotted && std::ranges::any_of(common_name, is_foreign);
  });
}

// ---- the table

enum Uses : std::uint8_t { kEvery, kOurs, kServers };

struct Rule {
  Uses uses;
  Code code;
  bool (*breaks)(const Fields&, Place, Use);
  std::string_view what;
};

constexpr Code kBad = Code::bad_certificate;
constexpr Code kPurpose = Code::wrong_purpose;

constexpr std::array kRules = {
    Rule{kEvery, kBad, has_two_algorithms, "names two signature algorithms (RFC 5280, 4.1.1.2)"},
    Rule{kEvery, kBad, has_weak_key,
         "has a key that is weak, malformed or of a kind that is not taken (CABF BR 6.1.5)"},
    Rule{kEvery, kBad, has_weak_signature,
         "is signed by an algorithm that is weak or not taken (CABF BR 7.1.3.2)"},
    Rule{kEvery, kBad, has_unknown_critical,
         "has a critical extension that nothing here understands (RFC 5280, 4.2)"},
    Rule{kOurs, kBad, is_not_version_3, "is not of version 3 (RFC 5280, 4.1.2.1)"},
    Rule{kOurs, kBad, has_bad_serial,
         "has a serial number that is not positive or is too long (RFC 5280, 4.1.2.2)"},
    Rule{kOurs, kBad, has_long_times,
         "writes its validity in the form for another century (RFC 5280, 4.1.2.5)"},
    Rule{kOurs, kBad, ends_before_it_begins, "ends before it begins (RFC 5280, 4.1.2.5)"},
    Rule{kOurs, kBad, has_no_issuer, "names no issuer (RFC 5280, 4.1.2.4)"},
    Rule{kOurs, kBad, is_ca_without_name, "is an authority without a name (RFC 5280, 4.1.2.6)"},
    Rule{kOurs, kBad, has_no_name_at_all,
         "has neither a subject nor critical alternative names (RFC 5280, 4.2.1.6)"},
    Rule{kOurs, kBad, has_critical_key_id,
         "has a key identifier that is critical (RFC 5280, 4.2.1.1 and 4.2.1.2)"},
    Rule{kOurs, kBad, is_ca_without_key_id,
         "is an authority without subject key identifier (RFC 5280, 4.2.1.2)"},
    Rule{kOurs, kBad, lacks_authority_key_id,
         "does not say by which key it was signed (RFC 5280, 4.2.1.1)"},
    Rule{kOurs, kBad, is_root_of_another_key,
         "is a root whose authority key identifier is not its own key's (CABF BR 7.1.2.1.3)"},
    Rule{kOurs, kBad, has_critical_access_info,
         "has authority information that is critical (RFC 5280, 4.2.2.1)"},
    Rule{kOurs, kBad, is_ca_without_constraints,
         "stands as an authority without critical basic constraints (RFC 5280, 4.2.1.9)"},
    Rule{kOurs, kBad, is_ca_without_cert_sign,
         "claims to be an authority or limits paths, and may not sign certificates (RFC 5280, "
         "4.2.1.9)"},
    Rule{kOurs, kBad, is_leaf_that_signs_certificates,
         "is the end of the path and an authority at once (CABF BR 7.1.2.7.8)"},
    Rule{kOurs, kPurpose, is_leaf_that_does_not_sign,
         "has a key that is not for signatures (RFC 5280, 4.2.1.3)"},
    Rule{kOurs, kPurpose, is_for_another_use,
         "does not list the extended key usage that this takes (RFC 5280, 4.2.1.12)"},
    Rule{kOurs, kPurpose, is_leaf_for_any_use,
         "is for any extended key usage (CABF BR 7.1.2.7.10)"},
    Rule{kOurs, kBad, is_root_with_usage, "is a root with extended key usages (CABF BR 7.1.2.1.2)"},
    Rule{kOurs, kBad, is_leaf_with_constraints,
         "is no authority and constrains names (RFC 5280, 4.2.1.10)"},
    Rule{kOurs, kBad, has_soft_constraints,
         "has constraints that are not critical (RFC 5280, 4.2.1.10, 4.2.1.11 and 4.2.1.14)"},
    Rule{kOurs, kBad, has_malformed_constraints,
         "has name constraints that are empty or malformed (RFC 5280, 4.2.1.10)"},
    Rule{kOurs, kBad, has_malformed_names,
         "has an alternative name that is malformed (RFC 5280, 4.2.1.6)"},
    Rule{kServers, kPurpose, is_server_without_name,
         "names no server in its alternative names (RFC 6125, 6.4.4)"},
    Rule{kServers, kBad, is_server_with_critical_names,
         "has a subject and critical alternative names (CABF BR 7.1.2.7.12)"},
    Rule{kServers, kBad, is_server_with_critical_usage,
         "has a critical extended key usage (CABF BR 7.1.2.7.6)"},
    Rule{kServers, kBad, has_misspelt_common_name,
         "has a common name that is no copy of an alternative name (CABF BR 7.1.4.3)"},
};

bool applies(const Rule& rule, Use use) {
  switch (rule.uses) {
    case kEvery: return true;
    case kOurs: return use != Use::path;
    case kServers: return use == Use::server;
  }
  return true;
}

bool carries(const std::vector<GeneralName>& names, const PeerName& wanted) {
  const auto address = wanted.form == NameForm::ip ? address_of(wanted.text) : std::nullopt;
  return std::ranges::any_of(names, [&](const GeneralName& name) {
    if (name.form != wanted.form) return false;
    if (name.form == NameForm::ip) return address && equal(name.value, *address);
    if (name.form == NameForm::dns) return host_matches(text_of(name.value), wanted.text);
    return text_of(name.value) == wanted.text;
  });
}

// reaches_into: some host that the pattern stands for lies at or below the excluded one.
bool reaches_into(const GeneralName& name, const std::vector<GeneralName>& excluded) {
  const std::string_view pattern = text_of(name.value);
  if (name.form != NameForm::dns || !pattern.starts_with("*.")) return false;
  return std::ranges::any_of(excluded, [pattern](const GeneralName& subtree) {
    const std::string_view host = text_of(subtree.value);
    if (subtree.form != NameForm::dns) return false;
    const std::size_t dot = host.find('.');
    return dot != std::string_view::npos && equal_folded(host.substr(dot + 1), pattern.substr(2));
  });
}

}  // namespace

Refusal about(Code code, const Certificate& certificate, std::string_view what) {
  return {code, certificate.subject_text() + " " + std::string(what)};
}

std::optional<Refusal> broken_rule(const Certificate& certificate, Place place, Use use) {
  for (const Rule& rule : kRules) {
    if (applies(rule, use) && rule.breaks(certificate.fields(), place, use)) {
      return about(rule.code, certificate, rule.what);
    }
  }
  return {};
}

std::optional<Refusal> missing_name(const Certificate& leaf, std::span<const PeerName> names) {
  static const std::vector<GeneralName> kNone;
  const auto& own = leaf.fields().extensions.subject_names;
  for (const PeerName& wanted : names) {
    if (!carries(own ? *own : kNone, wanted)) {
      return about(Code::wrong_purpose, leaf,
                   "is not for the name " + wanted.text + " (RFC 6125, 6.4)");
    }
  }
  return {};
}

std::optional<Refusal> broken_constraint(std::span<const Certificate* const> path) {
  for (std::size_t above = 1; above < path.size(); ++above) {
    const auto& constraints = path[above]->fields().extensions.name_constraints;
    if (!constraints) continue;
    for (std::size_t below = 0; below < above; ++below) {
      const auto& names = path[below]->fields().extensions.subject_names;
      const auto is_out = [&](const GeneralName& name) {
        return reaches_into(name, constraints->excluded);
      };
      if (names && std::ranges::any_of(*names, is_out)) {
        return about(Code::path_constrained, *path[below],
                     "has a wildcard that reaches into what an authority above excludes (RFC "
                     "5280, 4.2.1.10)");
      }
    }
  }
  return {};
}

}  // namespace airlock::x509::internal
