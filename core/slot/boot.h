// What the bootloader does, from reset to the jump. Included by slot.h.
#pragma once

#include <array>
#include <string_view>

#include "core/slot/slot.h"

namespace airlock::slot {

// One component's two images.
struct ComponentAreas {
  std::string_view id;
  std::array<Source*, kSlotCount> images{};
};

// All that a bootloader sees. Envelopes are mapped read-only; an empty view is an empty slot. What
// it views must outlive it.
struct BootView {
  RecordAreas record;
  std::array<Bytes, kSlotCount> envelopes{};
  Bytes keyring;  // the trusted keyring's envelope, anchored at provisioning or by the root quorum
  FixedList<ComponentAreas, package::kComponentsMax> components;
  std::string_view model;
  // Whether an agent in front of this bootloader judges the certificates that a policy may demand.
  package::Judged certificates = package::Judged::by_nobody;
};

struct Boot {
  SlotId slot = SlotId::a;
  bool trial = false;           // it must confirm itself before its boots are used up
  std::uint8_t boots_left = 0;  // after this one
  Code gave_up = Code::ok;      // why a trial was ended by this call, ok where none was
  Digest manifest;
};

// How deep a slot is proven. `quorum` is before a first boot, `digests` for what was proven whole
// before: then the manifest must be the very one that was.
enum class Depth : std::uint8_t { digests, quorum };

struct ProvenSlot {
  Digest manifest;
  std::uint32_t security_version = 0;
  std::int64_t created = 0;
};

// prove_slot proves what a slot holds: that its envelope is this manifest, signed as firmware by a
// quorum of the keyring (where `depth` says so), for this model, and that every component's image
// has its signed digest. It reads every image once, in steps of 1 KiB. Errors: slot_empty,
// image_rejected (at = the component), missing_component, unknown_component, wrong_model, those of
// the sources, of package::prove_kind and of package::open_keyring_anchor.
Result<ProvenSlot> prove_slot(const BootView& view, SlotId id, const Digest& manifest, Depth depth);

// boot decides what runs now: counts a trial's boot (stored and synced before anything that could
// hang, so that a hang costs one), proves quorum and digests before a first boot and digests before
// every boot, demands that a trial is of the manifest that the record's consent names, that no slot
// is below the floor of firmware, and that the security version is the one that the record will
// raise the floor to. It ends a trial that fails any of this or is used up, and falls back by
// itself: from a trial to the committed slot, and from a committed slot that no longer proves to
// the other one where that holds a proven image not below the floor (the record then names that
// one active, so that what runs is never written). Errors: no_bootable_slot (the device waits in
// recovery; at = why the committed slot did not prove), record_lost, storage_failed (a fallback
// could not be stored; try again). The caller arms the watchdog before the jump where `trial` is
// set.
Result<Boot> boot(const BootView& view);

}  // namespace airlock::slot
