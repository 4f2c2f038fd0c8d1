// Names of roles as names of files and in URLs.
#pragma once

#include <string>
#include <string_view>

namespace airlock::tuf::internal {

// encoded writes a role's name as one path segment: everything outside A-Za-z0-9_.~- is %XX. With
// ".json" after it, "." and ".." are ordinary names.
std::string encoded(std::string_view role);

}  // namespace airlock::tuf::internal
