#include <algorithm>
#include <mutex>
#include <optional>

#include "host/parallel/parallel.h"
#include "publish/release/internal.h"

namespace airlock::release {
namespace {

using crypto::Algorithm;
using package::Kind;

using package::AlgorithmSet;

constexpr AlgorithmSet kEd25519 = {Algorithm::eddsa};
constexpr AlgorithmSet kSecp256k1 = {Algorithm::es256k};
constexpr AlgorithmSet kAll = {Algorithm::eddsa, Algorithm::es256k, Algorithm::slh_dsa_sha2_128s};

constexpr CastMember kCast[] = {
    {"vendor", "vendor", kEd25519},
    {"committee-1", "committee", kAll},
    {"committee-2", "committee", kAll},
    {"committee-3", "committee", kAll},
    {"reviewer-1", "reviewers", kEd25519},
    {"reviewer-2", "reviewers", kSecp256k1},
    {"reviewer-3", "reviewers", kEd25519},
    {"finance-1", "finance", kEd25519},
    {"finance-2", "finance", kEd25519},
    {"root-1", "root", kAll},
    {"root-2", "root", kAll},
    {"root-3", "root", kAll},
    {"root-4", "root", kAll},
    {"root-5", "root", kAll},
    {"repo-root", "", kEd25519},
    {"repo-targets", "", kEd25519},
    {"repo-snapshot", "", kEd25519},
    {"repo-timestamp", "", kEd25519},
};

constexpr std::string_view kGroups[] = {"vendor", "committee", "reviewers", "finance", "root"};
enum Group : std::uint8_t { kVendor, kCommittee, kReviewers, kFinance, kRoot };
constexpr std::uint8_t kRootThreshold = 3;

// What is firmware, or runs like it, is worth a break of both curves; and whoever may replace the
// keyring must not be easier to forge than those whom it lists.
constexpr package::Clause kVendorAndHybridCommittee[] = {{kVendor, 1}, {kCommittee, 2, kAll}};
constexpr package::Clause kVendorAndCommittee[] = {{kVendor, 1}, {kCommittee, 2}};
constexpr package::Clause kVendorAndReviewers[] = {{kVendor, 1}, {kReviewers, 2}};
constexpr package::Clause kVendorAndFinance[] = {{kVendor, 1}, {kFinance, 1}};
constexpr package::Clause kRoots[] = {{kRoot, kRootThreshold, kAll}};
const package::PolicyDraft kPolicies[] = {
    {Kind::firmware, kVendorAndHybridCommittee}, {Kind::abi_pack, kVendorAndReviewers},
    {Kind::fee_policy, kVendorAndFinance},       {Kind::fee_plugin, kVendorAndHybridCommittee},
    {Kind::advisory, kVendorAndCommittee},       {Kind::keyring, kRoots},
};

std::uint8_t place_of(std::string_view group) {
  const auto found = std::find(std::begin(kGroups), std::end(kGroups), group);
  AIRLOCK_CHECK(found != std::end(kGroups));
  return static_cast<std::uint8_t>(found - std::begin(kGroups));
}

// The envelope, without signatures, of a keyring package. It does not expire: a device that was
// off for years must still be able to follow the keys.
Result<Buffer> keyring_package(const package::KeyringDraft& draft, std::string notes) {
  Recipe recipe;
  recipe.kind = Kind::keyring;
  recipe.models = {"*"};
  recipe.version = std::to_string(draft.version) + ".0.0";
  recipe.security_version = draft.version;
  recipe.created = draft.created;
  recipe.not_before = draft.created;
  recipe.expires = package::kTimeMax;
  recipe.notes = std::move(notes);
  AIRLOCK_ASSIGN(recipe.content, encode_with([&](MutableBytes room) {
                   return package::encode_keyring(draft, room);
                 }));
  Answer<Package> made = make(recipe, {});
  if (!made) return std::unexpected(made.error().error);
  return std::move(made->envelope);
}

using SignersKeys = std::vector<std::vector<keys::SigningKey>>;  // at the places of kCast

Answer<Buffer> first_keyring(const SignersKeys& signers, std::string_view vendor,
                             std::int64_t now) {
  std::vector<package::KeyDraft> listed;
  for (std::size_t i = 0; i < signers.size(); ++i) {
    if (kCast[i].group.empty()) continue;
    for (const keys::SigningKey& key : signers[i]) {
      listed.push_back({key.public_key(), place_of(kCast[i].group), kCast[i].name});
    }
  }
  const package::KeyringDraft draft{1, now, kGroups, listed, kPolicies, {}};
  const std::string notes =
      vendor.empty() ? "First keyring" : "First keyring of " + std::string(vendor);
  AIRLOCK_ASSIGN(Buffer envelope, keyring_package(draft, notes));
  AIRLOCK_ASSIGN(const package::Manifest manifest, package::read_unproven(envelope));
  const Digest digest = manifest.digest();
  std::uint8_t signed_by = 0;
  for (std::size_t i = 0; i < signers.size() && signed_by < kRootThreshold; ++i) {
    if (kCast[i].group != package::kRootGroup) continue;
    AIRLOCK_ASSIGN(envelope, add_signatures(envelope, signers[i], digest, nullptr));
    ++signed_by;
  }
  AIRLOCK_TRY(package::open_keyring_anchor(envelope));
  return envelope;
}

// A keyring that owns what it changes.
struct NextKeyring {
  std::vector<std::string_view> groups;
  std::vector<package::KeyDraft> keys;
  std::array<package::SigningPolicy, package::kKindCount> policies;
  std::optional<package::LogPolicy> log;
  std::vector<Bytes> roots;
  std::vector<Digest> retained;

