// Small things kept whole in two copies of flash: a counter, a size with a checksum, the content.
#pragma once

#include <array>

#include "tests/fakes/flash.h"
#include "tests/fakes/signers.h"

namespace airlock::powercut {

using Copies = std::array<fakes::Flash*, 2>;

// load_newest returns the newer content that reads; empty where none does.
fakes::Buffer load_newest(const Copies& copies);
// save_newest writes over the older copy, and syncs.
Status save_newest(const Copies& copies, Bytes content);

// padded returns bytes filled up to whole words of any flash that is known.
fakes::Buffer padded(Bytes bytes);

}  // namespace airlock::powercut
