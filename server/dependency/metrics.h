// What /metrics tells of dependencies and their breakers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/dependency/dependency.h"

namespace airlock::dependency {

// A breaker as it is seen from outside.
struct BreakerSeen {
  std::string_view dependency;
  breaker::Mode mode = breaker::Mode::closed;
  std::uint64_t outages = 0;
};
// put_breakers writes their modes and how many outages there were.
void put_breakers(std::string& text, const std::vector<BreakerSeen>& breakers);

// put_dependencies writes these, and who answered how often.
void put_dependencies(std::string& text, const std::vector<std::unique_ptr<Dependency>>& all);

}  // namespace airlock::dependency
