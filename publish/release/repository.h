// From signed packages to a repository that devices accept, and its metadata over time: who may
// sign it, what waits for signatures, what is renewed.
//
// It is for whoever runs a repository: make one, publish into it, offer what was published, rotate
// the keys of its roles, renew what is about to expire, list plain files, and collect signatures
// where one person's keys are not enough. Metadata that lacks signatures lies as a draft in
// metadata/drafts/N.ROLE.json, seen by no device. It promises that
//   - nothing is published that a complete quorum did not sign, nor with one key in both doors, nor
//     without its proof where the keyring names a public log, nor without the certificates that
//     its policy demands;
//   - what is new is shown to the device's own code (both doors and the block decoder) before it
//     goes in, and does not where that code refuses; targets go in before the snapshot, the
//     snapshot before a root, so that after a crash at any place the repository is the old one or
//     the new one and the next call finishes;
//   - nothing is offered before renew_timestamp, which needs the timestamp's key and no other;
//   - a root goes in only when that code, given this root, accepts the timestamp that is offered
//     today and what the next one will offer: so no device is ever offered what it refuses. Only
//     where the old keys are lost (OldKeys::lost) may devices have to wait for the next timestamp;
//   - a draft is signed only over the digest that the caller names.
// It never asks anybody anything: whoever calls it shows what is signed and takes the answer. Every
// call holds the repository's lock while it writes: busy where another does. A refusal is about a
// file or a key.
//
// Repository folder: metadata/, targets/, artifacts/ (docs/formats/repository.md says what lies
// where).
#pragma once

#include "publish/release/release.h"
#include "trust/tuf/tuf.h"

