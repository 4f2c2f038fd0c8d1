// Patches whose facts would outgrow the scratch area that a device usually has.
#include <gtest/gtest.h>

#include "publish/diff/diff.h"
#include "tests/fakes/memory.h"

namespace airlock::diff {
namespace {

using Buffer = std::vector<std::uint8_t>;
using fakes::noise;

constexpr std::size_t kUsual = 64 << 10;
constexpr std::size_t kPeriod = 248;
constexpr std::size_t kOther = 48;   // of a period: what comes from elsewhere,
constexpr std::size_t kChanged = 8;  // and so often with another byte, which hides it from a rule

// An image in which two alignments take turns every few bytes, and its base.
struct Turns {
  Buffer base;
  Buffer image;

  explicit Turns(std::size_t periods) : base(noise(2 * periods * kPeriod, 80)) {
    image.assign(base.begin(), base.begin() + static_cast<std::ptrdiff_t>(periods * kPeriod));
    for (std::size_t at = 0; at < image.size(); at += kPeriod) {
      for (std::size_t i = 0; i < kOther; ++i) image[at + i] = base[image.size() + at + i];
      for (std::size_t i = kChanged; i < kOther; i += kChanged) image[at + i] ^= 0x55;
    }
  }
};

TEST(Outgrown, FactsThatFitAreWhatCostsLeast) {
  const Turns turns(800);
  const auto patch = build_patch(turns.image, turns.base, {}, {});
  ASSERT_TRUE(patch) << name(patch.error().code);
  EXPECT_GT(patch->payload.scratch_size, kUsual / 4);
  EXPECT_LE(patch->payload.scratch_size, kUsual);
  EXPECT_LT(patch->bytes.size(), 800 * kOther / 2);
}

TEST(Outgrown, FactsThatWouldNotFitGiveWayToThoseThatDo) {
  const Turns turns(2500);
  const auto patch = build_patch(turns.image, turns.base, {}, {});
  ASSERT_TRUE(patch) << name(patch.error().code);
  EXPECT_LE(patch->payload.scratch_size, kUsual);
}

}  // namespace
}  // namespace airlock::diff
