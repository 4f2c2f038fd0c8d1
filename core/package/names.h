// What models and components may be called, so that a manifest can name them.
#pragma once

#include <algorithm>
#include <string_view>

namespace airlock::package {

// is_plain_name says whether a text is a name for machines: a-z, 0-9 and '-', not '-' first, so
// that it can stand in a file name, a URL and a command line. Components and groups have one.
inline bool is_plain_name(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !text.empty() && text[0] != '-' && std::ranges::all_of(text, plain);
}

// is_model says whether a text is a device's model: printable ASCII without a space.
inline bool is_model(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

// is_note_name says whether a text names a key of a signed note (C2SP signed-note): printable
// ASCII without a space or a plus. Logs and their witnesses have one.
inline bool is_note_name(std::string_view text) {
  return is_model(text) && text.find('+') == std::string_view::npos;
}

}  // namespace airlock::package
