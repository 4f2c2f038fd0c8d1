// Path validation (RFC 5280, section 6), and what a valid path is good for.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/crypto/crypto.h"
#include "trust/x509/certificate.h"
#include "trust/x509/roots.h"

namespace airlock::x509 {

inline constexpr std::size_t kChainMax = 32;  // certificates that come with a leaf, and the leaf
inline constexpr std::size_t kPathMax = 10;   // certificates of one path, with leaf and root

// Why something was refused: the code, and one sentence that names the certificate and the rule.
struct Refusal {
  Code code = Code::bad_certificate;
  std::string why;
};

// What the leaf is to be used for.
//   code_signing, server, client: RFC 5280 with its profile (section 4), the extended key usage,
//   and
//     the rules of docs/formats/certificates.md.
//   path: section 6 alone, with strong keys and digests. No use of ours; for conformance tests.
enum class Use : std::uint8_t { path, server, client, code_signing };

// A name that the leaf must carry: a host, an address ("192.0.2.1") or a mailbox.
struct PeerName {
  NameForm form = NameForm::dns;
  std::string text;
};

// The inputs of RFC 5280, 6.1.1 (c) to (g).
struct PolicyInputs {
  std::vector<std::string> accepted;  // dotted OIDs; none means any policy
  bool explicit_policy = false;
  bool inhibit_mapping = false;
  bool inhibit_any = false;
};

struct Purpose {
  Use use = Use::code_signing;
  std::vector<PeerName> names;                   // the leaf must carry all of them
  std::size_t intermediates_max = kPathMax - 2;  // not counting those that are self-issued
  PolicyInputs policies;
};

// Path is a valid path: leaf first, trusted root last. It is made by validate alone. That a path
// exists makes nobody a signer: it says what an authority claims about a key, and no function of
// this room turns it into a key that counts.
class Path {
 public:
  std::span<const Certificate> certificates() const { return certificates_; }
  const Certificate& leaf() const { return certificates_.front(); }
  const Certificate& root() const { return certificates_.back(); }

 private:
  friend class PathMaker;
  explicit Path(std::vector<Certificate> certificates) : certificates_(std::move(certificates)) {}
  std::vector<Certificate> certificates_;
};

// validate looks for a path from chain[0] through the others of `chain`, in any order, to a root,
// and returns the first that is valid at `moment` (Unix seconds) for `purpose`. Roots are trusted
// for what their certificates say: validity, constraints and usages of a root count too.
// Codes: too_many, bad_certificate, untrusted_chain, outside_validity, wrong_purpose,
// path_constrained.
std::expected<Path, Refusal> validate(std::span<const Certificate> chain, const Roots& roots,
                                      std::int64_t moment, const Purpose& purpose);

// is_for says whether a certificate, of which nothing is proven, names this very Ed25519 or
// secp256k1 key.
bool is_for(const Certificate& certificate, const crypto::PublicKey& key);

// certifies holds the leaf's key against one that the caller has from elsewhere, for us the
// keyring: key_mismatch unless it is the same Ed25519 or secp256k1 key.
Status certifies(const Path& path, const crypto::PublicKey& key);

}  // namespace airlock::x509
