// A value as an indented outline: a line each, the name before what it is.
#pragma once

#include <string>

#include "engine/abi/type/value.h"

namespace airlock::abi::type {

inline constexpr std::size_t kOutlineMax = 256 << 10;  // of text; more is for programs, not people

// append_outline adds the parts of a value, each in a line that begins with two spaces for each
// level and its name or place. Whatever an author wrote is made harmless. Errors: over_budget.
Status append_outline(std::string& text, Value value, std::size_t size_max = kOutlineMax);

}  // namespace airlock::abi::type
