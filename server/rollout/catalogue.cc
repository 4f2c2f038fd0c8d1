#include <charconv>

#include "host/json/json.h"
#include "host/text/text.h"
#include "server/rollout/rollout.h"

namespace airlock::rollout {

namespace {

constexpr std::string_view kTargetsEnding = ".targets.json";

// newest_targets returns the N.targets.json with the largest N, or an empty path.
file::Path newest_targets(const file::Path& metadata) {
  std::error_code error;
  std::uint64_t newest = 0;
  for (const auto& entry : std::filesystem::directory_iterator(metadata, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(kTargetsEnding)) continue;
    std::uint64_t number = 0;
    const char* const end = name.data() + name.size() - kTargetsEnding.size();
    const auto read = std::from_chars(name.data(), end, number);
    if (read.ec == std::errc() && read.ptr == end && number > newest) newest = number;
  }
  if (newest == 0) return {};
  return metadata / (std::to_string(newest) + std::string(kTargetsEnding));
}

// is_plain_path: what is read from the repository stays inside it.
bool is_plain_path(std::string_view path) {
  return !path.empty() && path.size() <= 1024 && path.front() != '/' && path.back() != '/' &&
         path.find("..") == std::string_view::npos && path.find("//") == std::string_view::npos &&
         path.find('\\') == std::string_view::npos && path.find('\0') == std::string_view::npos;
}

file::Path file_of(const file::Path& targets, std::string_view path, std::string_view sha256) {
  const std::size_t slash = path.rfind('/');
  const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
  std::string placed(path.substr(0, name));
  placed.append(sha256).append(".").append(path.substr(name));
  return targets / placed;
}

struct Listed {
  Digest manifest;
  std::string sha256;
};

Result<Listed> read_target(const json::Value& target) {
  AIRLOCK_ASSIGN(const json::Value* hashes, json::object(target, "hashes"));
  Listed listed;
  AIRLOCK_ASSIGN(listed.sha256, json::text(*hashes, "sha256", 2 * Digest::kSize));
  AIRLOCK_TRY(text::digest_from_hex(listed.sha256));
  AIRLOCK_ASSIGN(const json::Value* custom, json::object(target, "custom"));
  AIRLOCK_ASSIGN(const json::Value* claim, json::object(*custom, "airlock"));
  AIRLOCK_ASSIGN(const std::string manifest, json::text(*claim, "manifest", 2 * Digest::kSize));
  AIRLOCK_ASSIGN(listed.manifest, text::digest_from_hex(manifest));
  return listed;
}

std::string json_of(std::string_view component, const package::Payload& payload) {
  const bool patch = payload.type == package::PayloadType::patch;
  return json::write({{"component", component},
                      {"digest", text::to_hex(payload.digest.bytes)},
                      {"size", payload.size},
                      {"type", patch ? "patch" : "full"}});
}

OfferedComponent copy_component(const package::Component& component) {
  OfferedComponent copied{std::string(component.id), {}};
  for (std::size_t at = 0; at < component.payload_count(); ++at) {
    const package::Payload payload = component.payload(at);
    copied.payloads.push_back(
        {payload.type, payload.base_digest, payload.size, json_of(component.id, payload)});
  }
  return copied;
}

Release::Range copy_range(const package::VersionRange& range) {
  return {std::string(range.min.text), std::string(range.max.text), {}};
}

}  // namespace

Result<std::shared_ptr<const Release>> make_release(std::string target, Bytes envelope) {
  AIRLOCK_ASSIGN(const package::Manifest manifest, package::read_unproven(envelope));
  const bool known =
      manifest.kind == package::Kind::firmware || manifest.kind == package::Kind::keyring;
  if (!known) return fail(Code::wrong_kind);
  auto release = std::make_shared<Release>();
  release->kind = manifest.kind;
  release->manifest = manifest.digest();
  release->target = std::move(target);
  release->version_text = std::string(manifest.version.text);
  AIRLOCK_ASSIGN(release->version, package::parse_semver(release->version_text));
  release->security_version = manifest.security_version;
  release->expires = manifest.expires;
  release->bootloader_min = manifest.bootloader_min;
  for (const std::string_view model : manifest.models) release->models.emplace_back(model);
  for (const package::VersionRange& range : manifest.from_versions) {
    release->from_versions.push_back(copy_range(range));
  }
  for (Release::Range& range : release->from_versions) {  // views only now: the list grows no more
    AIRLOCK_ASSIGN(range.range.min, package::parse_semver(range.min_text));
    AIRLOCK_ASSIGN(range.range.max, package::parse_semver(range.max_text));
  }
  for (std::size_t at = 0; at < manifest.component_count(); ++at) {
    release->components.push_back(copy_component(manifest.component(at)));
  }
  return std::shared_ptr<const Release>(std::move(release));
}

Status Catalogue::refresh() {
  const file::Path path = newest_targets(repository_ / "metadata");
  if (path.empty()) {
    places_.clear();
    return {};
  }
  AIRLOCK_ASSIGN(const file::Buffer bytes, file::read(path, kTargetsFileMax));
  AIRLOCK_ASSIGN(const json::Value root, json::parse(text_of(bytes), kTargetsFileMax));
  AIRLOCK_ASSIGN(const json::Value* signed_part, json::object(root, "signed"));
  AIRLOCK_ASSIGN(const json::Value* targets, json::object(*signed_part, "targets"));
  if (targets->size() > kTargetsMax) return fail(Code::too_many, targets->size());
  std::map<Digest, Place> places;
  for (const auto& [name, target] : targets->items()) {
    const auto listed = read_target(target);
    if (!listed || !is_plain_path(name)) continue;  // another tool's target: none of ours
    places[listed->manifest] = {name, file_of(repository_ / "targets", name, listed->sha256)};
  }
  places_ = std::move(places);
  return {};
}

Result<std::shared_ptr<const Release>> Catalogue::find(const Digest& manifest) {
  const auto place = places_.find(manifest);
  if (place == places_.end()) return fail(Code::target_missing);
  if (const auto known = read_.find(manifest); known != read_.end()) return known->second;
  AIRLOCK_ASSIGN(const file::Buffer envelope,
                 file::read(place->second.file, package::kEnvelopeSizeMax));
  AIRLOCK_ASSIGN(auto release, make_release(place->second.target, envelope));
  if (release->manifest != manifest) return fail(Code::digest_mismatch);
  read_[manifest] = release;
  return release;
}

}  // namespace airlock::rollout
