// Which field of a package is wrong, in words for whoever made it.
//
// A device has no use for this: a code is enough for it, and it links none of it.
#pragma once

#include "core/base/base.h"

namespace airlock::package {

inline constexpr std::size_t kFaultTextMax = 128;
using FaultText = FixedText<kFaultTextMax>;

// Each parses again and names the place where that fails, with the fields' names of
// docs/formats: `manifest field "components[0].images[1].size", byte 231`, `byte 17 of the
// envelope`. Empty where nothing is wrong.
FaultText fault_in_envelope(Bytes envelope);
FaultText fault_in_manifest(Bytes manifest);
FaultText fault_in_keyring(Bytes keyring);

}  // namespace airlock::package
