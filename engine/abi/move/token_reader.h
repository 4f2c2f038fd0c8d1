// Types of a module, as a file spells them: each part before what it contains.
#pragma once

#include "engine/abi/move/cursor.h"
#include "engine/abi/move/module.h"

namespace airlock::abi::move {

// read_token adds one type with all its parts and returns where it begins. A failure is the
// cursor's.
std::uint32_t read_token(Cursor& cursor, const Module& module, std::vector<Token>& tokens);

}  // namespace airlock::abi::move