namespace airlock::release {

inline constexpr std::string_view kMetadataFolder = "metadata";
inline constexpr std::string_view kDraftsFolder = "drafts";  // below metadata/
inline constexpr std::string_view kTargetsFolder = "targets";
inline constexpr std::string_view kLogFolder = "log";
inline constexpr std::string_view kCertificatesFolder = "certificates";

inline constexpr std::int64_t kDay = 86'400;
inline constexpr std::int64_t kRootValid = 730 * kDay;
inline constexpr std::int64_t kTargetsValid = 365 * kDay;
inline constexpr std::int64_t kTimestampValid = 7 * kDay;

// A key of the repository's roles that is at hand.
struct RoleSigner {
  keys::RepositoryKey key;
  tuf::PublicKey half;
  std::string name;  // its file or URI
};
using RoleSigners = std::span<const RoleSigner>;
// role_signer errors, about `name`: key_in_both_doors where the key's file says that it is the
// package's, bad_key, weak_key.
Answer<RoleSigner> role_signer(keys::RepositoryKey key, std::string name);

// The keys of a new root. The timestamp's secret half stays on the host that signs timestamps.
struct FirstKeys {
  const RoleSigner& root;
  const RoleSigner& targets;
  const RoleSigner& snapshot;
  const tuf::PublicKey& timestamp;
};

// make_role_key writes STEM.key and STEM.pub of a new key of the repository. Errors:
// exists_already, and those of writing.
Answer<RoleSigner> make_role_key(const Path& stem, keys::RepositoryKey::Type type,
                                 const keys::Secret& passphrase);

// init_repository makes a repository folder without targets and without a timestamp. Errors:
// exists_already where there is one, and those of writing.
Answer<void> init_repository(const Path& repository, const FirstKeys& keys, std::int64_t now);

// renew_timestamp signs a timestamp over the newest snapshot in the folder, after the device's own
// code has accepted it as what follows the present one. Where a thief's timestamp left no number
// above it, the numbers begin again: devices have forgotten his by the root that took his key back.
// Errors: no_role_for_key, self_check_failed (too few of root's keys, or older than what is
// offered), threshold_missing (nobody whom a root ever named signed the present one), busy, and
// those of reading the repository, each about its file.
Answer<void> renew_timestamp(const Path& repository, RoleSigners signers,
                             std::int64_t valid_seconds, std::int64_t now);

// check_doors_apart refuses a keyring of which one key stands among the keys of the repository:
// those that its root names, and `others`. Errors: key_in_both_doors (about = the name of the
// signer, the log or the witness).
Answer<void> check_doors_apart(const package::Keyring& keyring, const Path& repository,
                               std::span<const tuf::PublicKey> others);

// ---- drafts

// Whether the keys that a drafted root takes out of a role can still sign. Where they can, what
// follows is signed by old and new keys before the root goes in.
enum class OldKeys : std::uint8_t { at_hand, lost };

// Who has signed a draft and who has yet to, by the rule of one root.
struct Demand {
  std::uint64_t root = 0;  // its version
  tuf::Tally tally;
};

// What a draft waits for.
enum class Step : std::uint8_t {
  sign,       // signatures
  others,     // the drafts that go in with it
  renew,      // targets and snapshot that the drafted root vouches for
  timestamp,  // one that it vouches for, over what is newest
  redo,       // it has expired: drop it, and draft it again
};
// name_of returns "sign", ..
std::string_view name_of(Step step);

// A draft that waits.
struct Waiting {
  std::string role;
  std::uint64_t version = 0;
  Path path;
  Digest digest;   // of what is signed
  Buffer file;     // as it is now
  Buffer present;  // what it will follow
  std::vector<Demand> demands;
  Step next = Step::sign;
  // Why it cannot go in although it is complete: what the device's code said, and of which file.
  std::optional<Refusal> obstacle;
};
// What a call did: the files that went in, and what waits now.
struct Settled {
  std::vector<std::string> installed;
  std::vector<Waiting> waiting;
};

// ---- publishing

struct PublishOrder {
  Path package;
  Path repository;
  const package::Keyring& keyring;
  std::int64_t now = 0;
  std::string role{};  // of a team that lists it; otherwise the targets, or their bin
};
struct Published {
  std::string target;
  std::uint64_t version = 0;  // of the list that it stands in
  std::size_t payloads_decoded = 0;
  std::size_t payloads_without_base = 0;  // patches whose base no published release holds
  // What a device without a clock says of the certificates, which knows no later time than the
  // release's own; empty where they hold for it too.
  std::string without_clock;
  Settled settled;
};
// publish adds a package to a repository, whose other targets and delegations it keeps; the next
// timestamp offers it. Errors: quorum_missing and all of package::prove, keyring_not_newest
// (another kind, judged by an older keyring than the repository offers), no_role_for_key,
// not_yet_valid (created ahead of `now`), expired, key_in_both_doors,
// digest_mismatch and not_found (an artifact); where the keyring names a public log proof_missing
// and all of package::prove_included, log_damaged; where its policy demands certificates those of
// prove_certified; self_check_failed (about = what the device's code said, and of which file),
// busy, and those of reading and writing, each about its file.
Answer<Published> publish(const PublishOrder& order, RoleSigners signers);

// ---- changing metadata

// look reads what waits, and writes nothing.
Answer<std::vector<Waiting>> look(const Path& repository, OldKeys old_keys, std::int64_t now);

// root_to_change is the drafted root, or else the newest one.
Answer<Buffer> root_to_change(const Path& repository);

struct RotateOrder {
  Path repository;
  std::vector<tuf::RoleChange> changes;
  std::int64_t valid_seconds = kRootValid;
  std::int64_t now = 0;
};
// rotate drafts the next root, to be signed by the root keys of old and new. A draft that waits
// already is changed further, and must be signed anew. Errors: those of tuf::next_root.
Answer<Settled> rotate(const RotateOrder& order);

struct RenewOrder {
  Path repository;
  RoleSigners signers;
  std::int64_t valid_seconds = kTargetsValid;
  std::optional<std::int64_t> within_seconds{};  // only what expires by then; all where absent
  std::int64_t root_within_seconds = 90 * kDay;  // a root that expires by then is drafted anew
  OldKeys old_keys = OldKeys::at_hand;
  std::int64_t now = 0;
};
// renew signs targets and snapshot again, their content unchanged, by all keys that the newest or
// the drafted root names. Errors: draft_waits (of these roles), no_role_for_key.
Answer<Settled> renew(const RenewOrder& order);

inline constexpr std::size_t kPlainSizeMax = std::size_t{256} << 20;
struct PlainFile {
  Path file;
  std::string path;  // of the target
};
struct AddOrder {
  Path repository;
  std::vector<PlainFile> files;
  std::vector<std::string> removed;  // targets that leave, packages too; their bytes stay
  RoleSigners signers;
  std::int64_t now = 0;
  std::string role{};  // as in PublishOrder
};
// add lists plain files as targets, which no device takes for a package: they claim nothing of a
// manifest. Errors: is_a_package (the file), path_reserved (below a kind's name, or a package's
// path), bad_text (the path), oversized, not_found (a target that is to leave), draft_waits,
// no_role_for_key, self_check_failed, and those of reading.
Answer<Settled> add(const AddOrder& order);

// As many bins as the snapshot has room for: it names each.
inline constexpr unsigned kBinBitsMax = 13;
inline constexpr std::string_view kBinsPrefix = "bin";
struct BinsOrder {
  Path repository;
  unsigned bit_length = 0;  // 2^bit_length bins
  tuf::RoleKeys keys;       // of each bin
  RoleSigners signers;
  std::int64_t valid_seconds = kTargetsValid;
  std::int64_t now = 0;
};
// make_bins has the targets delegate to hash bins, and puts every target that they list into its
// bin: what is published later is signed by the bins' keys and the snapshot's alone. In a
// repository that has bins already it gives them other keys. Errors: out_of_range (the bits, the
// threshold), exists_already (the targets delegate otherwise, or to another number of bins),
// draft_waits, no_role_for_key, self_check_failed, and those of reading.
Answer<Settled> make_bins(const BinsOrder& order);
// Who may sign for which paths, below the targets.
struct DelegateOrder {
  Path repository;
  tuf::DelegationDraft delegation;  // of one role
  RoleSigners signers;
  std::int64_t valid_seconds = kTargetsValid;
  std::int64_t now = 0;
};
// delegate has the targets delegate to a role, after those that are there, or changes what they say
// of it; its list is signed by its own keys and stays what it was. undelegate takes it out again,
// by its name alone; snapshots name its file for good. Errors: bad_text (a name that is not plain),
// bad_metadata (a pattern), out_of_range (the threshold), exists_already (the targets delegate in
// another form), not_found (undelegate: the name), draft_waits, no_role_for_key, self_check_failed,
// and those of reading.
Answer<Settled> delegate(const DelegateOrder& order);
Answer<Settled> undelegate(const DelegateOrder& order);
// delegates says whether the newest targets metadata names roles below it.
Answer<bool> delegates(const Path& repository);

struct SignOrder {
  Path repository;
  std::string role;
  Digest shown;
  RoleSigners signers;
  OldKeys old_keys = OldKeys::at_hand;
  std::int64_t now = 0;
};
// sign_draft adds signatures to a draft. Errors: not_found (no draft of the role), digest_mismatch,
// no_role_for_key, already_signed (nothing was added).
Answer<Settled> sign_draft(const SignOrder& order);

struct CollectOrder {
  Path repository;
  Path copy;  // of a draft, which others signed elsewhere
  OldKeys old_keys = OldKeys::at_hand;
  std::int64_t now = 0;
};
// collect takes over the valid signatures of a copy. Errors: those of sign_draft.
Answer<Settled> collect(const CollectOrder& order);

struct SettleOrder {
  Path repository;
  OldKeys old_keys = OldKeys::at_hand;
  std::int64_t now = 0;
};
// settle lets go in what is complete.
Answer<Settled> settle(const SettleOrder& order);

// drop removes the drafts of a role ("targets" with its snapshot), or all for "". Errors:
// not_found.
Answer<void> drop(const Path& repository, std::string_view role);

}  // namespace airlock::release
