#include <algorithm>
#include <array>

#include "trust/x509/crl.h"
#include "trust/x509/internal/der.h"
#include "trust/x509/internal/keys.h"
#include "trust/x509/internal/names.h"
#include "trust/x509/path.h"

namespace airlock::x509 {
namespace {

using internal::Digests;

constexpr std::uint16_t kAllReasons = 0x1fe;  // bits 1 to 8 of ReasonFlags
constexpr std::size_t kSignersMax = 8;        // certificates of `others` tried for one CRL

// Everything that a question about one certificate is asked with.
struct Question {
  std::span<const Certificate> path;
  std::span<const Crl> crls;
  std::span<const Certificate> others;
  const Freshness& freshness;
  bool asks_about_signer = false;  // a signer's own revocation is asked once, not its signer's too

  const CertificateFields& certificate() const { return path[0].fields(); }
};

Finding find(const Question& question);

bool is_authority(const CertificateFields& certificate) {
  return certificate.extensions.basic_constraints && certificate.extensions.basic_constraints->ca;
}

// ---- which CRL is for which distribution point (RFC 5280, 6.3.3 (b))

// A Name of an issuer with one more RelativeDistinguishedName, as a SEQUENCE of a long form that
// both sides of a comparison share.
std::optional<Buffer> full_name_of(Bytes issuer, Bytes relative) {
  auto reader = der::open(issuer, der::kSequence);
  if (!reader) return {};
  Buffer rdns;
  while (!reader->at_end()) {
    const auto set = reader->next();
    if (!set) return {};
    rdns.insert(rdns.end(), set->whole.begin(), set->whole.end());
  }
  const auto append = [](Buffer& to, std::uint8_t tag, Bytes content) {
    to.push_back(tag);
    to.push_back(0x82);
    to.push_back(static_cast<std::uint8_t>(content.size() >> 8U));
    to.push_back(static_cast<std::uint8_t>(content.size()));
    to.insert(to.end(), content.begin(), content.end());
  };
  append(rdns, der::kSet, relative);
  Buffer name;
  append(name, der::kSequence, rdns);
  return name;
}

// The names of a point, the relative one made whole below `issuer`, whose bytes `made` keeps.
std::vector<GeneralName> names_of(const DistributionPoint& point, Bytes issuer, Buffer& made) {
  if (!point.relative_name) return point.full_name;
  auto whole = full_name_of(issuer, *point.relative_name);
  if (!whole) return {};
  made = std::move(*whole);
  return {GeneralName{NameForm::directory, made}};
}

bool share_a_name(std::span<const GeneralName> a, std::span<const GeneralName> b) {
  return std::ranges::any_of(a, [b](const GeneralName& name) {
    return std::ranges::any_of(
        b, [&](const GeneralName& other) { return internal::same_general_name(name, other); });
  });
}

bool names_directory(std::span<const GeneralName> names, Bytes directory) {
  const GeneralName wanted{NameForm::directory, directory};
  return share_a_name({&wanted, 1}, names);
}

bool has_name(const DistributionPoint& point) {
  return !point.full_name.empty() || point.relative_name;
}

// The CRL's scope covers the certificate at this point.
bool is_in_scope(const CrlScope& scope, const DistributionPoint& point, const Crl& crl,
                 const CertificateFields& certificate) {
  if (scope.attributes_only) return false;
  if (scope.users_only && is_authority(certificate)) return false;
  if (scope.authorities_only && !is_authority(certificate)) return false;
  if (!has_name(scope.point)) return true;
  Buffer scope_bytes;
  Buffer point_bytes;
  const auto scope_names = names_of(scope.point, crl.issuer, scope_bytes);
  if (!has_name(point)) return share_a_name(scope_names, point.crl_issuer);
  return share_a_name(scope_names, names_of(point, crl.issuer, point_bytes));
}

bool is_for(const Crl& crl, const DistributionPoint& point, const CertificateFields& certificate) {
  const bool is_indirect = crl.scope && crl.scope->indirect;
  if (point.crl_issuer.empty()) {
    if (!same_name(crl.issuer, certificate.issuer)) return false;
  } else if (!is_indirect || !names_directory(point.crl_issuer, crl.issuer)) {
    return false;
  }
  return !crl.scope || is_in_scope(*crl.scope, point, crl, certificate);
}

std::uint16_t reasons_of(const Crl& crl, const DistributionPoint& point) {
  const std::uint16_t by_point = point.reasons.value_or(kAllReasons);
  const std::uint16_t by_scope =
      crl.scope ? crl.scope->point.reasons.value_or(kAllReasons) : kAllReasons;
  return by_point & by_scope & kAllReasons;
}

// ---- who signed it (6.3.3 (f) and (g))

bool has_signed(const Certificate& signer, const Crl& crl, Digests digests) {
  const CertificateFields& fields = signer.fields();
  const auto& usage = fields.extensions.key_usage;
  if (usage && (*usage & kCrlSign) == 0) return false;
  if (!same_name(fields.subject, crl.issuer)) return false;
  return internal::verify_signature(fields.key, crl.algorithm, crl.signed_part, crl.signature,
                                    digests)
      .has_value();
}

// A signer that is not in the certificate's own path must have one of its own, to the same root.
bool is_trusted_signer(const Certificate& signer, const Question& question) {
  std::vector<Certificate> chain;
  chain.push_back(signer.copy());
  for (const Certificate& one : question.path.subspan(1)) chain.push_back(one.copy());
  Roots roots;
  if (!roots.add(question.path.back().der())) return false;
  Purpose purpose;
  purpose.use = Use::path;
  const auto path = validate(chain, roots, question.freshness.moment, purpose);
  if (!path) return false;
  const Question about_signer{
      path->certificates(), question.crls, {&signer, 1}, question.freshness, true};
  return find(about_signer).answer != Answer::revoked;
}

bool is_authentic(const Crl& crl, const Question& question) {
  const Digests digests =
      question.freshness.profile == Profile::published ? Digests::published : Digests::strong;
  const auto signed_it = [&](const Certificate& one) { return has_signed(one, crl, digests); };
  if (std::ranges::any_of(question.path.subspan(1), signed_it)) return true;
  std::size_t tried = 0;
  for (const Certificate& one : question.others) {
    if (!same_name(one.fields().subject, crl.issuer)) continue;
    if (++tried > kSignersMax) return false;
    if (!signed_it(one)) continue;
    if (question.asks_about_signer || is_trusted_signer(one, question)) return true;
  }
  return false;
}

// ---- whether its time is now, and what the profile wants

std::optional<std::string> untimely(const Crl& crl, const Freshness& freshness) {
  if (crl.this_update > freshness.latest()) return "the CRL is from the future";
  if (crl.next_update && *crl.next_update < freshness.moment) return "the CRL's time is over";
  if (freshness.moment - crl.this_update > freshness.age_seconds_max) return "the CRL is too old";
  if (!crl.next_update && freshness.profile == Profile::airlock) {
    return "the CRL does not say when the next one comes";
  }
  return {};
}

std::optional<std::string> outside_profile(const Crl& crl, const Freshness& freshness) {
  const bool is_indirect = crl.scope && crl.scope->indirect;
  if (is_indirect && !freshness.takes_indirect_crls) return "indirect CRLs are not taken";
  if (freshness.profile == Profile::published) return {};
  if (!crl.number || crl.has_critical_number) return "the CRL has no proper number";
  if (!crl.authority_key_id) return "the CRL does not say which key signed it";
  return {};
}

// ---- what it says (6.3.3 (i) to (l))

enum class Listed : std::uint8_t { no, yes, removed };

Listed look_up(const Crl& crl, const CertificateFields& certificate) {
  for (const RevokedEntry& entry : crl.revoked) {
    if (!equal(entry.serial, certificate.serial)) continue;
    if (!same_name(entry.issuer.value_or(crl.issuer), certificate.issuer)) continue;
    return entry.reason == kRemoveFromCrl ? Listed::removed : Listed::yes;
  }
  return Listed::no;
}

bool is_less(Bytes a, Bytes b) {  // shortest, not negative
  if (a.size() > 1 && a[0] == 0) a = a.subspan(1);
  if (b.size() > 1 && b[0] == 0) b = b.subspan(1);
  if (a.size() != b.size()) return a.size() < b.size();
  return std::ranges::lexicographical_compare(a, b);
}

bool is_same_value(const std::optional<Bytes>& a, const std::optional<Bytes>& b) {
  return a.has_value() == b.has_value() && (!a || equal(*a, *b));
}

// RFC 5280, 5.2.4: a delta that may be laid over this complete CRL.
bool completes(const Crl& delta, const Crl& complete) {
  if (!delta.base_number || !delta.number || !complete.number) return false;
  return same_name(delta.issuer, complete.issuer) &&
         is_same_value(delta.scope_value, complete.scope_value) &&
         is_same_value(delta.authority_key_id_value, complete.authority_key_id_value) &&
         !is_less(*complete.number, *delta.base_number) && is_less(*complete.number, *delta.number);
}

Listed look_up_with_deltas(const Crl& complete, const Question& question) {
  const Crl* newest = nullptr;
  for (const Crl& delta : question.crls) {
    if (!completes(delta, complete) || untimely(delta, question.freshness)) continue;
    if (newest != nullptr && !is_less(*newest->number, *delta.number)) continue;
    if (is_authentic(delta, question)) newest = &delta;
  }
  const Listed later = newest ? look_up(*newest, question.certificate()) : Listed::no;
  return later == Listed::no ? look_up(complete, question.certificate()) : later;
}

// ---- all of it together

struct State {
  std::uint16_t reasons = 0;
  Finding finding;

