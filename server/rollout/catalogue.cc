#include <algorithm>
#include <limits>

#include "host/json/json.h"
#include "host/text/text.h"
#include "server/rollout/rollout.h"
#include "trust/tuf/tuf.h"

namespace airlock::rollout {

namespace {

constexpr std::int64_t kNumberMax = std::numeric_limits<std::int64_t>::max();

// What metadata says of the file below it; length and digest only where it says them.
struct Named {
  std::int64_t version = 0;
  std::optional<std::int64_t> length;
  std::optional<Digest> sha256;
};

Result<Named> read_named(const json::Value& signed_part, std::string_view role) {
  AIRLOCK_ASSIGN(const json::Value* meta, json::object(signed_part, "meta"));
  AIRLOCK_ASSIGN(const json::Value* entry, json::object(*meta, role));
  Named named;
  AIRLOCK_ASSIGN(named.version, json::integer(*entry, "version", 1, kNumberMax));
  AIRLOCK_ASSIGN(const json::Value* length, json::optional(*entry, "length"));
  if (length != nullptr) {
    AIRLOCK_ASSIGN(named.length, json::integer(*entry, "length", 0, kNumberMax));
  }
  AIRLOCK_ASSIGN(const json::Value* hashes, json::optional(*entry, "hashes"));
  if (hashes != nullptr && hashes->contains("sha256")) {
    AIRLOCK_ASSIGN(const std::string hex, json::text(*hashes, "sha256", 2 * Digest::kSize));
    AIRLOCK_ASSIGN(named.sha256, text::digest_from_hex(hex));
  }
  return named;
}

Result<json::Value> signed_part_of(Bytes bytes, std::size_t size_max) {
  AIRLOCK_ASSIGN(json::Value root, json::parse(text_of(bytes), size_max));
  AIRLOCK_TRY(json::object(root, "signed"));
  return std::move(root["signed"]);
}

struct Wanted {
  std::string_view role;
  std::size_t size_max;
};

// read_next reads the file that metadata names: mixed_metadata where it is not there, or another.
Result<json::Value> read_next(const file::Path& metadata, const Named& named, Wanted wanted) {
  const std::string name = std::to_string(named.version) + "." + std::string(wanted.role) + ".json";
  const auto bytes = file::read(metadata / name, wanted.size_max);
  if (!bytes) {
    const bool missing = bytes.error().code == Code::not_found;
    return fail(missing ? Code::mixed_metadata : bytes.error().code);
  }
  const bool fits = !named.length || *named.length == static_cast<std::int64_t>(bytes->size());
  if (!fits) return fail(Code::mixed_metadata, bytes->size());
  if (named.sha256 && *named.sha256 != crypto::sha256(*bytes)) return fail(Code::mixed_metadata);
  return signed_part_of(*bytes, wanted.size_max);
}

// listing_below reads the targets that a snapshot names.
Result<json::Value> listing_below(const file::Path& metadata, const Named& snapshot) {
  AIRLOCK_ASSIGN(const json::Value joined,
                 read_next(metadata, snapshot, {"snapshot", tuf::kSnapshotSizeMax}));
  AIRLOCK_ASSIGN(const Named targets, read_named(joined, "targets.json"));
  return read_next(metadata, targets, {"targets", tuf::kTargetsSizeMax});
}

struct Listed {
  Digest manifest;
  Digest sha256;
};

Result<Listed> read_target(const json::Value& target) {
  AIRLOCK_ASSIGN(const json::Value* hashes, json::object(target, "hashes"));
  Listed listed;
  AIRLOCK_ASSIGN(const std::string sha256, json::text(*hashes, "sha256", 2 * Digest::kSize));
  AIRLOCK_ASSIGN(listed.sha256, text::digest_from_hex(sha256));
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

Status check_repository(const file::Path& repository) {
  const std::uint64_t newest = tuf::newest_version(repository / "metadata", "root");
  if (newest == 0) return fail(Code::not_found);
  const std::string name = std::to_string(newest) + ".root.json";
  AIRLOCK_ASSIGN(const file::Buffer root,
                 file::read(repository / "metadata" / name, tuf::kRootSizeMax));
  AIRLOCK_ASSIGN(const tuf::Outline outline, tuf::outline(root));
  if (outline.type != "root") return fail(Code::bad_metadata);
  return {};
}

Status check_models(const Release& release, const std::vector<std::string>& models) {
  if (std::ranges::find(release.models, "*") != release.models.end()) return {};
  for (const std::string& model : models) {
    if (std::ranges::find(release.models, model) == release.models.end()) {
      return fail(Code::wrong_model);
    }
  }
  return {};
}

Result<std::shared_ptr<const Release>> make_release(std::string target, Bytes envelope) {
  AIRLOCK_ASSIGN(const package::Manifest manifest, package::read_unproven(envelope));
  const bool known = manifest.kind == package::Kind::firmware ||
                     manifest.kind == package::Kind::keyring ||
                     manifest.kind == package::Kind::abi_pack;
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
  const file::Path metadata = repository_ / "metadata";
  const auto timestamp = file::read(metadata / "timestamp.json", tuf::kTimestampSizeMax);
  const bool none = !timestamp && timestamp.error().code == Code::not_found;
  if (none && !is_offered_) return {};
  AIRLOCK_TRY(timestamp);
  AIRLOCK_ASSIGN(const json::Value dated, signed_part_of(*timestamp, tuf::kTimestampSizeMax));
  AIRLOCK_ASSIGN(const Named snapshot, read_named(dated, "snapshot.json"));
  AIRLOCK_ASSIGN(const json::Value listing, listing_below(metadata, snapshot));
  AIRLOCK_ASSIGN(places_, places_of(listing));
  is_offered_ = true;
  return {};
}

Result<std::map<Digest, Catalogue::Place>> Catalogue::places_of(const json::Value& listing) const {
  AIRLOCK_ASSIGN(const json::Value* targets, json::object(listing, "targets"));
  if (targets->size() > kTargetsMax) return fail(Code::too_many, targets->size());
  std::map<Digest, Place> places;
  for (const auto& [name, target] : targets->items()) {
    const auto listed = read_target(target);
    if (!listed || !tuf::is_target_path(name)) continue;  // another tool's target: none of ours
    const std::string placed = tuf::path_of_target({name, 0, listed->sha256, {}}, true);
    places[listed->manifest] = {name, repository_ / "targets" / placed, listed->sha256};
  }
  return places;
}

bool Catalogue::is_published(const Digest& manifest) const {
  const file::Path metadata = repository_ / "metadata";
  const std::uint64_t newest = tuf::newest_version(metadata, "snapshot");
  const auto listing = listing_below(metadata, {static_cast<std::int64_t>(newest), {}, {}});
  if (!listing) return false;
  const auto places = places_of(*listing);
  return places && places->contains(manifest);
}

Result<std::shared_ptr<const Release>> Catalogue::find(const Digest& manifest) {
  const auto place = places_.find(manifest);
  if (place == places_.end()) return fail(Code::target_missing);
  if (const auto known = read_.find(manifest); known != read_.end()) return known->second;
  AIRLOCK_ASSIGN(const file::Buffer envelope,
                 file::read(place->second.file, package::kEnvelopeSizeMax));
  if (crypto::sha256(envelope) != place->second.sha256) return fail(Code::target_mismatch);
  AIRLOCK_ASSIGN(auto release, make_release(place->second.target, envelope));
  if (release->manifest != manifest) return fail(Code::digest_mismatch);
  read_[manifest] = release;
  return release;
}

}  // namespace airlock::rollout
