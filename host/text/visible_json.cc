#include "host/text/visible_json.h"

#include "host/text/text.h"

namespace airlock::text {
namespace {

void append_unit(std::string& json, std::uint32_t unit) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  json += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) json.push_back(kHexDigits[unit >> shift & 15]);
}

}  // namespace

void append_json_escape(std::string& json, std::uint32_t c) {
  if (c < 0x10000) return append_unit(json, c);
  append_unit(json, 0xd800 + ((c - 0x10000) >> 10));
  append_unit(json, 0xdc00 + ((c - 0x10000) & 0x3ff));
}

std::string visible_json(std::string_view json) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  std::string shown;
  while (!json.empty()) {
    const CodePoint found = code_point(json);
    const std::size_t size = found.size == 0 ? 1 : found.size;
    if (found.size == 0)
      shown += kReplacement;
    else if (is_hidden(found.value))
      append_json_escape(shown, found.value);
    else
      shown += json.substr(0, size);
    json.remove_prefix(size);
  }
  return shown;
}

}  // namespace airlock::text
