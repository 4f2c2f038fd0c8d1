// What Solidity lets a name be. Names are printed as they are, between parentheses and commas, so
// that no other character may stand in one.
#pragma once

#include <string_view>

namespace airlock::abi::evm::internal {

// is_identifier: "_amount0". is_qualified, of a structure: "Library.Order".
bool is_identifier(std::string_view name);
bool is_qualified(std::string_view name);

}  // namespace airlock::abi::evm::internal
