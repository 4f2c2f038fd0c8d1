// Values as people write them, made the data of a call: the way back of decode.h.
#pragma once

#include <vector>

#include "engine/abi/type/map.h"
#include "host/json/tree.h"

namespace airlock::abi::solana {

// encode writes an entry's key and the values of `arguments`, which are spelled as
// type::append_json spells them, by name or by place; bytes may also be a list of numbers. Errors:
// bad_value (also for a map whose keys do not ascend), unknown_call (a type that only the program
// can read), over_budget.
Result<std::vector<std::uint8_t>> encode(const type::Map& map, const type::Entry& entry,
                                         json::Node arguments);

}  // namespace airlock::abi::solana
