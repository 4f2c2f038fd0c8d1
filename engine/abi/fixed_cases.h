// Calls that mean the same in every wallet, whatever a pack says.
#pragma once

#include "engine/abi/loader.h"

namespace airlock::abi {

// check_fixed_cases holds one map against them: where it answers to such a call, it must read it as
// stated. Errors: golden_case_failed (at = which).
Status check_fixed_cases(const type::Map& map, const Loader& loader, std::span<type::Node> room);

}  // namespace airlock::abi
