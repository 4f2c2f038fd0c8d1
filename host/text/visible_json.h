// JSON on a terminal: what a text hides is written out as JSON does it, so that programs read the
// same from it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace airlock::text {

// append_json_escape adds a code point in digits: \u202e, and of one beyond 16 bits two of them.
void append_json_escape(std::string& json, std::uint32_t code_point);

// visible_json makes JSON safe to print: each hidden character in it (is_hidden) becomes an escape.
// Line feeds stay, since none stands in a text of JSON. What is no UTF-8 becomes U+FFFD.
std::string visible_json(std::string_view json);

}  // namespace airlock::text
