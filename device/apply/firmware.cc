#include <algorithm>

#include "device/apply/apply.h"
#include "device/apply/internal/blocks.h"

namespace airlock::apply {
namespace {

using package::Component;
using package::Image;
using package::Payload;

// One component on its way into its slot.
struct Transfer {
  Component component;
  Payload payload;
  Image image;
  std::size_t place = 0;  // of the component in the device
};

Result<Transfer> transfer_of(const platform::Device& device, const Work& work,
                             const package::Choice& choice) {
  const Component component = work.release.manifest().component(choice.component);
  const auto place = device.component_named(component.id);
  if (!place) return fail(Code::unknown_component, choice.component);
  const Payload payload = component.payload(choice.payload);
  return Transfer{component, payload, component.image(payload.image), *place};
}

// The slot may hold any of a component's images (one per address).
Status check_any_image(const Component& component, Area& slot) {
  Status last = fail(Code::image_rejected);
  for (std::size_t i = 0; i < component.image_count(); ++i) {
    last = internal::check_blocks(component.image(i), slot);
    if (last || last.error().code != Code::image_rejected) return last;
  }
  return last;
}

Status check_images(platform::Device& device, slot::SlotId id, const package::Manifest& manifest) {
  for (std::size_t i = 0; i < manifest.component_count(); ++i) {
    const Component component = manifest.component(i);
    const auto place = device.component_named(component.id);
    if (!place) return fail(Code::unknown_component, i);
    AIRLOCK_TRY(check_any_image(component, device.image(*place, id)));
  }
  return {};
}

}  // namespace

Result<std::uint64_t> room_needed(platform::Device& device, const Work& work, Bytes envelope) {
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  std::uint64_t needed = platform::stored_size_of(envelope);
  std::uint64_t facts = 0;  // of one component after the other
  for (const package::Choice& choice : work.plan.choices) {
    AIRLOCK_ASSIGN(const Transfer transfer, transfer_of(device, work, choice));
    const platform::FileArea& area = device.image(transfer.place, slot::other(record.active));
    AIRLOCK_ASSIGN(const std::uint64_t allocated, area.allocated_bytes());
    if (transfer.image.size > allocated) needed += transfer.image.size - allocated;
    facts = std::max<std::uint64_t>(facts, transfer.payload.scratch_size);
  }
  AIRLOCK_ASSIGN(const std::uint64_t scratch, internal::scratch_room(device, facts));
  return needed + scratch;
}

Status check_room(platform::Device& device, const Work& work, Bytes envelope) {
  AIRLOCK_ASSIGN(const std::uint64_t needed, room_needed(device, work, envelope));
  AIRLOCK_ASSIGN(const std::uint64_t free, device.free_bytes());
  if (needed > free) return fail(Code::no_space, needed - free);
  return {};
}

Status stage_firmware(platform::Device& device, const Work& work, Bytes envelope,
                      Artifacts& artifacts, const OnBlock& on_block) {
  AIRLOCK_ASSIGN(slot::Record record, device.record());
  AIRLOCK_ASSIGN(record, slot::begin_write(record));
  AIRLOCK_ASSIGN(record, device.store_record(record));
  const slot::SlotId to = slot::other(record.active);
  AIRLOCK_ASSIGN(platform::FileArea scratch, internal::open_scratch(device));
  for (const package::Choice& choice : work.plan.choices) {
    AIRLOCK_ASSIGN(const Transfer transfer, transfer_of(device, work, choice));
    const internal::ImageWork work_of_image{transfer.image, transfer.payload,
                                            device.image(transfer.place, record.active),
                                            device.image(transfer.place, to), scratch};
    internal::OnBlock told;
    if (on_block) {
      told = [&](std::size_t done, std::size_t of) { on_block(transfer.component.id, done, of); };
    }
    AIRLOCK_TRY(internal::write_missing(work_of_image, artifacts, told));
  }
  return device.store_envelope(to, envelope);
}

Result<Verified> verify_firmware(platform::Device& device, const package::Proven& release,
                                 Bytes envelope) {
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  if (record.trial_boots) return fail(Code::slot_busy);
  const slot::SlotId written = slot::other(record.active);
  const package::Manifest& manifest = release.manifest();
  AIRLOCK_TRY(check_images(device, written, manifest));
  AIRLOCK_ASSIGN(const bool kept, device.holds_envelope(written, envelope));
  if (!kept) return fail(Code::image_rejected);
  slot::Slot staged{release.digest(), manifest.security_version};
  staged.data_version = manifest.data_version;
  AIRLOCK_ASSIGN(staged.version, FixedText<package::kSemverTextMax>::from(manifest.version.text));
  return Verified(staged);
}

Result<bool> holds_firmware(platform::Device& device, slot::SlotId id,
                            const package::Manifest& manifest) {
  const Status held = check_images(device, id, manifest);
  if (!held && held.error().code != Code::image_rejected) return std::unexpected(held.error());
  return held.has_value();
}

Status keep_consent(platform::Device& device, const Digest& manifest) {
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  AIRLOCK_ASSIGN(const slot::Record next, slot::consent(record, manifest));
  AIRLOCK_TRY(device.store_record(next));
  return {};
}

Status arm_firmware(platform::Device& device, const Verified& verified) {
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  AIRLOCK_ASSIGN(const slot::Record next, slot::arm(record, verified.slot(), kTrialBoots));
  AIRLOCK_TRY(device.store_record(next));
  return {};
}

Status confirm_firmware(platform::Device& device, const package::Proven& release) {
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  const slot::Standing standing = slot::standing_of(record, release.digest());
  if (standing == slot::Standing::committed) return {};
  if (standing != slot::Standing::on_trial) return fail(Code::wrong_state);
  AIRLOCK_ASSIGN(const slot::Record next, slot::confirm(record, release.manifest().created));
  AIRLOCK_TRY(device.store_record(next));
  return {};
}

Status revert_firmware(platform::Device& device, Code reason) {
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  if (!record.trial_boots) return {};
  AIRLOCK_ASSIGN(const slot::Record next, slot::revert(record, reason));
  AIRLOCK_TRY(device.store_record(next));
  return {};
}

Status restore_firmware(platform::Device& device) {
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  AIRLOCK_ASSIGN(const slot::Record next, slot::restore(record));
  AIRLOCK_TRY(device.store_record(next));
  return {};
}

}  // namespace airlock::apply
