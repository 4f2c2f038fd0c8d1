// Values in BCS: noted on a tape where they lie, and written from JSON.
//
// BCS has one spelling for a value, so that what is read is canonical by definition: lengths and
// tags are ULEB128 in its shortest form, a length is at most 2^31 - 1, a truth is 0 or 1, a text is
// UTF-8, an option is a list of at most one.
#pragma once

#include <vector>

#include "engine/abi/move/cursor.h"
#include "engine/abi/type/type.h"

namespace airlock::abi::move {

inline constexpr std::uint64_t kLengthMax = 0x7fff'ffff;
inline constexpr std::size_t kDepthMax = 128;        // of values within values
inline constexpr std::size_t kEncodedMax = 1 << 20;  // bytes that are made of JSON

// Indexes of types that stand for type parameters; kNone where the map does not have the type.
using Arguments = std::span<const std::uint32_t>;

// decode notes a value and moves the cursor behind it; the cursor's own positions are those of the
// data that the tape speaks of. Errors: chain_refuses (at = where), over_budget (a full tape, or
// too deep), unknown_call (what only a module that is not at hand explains).
Status decode(const type::Map& map, std::uint32_t type, Arguments arguments, Cursor& cursor,
              type::Tape& tape);

// decode_all decodes one value that fills the data. Errors: also chain_refuses for what follows it.
Status decode_all(const type::Map& map, std::uint32_t type, Arguments arguments, Bytes data,
                  type::Tape& tape);

// encode adds a value, written as append_json writes it (a struct also as a list by place). Errors:
// bad_value, over_budget, unknown_call.
Status encode(const type::Map& map, std::uint32_t type, Arguments arguments, json::Node value,
              std::vector<std::uint8_t>& made);

void append_uleb(std::vector<std::uint8_t>& made, std::uint64_t value);

}  // namespace airlock::abi::move
