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

// read_hash reads one line that is a digest in Base 64. Errors: bad_text.
inline Result<Digest> read_hash(std::string_view line) {
  std::array<std::uint8_t, Digest::kSize> room;
  const Result<Bytes> bytes = codec::read_base64(line, room);
  if (!bytes || bytes->size() != Digest::kSize) return fail(Code::bad_text);
  return Digest::from(*bytes);
}

}  // namespace airlock::package::internal
