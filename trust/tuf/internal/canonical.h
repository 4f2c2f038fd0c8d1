// Canonical JSON (OLPC): the bytes that TUF signatures and key ids are made of.
#pragma once

#include <string>

#include "host/json/json.h"

namespace airlock::tuf::internal {

// canonical writes a value without white space, members sorted by bytes, only '"' and '\' escaped.
// Control characters go out raw, so the result may be no JSON at all: it is hashed and verified,
// never stored and never parsed. The value comes from json::parse, so it holds no floating number.
std::string canonical(const json::Value& value);

}  // namespace airlock::tuf::internal
