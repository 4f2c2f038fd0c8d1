// Files that include others, put together as one.
#pragma once

#include "engine/abi/clear/descriptor.h"
#include "host/json/json.h"

namespace airlock::abi::clear::internal {

// merged reads a file and what it includes: the including file wins, and fields are put together
// by their path. Errors: those of Descriptor::read.
Result<json::Value> merged(std::string_view json, std::string_view name, const Include& include);

}  // namespace airlock::abi::clear::internal
