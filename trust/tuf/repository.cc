// What a refresh found, and what targets are held against.
#include <algorithm>

#include "core/codec/codec.h"
#include "host/text/text.h"
#include "trust/tuf/internal/metadata.h"

namespace airlock::tuf {

Result<Target> Repository::find(std::string_view path) const {
  if (!is_target_path(path)) return fail(Code::target_missing);
  const std::optional<json::Node> found = state_->targets.targets.member(path);
  if (!found) return fail(Code::target_missing);
  return internal::target_of(path, *found);
}

std::vector<Target> Repository::all() const {
  std::vector<Target> targets;
  for (const auto& [path, value] : state_->targets.targets.members()) {
    if (!is_target_path(path)) continue;
    if (auto target = internal::target_of(path, value)) targets.push_back(std::move(*target));
  }
  return targets;
}

std::int64_t Repository::timestamp_expires() const { return state_->timestamp.head.expires; }

std::uint64_t Repository::version_of(std::string_view role) const {
  if (role == "root") return state_->root.head.version;
  if (role == "timestamp") return state_->timestamp.head.version;
  if (role == "snapshot") return state_->snapshot.head.version;
  if (role == "targets") return state_->targets.head.version;
  const auto entry = state_->snapshot.files.find(std::string(role) + ".json");
  return entry == state_->snapshot.files.end() ? 0 : entry->second.version;
}

std::string Repository::home_of(std::string_view path) const {
  const auto& bins = state_->targets.delegations.bins;
  if (!bins || state_->targets.targets.member(path)) return "targets";
  return bins->bin_of(internal::WantedTarget(path)).roles.front().name;
}

bool Repository::consistent_snapshot() const { return state_->root.consistent_snapshot; }

std::vector<Buffer> Repository::key_materials() const {
  std::vector<Buffer> materials;
  for (const auto& [id, key] : state_->root.keys) materials.push_back(key.material);
  for (const auto& [id, key] : state_->targets.delegations.keys) {
    materials.push_back(key.material);
  }
  return materials;
}

bool is_target_path(std::string_view path) {
  return path.size() <= kTargetPathSizeMax && codec::is_plain_path(path);
}

std::string path_of_target(const Target& target, bool consistent_snapshot) {
  if (!consistent_snapshot) return target.path;
  AIRLOCK_CHECK(target.sha256 || target.sha512);
  const std::string hash =
      target.sha256 ? text::to_hex(target.sha256->bytes) : text::to_hex(*target.sha512);
  const std::size_t slash = target.path.rfind('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  return target.path.substr(0, name) + hash + "." + target.path.substr(name);
}

Status check_target(const Target& target, Bytes bytes) {
  if (bytes.size() != target.length) return fail(Code::target_mismatch, bytes.size());
  const internal::Hashes hashes{target.sha256, target.sha512, true};
  if (!check_hashes(hashes, bytes)) return fail(Code::target_mismatch);
  return {};
}

namespace {

void outline_keys(const internal::Keys& keys, Outline& made) {
  for (const auto& [id, key] : keys) {
    const std::string material =
        key.verifier ? text::to_hex(key.material) : std::string(text_of(key.material));
    made.keys.push_back({id, key.type, material, key.verifier.has_value()});
  }
}

void outline_root(const internal::Root& root, Outline& made) {
  made.consistent_snapshot = root.consistent_snapshot;
  outline_keys(root.keys, made);
  for (internal::Role role : internal::kRoles) {
    const internal::RoleRule& rule = root.authority(role).rule;
    made.roles.push_back({std::string(internal::name_of(role)), rule.threshold, rule.keyids});
  }
}

void outline_delegations(const internal::Delegations& delegations, Outline& made) {
  outline_keys(delegations.keys, made);
  for (const internal::Delegation& delegation : delegations.list) {
    for (const internal::DelegatedRole& role : delegation.group.roles) {
      made.roles.push_back({role.name, role.rule.threshold, role.rule.keyids});
    }
  }
  if (const auto& bins = delegations.bins) {
    const std::string all = internal::bin_name(bins->name_prefix, bins->bit_length, 0) + " .. " +
                            internal::bin_name(bins->name_prefix, bins->bit_length, UINT32_MAX);
    made.roles.push_back({all, bins->rule.threshold, bins->rule.keyids});
    made.bins = OutlinedBins{bins->name_prefix, bins->bit_length};
  }
}

OutlinedFile outline_file(std::string name, const internal::FileEntry& entry) {
  return {std::move(name), entry.version, entry.length, entry.hashes.sha256};
}

Status outline_targets(internal::Envelope& envelope, Outline& made) {
  AIRLOCK_ASSIGN(const internal::Targets read, internal::read_targets(envelope));
  outline_delegations(read.delegations, made);
  for (const auto& [path, value] : read.targets.members()) {
    AIRLOCK_ASSIGN(Target target, internal::target_of(path, value));
    made.targets.push_back(std::move(target));
  }
  return {};
}

// What each type of metadata says besides its head.
Status outline_rest(internal::Envelope& envelope, Outline& made) {
  using internal::Role;
  if (made.type == name_of(Role::root)) {
    AIRLOCK_ASSIGN(const internal::Root root, internal::read_root(envelope));
    outline_root(root, made);
  } else if (made.type == name_of(Role::timestamp)) {
    AIRLOCK_ASSIGN(const internal::Timestamp read, internal::read_timestamp(envelope));
    made.files.push_back(outline_file("snapshot.json", read.snapshot));
  } else if (made.type == name_of(Role::snapshot)) {
    AIRLOCK_ASSIGN(const internal::Snapshot read, internal::read_snapshot(envelope));
    for (const auto& [name, entry] : read.files) made.files.push_back(outline_file(name, entry));
  } else if (made.type == name_of(Role::targets)) {
    return outline_targets(envelope, made);
  }
  return {};
}

}  // namespace

Result<Outline> outline(Bytes metadata) {
  using namespace internal;
  constexpr std::size_t kTypeSizeMax = 64;
  AIRLOCK_ASSIGN(Envelope envelope, open_envelope(metadata, kTargetsSizeMax));
  Outline made;
  AIRLOCK_ASSIGN(made.type,
                 as_bad_metadata(json::text(envelope.signed_part, "_type", kTypeSizeMax)));
  AIRLOCK_ASSIGN(const Head head, read_head(envelope, made.type));
  made.version = head.version;
  made.expires = head.expires;
  for (Signature& signature : envelope.signatures) {
    made.signers.push_back(std::move(signature.keyid));
  }
  AIRLOCK_TRY(outline_rest(envelope, made));
  return made;
}

}  // namespace airlock::tuf
