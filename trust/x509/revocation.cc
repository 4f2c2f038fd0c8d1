#include "trust/x509/revocation.h"

#include "trust/x509/internal/names.h"

namespace airlock::x509 {
namespace {

// ---- the judgement

std::string not_known(const Evidence& evidence) {
  const auto clause = [](const char* rung, const Finding& finding) {
    return std::string(rung) + (finding.why.empty() ? "nothing" : finding.why);
  };
  return "nothing fresh says that it is not revoked: " + clause("staple: ", evidence.staple) +
         clause("; live: ", evidence.live.value_or(Finding{Answer::absent, "nobody was asked"})) +
         clause("; cache: ", evidence.crl);
}

struct Said {
  Rung rung;
  const Finding* finding;
};

// ---- the edge

Finding read_ocsp(std::span<const Certificate> path, Bytes der, const Freshness& freshness,
                  std::optional<Bytes> nonce) {
  const auto response = OcspResponse::from_der(der);
  if (response) return find_in_ocsp(path, *response, freshness, nonce);
  if (response.error().code == Code::not_found) {
    return {Answer::unusable, "the OCSP responder has no answer"};
  }
  return {Answer::unusable, "the OCSP answer cannot be read"};
}

// Every CRL that can be read; what cannot is as if it were not there.
void read_crls(auto ders, std::vector<Crl>& crls) {
  for (const auto& der : ders) {
    if (auto crl = Crl::from_der(der)) crls.push_back(std::move(*crl));
  }
}

// As many of each as may be, so that none crowds out the others.
auto first_crls(const auto& ders) { return std::span(ders).first(std::min(ders.size(), kCrlsMax)); }

std::vector<Crl> crls_for(const AtHand& at_hand, CrlCache* cache) {
  std::vector<Crl> crls;
  read_crls(first_crls(at_hand.crls), crls);
  if (cache == nullptr) return crls;
  const std::vector<Buffer> kept = cache->load();
  read_crls(first_crls(kept), crls);
  return crls;
}

// One check: what all its certificates share.
struct Checking {
  const AtHand& at_hand;
  const Limits& limits;
  const Edges& edges;
  std::vector<Crl> crls;
  Milliseconds ends;
  std::size_t fetches = 0;

