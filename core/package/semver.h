// Semantic versions 2.0.0, as far as order is concerned.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "core/base/base.h"

namespace airlock::package {

inline constexpr std::size_t kSemverTextMax = 64;

// A version that parsed. It views the text it was made from, which must outlive it.
struct Semver {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t patch = 0;
  std::string_view prerelease;  // "rc.1", empty for a release; build metadata is dropped
  std::string_view text;

  // The order of semver.org, item 11: a pre-release is below its release; identifiers compare
  // numerically where both are numbers. Build metadata plays no part.
  friend std::strong_ordering operator<=>(const Semver& a, const Semver& b);
  friend bool operator==(const Semver& a, const Semver& b) { return (a <=> b) == 0; }
};

// parse_semver reads MAJOR.MINOR.PATCH[-PRERELEASE][+BUILD]. Errors: bad_semver.
Result<Semver> parse_semver(std::string_view text);

}  // namespace airlock::package
