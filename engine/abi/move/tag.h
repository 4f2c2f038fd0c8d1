// Type tags: how a call names its type arguments, in BCS and as people write them
// (`0x1::coin::Coin<0x1::aptos_coin::AptosCoin>`, `vector<u8>`).
//
// Kinds 0 to 10 are the same everywhere and are read. Function types and signed integers are not:
// the chain and its own library number them differently.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/abi/move/cursor.h"
#include "engine/abi/type/type.h"

namespace airlock::abi::move {

inline constexpr std::size_t kTagDepthMax = 16;
inline constexpr std::size_t kTagPartsMax = 256;

enum class Tag : std::uint8_t {
  boolean = 0,
  u8 = 1,
  u64 = 2,
  u128 = 3,
  address = 4,
  signer = 5,
  vector = 6,
  structure = 7,
  u16 = 8,
  u32 = 9,
  u256 = 10,
};

// take_tag moves over one tag and returns its bytes. A failure is the cursor's: its own code, or
// over_budget for a tag of too many parts or too deep.
Bytes take_tag(Cursor& cursor);

// append_tag adds a tag that take_tag returned, as people write it.
void append_tag(std::string& text, Bytes tag);

// read_tag reads what people write. Errors: bad_value (at = where), over_budget.
Result<std::vector<std::uint8_t>> read_tag(std::string_view text);

// find_type returns the map's type that a tag names, or kNone where the map has none.
std::uint32_t find_type(const type::Map& map, Bytes tag);

// append_short_address adds 0x and the digits without leading zeros.
void append_short_address(std::string& text, Bytes address);

}  // namespace airlock::abi::move
