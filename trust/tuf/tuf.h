// trust/tuf: the repository door.
//
// It is for one question: is this what the vendor publishes now? It implements the client workflow
// of the TUF specification 1.0.34, section 5, whole: the top-level roles with root rotation,
// consistent snapshots and their absence, and delegated targets by path patterns, by hash prefixes,
// by succinct hash bins (TAP 15) and to several roles that must agree (TAP 3). It promises, in our
// words:
//   - only keys that the delegating role names count, each once, and each role's threshold; a
//     delegated role is proven against this delegating role, whoever else it was proven against
//     (5.3-5.6);
//   - nothing older than what was already trusted is accepted, root versions grow by one (5.3.5,
//     5.4.3, 5.5.5, 5.6.4);
//   - nothing expired is used, by one moment fixed at the start of a refresh (5.3.10, 5.4.4, ..);
//   - metadata and targets of one refresh belong together (5.5.2, 5.6.2) and are read under a
//     byte limit;
//   - a target comes from the first role that is trusted with it, and where that role cannot be
//     had, from none;
//   - a failure leaves what was trusted before, so that an honest refresh succeeds afterwards.
// It shares no key and no format with the package door. It never touches the network: bytes come
// through Fetcher, and state goes through Store.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"
#include "core/crypto/crypto.h"
#include "host/file/file.h"

namespace airlock::tuf {

using Buffer = file::Buffer;
using crypto::Digest;
using Digest512 = std::array<std::uint8_t, 64>;

// Limits, in bytes and counts.
inline constexpr std::size_t kRootSizeMax = 512 << 10;
inline constexpr std::size_t kTimestampSizeMax = 16 << 10;
inline constexpr std::size_t kSnapshotSizeMax = 2 << 20;
inline constexpr std::size_t kTargetsSizeMax = 5 << 20;
inline constexpr std::size_t kRootRotationsMax = 256;
inline constexpr std::size_t kRolesVisitedMax = 32;  // delegated ones, in the search for one target
inline constexpr std::size_t kTargetPathSizeMax = 1024;

// Versions stay where every JSON reader counts exactly, and can never overflow.
inline constexpr std::int64_t kVersionMax = std::int64_t{1} << 53;

// How large each role's files may be, in bytes, where no higher role states a smaller length.
struct Limits {
  std::size_t root_size = kRootSizeMax;
  std::size_t timestamp_size = kTimestampSizeMax;
  std::size_t snapshot_size = kSnapshotSizeMax;
  std::size_t targets_size = kTargetsSizeMax;  // of delegated roles too
};

// Where metadata comes from. `name` is one segment of a URL, percent-encoded where a role is called
// unusually: "2.root.json", "7.a%2Fb.json". not_found is an answer; everything longer than
// `size_max` is oversized.
class Fetcher {
 public:
  virtual Result<Buffer> fetch(std::string_view name, std::size_t size_max) = 0;

 protected:
  ~Fetcher() = default;
};

// What is trusted now, kept between runs: one file per role, byte for byte as served, and while a
// root is stored that takes a key back, a note under the empty name. Roles are named as metadata
// names them: a store must not take a name for a path.
class Store {
 public:
  virtual Result<Buffer> load(std::string_view role) = 0;  // not_found where there is none
  virtual Status save(std::string_view role, Bytes metadata) = 0;
  virtual Status remove(std::string_view role) = 0;

 protected:
  ~Store() = default;
};

// A folder as a store: FOLDER/root.json, timestamp.json, .. and those of delegated roles, their
// names percent-encoded.
class FolderStore final : public Store {
 public:
  explicit FolderStore(file::Path folder, const Limits& limits = {})
      : folder_(std::move(folder)), limits_(limits) {}
  Result<Buffer> load(std::string_view role) override;
  Status save(std::string_view role, Bytes metadata) override;
  Status remove(std::string_view role) override;

