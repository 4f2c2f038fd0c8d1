// Reading the text formats of public logs line by line.
#pragma once

#include <string_view>

#include "core/base/base.h"
#include "core/codec/codec.h"
#include "core/package/tree.h"

namespace airlock::package::internal {

inline constexpr std::size_t kDecimalDigitsMax = 19;

// take_line takes the first line from the front of `text`, without its end. Errors: truncated where
// no line ends.
inline Result<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return fail(Code::truncated, text.size());
  const std::string_view line = text_of(bytes_of(text).first(end));
  text.remove_prefix(end + 1);
  return line;
}

// read_decimal reads a number as ASCII digits without leading zeros. Errors: bad_text, out_of_range
// (above `max`, which has at most kDecimalDigitsMax digits).
inline Result<std::uint64_t> read_decimal(std::string_view text, std::uint64_t max) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return fail(Code::bad_text);
  std::uint64_t value = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return fail(Code::bad_text);
  }
  if (text.size() > kDecimalDigitsMax) return fail(Code::out_of_range);
  for (const char digit : text) value = value * 10 + static_cast<std::uint64_t>(digit - '0');
  if (value > max) return fail(Code::out_of_range, value);
  return value;
}

// read_hash reads one line that is a digest in Base 64. Errors: bad_text.
inline Result<Digest> read_hash(std::string_view line) {
  std::array<std::uint8_t, Digest::kSize> room;
  const Result<Bytes> bytes = codec::read_base64(line, room);
  if (!bytes || bytes->size() != Digest::kSize) return fail(Code::bad_text);
  return Digest::from(*bytes);
}

}  // namespace airlock::package::internal
