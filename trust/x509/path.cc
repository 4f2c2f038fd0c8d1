#include "trust/x509/path.h"

#include <algorithm>

#include "trust/x509/internal/judge.h"
#include "trust/x509/internal/keys.h"

namespace airlock::x509 {

// PathMaker alone makes a Path.
class PathMaker {
 public:
  static Path make(internal::Candidate proven) {
    std::vector<Certificate> certificates;
    certificates.reserve(proven.size());
    for (const Certificate* const one : proven) certificates.push_back(one->copy());
    return Path(std::move(certificates));
  }
};

namespace {

// How much work one hostile chain can cause: partial paths looked at, and whole ones judged.
constexpr std::size_t kStepsMax = 512;
constexpr std::size_t kJudgedMax = 16;

// Search walks from the leaf upwards, depth first, and stops at the first valid path.
class Search {
 public:
  Search(std::span<const Certificate> chain, const Roots& roots, std::int64_t moment,
         const Purpose& purpose)
      : moment_(moment), purpose_(purpose) {
    all_.push_back(&chain.front());
    for (const Certificate& root : roots.certificates()) all_.push_back(&root);
    first_intermediate_ = all_.size();
    for (const Certificate& one : chain.subspan(1)) all_.push_back(&one);
    issues_.resize(all_.size() * all_.size());
    path_.push_back(all_[0]);
  }

  std::expected<Path, Refusal> run();

 private:
  // A place above the certificate `below`, and the issuer that is tried there next.
  struct Frame {
    std::size_t below;
    std::size_t next = 1;
  };

  bool issues(std::size_t issuer, std::size_t below);
  bool is_repeated(const Certificate& one) const;
  bool judge_with(const Certificate& root);
  bool is_exhausted() const { return steps_ >= kStepsMax || judged_ >= kJudgedMax; }

  std::vector<const Certificate*> all_;  // leaf, roots, intermediates
  std::size_t first_intermediate_ = 0;
  std::vector<std::optional<bool>> issues_;  // what was asked once
  std::vector<const Certificate*> path_;
  std::int64_t moment_;
  const Purpose& purpose_;
  std::optional<Refusal> first_refusal_;
  std::size_t steps_ = 0;
  std::size_t judged_ = 0;
};

bool Search::issues(std::size_t issuer, std::size_t below) {
  std::optional<bool>& known = issues_[below * all_.size() + issuer];
  if (!known) known = internal::may_issue(*all_[issuer], *all_[below]);
  return *known;
}

// The same authority twice in one path leads nowhere (RFC 4158, 5.2).
bool Search::is_repeated(const Certificate& one) const {
  return std::ranges::any_of(path_, [&](const Certificate* other) {
    const CertificateFields& a = one.fields();
    const CertificateFields& b = other->fields();
    return equal(a.key.whole, b.key.whole) && same_name(a.subject, b.subject);
  });
}

bool Search::judge_with(const Certificate& root) {
  ++judged_;
  path_.push_back(&root);
  auto judged = internal::judge(path_, moment_, purpose_);
  if (judged) return true;
  if (!first_refusal_ && internal::is_linked(path_)) first_refusal_ = std::move(judged.error());
  path_.pop_back();
  return false;
}

std::expected<Path, Refusal> Search::run() {
  std::vector<Frame> frames = {{0}};
  while (!frames.empty() && !is_exhausted()) {
    Frame& frame = frames.back();
    if (frame.next == all_.size()) {
      frames.pop_back();
      path_.pop_back();
      continue;
    }
    const std::size_t issuer = frame.next++;
    const Certificate& one = *all_[issuer];
    if (!issues(issuer, frame.below) || is_repeated(one)) continue;
    ++steps_;
    if (issuer < first_intermediate_) {
      if (judge_with(one)) return PathMaker::make(path_);
    } else if (path_.size() + 1 < kPathMax) {
      path_.push_back(&one);
      frames.push_back({issuer});
    }
  }
  if (first_refusal_) return std::unexpected(std::move(*first_refusal_));
  return std::unexpected(
      Refusal{Code::untrusted_chain, all_[0]->subject_text() + " leads to no trusted root"});
}

}  // namespace

std::expected<Path, Refusal> validate(std::span<const Certificate> chain, const Roots& roots,
                                      std::int64_t moment, const Purpose& purpose) {
  if (chain.empty()) return std::unexpected(Refusal{Code::missing_field, "the chain is empty"});
  if (chain.size() > kChainMax) {
    return std::unexpected(Refusal{Code::too_many, "the chain has more than 32 certificates"});
  }
  return Search(chain, roots, moment, purpose).run();
}

bool is_for(const Certificate& certificate, const crypto::PublicKey& key) {
  const auto named = internal::package_key_of(certificate.fields().key);
  return named && *named == key;
}

Status certifies(const Path& path, const crypto::PublicKey& key) {
  if (!is_for(path.leaf(), key)) return fail(Code::key_mismatch);
  return {};
}

}  // namespace airlock::x509
