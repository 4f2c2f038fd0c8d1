// Whether new firmware is well, as the system that came up says itself.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace airlock::app {

inline constexpr std::uint32_t kHealthSecondsDefault = 60;
inline constexpr std::uint32_t kHealthSecondsMax = 3600;

// health_of returns what runs a shell command, once a second until it ends with 0, which is well,
// or the time is over; nothing where there is none. What the command prints goes to standard error.
std::function<bool()> health_of(const std::optional<std::string>& command,
                                std::chrono::seconds time);

}  // namespace airlock::app
