// The name of a Move package, from its Move.toml.
#pragma once

#include <string>
#include <string_view>

#include "core/base/base.h"

namespace airlock::packs {

inline constexpr std::size_t kMoveTomlSizeMax = 64 << 10;
inline constexpr std::size_t kPackageNameMax = 128;

// read_package_name reads [package] name, however TOML 1.0 lets one write it. It is also the name
// of a folder: letters, digits, '_', '-' and '.', and none that is hidden. Other values are passed
// over: where each ends is checked, not what it says. Errors: oversized, bad_text (no TOML, or a
// name twice, at = the line; or, at = 0, such a name), too_deep, missing_field, wrong_type.
Result<std::string> read_package_name(std::string_view toml);

}  // namespace airlock::packs
