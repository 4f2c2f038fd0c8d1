// The name of a Move package, from its Move.toml.
#pragma once

#include <string>
#include <string_view>

#include "core/base/base.h"

namespace airlock::packs {

// The library descends into nested values, so that the deepest file must fit the stack.
inline constexpr std::size_t kMoveTomlSizeMax = 16 << 10;
inline constexpr std::size_t kPackageNameMax = 128;

// read_package_name reads [package] name, which is also the name of a folder: letters, digits, '_',
// '-' and '.', none of them hidden. Errors: oversized, bad_text (no TOML, at = the line; or, at =
// 0, such a name), missing_field, wrong_type.
Result<std::string> read_package_name(std::string_view toml);

}  // namespace airlock::packs
