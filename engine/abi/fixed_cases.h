// Calls and messages that mean the same in every wallet, whatever a pack says.
#pragma once

#include "engine/abi/known.h"

namespace airlock::abi {

// check_fixed_cases holds the map of an address against them: where it answers to such a call, it
// must read it as stated. Errors: golden_case_failed (at = which).
Status check_fixed_cases(const type::Map& map, const Loader& loader, std::string_view address,
                         std::span<type::Node> room);

// The same of a descriptor where it is bound: whatever the addresses and the amount are, what it
// shows of such a call or message must name whom and exactly how much, and by no condition hide it.
// What it does not show is shown raw, and then all of it.
Status check_fixed_cases(const Snapshot& snapshot, const clear::Descriptor& descriptor,
                         const Binding& binding, std::span<type::Node> room);

}  // namespace airlock::abi
