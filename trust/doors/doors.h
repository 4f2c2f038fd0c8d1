// trust/doors: where the two doors are held against each other.
//
// It is for one question: do the repository and the package speak of the same release? What a TUF
// target claims (kind, models, version, security version, manifest) must be what the manifest says.
// The publisher writes the claim with it and the device judges with it, so that both mean the same.
// It promises doors_disagree for any difference. It proves neither door: each stays with its room.
#pragma once

#include "core/package/package.h"
#include "trust/tuf/tuf.h"

namespace airlock::doors {

// claim_for is what a target must claim of this manifest.
tuf::TargetClaim claim_for(const package::Manifest& manifest);

// check_agree holds a target against a manifest. Errors: doors_disagree, bad_metadata (the target
// claims nothing).
Status check_agree(const tuf::Target& target, const package::Manifest& manifest);

}  // namespace airlock::doors
