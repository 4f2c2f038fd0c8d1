#include "core/package/semver.h"

#include <gtest/gtest.h>

namespace airlock::package {
namespace {

TEST(Semver, FollowsTheOrderOfTheStandard) {
  const char* const kAscending[] = {
      "0.0.1",      "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta",
      "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
      "1.0.0",      "1.0.1",        "1.2.0",         "1.10.0",
      "2.0.0-0.a",  "2.0.0"};
  for (std::size_t i = 0; i < std::size(kAscending); ++i) {
    for (std::size_t k = 0; k < std::size(kAscending); ++k) {
      EXPECT_EQ(*parse_semver(kAscending[i]) <=> *parse_semver(kAscending[k]), i <=> k)
          << kAscending[i] << " and " << kAscending[k];
    }
  }
}

TEST(Semver, IgnoresBuildMetadata) {
  EXPECT_EQ(*parse_semver("1.0.0+001"), *parse_semver("1.0.0+sha.5114f85"));
  EXPECT_EQ(*parse_semver("1.0.0-rc.1+x"), *parse_semver("1.0.0-rc.1"));
}

TEST(Semver, RefusesWhatTheStandardRefuses) {
  for (const char* bad :
       {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.02.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+",
        "1.2.3-é", "v1.2.3", " 1.2.3", "1.2.3\n", "9999999999.0.0", "-1.0.0", "1.2.3-a."}) {
    EXPECT_EQ(parse_semver(bad).error().code, Code::bad_semver) << bad;
  }
}

}  // namespace
}  // namespace airlock::package
