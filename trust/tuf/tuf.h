// trust/tuf: the repository door.
//
// It is for one question: is this what the vendor publishes now? It implements the client workflow
// of the TUF specification 1.0.34, section 5, for the roles root, timestamp, snapshot and targets
// with consistent snapshots and root rotation. It promises, in our words:
//   - only keys that the trusted root names count, each once, and each role's threshold (5.3-5.6);
//   - nothing older than what was already trusted is accepted, root versions grow by one (5.3.5,
//     5.4.3, 5.5.5, 5.6.4);
//   - nothing expired is used, by one moment fixed at the start of a refresh (5.3.10, 5.4.4, ..);
//   - metadata and targets of one refresh belong together (5.5.2, 5.6.2) and are read under a
//     byte limit;
//   - a failure leaves what was trusted before, so that an honest refresh succeeds afterwards.
// It shares no key and no format with the package door. It never touches the network: bytes come
// through Fetcher, and state goes through Store.
#pragma once

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

// Limits, in bytes and counts.
inline constexpr std::size_t kRootSizeMax = 512 << 10;
inline constexpr std::size_t kTimestampSizeMax = 16 << 10;
inline constexpr std::size_t kSnapshotSizeMax = 2 << 20;
inline constexpr std::size_t kTargetsSizeMax = 5 << 20;
inline constexpr std::size_t kRootRotationsMax = 256;
inline constexpr std::size_t kTargetPathSizeMax = 1024;

// Where metadata comes from. `name` is a file name such as "2.root.json". not_found is an answer;
// everything longer than `size_max` is oversized.
class Fetcher {
 public:
  virtual Result<Buffer> fetch(std::string_view name, std::size_t size_max) = 0;

 protected:
  ~Fetcher() = default;
};

// What is trusted now, kept between runs: one file per role, byte for byte as served.
class Store {
 public:
  virtual Result<Buffer> load(std::string_view role) = 0;  // not_found where there is none
  virtual Status save(std::string_view role, Bytes metadata) = 0;
  virtual Status remove(std::string_view role) = 0;

 protected:
  ~Store() = default;
};

// A folder as a store: FOLDER/root.json, timestamp.json, ..
class FolderStore final : public Store {
 public:
  explicit FolderStore(file::Path folder) : folder_(std::move(folder)) {}
  Result<Buffer> load(std::string_view role) override;
  Status save(std::string_view role, Bytes metadata) override;
  Status remove(std::string_view role) override;

 private:
  file::Path folder_;
};

// version_in returns the N of a file name "N.<role>.json", 0 of every other name. newest_version
// returns the largest of a folder of metadata, 0 where it holds none of that role.
std::uint64_t version_in(std::string_view file_name, std::string_view role);
std::uint64_t newest_version(const file::Path& metadata, std::string_view role);

// What targets metadata says of one target.
struct Target {
  std::string path;
  std::uint64_t length = 0;
  Digest sha256;
  std::string custom;  // JSON text of the `custom` member, "" where absent
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
// custom_of writes it:
// {"airlock":{"kind":..,"manifest":..,"models":[..],"security_version":..,"version":..}}.
std::string custom_of(const TargetClaim& claim);

// is_target_path says whether a path is relative, plain and stays below its folder: segments of
// printable ASCII without '\\', none empty, "." or "..".
bool is_target_path(std::string_view path);

// What one complete refresh found.
class Repository {
 public:
  // find returns what the targets role says of a path: target_missing otherwise, and for every path
  // that is_target_path refuses; unsupported_algorithm where no SHA-256 is named.
  Result<Target> find(std::string_view path) const;
  // all returns every target that find would return.
  std::vector<Target> all() const;
  std::int64_t timestamp_expires() const;
  // version_of returns the version of a role's metadata: 0 for a role that there is not.
  std::uint64_t version_of(std::string_view role) const;
  bool consistent_snapshot() const;
  // key_materials returns the raw public keys (Ed25519: 32 bytes) that root names, for the check
  // that no key stands in both doors.
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
Result<Repository> refresh(Store& store, Fetcher& fetcher, std::int64_t now);

// path_of_target is where a target's bytes lie below targets/: with consistent snapshots the hash
// stands before the last path component ("firmware/1.1.0/<sha256>.demo.cose").
std::string path_of_target(const Target& target, bool consistent_snapshot);

// check_target compares bytes with length and digest: target_mismatch otherwise.
Status check_target(const Target& target, Bytes bytes);

// ---- writing metadata (repository side). Signatures arrive as bytes; nothing here signs.

// key_id_of returns the key id of an Ed25519 public key as TUF defines it: the SHA-256 of its
// canonical key object.
Digest key_id_of(Bytes ed25519);

struct RoleKeys {
  std::vector<Buffer> keys;  // Ed25519
  std::uint32_t threshold = 1;
};
struct RootDraft {
  std::uint64_t version = 1;
  std::int64_t expires = 0;
  RoleKeys root, timestamp, snapshot, targets;
};
// Each returns the canonical JSON of `signed`: the bytes to sign and to join. Errors: out_of_range
// (a version, or a threshold that its keys cannot meet), duplicate_key (a key of a role or a path
// twice), bad_key, weak_key, bad_text (a path or a text that must not stand in metadata),
// oversized, and those of reading `custom`.
Result<std::string> draft_root(const RootDraft& draft);
Result<std::string> draft_targets(std::uint64_t version, std::int64_t expires,
                                  const std::vector<Target>& targets);
struct MetaFile {
  std::uint64_t version = 0;
  std::uint64_t length = 0;
  Digest sha256;
};
Result<std::string> draft_snapshot(std::uint64_t version, std::int64_t expires,
                                   const MetaFile& targets);
Result<std::string> draft_timestamp(std::uint64_t version, std::int64_t expires,
                                    const MetaFile& snapshot);

// rehearse is what a refresh will find once a timestamp names `snapshot`: all its steps but that
// one (5.4). It is for whoever is about to publish; nothing that it returns is fresh. Errors: those
// of refresh.
Result<Repository> rehearse(Store& store, Fetcher& fetcher, const MetaFile& snapshot,
                            std::int64_t now);

struct RoleSignature {
  Buffer public_key;  // Ed25519, 32 bytes
  Buffer signature;   // 64 bytes
};
// join makes the metadata file from a draft and its signatures: compact JSON, the draft byte for
// byte in it. Errors: not_canonical where the part is no draft, bad_metadata where a key signed
// twice. It does not verify: that is what a refresh before publishing is for.
Result<std::string> join(std::string_view signed_part,
                         const std::vector<RoleSignature>& signatures);

// What inspect shows of any metadata file, nothing trusted.
struct OutlinedKey {
  std::string id;
  std::string type;
  std::string material;  // Ed25519: hexadecimal; of other types as the file spells it
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
struct Outline {
  std::string type;
  std::uint64_t version = 0;
  std::int64_t expires = 0;
  std::vector<std::string> signers;  // key ids
  std::vector<OutlinedKey> keys;     // of root ..
  std::vector<OutlinedRole> roles;
  bool consistent_snapshot = false;
  std::vector<OutlinedFile> files;  // of timestamp and snapshot
  std::vector<Target> targets;      // of targets
};
Result<Outline> outline(Bytes metadata);

}  // namespace airlock::tuf
