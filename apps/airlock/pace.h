// Commands that look once, or again and again at a pace.
#pragma once

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>

#include "apps/airlock/command.h"

namespace airlock::app {

// read_pace reads what --every says; nothing: once.
inline std::expected<std::optional<std::int64_t>, Refusal> read_pace(const std::string& typed) {
  if (typed.empty()) return std::nullopt;
  const Result<std::int64_t> read = text::read_duration(typed);
  if (read && *read > 0) return *read;
  return refuse(Code::usage, "--every takes a number and s, m, h or d; found " + typed);
}

// passes says whether an error is of a kind that goes away by itself.
inline bool passes(Code code) {
  return code == Code::unreachable || code == Code::timed_out || code == Code::interrupted ||
         code == Code::http_failed;
}

inline void tell_failure(const Refusal& refusal) {
  std::fprintf(stderr, "%s: %s\n", std::string(name(refusal.error.code)).c_str(),
               text::visible_line(refusal.about).c_str());
}

// repeat looks once, or for ever until something is wrong that does not pass.
template <class Look>
Answer repeat(const std::string& every, Look look) {
  AIRLOCK_ASSIGN(const std::optional<std::int64_t> pace, read_pace(every));
  while (true) {
    const Answer looked = look();
    if (!pace) return looked;
    if (!looked && !passes(looked.error().error.code)) return looked;
    if (!looked) tell_failure(looked.error());
    std::this_thread::sleep_for(std::chrono::seconds(*pace));
  }
}

}  // namespace airlock::app
