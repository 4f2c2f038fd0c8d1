#include "device/agent/facts.h"

#include "core/delta/delta.h"
#include "device/agent/naming.h"
#include "device/apply/apply.h"

namespace airlock::agent {
namespace {

constexpr std::string_view kLowestVersion = "0.0.0";
constexpr std::string_view kSharePurpose = "airlock-share-v1\n";

Status add_components(const platform::Device& device, const Running& running,
                      package::DeviceFacts& facts) {
  for (const platform::ComponentConfig& component : device.config().components) {
    package::InstalledComponent installed;
    installed.id = component.id;
    installed.slot_size = component.slot_size;
    if (const Running::Image* runs = running.image_of(component.id)) {
      installed.image_digest = runs->digest;
      installed.image_size = runs->size;
    }
    AIRLOCK_TRY(facts.components.add(installed));
  }
  return {};
}

void tell_edition(const apply::ShelfKind& kind, const Running& running, fetch::CheckIn& facts) {
  fetch::CheckIn::Content& told = facts.contents[std::string(name_of(kind.kind))];
  told.version = kLowestVersion;
  const apply::Edition* const in_use = running.shelf(kind).in_use();
  if (in_use == nullptr) return;
  told = {std::string(in_use->version.view()), in_use->security_version};
  facts.images[std::string(kind.component)] = in_use->image;
}

std::string_view version_or_lowest(const Running& running) {
  return running.version().empty() ? kLowestVersion : running.version();
}

// What is brought once more because it rotted is looked at: nothing of it may be relied on.
Result<Bases> look_at_running(platform::Device& device, const slot::Record& record,
                              const Running& running, const package::Manifest& release) {
  if (release.digest() != running.manifest()) return Bases::whole;
  AIRLOCK_ASSIGN(const bool held, apply::holds_firmware(device, record.active, release));
  return held ? Bases::whole : Bases::damaged;
}

Status add_firmware(platform::Device& device, const slot::Record& record, const Running& running,
                    const package::Manifest& release, Bases bases, package::DeviceFacts& facts) {
  AIRLOCK_ASSIGN(facts.version, package::parse_semver(version_or_lowest(running)));
  // A device that never ran has no data yet, so that any release may begin it.
  facts.data_version = running.version().empty() ? release.data_version : running.data_version();
  AIRLOCK_TRY(add_components(device, running, facts));
  AIRLOCK_ASSIGN(const Bases found, look_at_running(device, record, running, release));
  // A release whose manifest or image is damaged may be installed again: that mends it.
  if (found == Bases::whole) facts.running_manifest = running.manifest();
  if (found == Bases::whole && bases == Bases::whole) return {};
  for (package::InstalledComponent& component : facts.components) component.image_digest = {};
  return {};
}

// Of what is read the version is its own, and there is one component: the file that is in use.
Status add_edition(const apply::ShelfKind& kind, const Running& running,
                   const package::Manifest& release, Bases bases, package::DeviceFacts& facts) {
  package::InstalledComponent installed;
  installed.id = kind.component;
  installed.slot_size = kind.size_max;
  const apply::Edition* const in_use = running.shelf(kind).in_use();
  const std::string_view version = in_use == nullptr ? kLowestVersion : in_use->version.view();
  AIRLOCK_ASSIGN(facts.version, package::parse_semver(version));
  facts.data_version = release.data_version;  // it keeps nothing of the owner's
  if (in_use != nullptr && bases == Bases::whole) {
    facts.running_manifest = in_use->manifest;
    installed.image_digest = in_use->image;
    installed.image_size = in_use->size;
  }
  return facts.components.add(installed);
}

}  // namespace

std::string_view name_of(Knowledge knowledge) {
  switch (knowledge) {
    case Knowledge::nothing_runs: return "nothing_runs";
    case Knowledge::by_manifest: return "by_manifest";
    case Knowledge::by_record: return "by_record";
    case Knowledge::none: return "none";
  }
  broken_promise();
}

Result<Running> Running::read(platform::Device& device, const slot::Record& record) {
  Running running;
  AIRLOCK_ASSIGN(running.shelves_, apply::read_shelves(device));
  if (record.active_slot().manifest.is_zero()) return running;
  running.slot_ = record.active_slot();
  if (!package::parse_semver(running.slot_.version.view())) running.slot_.version = {};
  Result<file::Buffer> envelope = device.envelope(record.active);
  if (!envelope && !platform::is_damage(envelope.error().code)) {
    return std::unexpected(envelope.error());
  }
  if (!envelope) return running;
  const Result<package::Manifest> read = package::read_unproven(*envelope);
  if (!read || read->digest() != running.slot_.manifest) return running;
  AIRLOCK_TRY(running.keep(*read));
  return running;
}

Status Running::keep(const package::Manifest& manifest) {
  AIRLOCK_ASSIGN(slot_.version, FixedText<package::kSemverTextMax>::from(manifest.version.text));
  slot_.data_version = manifest.data_version;
  for (std::size_t i = 0; i < manifest.component_count(); ++i) {
    const package::Component component = manifest.component(i);
    const package::Image image = component.image(0);
    AIRLOCK_ASSIGN(const auto id, FixedText<package::kComponentIdMax>::from(component.id));
    AIRLOCK_TRY(images_.add({id, image.size, image.digest}));
  }
  whole_ = true;
  return {};
}

const Running::Image* Running::image_of(std::string_view component) const {
  for (const Image& image : images_) {
    if (image.component.view() == component) return &image;
  }
  return nullptr;
}

Knowledge Running::knowledge() const {
  if (slot_.manifest.is_zero()) return Knowledge::nothing_runs;
  if (whole_) return Knowledge::by_manifest;
  return version().empty() ? Knowledge::none : Knowledge::by_record;
}

Result<package::DeviceFacts> facts_for(platform::Device& device, const slot::Record& record,
                                       const Running& running, const package::Manifest& release,
                                       std::optional<std::int64_t> clock, Bases bases) {
  package::DeviceFacts facts;
  facts.kind = release.kind;
  facts.model = device.config().model;
  facts.floor = record.floors[package::index_of(release.kind)];
  facts.bootloader = device.config().bootloader;
  facts.secure_boot = device.config().secure_boot;
  facts.time_bound = record.time_bound;
  facts.clock = clock;
  facts.decoder_memory = delta::kDecoderMemoryMax;
  facts.scratch_size = apply::kScratchSize;
  if (!release.ramp.stages.empty()) {
    AIRLOCK_ASSIGN(const platform::DeviceKey key, device.key());
    AIRLOCK_ASSIGN(facts.share_secret, key.derive(kSharePurpose));
  }
  if (release.kind == package::Kind::firmware) {
    AIRLOCK_TRY(add_firmware(device, record, running, release, bases, facts));
    return facts;
  }
  if (const apply::ShelfKind* const kind = apply::shelf_kind(release.kind)) {
    AIRLOCK_TRY(add_edition(*kind, running, release, bases, facts));
    return facts;
  }
  // Content inside a manifest has no owner's data; its own version is judged by its door.
  AIRLOCK_ASSIGN(facts.version, package::parse_semver(kLowestVersion));
  facts.data_version = release.data_version;
  if (release.kind == package::Kind::keyring) {
    AIRLOCK_ASSIGN(facts.running_manifest, apply::keyring_digest(device));
  }
  return facts;
}

std::int64_t present(const slot::Record& record, std::optional<std::int64_t> clock) {
  return std::max(record.time_bound, clock.value_or(record.time_bound));
}

Result<fetch::CheckIn> check_in_of(platform::Device& device, const slot::Record& record,
                                   const Running& running) {
  const platform::Config& config = device.config();
  fetch::CheckIn facts;
  facts.model = config.model;
  facts.version = std::string(version_or_lowest(running));
  facts.security_version = record.active_slot().security_version;
  facts.bootloader = config.bootloader;
  facts.secure_boot = config.secure_boot;
  if (!running.version().empty()) facts.data_version = running.data_version();
  AIRLOCK_ASSIGN(const apply::TrustedKeyring trusted, apply::trusted_keyring(device));
  const package::Keyring& keyring = trusted.keyring;
  facts.keyring = keyring.version;
  facts.region = config.region;
  facts.group = config.group;
  facts.certificate = config.certificate;
  AIRLOCK_TRY(name_in(device, facts.version, facts));
  for (const platform::ComponentConfig& component : config.components) {
    if (const Running::Image* runs = running.image_of(component.id)) {
      facts.images[component.id] = runs->digest;
    }
  }
  tell_edition(apply::kPacks, running, facts);
  if (!config.fee_limits.empty()) tell_edition(apply::kFees, running, facts);
  if (config.fee_plugins != platform::FeePlugins::none)
    tell_edition(apply::kPlugins, running, facts);
  return facts;
}

}  // namespace airlock::agent
