// The firmware in a slot: code that is jumped to where it lies, in flash.
//
// An image begins with "AIRFIRM1" and, as 32 bits little-endian, where its entry stands. It is code
// that may lie anywhere (there are two slots), is called with r0 = 1 in its trial and 0 after, and
// answers in r0: 0, and it works; anything else, and it does not. One that never answers in its
// trial is ended by the watchdog. It runs with all rights: it is the vendor's, and was proven
// before.
#pragma once

#include <cstdint>

#include "core/base/base.h"

namespace airlock::mcu {

enum class Verdict : std::uint8_t { works, fails, no_firmware };

// run_firmware jumps to the image that begins here, which was proven.
Verdict run_firmware(Bytes slot, bool trial);

}  // namespace airlock::mcu
