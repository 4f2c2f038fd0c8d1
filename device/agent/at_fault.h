// Which file is to blame for a session that failed.
#pragma once

#include <optional>

#include "core/base/base.h"
#include "core/update/update.h"
#include "device/platform/platform.h"

namespace airlock::agent {

// file_at_fault reads again what a session reads in this phase, and names the file that gives the
// same error: the keyring, the device's key, the trusted root, or an artifact in the folder of a
// package. nullopt where all of them can be read, so that the fault is elsewhere.
std::optional<file::Path> file_at_fault(platform::Device& device, update::Phase phase, Code code);

}  // namespace airlock::agent
