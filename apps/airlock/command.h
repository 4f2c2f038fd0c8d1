// What every command of `airlock` is made with (host/commandline/command.h), and the spans of time
// that its options take.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "host/commandline/command.h"
#include "host/text/text.h"

namespace airlock::app {

using commandline::add_command;
using commandline::add_family;
using commandline::Answer;
using commandline::Done;
using commandline::kStatusFailed;
using commandline::kStatusWarned;
using commandline::Outcome;
using commandline::Refusal;
using commandline::refuse;
using commandline::refuse_advising;

// read_span reads what an option like --valid-for says: seconds, one at least.
inline std::expected<std::int64_t, Refusal> read_span(const std::string& typed,
                                                      const std::string& option) {
  const Result<std::int64_t> read = text::read_duration(typed);
  if (read && *read > 0) return *read;
  return refuse(Code::usage, option +
                                 " takes a number and s, m, h, d or w, such as 36h or 90d, at most "
                                 "a hundred years; found " +
                                 typed);
}
inline std::expected<std::int64_t, Refusal> read_validity(const std::string& typed) {
  return read_span(typed, "--valid-for");
}

}  // namespace airlock::app
