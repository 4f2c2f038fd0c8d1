// The bytes of a call from values as people and programs write them: the canonical form.
#pragma once

#include <vector>

#include "engine/abi/evm/limits.h"
#include "engine/abi/type/map.h"
#include "host/json/tree.h"

namespace airlock::abi::evm {

// encode writes the values of a tuple, which are what type::append_json makes of them: an array by
// place, or an object by the members' names where all have one of their own. Integers are JSON
// numbers or decimal texts, bytes and addresses hexadecimal; a text may be {"bytes": "0x.."}.
// Errors: bad_value, bad_type, over_budget.
Result<std::vector<std::uint8_t>> encode(const type::Map& map, std::uint32_t tuple,
                                         json::Node values);

// encode_call puts what chooses the function or error before its arguments.
Result<std::vector<std::uint8_t>> encode_call(const type::Map& map, const type::Entry& entry,
                                              json::Node arguments);

}  // namespace airlock::abi::evm
