#include <algorithm>

#include "host/json/json.h"
#include "host/text/text.h"
#include "server/rollout/rollout.h"
#include "trust/tuf/tuf.h"

namespace airlock::rollout {

namespace {

// A repository's metadata as a device would fetch it, and what it would keep. What is named and not
// there has not come yet, or was taken away.
class Folder final : public tuf::Fetcher, public tuf::Store {
 public:
  explicit Folder(file::Path metadata) : metadata_(std::move(metadata)) {}

  Result<file::Buffer> fetch(std::string_view name, std::size_t size_max) override {
    auto bytes = file::read(metadata_ / name, size_max);
    const bool may_be_absent = name.ends_with(".root.json") || name == "timestamp.json";
    const bool is_absent = !bytes && bytes.error().code == Code::not_found;
    if (is_absent && !may_be_absent) return fail(Code::mixed_metadata);
    return bytes;
  }
  Result<file::Buffer> load(std::string_view role) override {
    const auto found = kept_.find(role);
    if (found == kept_.end()) return fail(Code::not_found);
    return found->second;
  }
  Status save(std::string_view role, Bytes metadata) override {
    kept_.insert_or_assign(std::string(role), file::Buffer(metadata.begin(), metadata.end()));
    return {};
  }
  Status remove(std::string_view role) override {
    if (const auto found = kept_.find(role); found != kept_.end()) kept_.erase(found);
    return {};
  }
  Status trust_first_root() {
    AIRLOCK_ASSIGN(const file::Buffer root,
                   file::read(metadata_ / "1.root.json", tuf::kRootSizeMax));
    return save("root", root);
  }

 private:
  file::Path metadata_;
  std::map<std::string, file::Buffer, std::less<>> kept_;
};

// What expired is the devices' to refuse: they may have no clock.
constexpr std::int64_t kNever = 0;

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
  const bool known =
      manifest.kind == package::Kind::firmware || manifest.kind == package::Kind::keyring ||
      manifest.kind == package::Kind::abi_pack || manifest.kind == package::Kind::fee_policy ||
      manifest.kind == package::Kind::fee_plugin;
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
  release->secure_boot_min = manifest.secure_boot_min;
  release->data_version = manifest.data_version;
  release->data_version_min = manifest.data_version_min;
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
  Folder folder(repository_ / "metadata");
  const auto timestamp = folder.fetch("timestamp.json", tuf::kTimestampSizeMax);
  const bool none = !timestamp && timestamp.error().code == Code::not_found;
  if (none && !is_offered_) return {};
  AIRLOCK_TRY(timestamp);
  AIRLOCK_TRY(folder.trust_first_root());
  AIRLOCK_ASSIGN(const tuf::Repository seen, tuf::refresh(folder, folder, kNever));
  AIRLOCK_ASSIGN(places_, places_of(seen.list(folder, folder).targets, seen.consistent_snapshot()));
  is_offered_ = true;
  return {};
}

Result<Catalogue::Places> Catalogue::places_of(const std::vector<tuf::Target>& targets,
                                               bool consistent) const {
  if (targets.size() > kTargetsMax) return fail(Code::too_many, targets.size());
  Places places;
  for (const tuf::Target& target : targets) {
    const auto claim = tuf::claim_of(target);
    if (!claim || !target.sha256) continue;  // another tool's target: none of ours
    const file::Path file = repository_ / "targets" / tuf::path_of_target(target, consistent);
    places.emplace(claim->manifest, Place{target.path, file, *target.sha256});
  }
  return places;
}

bool Catalogue::is_published(const Digest& manifest) const {
  Folder folder(repository_ / "metadata");
  const std::uint64_t newest = tuf::newest_version(repository_ / "metadata", "snapshot");
  const auto snapshot =
      folder.fetch(std::to_string(newest) + ".snapshot.json", tuf::kSnapshotSizeMax);
  if (!snapshot || !folder.trust_first_root()) return false;
  const tuf::MetaFile named{newest, snapshot->size(), crypto::sha256(*snapshot)};
  const auto seen = tuf::rehearse(folder, folder, named, kNever);
  if (!seen) return false;
  const auto places = places_of(seen->list(folder, folder).targets, seen->consistent_snapshot());
  return places && places->contains(manifest);
}

Result<std::shared_ptr<const Release>> Catalogue::find(const Digest& manifest) {
  const auto [from, to] = places_.equal_range(manifest);
  if (from == to) return fail(Code::target_missing);
  if (const auto known = read_.find(manifest); known != read_.end()) return known->second;
  // Whoever may list one target may list it as another's manifest, which that need not suffer from.
  Result<std::shared_ptr<const Release>> made = fail(Code::target_missing);
  for (auto place = from; place != to && !made; ++place)
    made = read_release(manifest, place->second);
  if (made) read_[manifest] = *made;
  return made;
}

Result<std::shared_ptr<const Release>> Catalogue::read_release(const Digest& manifest,
                                                               const Place& place) {
  AIRLOCK_ASSIGN(const file::Buffer envelope, file::read(place.file, package::kEnvelopeSizeMax));
  if (crypto::sha256(envelope) != place.sha256) return fail(Code::target_mismatch);
  AIRLOCK_ASSIGN(auto release, make_release(place.target, envelope));
  if (release->manifest != manifest) return fail(Code::digest_mismatch);
  return release;
}

}  // namespace airlock::rollout
