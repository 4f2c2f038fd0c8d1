// What of a call goes on to whom it is for, and what of an answer comes back: pure functions over
// text that strangers wrote.
#pragma once

#include <string>
#include <string_view>

#include "core/base/base.h"

namespace airlock::dependency {

inline constexpr std::string_view kPrefix = "/v1/dependency/";
inline constexpr std::size_t kAnswerHeadersMax = 16 << 10;  // bytes of an answer's header lines

// Which dependency a request is for, and what stands behind its name: "", "/path", "?query" or
// both.
struct Target {
  std::string_view name;
  std::string_view rest;
};
// read_target reads /v1/dependency/NAME[/PATH][?QUERY]. Errors: not_found (it is none), bad_request
// (what stands behind the name is not plain).
Result<Target> read_target(std::string_view target);
// is_plain_rest says that a path and query can be appended to a URL and stay below it: printable
// characters of a URL, and no segment "." or "..", however it is spelled.
bool is_plain_rest(std::string_view rest);
// is_header_value says whether a text can stand behind a header's name: printable, of one line.
bool is_header_value(std::string_view text);

// onward_headers picks the header lines of a request that go on: all but those between two hops,
// the host, the length, and our own.
std::string onward_headers(std::string_view lines);

// key_headers picks those of them that an answer may depend on: all but what traces a call.
std::string key_headers(std::string_view onward);

// What of an answer's header lines comes back.
struct AnswerHeaders {
  std::string type;   // "" where it states none
  std::string lines;  // the others, without those between two hops and our own
  bool may_be_kept = true;
};
AnswerHeaders answer_headers(std::string_view lines);

}  // namespace airlock::dependency
