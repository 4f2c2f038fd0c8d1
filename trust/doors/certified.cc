#include "trust/doors/certified.h"

#include <algorithm>

namespace airlock::doors {
namespace {

constexpr std::size_t kCodeTextMax = 64;

// A revocation says most about a signer, and that nothing came the least.
int weight_of(Code code) {
  if (code == Code::ok) return 0;
  if (code == Code::certificate_missing) return 1;
  return code == Code::certificate_revoked ? 3 : 2;
}

bool is_lighter(const CertificateVerdict& a, const CertificateVerdict& b) {
  return weight_of(a.code) < weight_of(b.code);
}

}  // namespace

json::Value json_of(const CertificateVerdict& verdict) {
  return {{"signer", verdict.signer},
          {"algorithm", package::name_of(verdict.algorithm)},
          {"code", name(verdict.code)},
          {"why", verdict.why}};
}

Result<CertificateVerdict> verdict_of(const json::Value& value) {
  CertificateVerdict verdict;
  AIRLOCK_ASSIGN(verdict.signer, json::text(value, "signer", package::kNameMax));
  AIRLOCK_ASSIGN(const std::string algorithm, json::text(value, "algorithm", package::kNameMax));
  AIRLOCK_ASSIGN(verdict.algorithm, package::algorithm_named(algorithm));
  AIRLOCK_ASSIGN(const std::string code, json::text(value, "code", kCodeTextMax));
  verdict.code = code_named(code);
  if (name(verdict.code) != code) return fail(Code::out_of_range);
  AIRLOCK_ASSIGN(verdict.why, json::text(value, "why", kWhyTextMax));
  return verdict;
}

std::string explain(std::span<const CertificateVerdict> verdicts) {
  std::string made;
  for (const CertificateVerdict& one : verdicts) {
    if (one.code == Code::ok) continue;
    made += (made.empty() ? "" : "; ") + one.signer + " (" +
            std::string(package::name_of(one.algorithm)) + "): " + one.why;
  }
  return made;
}

Result<x509::Roots> certificate_roots_of(const package::Keyring& keyring) {
  AIRLOCK_ASSIGN(x509::Roots roots, x509::Roots::embedded());
  for (const Bytes der : keyring.certificate_roots) (void)roots.add(der);
  return roots;
}

// Nothing where the certificate holds.
std::optional<x509::Refusal> CertificateDoor::refusal_of(
    std::size_t leaf, std::span<const x509::Certificate> chain) const {
  const auto path = x509::validate(chain, case_.roots, case_.moment, x509::Purpose{});
  if (!path) return path.error();
  const x509::Buffer& staple = case_.bundle.leaves[leaf].staple;
  const std::vector<Bytes> crls(case_.bundle.crls.begin(), case_.bundle.crls.end());
  x509::AtHand at_hand;
  if (!staple.empty()) at_hand.staple = Bytes(staple);
  at_hand.crls = crls;
  at_hand.signers = chain.subspan(1);
  at_hand.nonce = case_.nonce;
  x509::Limits limits;
  limits.freshness.moment = case_.moment;
  limits.deadline =
      std::clamp(ends_ - case_.edges.clock.now(), x509::Milliseconds::zero(), limits.deadline);
  const x509::Verdict verdict = x509::check(*path, at_hand, limits, case_.edges);
  if (const Status status = verdict.status(); !status) {
    return x509::Refusal{status.error().code, verdict.why};
  }
  return std::nullopt;
}

// Of several certificates for the key one that holds is enough; else the worst is told.
CertificateVerdict CertificateDoor::judge(const package::Key& key) const {
  CertificateVerdict worst{std::string(key.name), key.key.algorithm, Code::certificate_missing,
                           "no certificate for this key came with the release"};
  for (std::size_t i = 0; i < case_.bundle.leaves.size(); ++i) {
    const auto leaf = x509::Certificate::from_der(case_.bundle.leaves[i].certificate);
    if (!leaf || !x509::is_for(*leaf, key.key)) continue;
    const auto chain = case_.bundle.chain_of(i);
    if (!chain) continue;
    CertificateVerdict one = worst;
    const auto refusal = refusal_of(i, *chain);
    one.code = refusal ? refusal->code : Code::ok;
    one.why = refusal ? refusal->why : chain->front().subject_text();
    if (!refusal) return one;
    if (is_lighter(worst, one)) worst = std::move(one);
  }
  return worst;
}

bool CertificateDoor::certifies(const package::Key& key) {
  verdicts_.push_back(judge(key));
  return verdicts_.back().code == Code::ok;
}

Result<package::Proven> prove_certified(Bytes envelope, const package::Keyring& keyring,
                                        CertificateDoor& door) {
  Result<package::Proven> proven = package::prove(envelope, keyring, door);
  if (proven || proven.error().code != Code::certificate_missing) return proven;
  const auto worst = std::ranges::max_element(door.verdicts(), is_lighter);
  AIRLOCK_CHECK(worst != door.verdicts().end());
  return fail(worst->code, proven.error().at);
}

}  // namespace airlock::doors
