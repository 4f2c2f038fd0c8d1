// What must be true of a fee plugin before a wallet makes it a part of itself: the quorum that
// signs firmware signed it, and the owner said yes to it. Nothing else reads either.
#pragma once

#include "core/base/base.h"
#include "device/apply/shelf.h"
#include "device/platform/platform.h"

namespace airlock::agent {

using crypto::Digest;

// signed_as_firmware returns the digest of the plugin that the present keyring's quorum for
// firmware signed, by the envelope that is kept beside the edition: whoever may sign plugins may be
// fewer. Errors: quorum_missing, certificates_unjudged where the quorum of firmware must be
// certified and that of plugins not alike, image_rejected (another envelope), those of
// package::prove and of the disk.
Result<Digest> signed_as_firmware(const platform::Device& device, const apply::Edition& edition);

// consented_by_owner returns the digest of the plugin in the edition whose manifest the owner said
// yes to. Errors: consent_missing.
Result<Digest> consented_by_owner(const apply::Shelf& shelf, const apply::Edition& edition);

}  // namespace airlock::agent
