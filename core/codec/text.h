// Texts that have one spelling: hexadecimal, decimal numbers, times and paths.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/base.h"

namespace airlock::codec {

// read_hex decodes lower-case hexadecimal into exactly `room`. Errors: bad_text (at = the place, or
// the size where that is not twice the room's).
Status read_hex(std::string_view text, MutableBytes room);

// read_decimal reads a number as ASCII digits without leading zeros. Errors: bad_text, out_of_range
// where it is larger than `max`.
Result<std::uint64_t> read_decimal(std::string_view text, std::uint64_t max);

// read_time reads Unix seconds from RFC 3339 in UTC with seconds, the years 0000 to 9999:
// "2026-11-23T08:35:00Z". Errors: bad_text.
Result<std::int64_t> read_time(std::string_view text);

// is_plain_path says whether a path is relative and stays below its folder: segments of printable
// ASCII without '\\', none empty, "." or "..".
bool is_plain_path(std::string_view path);

}  // namespace airlock::codec
