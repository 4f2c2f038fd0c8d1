#include <algorithm>

#include "publish/release/internal.h"

namespace airlock::release {
namespace {

using crypto::Algorithm;
using package::Kind;

constexpr CastMember kCast[] = {
    {"vendor", "vendor", Algorithm::eddsa},
    {"committee-1", "committee", Algorithm::eddsa},
    {"committee-2", "committee", Algorithm::es256k},
    {"committee-3", "committee", Algorithm::eddsa},
    {"reviewer-1", "reviewers", Algorithm::eddsa},
    {"reviewer-2", "reviewers", Algorithm::es256k},
    {"reviewer-3", "reviewers", Algorithm::eddsa},
    {"finance-1", "finance", Algorithm::eddsa},
    {"finance-2", "finance", Algorithm::eddsa},
    {"root-1", "root", Algorithm::eddsa},
    {"root-2", "root", Algorithm::es256k},
    {"root-3", "root", Algorithm::eddsa},
    {"root-4", "root", Algorithm::es256k},
    {"root-5", "root", Algorithm::eddsa},
    {"repo-root", "", Algorithm::eddsa},
    {"repo-targets", "", Algorithm::eddsa},
    {"repo-snapshot", "", Algorithm::eddsa},
    {"repo-timestamp", "", Algorithm::eddsa},
};

constexpr std::string_view kGroups[] = {"vendor", "committee", "reviewers", "finance", "root"};
enum Group : std::uint8_t { kVendor, kCommittee, kReviewers, kFinance, kRoot };
constexpr std::uint8_t kRootThreshold = 3;

constexpr package::Clause kVendorAndCommittee[] = {{kVendor, 1}, {kCommittee, 2}};
constexpr package::Clause kVendorAndReviewers[] = {{kVendor, 1}, {kReviewers, 2}};
constexpr package::Clause kVendorAndFinance[] = {{kVendor, 1}, {kFinance, 1}};
constexpr package::Clause kRoots[] = {{kRoot, kRootThreshold}};
const package::PolicyDraft kPolicies[] = {
    {Kind::firmware, kVendorAndCommittee}, {Kind::abi_pack, kVendorAndReviewers},
    {Kind::fee_policy, kVendorAndFinance}, {Kind::fee_plugin, kVendorAndCommittee},
    {Kind::advisory, kVendorAndCommittee}, {Kind::keyring, kRoots},
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

Answer<Buffer> first_keyring(std::span<const keys::SigningKey> signers, std::string_view vendor,
                             std::int64_t now) {
  std::vector<package::KeyDraft> listed;
  for (std::size_t i = 0; i < signers.size(); ++i) {
    if (kCast[i].group.empty()) continue;
    listed.push_back({signers[i].public_key(), place_of(kCast[i].group), kCast[i].name});
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
    AIRLOCK_ASSIGN(envelope, add_signature(envelope, signers[i], digest, nullptr));
    ++signed_by;
  }
  AIRLOCK_TRY(package::open_keyring_anchor(envelope));
  return envelope;
}

// A keyring that owns what it changes.
struct NextKeyring {
  std::vector<std::string_view> groups;
  std::vector<package::KeyDraft> keys;
  std::vector<package::PolicyDraft> policies;
  std::optional<package::LogPolicy> log;

  explicit NextKeyring(const package::Keyring& current)
      : groups(current.groups.begin(), current.groups.end()), log(current.log) {
    for (const package::Key& key : current.keys) keys.push_back({key.key, key.group, key.name});
    for (Kind kind : package::kKinds) {
      const auto& clauses = current.policy(kind).clauses;
      if (!clauses.empty()) policies.push_back({kind, clauses});
    }
  }
  package::KeyDraft* named(std::string_view name) {
    const auto found = std::ranges::find(keys, name, &package::KeyDraft::name);
    return found == keys.end() ? nullptr : &*found;
  }
};

// The whole demand is replaced: which witnesses there are and how many are needed belongs together.
Answer<void> apply_log(const KeyringChanges::Log& log, NextKeyring& next) {
  next.log = package::LogPolicy{log.log.name, log.log.key, {}, log.required};
  for (const NamedKey& witness : log.witnesses) {
    const Status added = next.log->witnesses.add({witness.name, witness.key});
    if (!added) return Refusal::of(added.error(), witness.name);
  }
  return {};
}

Answer<void> apply(const KeyringChanges& changes, NextKeyring& next) {
  if (changes.log) AIRLOCK_TRY(apply_log(*changes.log, next));
  for (const NamedKey& one : changes.replaced) {
    package::KeyDraft* found = next.named(one.name);
    if (found == nullptr) return Refusal::of(Code::not_found, one.name);
    found->key = one.key;
  }
  for (const std::string& name : changes.removed) {
    if (next.named(name) == nullptr) return Refusal::of(Code::not_found, name);
    std::erase_if(next.keys, [&](const package::KeyDraft& key) { return key.name == name; });
  }
  for (const KeyringChanges::Addition& one : changes.added) {
    if (next.named(one.signer.name) != nullptr) {
      return Refusal::of(Code::exists_already, one.signer.name);
    }
    const auto group = std::ranges::find(next.groups, one.group);
    if (group == next.groups.end()) return Refusal::of(Code::not_found, one.group);
    const auto place = static_cast<std::uint8_t>(group - next.groups.begin());
    next.keys.push_back({one.signer.key, place, one.signer.name});
  }
  return {};
}

}  // namespace

std::span<const CastMember> cast() { return kCast; }

namespace {

Answer<void> make_cast(const Path& folder, std::string_view vendor, const keys::Secret& passphrase,
                       std::int64_t now, KeyProgress progress) {
  std::vector<keys::SigningKey> signers;
  for (const CastMember& member : kCast) {
    const std::string stem = (folder / member.name).string();
    if (progress != nullptr) progress(member.name);
    const keys::Door door = member.group.empty() ? keys::Door::repository : keys::Door::package;
    AIRLOCK_ASSIGN(keys::SigningKey key, keys::SigningKey::generate(member.algorithm, door));
    if (auto saved = key.save(stem + ".key", passphrase); !saved) {
      return Refusal::of(saved.error(), stem + ".key");
    }
    if (auto saved = keys::create_public_key(stem + ".pub", key.public_key()); !saved) {
      return Refusal::of(saved.error(), stem + ".pub");
    }
    signers.push_back(std::move(key));
  }
  AIRLOCK_ASSIGN(const Buffer envelope, first_keyring(signers, vendor, now));
  AIRLOCK_TRY(file::create(folder / "keyring.cose", envelope));
  return {};
}

}  // namespace

Answer<void> init_keys(const Path& place, std::string_view vendor, const keys::Secret& passphrase,
                       std::int64_t now, KeyProgress progress) {
  Result<file::NewFolder> folder = file::NewFolder::begin(place);
  if (!folder) return Refusal::of(folder.error(), place.string());
  AIRLOCK_TRY(make_cast(folder->path(), vendor, passphrase, now, progress));
  if (const Status moved = folder->commit(); !moved) {
    return Refusal::of(moved.error(), place.string());
  }
  return {};
}

Answer<Buffer> draft_keyring(const package::Keyring& current, const KeyringChanges& changes,
                             std::int64_t now) {
  NextKeyring next(current);
  AIRLOCK_TRY(apply(changes, next));
  const package::KeyringDraft draft{current.version + 1,
                                    std::max(now, current.created),
                                    next.groups,
                                    next.keys,
                                    next.policies,
                                    current.retained,
                                    next.log};
  AIRLOCK_ASSIGN(Buffer envelope,
                 keyring_package(draft, "Keyring " + std::to_string(draft.version)));
  return envelope;
}

}  // namespace airlock::release
