// Golden cases: what a pack must say of a call or a message, as its authors stated it once.
//
//   {"chain","target","data","expect":{"call","bound","canonical","arguments"},"shown":{..}}
//   {"message":{..},"shown":{..}}
//
// `data` is 0x.., `message` one of EIP-712. `expect` is how the call decodes, as append_json spells
// it. `shown` is how the descriptor shows it: {"intent","fields":[{"label","value"}]}, or more of
// what json_of says, all of which must then be so. Of a call one of the two may be absent, and
// "value" and "from" say what a screen depends on.
#pragma once

#include "engine/abi/snapshot.h"

namespace airlock::abi {

inline constexpr std::size_t kGoldenSizeMax = 1 << 20;

// replay holds the snapshot against one case. Errors: golden_case_failed (at = the code that
// decoding ended with), and those of a case that is none: unknown_field, missing_field, ..
Status replay(const Snapshot& snapshot, Loaders loaders, Bytes content, std::span<type::Node> room);

}  // namespace airlock::abi
