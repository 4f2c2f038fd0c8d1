// What an option takes, checked as it is typed: CLI11 names the option in the error.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>
#include <string>

#include "host/text/text.h"

namespace airlock::app {

// CLI11 takes a number that is too large for the largest one, which therefore is none.
inline const CLI::Range kRolloutNumber(std::int64_t{1},
                                       std::numeric_limits<std::int64_t>::max() - 1);

inline const CLI::Validator kDigest(
    [](const std::string& typed) -> std::string {
      if (text::digest_from_hex(typed)) return "";
      return "takes the 64 hex digits of a SHA-256, found " + text::visible_line(typed);
    },
    "SHA256");

inline const CLI::Validator kHttps(
    [](const std::string& typed) -> std::string {
      if (typed.starts_with("https://")) return "";
      return "takes https://HOST:PORT, found " + text::visible_line(typed);
    },
    "URL");

inline const CLI::Validator kTime(
    [](const std::string& typed) -> std::string {
      if (text::from_time(typed)) return "";
      return "takes a time in UTC such as 2026-11-23T08:35:00Z, found " + text::visible_line(typed);
    },
    "TIME");

}  // namespace airlock::app
