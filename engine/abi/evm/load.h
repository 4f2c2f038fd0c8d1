// The type map of a contract, from its JSON ABI or from signatures as people write them.
#pragma once

#include <span>
#include <string_view>

#include "engine/abi/evm/limits.h"
#include "engine/abi/type/builder.h"

namespace airlock::abi::evm {

// load reads a JSON ABI: the array itself, or an object that carries it as `abi`, as compilers
// write it. Old forms count too: no `type`, `constant` and `payable` in place of
// `stateMutability`. Error(string) and Panic(uint256) are in every map. What stands there twice is
// kept once, with its first names. Errors: those of json::Tree::parse; bad_abi, bad_type,
// too_deep and ambiguous (at = the entry), and those of type::Map::parse.
Result<type::OwnedMap> load(std::string_view json_abi, std::string_view name);

// load_signatures makes a function of each "transfer(address to,uint256 value)", and a record of
// each "(address,uint256[])". Names of parameters may be left out; "uint" counts as "uint256".
// Errors (at = which): bad_abi, bad_type, too_deep; ambiguous where two say the same.
Result<type::OwnedMap> load_signatures(std::span<const std::string_view> signatures,
                                       std::string_view name);

// check says whether a map that others made is one that load could have made, as far as decoding
// depends on it. Errors: wrong_type (of another chain), bad_type, too_deep (at = the type).
Status check(const type::Map& map);

}  // namespace airlock::abi::evm