 private:
  file::Path folder_;
  Limits limits_;
};

// version_in returns the N of a file name "N.<role>.json", the role spelled as file_of_role does, 0
// of every other name. newest_version returns the largest of a folder of metadata, 0 where it holds
// none of that role.
std::uint64_t version_in(std::string_view file_name, std::string_view role);
std::uint64_t newest_version(const file::Path& metadata, std::string_view role);

// What targets metadata says of one target.
struct Target {
  std::string path;
  std::uint64_t length = 0;
  std::optional<Digest> sha256;  // at least one of the two hashes is there
  std::string custom{};          // JSON text of the `custom` member, "" where absent
  std::optional<Digest512> sha512{};
};

// The custom member that Airlock's targets carry; must equal the manifest, else doors_disagree.
struct TargetClaim {
  std::string kind;
  std::vector<std::string> models;
  std::string version;
  std::uint32_t security_version = 0;
  Digest manifest;
  bool operator==(const TargetClaim&) const = default;
};
// claim_of reads custom.airlock: bad_metadata where it is absent or malformed.
Result<TargetClaim> claim_of(const Target& target);
// claims_a_package says whether a target has a claim at all, however malformed: without one no
// device takes it for a package.
bool claims_a_package(const Target& target);
// custom_of writes it:
// {"airlock":{"kind":..,"manifest":..,"models":[..],"security_version":..,"version":..}}.
std::string custom_of(const TargetClaim& claim);

// is_target_path says whether a path is relative, plain and stays below its folder: segments of
// printable ASCII without '\\', none empty, "." or "..".
bool is_target_path(std::string_view path);

// What one complete refresh found.
class Repository {
 public:
  // find searches a target from the top-level role on through the delegations that are for it
  // (5.6.7), fetches what it needs of delegated metadata, and stores it. Errors: target_missing
  // where no role lists it, and for every path that is_target_path refuses;
  // unsupported_algorithm where no hash is named that is known here; roles_disagree (TAP 3);
  // too_many (more than kRolesVisitedMax roles); and where a role on the way cannot be had or
  // proven, what refresh answers: the search then ends.
  Result<Target> find(std::string_view path, Store& store, Fetcher& fetcher) const;
  // find without a store and a fetcher asks the top-level role alone.
  Result<Target> find(std::string_view path) const;
  // all returns every target of the top-level role that find would return.
  std::vector<Target> all() const;
  // home_of returns the role that lists a target of this path, or would be given it: the bin where
  // the top-level role delegates to bins and does not list it itself, else "targets".
  std::string home_of(std::string_view path) const;
  // survey brings every delegated role that the snapshot lists, each by what a role that delegates
  // to it says, and tells what became of it. A role that nobody delegates to is target_missing.
  struct Surveyed {
    std::string role;
    std::uint64_t version = 0;
    std::int64_t expires = 0;
    std::vector<Target> targets{};
    Status judged{};
  };
  std::vector<Surveyed> survey(Store& store, Fetcher& fetcher) const;
  // list surveys, and returns each target that find would return with these, once: what a role
  // lists and may not, or another role lists before it, is none.
  struct Listing {
    std::vector<Target> targets;
    std::vector<Surveyed> roles;
  };
  Listing list(Store& store, Fetcher& fetcher) const;
  std::int64_t timestamp_expires() const;
  // version_of returns the version of a role's metadata, of a delegated one as the snapshot names
  // it: 0 for a role that there is not.
  std::uint64_t version_of(std::string_view role) const;
  bool consistent_snapshot() const;
  // key_materials returns the public keys (Ed25519: 32 bytes raw; others in DER) that root and the
  // top-level targets name, for the check that no key stands in both doors.
  std::vector<Buffer> key_materials() const;

