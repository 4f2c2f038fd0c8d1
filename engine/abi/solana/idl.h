// Descriptions of programs, read into type maps: Anchor's IDL in both its forms, Shank's, and our
// own schemas of native programs (docs/formats/solana-idl.md, docs/formats/native-schema.md).
#pragma once

#include <optional>
#include <string_view>

#include "engine/abi/type/builder.h"

namespace airlock::abi::solana {

inline constexpr std::size_t kIdlSizeMax = 4 << 20;
inline constexpr std::string_view kLoader = "solana";
inline constexpr std::string_view kNativeSchema = "airlock-native-1";
inline constexpr std::size_t kAddressSize = 32;

// What instructions begin with where the IDL does not say it. A file does not tell which programs
// Anchor made: the pack does.
enum class Keys : std::uint8_t {
  anchor,   // the first 8 bytes of a hash of the name
  tag_u8,   // the place in the list of instructions, as one byte
  tag_u32,  // the same, as four
};

// load reads any of the formats, which it tells apart by what stands in them. Errors: those of
// json::Tree::parse and Map::parse, bad_abi, bad_type, ambiguous, too_many, unsupported_version.
Result<type::OwnedMap> load(std::string_view json, Keys keys = Keys::anchor);

// address_of returns the program's address where the file names it. Errors: those of
// json::Tree::parse, bad_abi.
Result<std::optional<std::array<std::uint8_t, kAddressSize>>> address_of(std::string_view json);

}  // namespace airlock::abi::solana
