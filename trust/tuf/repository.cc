// What a refresh found, and what targets are held against.
#include <algorithm>

#include "host/text/text.h"
#include "trust/tuf/internal/metadata.h"

namespace airlock::tuf {

Result<Target> Repository::find(std::string_view path) const {
  if (!is_target_path(path)) return fail(Code::target_missing);
  const json::Value& targets = state_->targets.targets;
  const auto found = targets.find(path);
  if (found == targets.end()) return fail(Code::target_missing);
  return internal::target_of(path, *found);
}

std::vector<Target> Repository::all() const {
  std::vector<Target> targets;
  for (const auto& [path, value] : state_->targets.targets.items()) {
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
  return 0;
}

bool Repository::consistent_snapshot() const { return state_->root.consistent_snapshot; }

std::vector<Buffer> Repository::key_materials() const {
  std::vector<Buffer> materials;
  for (const auto& [id, key] : state_->root.keys) materials.push_back(key.material);
  return materials;
}

bool is_target_path(std::string_view path) {
  if (path.empty() || path.size() > kTargetPathSizeMax) return false;
  const bool plain =
      std::ranges::all_of(path, [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
  if (!plain) return false;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, end - at);
    if (segment.empty() || segment == "." || segment == "..") return false;
    at = end + 1;
  }
  return true;
}

std::string path_of_target(const Target& target, bool consistent_snapshot) {
  if (!consistent_snapshot) return target.path;
  const std::size_t slash = target.path.rfind('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  return target.path.substr(0, name) + text::to_hex(target.sha256.bytes) + "." +
         target.path.substr(name);
}

Status check_target(const Target& target, Bytes bytes) {
  if (bytes.size() != target.length) return fail(Code::target_mismatch, bytes.size());
  if (crypto::sha256(bytes) != target.sha256) return fail(Code::target_mismatch);
  return {};
}

Result<Outline> outline(Bytes metadata) {
  using namespace internal;
  constexpr std::size_t kTypeSizeMax = 64;
  AIRLOCK_ASSIGN(Envelope envelope, open_envelope(metadata, kTargetsSizeMax));
  Outline made;
  AIRLOCK_ASSIGN(made.type,
                 as_bad_metadata(json::text(envelope.signed_part, "_type", kTypeSizeMax)));
  AIRLOCK_ASSIGN(const Head head, read_head(envelope.signed_part, made.type));
  made.version = head.version;
  made.expires = head.expires;
  made.signatures = envelope.signatures.size();
  if (made.type == name_of(Role::targets)) {
    AIRLOCK_ASSIGN(const Targets targets, read_targets(std::move(envelope.signed_part)));
    for (const auto& [path, value] : targets.targets.items()) {
      AIRLOCK_ASSIGN(Target target, target_of(path, value));
      made.targets.push_back(std::move(target));
    }
  }
  return made;
}

}  // namespace airlock::tuf
