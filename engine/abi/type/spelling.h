// Values as text and as JSON, each in one spelling.
//
// Integers are decimal, in JSON as strings; bytes are lower-case hexadecimal with 0x; addresses are
// as their chain writes them: EIP-55, base58, or 0x and 64 digits. A text is shown with everything
// in it escaped that could hide or reorder what stands beside it.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "engine/abi/type/value.h"
#include "host/json/tree.h"

namespace airlock::abi::type {

inline constexpr std::size_t kOutputMax = 4 << 20;  // of one call as text or JSON

// Members of a tuple by name, where all have one of their own, or always by place.
enum class Shape : std::uint8_t { named, positional };

// append_json adds a value as JSON; nothing in it needs escaping by who shows it. An option is null
// or {"some": ..}, a choice {"variant": .., "fields": ..}, a hash in place of a value {"hash": ..},
// a text that is not UTF-8 {"bytes": ..}. Errors: over_budget where `json` would pass `size_max`.
Status append_json(std::string& json, Value value, Shape shape, std::size_t size_max = kOutputMax);

// append_plain adds a value without parts as people read it: no quotes, bytes in hexadecimal, what
// could mislead escaped. A value with parts is added as its JSON. Errors: over_budget.
Status append_plain(std::string& text, Value value, std::size_t size_max = kOutputMax);

// append_address adds an address as its chain spells it.
void append_address(std::string& text, Bytes address, AddressForm form);
// read_address reads one of exactly `size` bytes. EIP-55 letters must be right where both cases
// occur; hexadecimal may leave out leading zeros where the form is hex. Errors: bad_value.
Result<std::vector<std::uint8_t>> read_address(std::string_view text, AddressForm form,
                                               std::size_t size);

// append_eip55 adds "0x" and the 40 digits of an address, in the capitals of EIP-55.
void append_eip55(std::string& text, Bytes address);
void append_hex(std::string& text, Bytes bytes);  // "0x.."
// Errors of both readers: bad_value.
Result<std::vector<std::uint8_t>> read_hex(std::string_view text);  // "0x..", either case
void append_base58(std::string& text, Bytes bytes);
Result<std::vector<std::uint8_t>> read_base58(std::string_view text);

// append_quoted adds a text as a JSON string. Invalid UTF-8 becomes U+FFFD.
void append_quoted(std::string& json, std::string_view text);

// Values as people write them for a call: the way back of append_json, part by part. An integer is
// a JSON number or a decimal text. Errors: bad_value.
Result<number::U256> read_unsigned(json::Node value, unsigned bits);
Result<number::Signed> read_signed(json::Node value, unsigned bits);
Result<bool> read_boolean(json::Node value);
Result<std::vector<std::uint8_t>> read_bytes(json::Node value);
Result<std::string_view> read_text(json::Node value);

}  // namespace airlock::abi::type
