// What a format leaves unseen of the arguments of a call, or of the members of a message.
#pragma once

#include <span>
#include <vector>

#include "engine/abi/clear/internal/compiled.h"

namespace airlock::abi::clear::internal {

// note_unseen notes in a format which arguments its rules show: always, hides_any, hides_all. Part
// of a list or of a number is not the whole, and what a condition hides is seen where it is shown.
void note_unseen(const type::Map& map, std::uint32_t type, std::span<const Rule> rules,
                 CallFormat& format);

// printed_beside returns what is printed with the value of a rule: its parameters, some of them
// none.
std::vector<const Operand*> printed_beside(const Rule& rule);

}  // namespace airlock::abi::clear::internal
