// Standard Base 64, as the text formats of public logs use it.
#pragma once

#include <string_view>

#include "core/base/base.h"

namespace airlock::codec {

// read_base64 decodes RFC 4648, section 4, with padding, into the start of `room` and returns what
// it wrote. One spelling for one value: bits that padding leaves over are zero. Errors: bad_text
// (at = the place), no_room.
Result<Bytes> read_base64(std::string_view text, MutableBytes room);

// check_base64 says whether read_base64 would take a text, whatever its length. Errors: bad_text.
Status check_base64(std::string_view text);

}  // namespace airlock::codec
