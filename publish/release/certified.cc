// Certificates of signers: collecting them, and judging them before a device does.
#include <algorithm>

#include "host/text/text.h"
#include "publish/release/internal.h"

namespace airlock::release {
namespace {

using doors::CertificateVerdict;
using x509::Bundle;
using x509::Certificate;

// ---- making a bundle

bool is_held(const std::vector<Buffer>& pieces, Bytes piece) {
  return std::ranges::any_of(pieces, [piece](const Buffer& one) { return equal(one, piece); });
}

// A root travels with the device, not with the release.
bool is_root(const x509::Roots& roots, Bytes der) {
  return std::ranges::any_of(roots.certificates(),
                             [der](const Certificate& root) { return equal(root.der(), der); });
}

Answer<void> add_chain(const std::vector<Buffer>& chain, const x509::Roots& roots, Bundle& bundle) {
  if (chain.empty()) return Refusal::of(Code::not_found, "certificate");
  const auto leaf = Certificate::from_der(chain.front());
  if (!leaf) return Refusal::of(leaf.error(), "a signer's certificate");
  bundle.leaves.push_back({chain.front(), {}});
  for (const Buffer& der : std::span(chain).subspan(1)) {
    if (!is_root(roots, der) && !is_held(bundle.authorities, der))
      bundle.authorities.push_back(der);
  }
  return {};
}

bool is_about(const x509::OcspResponse& answer, const Certificate& leaf) {
  return std::ranges::any_of(answer.responses, [&](const x509::SingleResponse& one) {
    return equal(one.serial, leaf.fields().serial);
  });
}

// What is no OCSP answer is not put anywhere.
bool add_staple(const Buffer& der, Bundle& bundle) {
  const auto answer = x509::OcspResponse::from_der(der);
  bool is_used = false;
  for (x509::BundleLeaf& leaf : bundle.leaves) {
    const auto read = Certificate::from_der(leaf.certificate);
    if (!answer || !read || !is_about(*answer, *read)) continue;
    leaf.staple = der;
    is_used = true;
  }
  return is_used;
}

bool is_same_list(const x509::Crl& a, const x509::Crl& b) {
  const bool both = a.scope_value.has_value() == b.scope_value.has_value();
  const bool same_scope = both && (!a.scope_value || equal(*a.scope_value, *b.scope_value));
  return same_scope && x509::same_name(a.issuer, b.issuer) &&
         a.base_number.has_value() == b.base_number.has_value();
}

bool add_crl(const Buffer& der, Bundle& bundle) {
  const auto crl = x509::Crl::from_der(der);
  if (!crl) return false;
  std::erase_if(bundle.crls, [&](const Buffer& one) {
    const auto held = x509::Crl::from_der(one);
    return !held || is_same_list(*held, *crl);
  });
  bundle.crls.push_back(der);
  return true;
}

// Whoever is asked has as long as a device would give him.
constexpr x509::Milliseconds kPatience{5000};

class Asking {
 public:
  Asking(x509::Responder& responder, MadeBundle& made) : responder_(responder), made_(made) {}

  void about(std::size_t leaf, const x509::Path& path) {
    ask_for_staple(leaf, path);
    const auto certificates = path.certificates();
    for (const Certificate& one : certificates.first(certificates.size() - 1)) fetch_crls(one);
  }

 private:
  void fail_at(std::string_view url, const Certificate& about, std::string_view why) {
    made_.failures.push_back(std::string(url) + ", about " + about.subject_text() + ": " +
                             std::string(why));
  }
  void ask_for_staple(std::size_t leaf, const x509::Path& path) {
    const auto url = x509::reached_by_http(path.leaf().fields().extensions.ocsp_responders);
    if (!url) return;
    const auto answer =
        responder_.ask(*url, x509::ocsp_request(path.certificates(), {}), kPatience);
    if (!answer) return fail_at(*url, path.leaf(), name(answer.error().code));
    const auto read = x509::OcspResponse::from_der(*answer);
    if (!read || !is_about(*read, path.leaf())) {
      return fail_at(*url, path.leaf(), "what came is no OCSP answer about it");
    }
    made_.bundle.leaves[leaf].staple = *answer;
  }
  void fetch_crls(const Certificate& one) {
    for (const x509::DistributionPoint& point : one.fields().extensions.distribution_points) {
      const auto url = x509::reached_by_http(point.full_name);
      if (!url) continue;
      const auto crl = responder_.fetch_crl(*url, kPatience);
      if (!crl) {
        fail_at(*url, one, name(crl.error().code));
      } else if (!add_crl(*crl, made_.bundle)) {
        fail_at(*url, one, "what came is no CRL");
      }
    }
  }

