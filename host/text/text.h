// host/text: bytes, sizes and times as text, and back.
//
// It is for what people and JSON see: hexadecimal, base64, base32, human sizes, RFC 3339 times. It
// promises one spelling of each, and strict readers: what it writes is what it reads, nothing more.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"
#include "core/crypto/sha256.h"

namespace airlock::text {

// to_hex writes lower-case hexadecimal; from_hex reads it (lower case only). Errors: bad_text.
std::string to_hex(Bytes bytes);
Result<std::vector<std::uint8_t>> from_hex(std::string_view hex);
Result<crypto::Digest> digest_from_hex(std::string_view hex);

// short_digest is a digest as a person compares it: "3fa1 09c2 … 77b0 1e4d".
std::string short_digest(const crypto::Digest& digest);

// RFC 4648, section 4, with padding; strict. Errors: bad_text.
std::string to_base64(Bytes bytes);
Result<std::vector<std::uint8_t>> from_base64(std::string_view text);

// RFC 4648, section 6, lower case and without padding: the form of a DUID.
std::string to_base32(Bytes bytes);

// percent_encoded writes every byte that is not in `plain` as %XX (RFC 3986, section 2.1).
std::string percent_encoded(std::string_view text, std::string_view plain);

// human_size writes "812.5 KiB".
std::string human_size(std::uint64_t bytes);
// human_duration writes "2 d 3 h", "41 s".
std::string human_duration(std::int64_t seconds);

// RFC 3339 in UTC with seconds: "2026-11-23T08:35:00Z". Errors: bad_text.
std::string to_time(std::int64_t unix_seconds);
Result<std::int64_t> from_time(std::string_view text);
// read_duration reads "90s", "15m", "72h", "30d", "4w". Errors: bad_text.
Result<std::int64_t> read_duration(std::string_view text);

// read_share reads a percentage with at most two decimals, exactly, as a share of 10 000: "12.34"
// and "12.34%" are 1234. Errors: bad_text, out_of_range (more than all).
Result<std::uint16_t> read_share(std::string_view text);

// visible makes text of unknown origin safe for a terminal: control characters, bidirectional
// overrides and invalid UTF-8 become \u{..} escapes.
std::string visible(std::string_view text);

// visible_line is visible text of one line: line breaks are escaped too.
std::string visible_line(std::string_view text);

// The code point at the start of a text and its length in bytes; length 0 where that is not UTF-8,
// and the value is the first byte. The text is not empty.
struct CodePoint {
  std::uint32_t value;
  std::size_t size;
};
CodePoint code_point(std::string_view text);
// is_hidden says whether a character is not seen itself, or changes how the text around it looks:
// controls (all but the line feed), bidirectional marks and overrides, joiners, tags.
bool is_hidden(std::uint32_t code_point);
bool is_utf8(std::string_view text);

// quoted is visible text of several lines as a block in which no line can pass for one of ours:
// each begins with "  | ", and what is longer than `columns` goes on in another such line, so that
// no terminal wraps it. A character outside ASCII is taken to be two columns wide.
std::string quoted(std::string_view text, std::size_t columns);

}  // namespace airlock::text
