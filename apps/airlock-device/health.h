// Whether new firmware is well, as the system that came up says itself.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace airlock::app {

// health_of returns what runs a shell command and says whether it ended with 0 within a minute;
// nothing where there is none.
std::function<bool()> health_of(const std::optional<std::string>& command);

}  // namespace airlock::app
