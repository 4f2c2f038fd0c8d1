// From the power to what runs: the device's bootloader, or the loader of a Linux device and the
// judge behind it.
#pragma once

#include "core/base/base.h"
#include "core/slot/slot.h"
#include "device/platform/device.h"

namespace airlock::platform {

// Whose system the caller can hand the machine to: that of the slot which was started alone, or, as
// an initramfs whose kernel lies outside of the slots, that of either.
enum class HandsOver : std::uint8_t { started, either };

// power_on decides what runs, once after each start: slot::boot, and behind a loader only if that
// started the slot which was decided on. It is the last step before the system of a slot is handed
// the machine, in an initramfs that no update writes. Asked again before the next start it tells
// what it decided. Who hands over to either slot gets the committed one, proven as ever, where the
// loader started the other and no restart helps: what cannot be told, forgets or does not obey
// keeps no proven slot from running. Errors: restart_needed (the loader was told another slot),
// loader_disobeys, running_slot_unknown, and those of slot::boot and of the loader's environment.
Result<slot::Boot> power_on(Device& device, HandsOver hands_over = HandsOver::started);

// restart is what the agent asks for when the record says that another slot shall run. Without a
// loader it is a reset; with one it succeeds after the system was started again, and is
// restart_needed before that, the loader having been told.
Result<slot::Boot> restart(Device& device);

// tell_loader repeats the record to the loader, where there is one.
Status tell_loader(const Device& device);

// check_running says that what runs is what the record means by it, so that no slot is written that
// runs. Errors: those of power_on.
Status check_running(Device& device);

}  // namespace airlock::platform
