// The condition that a signing policy may put on a signer's key: a certificate that holds.
//
// core/package counts signers and names the keys that must be certified; CertificateDoor is whoever
// can judge that. For a key it looks through what came with the release for certificates of that
// very key, and wants of one of them a path to a root, for code signing, at this moment, and that
// neither it nor an authority above it was revoked (trust/x509). It says of every key, in a
// sentence, how it stands.
//
// It never adds a signer: it is asked about keys of the keyring alone, after their signatures were
// verified. A bundle is believed nothing; what it lacks is a refusal.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/base.h"
#include "core/package/package.h"
#include "host/json/json.h"
#include "trust/x509/x509.h"

namespace airlock::doors {

// The longest `why` that verdict_of reads: a subject's name in it may be anything.
inline constexpr std::size_t kWhyTextMax = 4 << 10;

// How one key of a signer stands.
struct CertificateVerdict {
  std::string signer;  // as the keyring names him
  crypto::Algorithm algorithm = crypto::Algorithm::eddsa;
  Code code = Code::certificate_missing;  // ok: a certificate of it holds
  std::string why;                        // one sentence about the certificate, for people
};

// json_of has the members signer, algorithm, code and why; verdict_of reads them again. Errors:
// those of host/json, out_of_range (no such code), unsupported_algorithm.
json::Value json_of(const CertificateVerdict& verdict);
Result<CertificateVerdict> verdict_of(const json::Value& value);

// explain joins what is wrong, and only that: "vendor (ed25519): CN=vendor expired at .."; empty
// where all is well.
std::string explain(std::span<const CertificateVerdict> verdicts);

// certificate_roots_of returns the roots of a device with this keyring: those compiled in, and the
// keyring's. A root of a keyring that cannot be read is none. Errors: those of Roots::embedded.
Result<x509::Roots> certificate_roots_of(const package::Keyring& keyring);

// What certificates are judged by. What it refers to must outlive the door.
struct CertificateCase {
  const x509::Roots& roots;
  const x509::Bundle& bundle;
  std::int64_t moment = 0;  // Unix seconds
  x509::Edges edges;
  Bytes nonce = {};  // fresh random bytes for live questions, or none
};

// For all live questions about one release; each check has its own deadline within it.
inline constexpr x509::Milliseconds kCertificatesDeadline{15'000};

class CertificateDoor final : public package::Certifier {
 public:
  explicit CertificateDoor(const CertificateCase& all)
      : case_(all), ends_(all.edges.clock.now() + kCertificatesDeadline) {}

  bool certifies(const package::Key& key) override;
  // verdicts tells of each key that was asked about, in the order of the questions.
  const std::vector<CertificateVerdict>& verdicts() const { return verdicts_; }

 private:
  CertificateVerdict judge(const package::Key& key) const;
  std::optional<x509::Refusal> refusal_of(std::size_t leaf,
                                          std::span<const x509::Certificate> chain) const;

  CertificateCase case_;
  x509::Milliseconds ends_;
  std::vector<CertificateVerdict> verdicts_;
};

// prove_certified opens the package door with the certificates that the policy demands. Where those
// alone are missing, the error is of the key that stands worst: certificate_revoked before any
// other, certificate_missing last. Errors also: those of package::prove.
Result<package::Proven> prove_certified(Bytes envelope, const package::Keyring& keyring,
                                        CertificateDoor& door);

}  // namespace airlock::doors
