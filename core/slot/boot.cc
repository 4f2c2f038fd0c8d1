// From reset to the jump.
#include "core/slot/boot.h"

namespace airlock::slot {
namespace {

using package::Component;
using package::Image;
using package::Manifest;

constexpr std::size_t kReadSize = 1 << 10;  // on the stack, while an image is hashed

Result<Digest> hash_image(Source& source, std::uint64_t size) {
  std::array<std::uint8_t, kReadSize> buffer;
  crypto::Sha256 hash;
  for (std::uint64_t at = 0; at < size;) {
    const MutableBytes part = MutableBytes(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - at)));
    AIRLOCK_TRY(source.read(at, part));
    hash.update(part);
    at += part.size();
  }
  return hash.finish();
}

// An image runs at the address that it was built for, so a slot may hold any of the component's
// images; each size is hashed once.
Status prove_image(const Component& component, Source& source) {
  std::uint64_t hashed_size = 0;
  Digest hashed;
  for (std::size_t i = 0; i < component.image_count(); ++i) {
    const Image image = component.image(i);
    if (i == 0 || image.size != hashed_size) {
      AIRLOCK_ASSIGN(hashed, hash_image(source, image.size));
      hashed_size = image.size;
    }
    if (hashed == image.digest) return {};
  }
  return fail(Code::image_rejected);
}

const ComponentAreas* areas_of(const BootView& view, std::string_view id) {
  for (const ComponentAreas& areas : view.components) {
    if (areas.id == id) return &areas;
  }
  return nullptr;
}

// The set is one: a release that lacks a part of the device, or knows one more, is not for it. The
// ids of a manifest are unique, so equal counts and a place for each one are a bijection.
Status prove_images(const BootView& view, SlotId id, const Manifest& manifest) {
  if (manifest.component_count() < view.components.size()) {
    return fail(Code::missing_component, manifest.component_count());
  }
  for (std::size_t i = 0; i < manifest.component_count(); ++i) {
    const Component component = manifest.component(i);
    const ComponentAreas* areas = areas_of(view, component.id);
    if (areas == nullptr) return fail(Code::unknown_component, i);
    Source* source = areas->images[index_of(id)];
    if (source == nullptr) return fail(Code::slot_empty, i);
    const Status proven = prove_image(component, *source);
    if (!proven) return fail(proven.error().code, i);
  }
  return {};
}

// Keys and signatures need much more memory than digests; this frame is gone before images are
// hashed.
[[gnu::noinline]] Status demand_quorum(const BootView& view, Bytes envelope) {
  AIRLOCK_ASSIGN(const package::Keyring& keyring, package::open_keyring_anchor(view.keyring));
  AIRLOCK_TRY(package::prove_kind(envelope, keyring, Kind::firmware, view.certificates));
  return {};
}

// What the record says of a slot, held against what the slot holds.
Status prove_against_record(const BootView& view, const Record& record, SlotId id) {
  const Slot& slot = record.slots[index_of(id)];
  const Depth depth = slot.proven ? Depth::digests : Depth::quorum;
  if (depth == Depth::quorum) AIRLOCK_TRY(check_keyring(record, view.keyring));
  AIRLOCK_ASSIGN(const ProvenSlot& proven, prove_slot(view, id, slot.manifest, depth));
  const std::uint32_t floor = record.floors[package::index_of(Kind::firmware)];
  if (proven.security_version < floor) return fail(Code::below_floor, floor);
  // Confirm raises the floor to what the record says, so that must be what was signed.
  if (proven.security_version != slot.security_version) {
    return fail(Code::image_rejected, proven.security_version);
  }
  return {};
}

Status count_trial_boot(const BootView& view, Record& record) {
  AIRLOCK_ASSIGN(record, count_boot(record));
  return store(view.record, record);
}

Status note_proven(const BootView& view, Record& record, SlotId id) {
  AIRLOCK_ASSIGN(record, mark_proven(record, id));
  return store(view.record, record);
}

// Where this is not stored, the trial is ended again by the next boot; what runs now is the
// committed slot, which the record names as such either way.
Status end_trial(const BootView& view, Record& record, Code reason) {
  AIRLOCK_ASSIGN(record, revert(record, reason));
  (void)store(view.record, record);
  return {};
}

// Every step that may hang stands after the boot was counted and stored.
Result<Boot> boot_trial(const BootView& view, Record& record) {
  const SlotId id = other(record.active);
  AIRLOCK_TRY(count_trial_boot(view, record));
  const Digest manifest = record.slots[index_of(id)].manifest;
  if (record.consent.is_zero() || record.consent != manifest) return fail(Code::consent_missing);
  AIRLOCK_TRY(prove_against_record(view, record, id));
  if (!record.slots[index_of(id)].proven) AIRLOCK_TRY(note_proven(view, record, id));
  return Boot{id, true, *record.trial_boots, Code::ok, manifest};
}

// The record must follow before the jump: else the running slot would be the one that is written.
Status fall_back_to_kept(const BootView& view, Record& record, Code reason) {
  const SlotId kept = other(record.active);
  if (!restorable(record) || !prove_against_record(view, record, kept)) {
    return fail(Code::no_bootable_slot, static_cast<std::uint64_t>(reason));
  }
  AIRLOCK_ASSIGN(record, fall_back(record, reason));
  if (!store(view.record, record)) return fail(Code::storage_failed);
  return {};
}

Result<Boot> boot_committed(const BootView& view, Record& record, Code gave_up) {
  const Status proven = prove_against_record(view, record, record.active);
  if (!proven) {
    AIRLOCK_TRY(fall_back_to_kept(view, record, proven.error().code));
  } else if (!record.active_slot().proven) {
    // Where this is not stored, the next boot proves the quorum again: slower, and as safe.
    (void)note_proven(view, record, record.active);
  }
  return Boot{record.active, false, 0, gave_up, record.active_slot().manifest};
}

// Proven just now, or held against the digest of what was proven before.
Result<ProvenSlot> prove_content(const BootView& view, SlotId id, const Digest& manifest) {
  AIRLOCK_ASSIGN(const Manifest& found, package::read_unproven(view.envelopes[index_of(id)]));
  if (found.digest() != manifest) return fail(Code::image_rejected);
  if (!found.is_for(view.model)) return fail(Code::wrong_model);
  AIRLOCK_TRY(prove_images(view, id, found));
  return ProvenSlot{manifest, found.security_version, found.created};
}

}  // namespace

Result<ProvenSlot> prove_slot(const BootView& view, SlotId id, const Digest& manifest,
                              Depth depth) {
  const Bytes envelope = view.envelopes[index_of(id)];
  if (envelope.empty() || manifest.is_zero()) return fail(Code::slot_empty);
  if (depth == Depth::quorum) AIRLOCK_TRY(demand_quorum(view, envelope));
  return prove_content(view, id, manifest);
}

Result<Boot> boot(const BootView& view) {
  // Where this fails, one copy is as it was and the other one counts.
  (void)settle(view.record);
  Result<Record> loaded = load(view.record);
  if (!loaded) return fail(loaded.error());
  Record& record = *loaded;
  Code gave_up = Code::ok;
  if (record.trial_boots) {
    const Result<Boot> trial = boot_trial(view, record);
    if (trial) return trial;
    gave_up = trial.error().code;
    AIRLOCK_TRY(end_trial(view, record, gave_up));
  }
  return boot_committed(view, record, gave_up);
}

}  // namespace airlock::slot
