#include "core/package/gate.h"

namespace airlock::package {
namespace {

Status check_addressee(const Manifest& release, const DeviceFacts& device) {
  if (release.kind != device.kind) return fail(Code::wrong_kind);
  if (!release.is_for(device.model)) return fail(Code::wrong_model);
  return {};
}

bool may_update_from(const Manifest& release, const Semver& running) {
  if (release.from_versions.empty()) return true;
  for (const VersionRange& range : release.from_versions) {
    if (range.min <= running && running <= range.max) return true;
  }
  return false;
}

Status check_versions(const Manifest& release, const DeviceFacts& device) {
  if (release.digest() == device.running_manifest) return fail(Code::already_installed);
  if (release.security_version < device.floor) return fail(Code::below_floor, device.floor);
  if (release.version < device.version) return fail(Code::downgrade);
  if (!may_update_from(release, device.version)) return fail(Code::from_version_outside);
  if (device.bootloader < release.bootloader_min) {
    return fail(Code::bootloader_too_old, release.bootloader_min);
  }
  if (device.secure_boot < release.secure_boot_min) {
    return fail(Code::secure_boot_too_low, release.secure_boot_min);
  }
  const bool readable = device.data_version >= release.data_version_min &&
                        device.data_version <= release.data_version;
  if (!readable) return fail(Code::data_version_unreadable, device.data_version);
  return {};
}

Status check_time(const Manifest& release, const DeviceFacts& device) {
  const std::int64_t proven = std::max(device.time_bound, release.created);
  const std::int64_t present = std::max(proven, device.clock.value_or(proven));
  if (device.clock && present < release.not_before) {
    return fail(Code::not_yet_valid, static_cast<std::uint64_t>(release.not_before));
  }
  if (present > release.expires) {
    return fail(Code::expired, static_cast<std::uint64_t>(release.expires));
  }
  const std::uint16_t share = share_of(release.ramp.seed, device.share_secret);
  if (!ramp_admits(release.ramp, share, present)) return fail(Code::outside_ramp, share);
  return {};
}

const InstalledComponent* installed(const DeviceFacts& device, std::string_view id) {
  for (const InstalledComponent& component : device.components) {
    if (component.id == id) return &component;
  }
  return nullptr;
}

bool lists(const Manifest& release, std::string_view id) {
  for (std::size_t i = 0; i < release.component_count(); ++i) {
    if (release.component(i).id == id) return true;
  }
  return false;
}

// The set is switched as a whole, so release and device must know the same components.
Status check_components(const Manifest& release, const DeviceFacts& device) {
  for (std::size_t i = 0; i < release.component_count(); ++i) {
    if (installed(device, release.component(i).id) == nullptr) {
      return fail(Code::unknown_component, i);
    }
  }
  for (std::size_t i = 0; i < device.components.size(); ++i) {
    if (!lists(release, device.components[i].id)) return fail(Code::missing_component, i);
  }
  return {};
}

bool runs_in(const Image& image, const InstalledComponent& slot) {
  return !image.load_address || image.load_address == slot.target_address;
}

// An image for another address is no reason to call the slot too small.
Status check_slot(const Component& component, const InstalledComponent& slot) {
  std::size_t too_large = 0;
  for (std::size_t i = 0; i < component.image_count(); ++i) {
    const Image image = component.image(i);
    if (!runs_in(image, slot)) continue;
    if (image.size <= slot.slot_size) return {};
    ++too_large;
  }
  if (too_large > 0) return fail(Code::slot_too_small, slot.slot_size);
  return {};  // nothing runs at this address: choose says that no payload is usable
}

bool has_base(const Payload& payload, const InstalledComponent& slot) {
  switch (payload.type) {
    case PayloadType::full: return true;
    case PayloadType::patch:
      return !slot.image_digest.is_zero() && payload.base_digest == slot.image_digest &&
             payload.base_size == slot.image_size;
  }
  broken_promise();
}

// The payload with the fewest bytes among those that this device can use; the first of equals.
Result<std::uint8_t> choose(const Component& component, const InstalledComponent& slot,
                            const DeviceFacts& device) {
  std::optional<std::size_t> best;
  std::uint64_t best_size = 0;
  Code refusal = Code::no_usable_payload;
  for (std::size_t i = 0; i < component.payload_count(); ++i) {
    const Payload payload = component.payload(i);
    const Image image = component.image(payload.image);
    if (!runs_in(image, slot) || image.size > slot.slot_size || !has_base(payload, slot)) continue;
    if (payload.decoder_memory > device.decoder_memory ||
        payload.scratch_size > device.scratch_size) {
      refusal = Code::memory_exceeded;
      continue;
    }
    if (best && payload.size >= best_size) continue;
    best = i;
    best_size = payload.size;
  }
  if (!best) return fail(refusal);
  return static_cast<std::uint8_t>(*best);
}

Result<InstallPlan> plan(const Manifest& release, const DeviceFacts& device) {
  InstallPlan made;
  for (std::size_t i = 0; i < release.component_count(); ++i) {
    const Component component = release.component(i);
    const Result<std::uint8_t> payload =
        choose(component, *installed(device, component.id), device);
    if (!payload) return fail(payload.error().code, i);
    AIRLOCK_TRY(made.choices.add({static_cast<std::uint8_t>(i), *payload}));
    made.fetch_bytes += component.payload(*payload).size;
  }
  return made;
}

}  // namespace

bool ramp_admits(const Ramp& ramp, std::uint16_t share, std::int64_t present) {
  if (ramp.stages.empty()) return true;
  std::uint16_t open = 0;
  for (const RampStage& stage : ramp.stages) {
    if (present >= ramp.start_seconds + stage.after_seconds) open = stage.share;
  }
  return share < open;
}

std::uint16_t share_of(const Digest& seed, const Digest& secret) {
  crypto::Sha256 hash;
  hash.update(seed.bytes);
  hash.update(secret.bytes);
  const Digest digest = hash.finish();
  std::uint64_t place = 0;
  for (std::size_t i = 0; i < 8; ++i) place = place << 8 | digest.bytes[i];
  return static_cast<std::uint16_t>(place % kShareWhole);
}

Result<InstallPlan> admit(const Proven& proven, const DeviceFacts& device) {
  const Manifest& release = proven.manifest();
  AIRLOCK_TRY(check_addressee(release, device));
  AIRLOCK_TRY(check_versions(release, device));
  AIRLOCK_TRY(check_time(release, device));
  AIRLOCK_TRY(check_components(release, device));
  for (std::size_t i = 0; i < release.component_count(); ++i) {
    const Component component = release.component(i);
    AIRLOCK_TRY(check_slot(component, *installed(device, component.id)));
  }
  return plan(release, device);
}

}  // namespace airlock::package