  Finding ask_live(std::span<const Certificate> path) const;
  bool fetch_crls(const Certificate& certificate);
  void keep_crls(std::span<const Certificate> path) const;
  Verdict judge(std::span<const Certificate> path, bool is_leaf);
};

Finding Checking::ask_live(std::span<const Certificate> path) const {
  if (edges.responder == nullptr) return {Answer::absent, "nobody was asked"};
  const auto url = reached_by_http(path[0].fields().extensions.ocsp_responders);
  if (!url) return {Answer::absent, "the certificate names no responder"};
  const Milliseconds time_left = ends - edges.clock.now();
  if (time_left <= Milliseconds::zero()) return {Answer::absent, "there was no time left to ask"};
  const auto answer = edges.responder->ask(*url, ocsp_request(path, at_hand.nonce), time_left);
  if (!answer && answer.error().code == Code::access_denied) {
    return {Answer::absent, "its OCSP responder stands at an address that is never asked"};
  }
  if (!answer) return {Answer::absent, "the OCSP responder gave no answer in time"};
  if (edges.clock.now() > ends) return {Answer::absent, "the OCSP responder answered too late"};
  std::optional<Bytes> nonce;
  if (!at_hand.nonce.empty()) nonce = at_hand.nonce;
  return read_ocsp(path, *answer, limits.freshness, nonce);
}

// fetch_crls says whether there is one CRL more than before.
bool Checking::fetch_crls(const Certificate& certificate) {
  const std::size_t before = crls.size();
  for (const DistributionPoint& point : certificate.fields().extensions.distribution_points) {
    const auto url = reached_by_http(point.full_name);
    const Milliseconds time_left = ends - edges.clock.now();
    if (!url || fetches == kFetchesMax || time_left <= Milliseconds::zero()) continue;
    ++fetches;
    const auto fetched = edges.responder->fetch_crl(*url, time_left);
    if (fetched && edges.clock.now() <= ends) read_crls(std::span(&*fetched, 1), crls);
  }
  return crls.size() > before;
}

// Authentic is what can say anything about a certificate of this path, be its time over or not.
void Checking::keep_crls(std::span<const Certificate> path) const {
  if (edges.cache == nullptr) return;
  for (const Crl& crl : crls) {
    const Finding found = find_in_crls(path, {&crl, 1}, at_hand.signers, limits.freshness);
    if (found.answer >= Answer::stale) edges.cache->keep(crl);
  }
}

Verdict Checking::judge(std::span<const Certificate> path, bool is_leaf) {
  const crypto::Digest id = revocation_id(path);
  const auto remembered = edges.memory.holds(id);
  if (!remembered) {
    return {Standing::unknown, Rung::memory, "the memory of what was revoked is damaged or full"};
  }
  Evidence evidence;
  evidence.is_remembered = *remembered;
  if (is_leaf && at_hand.staple) {
    evidence.staple = read_ocsp(path, *at_hand.staple, limits.freshness, {});
  } else {
    evidence.staple = {Answer::absent, "there is none"};
  }
  evidence.crl = find_in_crls(path, crls, at_hand.signers, limits.freshness);
  if (wants_live(evidence)) evidence.live = ask_live(path);
  Verdict verdict = decide(evidence);
  const bool may_fetch = verdict.standing == Standing::unknown && edges.responder != nullptr;
  if (may_fetch && fetch_crls(path[0])) {
    evidence.crl = find_in_crls(path, crls, at_hand.signers, limits.freshness);
    verdict = decide(evidence);
  }
  keep_crls(path);
  if (verdict.standing == Standing::revoked && !evidence.is_remembered) {
    if (!edges.memory.add(id)) verdict.why += " (and this could not be noted for later)";
  }
  return verdict;
}

}  // namespace

Status Verdict::status() const {
  switch (standing) {
    case Standing::good: return {};
    case Standing::revoked: return fail(Code::certificate_revoked);
    case Standing::unknown: break;
  }
  return fail(Code::revocation_unknown);
}

Verdict decide(const Evidence& evidence) {
  if (evidence.is_remembered) {
    return {Standing::revoked, Rung::memory, "it was revoked before, which nothing takes back"};
  }
  const Said said[] = {{Rung::staple, &evidence.staple},
                       {Rung::live, evidence.live ? &*evidence.live : nullptr},
                       {Rung::crl, &evidence.crl}};
  for (const Said& one : said) {
    if (one.finding != nullptr && one.finding->answer == Answer::revoked) {
      return {Standing::revoked, one.rung, one.finding->why};
    }
  }
  for (const Said& one : said) {
    if (one.finding != nullptr && one.finding->answer == Answer::good) {
      return {Standing::good, one.rung, one.finding->why};
    }
  }
  return {Standing::unknown, Rung::none, not_known(evidence)};
}

bool wants_live(const Evidence& evidence) {
  const bool is_settled = evidence.is_remembered || evidence.staple.answer == Answer::good ||
                          evidence.staple.answer == Answer::revoked ||
                          evidence.crl.answer == Answer::revoked;
  return !is_settled;
}

std::optional<std::string_view> reached_by_http(std::span<const GeneralName> names) {
  for (const GeneralName& one : names) {
    const std::string_view url = text_of(one.value);
    const bool is_http = one.form == NameForm::uri && url.starts_with("http://");
    if (is_http && internal::is_uri(url)) return url;
  }
  return {};
}

crypto::Digest revocation_id(std::span<const Certificate> path) {
  AIRLOCK_CHECK(path.size() >= 2);
  crypto::Sha256 hash;
  hash.update(path[1].fields().key.whole);
  hash.update(path[0].fields().serial);
  return hash.finish();
}

Verdict check(const Path& path, const AtHand& at_hand, const Limits& limits, const Edges& edges) {
  Checking checking{at_hand, limits, edges, crls_for(at_hand, edges.cache),
                    edges.clock.now() + limits.deadline};
  const auto certificates = path.certificates();
  std::optional<Verdict> leaf;
  for (std::size_t i = 0; i + 1 < certificates.size(); ++i) {
    Verdict verdict = checking.judge(certificates.subspan(i), i == 0);
    verdict.why = certificates[i].subject_text() + ": " + verdict.why;
    if (verdict.standing != Standing::good) return verdict;
    if (i == 0) leaf = std::move(verdict);
  }
  return std::move(*leaf);
}

}  // namespace airlock::x509