  explicit NextKeyring(const package::Keyring& current)
      : groups(current.groups.begin(), current.groups.end()),
        policies(current.policies),
        log(current.log()),
        roots(current.certificate_roots.begin(), current.certificate_roots.end()),
        retained(current.retained.begin(), current.retained.end()) {
    for (const package::Key& key : current.keys) keys.push_back({key.key, key.group, key.name});
  }
  const package::KeyDraft* named(std::string_view name) const {
    const auto found = std::ranges::find(keys, name, &package::KeyDraft::name);
    return found == keys.end() ? nullptr : &*found;
  }
  Answer<std::uint8_t> place_of_group(const std::string& name) const {
    const auto found = std::ranges::find(groups, name);
    if (found == groups.end()) return Refusal::of(Code::not_found, name);
    return static_cast<std::uint8_t>(found - groups.begin());
  }
  void remove(std::string_view name) {
    std::erase_if(keys, [&](const package::KeyDraft& key) { return key.name == name; });
  }
  void add(const NamedKeys& signer, std::uint8_t group) {
    for (const crypto::PublicKey& key : signer.keys) keys.push_back({key, group, signer.name});
  }
};

Answer<void> apply_signers(const KeyringChanges& changes, NextKeyring& next) {
  for (const NamedKeys& one : changes.replaced) {
    const package::KeyDraft* found = next.named(one.name);
    if (found == nullptr) return Refusal::of(Code::not_found, one.name);
    const std::uint8_t group = found->group;
    next.remove(one.name);
    next.add(one, group);
  }
  for (const std::string& name : changes.removed) {
    if (next.named(name) == nullptr) return Refusal::of(Code::not_found, name);
    next.remove(name);
  }
  for (const KeyringChanges::Addition& one : changes.added) {
    if (next.named(one.signer.name) != nullptr) {
      return Refusal::of(Code::exists_already, one.signer.name);
    }
    AIRLOCK_ASSIGN(const std::uint8_t group, next.place_of_group(one.group));
    next.add(one.signer, group);
  }
  return {};
}

Answer<void> apply_policies(const KeyringChanges& changes, NextKeyring& next) {
  for (const KeyringChanges::Policy& policy : changes.policies) {
    package::SigningPolicy made;
    for (const KeyringChanges::Demand& demand : policy.demands) {
      AIRLOCK_ASSIGN(const std::uint8_t group, next.place_of_group(demand.group));
      AIRLOCK_TRY(made.clauses.add({group, demand.threshold, demand.algorithms, demand.certified}));
    }
    next.policies[package::index_of(policy.kind)] = made;
  }
  return {};
}

Answer<void> apply_log(const KeyringChanges& changes, NextKeyring& next) {
  if (!changes.log) {
    if (changes.keep_log == KeyringChanges::KeepLog::no) next.log.reset();
    return {};
  }
  package::LogPolicy& made = next.log.emplace();
  made.origin = changes.log->origin;
  made.key = changes.log->key;
  made.required = changes.log->required;
  for (const auto& [name, key] : changes.log->witnesses) {
    if (const Status added = made.witnesses.add({name, key}); !added) {
      return Refusal::of(added.error(), name);
    }
  }
  return {};
}

// A root that no device can read would be a promise that nobody keeps.
Answer<void> apply_roots(const KeyringChanges& changes, NextKeyring& next) {
  if (!changes.certificate_roots) return {};
  next.roots.clear();
  for (const Buffer& der : *changes.certificate_roots) {
    if (const auto read = x509::Certificate::from_der(der); !read) {
      return Refusal::of(read.error(), "certificate root");
    }
    next.roots.emplace_back(der);
  }
  return {};
}

}  // namespace

std::span<const CastMember> cast() { return kCast; }

namespace {

Answer<std::vector<keys::SigningKey>> make_member(const Path& folder, const CastMember& member,
                                                  const keys::Secret& passphrase) {
  const keys::Door door = member.group.empty() ? keys::Door::repository : keys::Door::package;
  return make_keys(folder / member.name, member.algorithms, door, passphrase);
}

// Encrypting is slow by intent: the members' keys are made side by side.
Answer<SignersKeys> make_members(const Path& folder, const keys::Secret& passphrase,
                                 KeyProgress progress) {
  std::mutex telling;
  std::vector<std::optional<Answer<std::vector<keys::SigningKey>>>> made(std::size(kCast));
  const auto make = [&](std::size_t, std::size_t at) -> Status {
    if (progress != nullptr) {
      const std::scoped_lock lock(telling);
      progress(kCast[at].name);
    }
    made[at] = make_member(folder, kCast[at], passphrase);
    if (!*made[at]) return std::unexpected(made[at]->error().error);
    return {};
  };
  const Status all =
      parallel::for_each({0, made.size()}, parallel::worker_count(made.size()), make);
  SignersKeys signers;
  for (auto& each : made) {
    // Of the first that failed; those behind it may not have been begun.
    if (!all && !*each) return std::unexpected(each->error());
    signers.push_back(std::move(**each));
  }
  return signers;
}

Answer<void> make_cast(const Path& folder, std::string_view vendor, const keys::Secret& passphrase,
                       std::int64_t now, KeyProgress progress) {
  AIRLOCK_ASSIGN(const SignersKeys signers, make_members(folder, passphrase, progress));
  AIRLOCK_ASSIGN(const Buffer envelope, first_keyring(signers, vendor, now));
  AIRLOCK_TRY(file::create(folder / "keyring.cose", envelope));
  return {};
}

}  // namespace

Answer<std::vector<keys::SigningKey>> make_keys(const Path& stem, AlgorithmSet algorithms,
                                                keys::Door door, const keys::Secret& passphrase) {
  std::vector<keys::SigningKey> made;
  std::vector<crypto::PublicKey> halves;
  for (Algorithm algorithm : crypto::kAlgorithms) {
    if (!algorithms.has(algorithm)) continue;
    AIRLOCK_ASSIGN(keys::SigningKey key, keys::SigningKey::generate(algorithm, door));
    halves.push_back(key.public_key());
    made.push_back(std::move(key));
  }
  const Path secret = stem.string() + ".key", open = stem.string() + ".pub";
  AIRLOCK_TRY(is_free(secret));
  AIRLOCK_TRY(naming(open, keys::create_public_keys(open, halves)));
  AIRLOCK_TRY(with_its_half(open, naming(secret, keys::save_keys(secret, made, passphrase))));
  return made;
}

Answer<void> init_keys(file::NewFolder folder, std::string_view vendor,
                       const keys::Secret& passphrase, std::int64_t now, KeyProgress progress) {
  AIRLOCK_TRY(make_cast(folder.path(), vendor, passphrase, now, progress));
  return naming(folder.path(), folder.commit());
}

Answer<Buffer> draft_keyring(const package::Keyring& current, const KeyringChanges& changes,
                             std::int64_t now) {
  NextKeyring next(current);
  AIRLOCK_TRY(apply_signers(changes, next));
  AIRLOCK_TRY(apply_policies(changes, next));
  AIRLOCK_TRY(apply_log(changes, next));
  AIRLOCK_TRY(apply_roots(changes, next));
  if (changes.retained) next.retained = *changes.retained;
  std::vector<package::PolicyDraft> policies;
  for (Kind kind : package::kKinds) {
    const auto& clauses = next.policies[package::index_of(kind)].clauses;
    if (!clauses.empty()) policies.push_back({kind, {clauses.begin(), clauses.size()}});
  }
  const package::KeyringDraft draft{current.version + 1,
                                    std::max(now, current.created),
                                    next.groups,
                                    next.keys,
                                    policies,
                                    next.retained,
                                    next.log,
                                    next.roots};
  AIRLOCK_ASSIGN(Buffer envelope,
                 keyring_package(draft, "Keyring " + std::to_string(draft.version)));
  return envelope;
}

}  // namespace airlock::release
