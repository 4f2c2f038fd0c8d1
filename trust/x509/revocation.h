// The revocation ladder: OCSP staple, live OCSP, CRL cache.
//
// decide is the whole judgement, a pure function from what each rung says to a verdict. check is
// the edge around it: it reads the rungs, asks a responder only where nothing nearer has settled
// the matter, and keeps in mind what was revoked once. The table of all combinations is
// docs/formats/certificates.md; the reasons are docs/decisions/0015-revocation-ladder.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/crypto/crypto.h"
#include "trust/x509/crl.h"
#include "trust/x509/evidence.h"
#include "trust/x509/ocsp.h"
#include "trust/x509/path.h"

namespace airlock::x509 {

// What is known about one certificate, rung by rung.
struct Evidence {
  Finding staple;
  std::optional<Finding> live;  // nothing: nobody was asked
  Finding crl;
  bool is_remembered = false;  // it was revoked at some time before
};

enum class Rung : std::uint8_t { none, memory, staple, live, crl };
enum class Standing : std::uint8_t { good, revoked, unknown };

// Verdict says how a certificate stands, which rung settled it, and why, in one sentence that names
// what each rung said where none settled it.
struct Verdict {
  Standing standing = Standing::unknown;
  Rung by = Rung::none;
  std::string why;

  // status is nothing where the certificate may be relied on: certificate_revoked or
  // revocation_unknown otherwise. That nothing is known is a refusal, so that who can block the
  // network wins nothing by it.
  Status status() const;
};

// decide judges. A `revoked` of any rung, or remembered, wins over every `good`; otherwise the
// first rung that says `good` settles it; what is absent, stale or unusable is passed over.
Verdict decide(const Evidence& evidence);

// wants_live says whether the live responder is worth asking: nothing nearer settles the matter.
bool wants_live(const Evidence& evidence);

// ---- the edge

using Milliseconds = std::chrono::milliseconds;

// Whoever can ask a responder over the network.
class Responder {
 public:
  // ask posts an OCSP request (application/ocsp-request) and returns the body of a 200 answer. It
  // must return within `time_left`, whatever the other side does, and read kOcspSizeMax at most.
  // access_denied says that it asks nobody there.
  virtual Result<Buffer> ask(std::string_view url, Bytes request, Milliseconds time_left) = 0;
  // fetch_crl gets a CRL under the same conditions, of kCrlSizeMax at most.
  virtual Result<Buffer> fetch_crl(std::string_view url, Milliseconds time_left) = 0;

 protected:
  ~Responder() = default;
};

// A clock that only goes forward, for deadlines; its zero means nothing.
class Clock {
 public:
  virtual Milliseconds now() = 0;

 protected:
  ~Clock() = default;
};

// The certificates that were found revoked. Nothing ever leaves it.
class Memory {
 public:
  virtual Result<bool> holds(const crypto::Digest& id) = 0;
  virtual Status add(const crypto::Digest& id) = 0;

 protected:
  ~Memory() = default;
};

// The CRLs that were found authentic, for the next check. It is a convenience: what it forgets is
// asked again, and a revocation that was seen stands in the Memory.
class CrlCache {
 public:
  // load returns what is kept, as DER; what cannot be read is not there.
  virtual std::vector<Buffer> load() = 0;
  // keep takes an authentic CRL; an older one of the same issuer and scope gives way.
  virtual void keep(const Crl& crl) = 0;

 protected:
  ~CrlCache() = default;
};

// reached_by_http is the first of these names that plain HTTP reaches (RFC 6960, A.1; RFC 5280,
// 4.2.1.13): no other scheme is ever followed, since what comes back proves itself.
std::optional<std::string_view> reached_by_http(std::span<const GeneralName> names);

// revocation_id names a certificate in a Memory: SHA-256 over its issuer's key and its serial.
crypto::Digest revocation_id(std::span<const Certificate> path);

// What one check reads of the CRLs at hand, and of those in a cache; and how often it fetches one.
inline constexpr std::size_t kCrlsMax = 32;
inline constexpr std::size_t kFetchesMax = 8;

// The evidence at hand, as it came; each piece may be garbage.
struct AtHand {
  std::optional<Bytes> staple;           // OCSP response about the leaf, DER
  std::span<const Bytes> crls;           // DER; the first kCrlsMax are read
  std::span<const Certificate> signers;  // of CRLs that an authority signs with a key of its own
  Bytes nonce;                           // fresh random bytes for a live question, or none
};

struct Limits {
  Freshness freshness;
  Milliseconds deadline{5000};  // for all live questions of one check together
};

// The edges of a check. Without a responder, nobody is asked; without a cache, no CRL is kept.
struct Edges {
  Memory& memory;
  Clock& clock;
  Responder* responder = nullptr;
  CrlCache* cache = nullptr;
};

// check judges every certificate of the path but its root, the leaf first, and returns the first
// verdict that is not good, or the leaf's. What is found revoked is remembered. Where neither
// staple, CRLs nor the responder settle it, the CRL is fetched from where the certificate says.
Verdict check(const Path& path, const AtHand& at_hand, const Limits& limits, const Edges& edges);

// For a single look: nothing is remembered, and no time passes, since nobody is asked.
class NoMemory final : public Memory {
 public:
  Result<bool> holds(const crypto::Digest&) override { return false; }
  Status add(const crypto::Digest&) override { return {}; }
};
class NoClock final : public Clock {
 public:
  Milliseconds now() override { return {}; }
};

// FolderMemory keeps a Memory in one file of a folder, replaced whole, so that a power cut leaves
// the old list or the new one. One process at a time may use a folder. The file's format is in
// docs/formats/certificates.md. A damaged file is an error (bad_checksum), and so is a full one
// (too_many), which could note nothing more: nothing counts as good until a person has looked at
// it.
class FolderMemory final : public Memory {
 public:
  static constexpr std::string_view kFileName = "revoked";
  static constexpr std::size_t kEntriesMax = 4096;

  explicit FolderMemory(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<bool> holds(const crypto::Digest& id) override;
  // add: too_many where kEntriesMax are kept already.
  Status add(const crypto::Digest& id) override;

 private:
  Result<std::vector<crypto::Digest>> load() const;
  std::filesystem::path folder_;
};

// FolderCrls keeps a file for each issuer and scope in a folder, replaced whole; openssl reads
// them.
class FolderCrls final : public CrlCache {
 public:
  static constexpr std::size_t kFilesMax = 8;
  static constexpr std::size_t kFileSizeMax = std::size_t{1} << 20U;

  explicit FolderCrls(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::vector<Buffer> load() override;
  void keep(const Crl& crl) override;

 private:
  std::filesystem::path folder_;
};

}  // namespace airlock::x509
