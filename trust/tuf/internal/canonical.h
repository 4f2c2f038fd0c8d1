// Canonical JSON (OLPC): the bytes that TUF signatures and key ids are made of.
#pragma once

#include <string>
#include <string_view>

#include "host/json/tree.h"

namespace airlock::tuf::internal {

// canonical writes a value without white space, members sorted by bytes, only '"' and '\' escaped.
// Control characters go out raw, so the result may be no JSON at all: it is hashed and verified,
// never stored and never parsed.
std::string canonical(json::Node value);

// canonical_in finds the canonical form of a member's value where a compact file holds it already:
// behind the first place that spells the member's name. Nothing is copied; "" where the file spells
// the value in another way. What it returns is that form, byte for byte, wherever it stands.
std::string_view canonical_in(std::string_view file, std::string_view name, json::Node value);

}  // namespace airlock::tuf::internal
