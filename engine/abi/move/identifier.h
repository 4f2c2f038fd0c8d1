// What may be the name of a module, a type or a function.
#pragma once

#include <string_view>

namespace airlock::abi::move {

// is_identifier says whether a name has letters, digits and underscores alone (and `$`, where a
// version allows it), with a letter or an underscore and more at the front.
constexpr bool is_identifier(std::string_view name, bool with_dollar = false) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (name.empty() || !(is_letter(name[0]) || (name[0] == '_' && name.size() > 1))) return false;
  for (const char c : name) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_letter(c) && !is_digit && c != '_' && !(with_dollar && c == '$')) return false;
  }
  return true;
}

}  // namespace airlock::abi::move
