// What may be the name of a module, a type or a function.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace airlock::abi::move {

namespace identifier {
inline constexpr std::uint8_t kLetter = 1;
inline constexpr std::uint8_t kOther = 2;  // a digit or an underscore
inline constexpr std::uint8_t kDollar = 4;
inline constexpr std::array<std::uint8_t, 256> kKinds = [] {
  std::array<std::uint8_t, 256> made{};
  for (unsigned c = 'a'; c <= 'z'; ++c) made[c] = made[c - 'a' + 'A'] = kLetter;
  for (unsigned c = '0'; c <= '9'; ++c) made[c] = kOther;
  made['_'] = kOther;
  made['$'] = kDollar;
  return made;
}();
constexpr std::uint8_t kind_of(char c) { return kKinds[static_cast<std::uint8_t>(c)]; }
}  // namespace identifier

// is_identifier says whether a name has letters, digits and underscores alone (and `$`, where a
// version allows it), with a letter or an underscore and more at the front.
constexpr bool is_identifier(std::string_view name, bool with_dollar = false) {
  using namespace identifier;
  if (name.empty()) return false;
  if (kind_of(name[0]) != kLetter && !(name[0] == '_' && name.size() > 1)) return false;
  const unsigned allowed = kLetter | kOther | (with_dollar ? kDollar : 0U);
  unsigned found = 0;
  for (const char c : name) {
    const unsigned kind = kind_of(c);
    found |= kind == 0 ? ~allowed : kind;
  }
  return (found & ~allowed) == 0;
}

}  // namespace airlock::abi::move
