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

// All that a bootloader sees. Envelopes are mapped read-only; an empty view is an empty slot.
struct BootView {
  RecordAreas record;
  std::array<Bytes, kSlotCount> envelopes{};
  Bytes keyring;  // the trusted keyring's envelope, anchored at provisioning or by the root quorum
  FixedList<ComponentAreas, package::kComponentsMax> components;
  std::string_view model;
};

struct Boot {
  SlotId slot = SlotId::a;
  bool trial = false;           // it must confirm itself before its boots are used up
  std::uint8_t boots_left = 0;  // after this one
  Code gave_up = Code::ok;      // why a trial was ended by this call, ok where none was
  Digest manifest;
};

// prove_slot proves what a slot holds against the keyring: quorum (where `whole`), model, and every
// component's image digest. Errors: slot_empty, image_rejected, missing_component, wrong_model,
// and those of package::prove.
Status prove_slot(const BootView& view, SlotId id, const Digest& manifest, bool whole);

// boot decides what runs now: counts a trial's boot (stored and synced before the jump, so that a
// hang costs one), proves quorum and digests before a first boot and digests before every boot,
// ends a trial that fails or is used up, and falls back by itself: from a trial to the committed
// slot, and from a committed slot that no longer proves to the other one where that holds a proven
// image not below the floor. Errors: no_bootable_slot (the device waits in recovery), record_lost,
// storage_failed. The caller arms the watchdog before the jump where `trial` is set.
Result<Boot> boot(const BootView& view);

}  // namespace airlock::slot
