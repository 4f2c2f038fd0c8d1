// Whether a signature is that of a map's types.
#pragma once

#include <string_view>

#include "engine/abi/type/map.h"

namespace airlock::abi::evm::internal {

// spells says whether a text such as "(address,(uint256,bytes)[])" names the fields of a tuple.
// What a map does not keep apart it may name either way: 24 bytes may be "function", and where
// hashes are allowed, in a log, what it has the hash of may be of any type.
enum class Hashes : std::uint8_t { none, allowed };
bool spells(std::string_view text, const type::Map& map, std::uint32_t tuple, Hashes hashes);

}  // namespace airlock::abi::evm::internal
