// Names of roles as names of files and in URLs.
#pragma once

#include <string>
#include <string_view>

namespace airlock::tuf::internal {

// encoded writes a role's name as one path segment: everything outside A-Za-z0-9_.~- is %XX. With
// ".json" after it, "." and ".." are ordinary names.
std::string encoded(std::string_view role);
// is_encoded says whether a segment is what encoded writes of some name.
bool is_encoded(std::string_view segment);

inline constexpr std::size_t kEncodedNameMax =
    200;  // a file's name has 255, with version and ending

}  // namespace airlock::tuf::internal
