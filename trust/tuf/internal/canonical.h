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

// canonical_in finds the canonical form of a value where a compact file holds it already: before
// the last brace. Nothing is copied; "" where the file spells it in another way.
std::string_view canonical_in(std::string_view file, json::Node value);

}  // namespace airlock::tuf::internal