  x509::Responder& responder_;
  MadeBundle& made_;
};

void ask_everybody(const BundleOrder& order, const x509::Roots& roots, MadeBundle& made) {
  if (order.responder == nullptr) return;
  Asking asking(*order.responder, made);
  for (std::size_t i = 0; i < made.bundle.leaves.size(); ++i) {
    const auto chain = made.bundle.chain_of(i);
    if (!chain) continue;
    const auto path = x509::validate(*chain, roots, order.now, x509::Purpose{});
    if (path) asking.about(i, *path);
  }
}

// ---- judging

struct Judging {
  const package::Keyring& keyring;
  const Bundle& bundle;
  std::int64_t now;
};

// With the door made for one look: nothing is remembered, nobody is asked, so that what travels
// with a package must be enough.
template <class Look>
auto judge_with(const Judging& judging, const x509::Roots& roots, Look look) {
  x509::NoMemory memory;
  x509::NoClock clock;
  doors::CertificateDoor door({roots, judging.bundle, judging.now, {memory, clock}, {}});
  return look(door);
}

Path published_path(const PublishOrder& order, const Digest& manifest) {
  return order.repository / kCertificatesFolder / text::to_hex(manifest.bytes);
}

Answer<void> judge(const PublishOrder& order, Bytes envelope, const Path& path, Bytes encoded) {
  AIRLOCK_ASSIGN(const Bundle bundle, naming(path, Bundle::parse(encoded)));
  const auto proven = prove_certified(envelope, order.keyring, bundle, order.now);
  if (proven) return {};
  const std::string& why = proven.error().about;
  return Refusal::of(proven.error().error, path.string() + (why.empty() ? "" : ": " + why));
}

bool is_demanded(const PublishOrder& order, Bytes envelope) {
  const auto manifest = package::read_unproven(envelope);
  return manifest && package::wants_certificates(order.keyring, manifest->kind) &&
         !order.keyring.retains(manifest->digest());
}

}  // namespace

Path bundle_path(const Path& package) {
  Path path = envelope_path(package);
  return path.replace_extension(".certificates");
}

Answer<MadeBundle> make_bundle(const BundleOrder& order) {
  AIRLOCK_ASSIGN(const x509::Roots roots, doors::certificate_roots_of(order.keyring));
  MadeBundle made;
  if (order.chains.empty()) made.bundle = order.bundle;
  for (const auto& chain : order.chains) AIRLOCK_TRY(add_chain(chain, roots, made.bundle));
  ask_everybody(order, roots, made);
  for (const Buffer& der : order.staples) {
    if (!add_staple(der, made.bundle)) {
      made.failures.emplace_back("a staple is no OCSP answer about any of these certificates");
    }
  }
  for (const Buffer& der : order.crls) {
    if (!add_crl(der, made.bundle)) made.failures.emplace_back("a CRL cannot be read");
  }
  return made;
}

Result<std::vector<CertificateVerdict>> standing_of(Bytes encoded, const package::Keyring& keyring,
                                                    const Bundle& bundle, std::int64_t now) {
  AIRLOCK_ASSIGN(const package::Envelope envelope, package::Envelope::parse(encoded));
  AIRLOCK_ASSIGN(const package::Kind kind, package::Manifest::kind_of(envelope.payload));
  AIRLOCK_ASSIGN(const package::Tally counted, package::tally(envelope, keyring, kind));
  AIRLOCK_ASSIGN(const x509::Roots roots, doors::certificate_roots_of(keyring));
  return judge_with({keyring, bundle, now}, roots, [&](doors::CertificateDoor& door) {
    for (const package::ClauseCount& count : counted.clauses) {
      if (!count.clause.certified) continue;
      for (const package::Key& key : keyring.keys) {
        const bool signed_it = counted.signed_by[key.signer].has(key.key.algorithm);
        const bool is_asked = key.group == count.clause.group && signed_it &&
                              package::kCertifiable.has(key.key.algorithm);
        if (is_asked) (void)door.certifies(key);
      }
    }
    return door.verdicts();
  });
}

Answer<package::Proven> prove_certified(Bytes envelope, const package::Keyring& keyring,
                                        const Bundle& bundle, std::int64_t now) {
  AIRLOCK_ASSIGN(const x509::Roots roots, doors::certificate_roots_of(keyring));
  return judge_with({keyring, bundle, now}, roots,
                    [&](doors::CertificateDoor& door) -> Answer<package::Proven> {
                      const auto proven = doors::prove_certified(envelope, keyring, door);
                      if (proven) return *proven;
                      return Refusal::of(proven.error(), doors::explain(door.verdicts()));
                    });
}

Answer<Buffer> read_bundle(const PublishOrder& order, Bytes envelope) {
  if (!is_demanded(order, envelope)) return Buffer{};
  const Path path = bundle_path(order.package);
  Result<Buffer> bundle = file::read(path, x509::kBundleSizeMax);
  const bool is_absent = !bundle && bundle.error().code == Code::not_found;
  if (is_absent) return Refusal::of(Code::certificate_missing, path.string());
  if (!bundle) return Refusal::of(bundle.error(), path.string());
  AIRLOCK_TRY(judge(order, envelope, path, *bundle));
  return std::move(*bundle);
}

Answer<void> write_bundle(const PublishOrder& order, const package::Manifest& manifest,
                          Bytes bundle) {
  if (bundle.empty()) return {};
  const Path path = published_path(order, manifest.digest());
  AIRLOCK_TRY(naming(path.parent_path(), file::make_folders(path.parent_path())));
  return naming(path, file::replace(path, bundle));
}

Answer<void> check_certified(const PublishOrder& order, Bytes envelope) {
  if (!is_demanded(order, envelope)) return {};
  AIRLOCK_ASSIGN(const package::Manifest manifest, package::read_unproven(envelope));
  const Path path = published_path(order, manifest.digest());
  AIRLOCK_ASSIGN(const Buffer bundle, naming(path, file::read(path, x509::kBundleSizeMax)));
  return judge(order, envelope, path, bundle);
}

std::string without_clock(const PublishOrder& order, Bytes envelope, Bytes encoded) {
  const auto manifest = package::read_unproven(envelope);
  const auto bundle = Bundle::parse(encoded);
  const bool knows_more = manifest && package::log_for(order.keyring, manifest->kind);
  if (encoded.empty() || !manifest || !bundle || knows_more) return {};
  const auto proven = prove_certified(envelope, order.keyring, *bundle, manifest->created);
  return proven ? "" : proven.error().about;
}

}  // namespace airlock::release