  void keep(Answer answer, std::string why) {
    if (answer >= finding.answer) finding = {answer, std::move(why)};
  }
};

// What one CRL adds, given the reasons that it covers for this certificate.
void ask(const Crl& crl, std::uint16_t reasons, const Question& question, State& state) {
  if (!is_authentic(crl, question)) {
    return state.keep(Answer::unusable, "no key of the issuer signed the CRL");
  }
  if (auto why = outside_profile(crl, question.freshness)) {
    return state.keep(Answer::unusable, std::move(*why));
  }
  if (look_up_with_deltas(crl, question) == Listed::yes) {
    return state.keep(Answer::revoked, "a CRL of its issuer lists it");
  }
  if (auto why = untimely(crl, question.freshness)) {
    return state.keep(Answer::stale, std::move(*why));
  }
  state.reasons |= reasons;
}

// The points at which a CRL may be for the certificate. One that names none is asked about at its
// issuer (RFC 5280, 6.3.3, at its end); one that names some is asked about at those alone.
std::vector<DistributionPoint> points_of(const CertificateFields& certificate) {
  std::vector<DistributionPoint> points = certificate.extensions.distribution_points;
  if (points.empty()) {
    points.emplace_back();
    points[0].full_name = {{NameForm::directory, certificate.issuer}};
  }
  return points;
}

Finding find(const Question& question) {
  const std::vector<DistributionPoint> points = points_of(question.certificate());
  State state;
  for (const Crl& crl : question.crls) {
    if (crl.base_number) continue;  // a delta is asked with the CRL that it completes
    std::uint16_t reasons = 0;
    for (const DistributionPoint& point : points) {
      if (is_for(crl, point, question.certificate())) reasons |= reasons_of(crl, point);
    }
    if (reasons != 0) ask(crl, reasons, question, state);
  }
  if (state.finding.answer == Answer::revoked) return state.finding;
  if (state.reasons == kAllReasons) return {Answer::good, "its issuer's CRL does not list it"};
  if (state.reasons != 0) return {Answer::unusable, "the CRLs cover some reasons only"};
  if (state.finding.answer == Answer::absent) state.finding.why = "there is no CRL for it";
  return state.finding;
}

}  // namespace

Finding find_in_crls(std::span<const Certificate> path, std::span<const Crl> crls,
                     std::span<const Certificate> others, const Freshness& freshness) {
  if (path.size() < 2) return {Answer::absent, "its issuer is not known"};
  return find({path, crls, others, freshness});
}

}  // namespace airlock::x509