  struct State;
  explicit Repository(std::shared_ptr<const State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<const State> state_;
};

// refresh runs the whole workflow from the root in the store. `now` is Unix seconds, fixed for the
// run. Errors: no_trust_anchor, threshold_missing, metadata_rollback, metadata_expired,
// mixed_metadata (a file is not the one that a higher role names; seen before it is parsed),
// bad_metadata, unsupported_version, root_chain_too_long, oversized, and those of the fetcher and
// the store.
Result<Repository> refresh(Store& store, Fetcher& fetcher, std::int64_t now,
                           const Limits& limits = {});

// follow_roots is its first part alone (5.3): from the root in the store to the newest one, however
// long ago that expired.
Status follow_roots(Store& store, Fetcher& fetcher, const Limits& limits = {});

// file_of_role is a role's name as that of its file, without a version: "a%2Fb.json".
std::string file_of_role(std::string_view role);
// is_file_of_metadata says whether a name is one under which metadata is fetched: timestamp.json,
// or "N.<role>.json" as file_of_role spells a role. Such a name has no folder in it.
bool is_file_of_metadata(std::string_view name);

// path_of_target is where a target's bytes lie below targets/: with consistent snapshots the hash
// (SHA-256 where it is named) stands before the last path component
// ("firmware/1.1.0/<sha256>.demo.cose").
std::string path_of_target(const Target& target, bool consistent_snapshot);

// check_target compares bytes with the length and every hash: target_mismatch otherwise.
Status check_target(const Target& target, Bytes bytes);

// ---- writing metadata (repository side). Signatures arrive as bytes; nothing here signs.

// A public key as metadata lists it.
struct PublicKey {
  std::string id;      // the SHA-256 of its canonical form, 64 hexadecimal digits
  std::string object;  // JSON: {"keytype":..,"keyval":{"public":..},"scheme":..}
  Buffer material;     // the key itself: raw (Ed25519), or SubjectPublicKeyInfo in DER
};
// ed25519_key errors: bad_key, weak_key.
Result<PublicKey> ed25519_key(Bytes raw);
// key_from_pem reads one block "PUBLIC KEY" with a key of Ed25519, P-256 or RSA. Errors: bad_key,
// weak_key, key_too_weak (another curve or type, or RSA below 2048 bits).
Result<PublicKey> key_from_pem(std::string_view pem);

struct RoleKeys {
  std::vector<PublicKey> keys;
  std::uint32_t threshold = 1;
};
struct RootDraft {
  std::uint64_t version = 1;
  std::int64_t expires = 0;
  RoleKeys root, timestamp, snapshot, targets;
};
// What targets metadata says of roles below it. Each delegation is for the targets of its patterns
// ('*' and '?', neither for '/') or of its prefixes of the path's SHA-256 in hexadecimal: one of
// the two is filled. To several roles (TAP 3) it means that all of them must say the same.
struct DelegatedDraft {
  std::string name;
  RoleKeys keys;
};
struct DelegationDraft {
  std::vector<DelegatedDraft> roles;
  std::vector<std::string> paths{};
  std::vector<std::string> path_hash_prefixes{};
  bool terminating = false;
};
// 2^bit_length hash bins with one rule, bit_length from 1 to 32: in a succinct form (TAP 15) that
// takes as much room for 2 as for 65 536.
struct BinsDraft {
  std::string name_prefix;
  unsigned bit_length = 0;
  RoleKeys keys;
};
struct DelegationsDraft {
  std::vector<DelegationDraft> list{};  // in order of priority ..
  std::optional<BinsDraft> bins{};      // .. or these
};
// bin_of returns the name of the bin that a target belongs to.
std::string bin_of(const BinsDraft& bins, std::string_view path);
// hash_bins returns the same bins in the form of the specification, as each client reads it; at
// most 2^15 of them. The names are the same.
std::vector<DelegationDraft> hash_bins(const BinsDraft& bins);

// Each returns a draft: `signed` as compact JSON, members sorted, as it will stand in the file.
// Errors: out_of_range (a version, or a threshold that its keys cannot meet), duplicate_key (a key
// of a role or a path twice), bad_text (a path that must not stand in metadata), oversized,
// bad_metadata (what a reader would refuse), and those of reading `custom`.
Result<std::string> draft_root(const RootDraft& draft);
Result<std::string> draft_targets(std::uint64_t version, std::int64_t expires,
                                  const std::vector<Target>& targets,
                                  const DelegationsDraft& delegations = {});
struct MetaFile {
  std::uint64_t version = 0;
  std::uint64_t length = 0;
  Digest sha256;
};
// By role: "targets" must be among them.
using MetaFiles = std::map<std::string, MetaFile>;
Result<std::string> draft_snapshot(std::uint64_t version, std::int64_t expires,
                                   const MetaFiles& roles);
Result<std::string> draft_snapshot(std::uint64_t version, std::int64_t expires,
                                   const MetaFile& targets);
Result<std::string> draft_timestamp(std::uint64_t version, std::int64_t expires,
                                    const MetaFile& snapshot);

// What follows metadata that is there: all that these do not name stays as it is, what another tool
// wrote too. `from` is a file, whose signatures are not looked at. Errors: those of the drafts
// above, wrong_type (`from` is another role's), not_found (a key or a path that is to go).
struct RoleChange {
  std::string role;
  std::vector<PublicKey> added{};
  std::vector<std::string> removed{};  // ids; they go before the others come
  std::optional<std::uint32_t> threshold{};
};
struct TargetsChange {
  std::vector<Target> put{};  // instead of what the path had
  std::vector<std::string> removed{};
  std::optional<DelegationsDraft> delegations{};  // instead of all that there were
};
Result<std::string> next_root(Bytes from, std::uint64_t version, std::int64_t expires,
                              const std::vector<RoleChange>& changes);
Result<std::string> next_targets(Bytes from, std::uint64_t version, std::int64_t expires,
                                 const TargetsChange& change);
Result<std::string> next_snapshot(Bytes from, std::uint64_t version, std::int64_t expires,
                                  const MetaFiles& changed);

// rehearse is what a refresh will find once a timestamp names `snapshot`: all its steps but that
// one (5.4). It is for whoever is about to publish; nothing that it returns is fresh. Errors: those
// of refresh.
Result<Repository> rehearse(Store& store, Fetcher& fetcher, const MetaFile& snapshot,
                            std::int64_t now, const Limits& limits = {});

struct RoleSignature {
  std::string key_id;
  Buffer signature;
};
// message_of returns the bytes of a draft that are signed: its canonical form. Errors: bad_json,
// wrong_type.
Result<std::string> message_of(std::string_view draft);
// join makes the metadata file from a draft and its signatures, the draft byte for byte in it.
// Errors: not_canonical where the part is no draft, bad_metadata where a key signed twice. It does
// not verify: that is what a refresh before publishing is for.
Result<std::string> join(std::string_view draft, const std::vector<RoleSignature>& signatures);

// A file of metadata, taken apart; nothing of it is trusted.
struct Parts {
  std::string draft;
  std::string message;
  std::vector<RoleSignature> signatures;
};
Result<Parts> take_apart(Bytes file);

// Who signed a file, by the rule that a root has for a role, or targets metadata for one below it.
struct TalliedKey {
  std::string id;  // as the root lists it
  Buffer material;
};
struct Tally {
  std::uint64_t threshold = 0;
  std::vector<TalliedKey> signed_by;    // whose signature is valid; each key once
  std::vector<TalliedKey> yet_to_sign;  // of those that can verify
  bool is_met() const { return signed_by.size() >= threshold; }
};
// tally errors: bad_metadata (the judge, the file), wrong_type (the judge has no rule for the
// role).
Result<Tally> tally(Bytes judge, std::string_view role, Bytes file);

// What inspect shows of any metadata file, nothing trusted.
struct OutlinedKey {
  std::string id;
  std::string type;
  std::string material;  // hexadecimal: raw (Ed25519) or DER; unusable keys as the file has them
  bool usable = false;   // verifies in this version; a key that does not never counts
};
struct OutlinedRole {
  std::string name;
  std::uint64_t threshold = 0;
  std::vector<std::string> key_ids;
};
struct OutlinedFile {
  std::string name;
  std::uint64_t version = 0;
  std::optional<std::uint64_t> length;
  std::optional<Digest> sha256;
};
struct OutlinedBins {
  std::string name_prefix;
  unsigned bit_length = 0;
};
struct Outline {
  std::string type;
  std::uint64_t version = 0;
  std::int64_t expires = 0;
  std::vector<std::string> signers;  // key ids
  std::vector<OutlinedKey> keys;     // of root, and of targets that delegate
  std::vector<OutlinedRole> roles;   // of both
  bool consistent_snapshot = false;
  std::vector<OutlinedFile> files;   // of timestamp and snapshot
  std::vector<Target> targets;       // of targets
  std::optional<OutlinedBins> bins;  // of targets that delegate to them
};
Result<Outline> outline(Bytes metadata);

}  // namespace airlock::tuf
