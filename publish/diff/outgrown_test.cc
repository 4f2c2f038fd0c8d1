// Patches whose facts would outgrow the scratch area that a device usually has.
#include <gtest/gtest.h>

#include <random>

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

// The base in another order, cut every few bytes: whoever copies it all needs facts of each cut.
Buffer shuffled(const Buffer& base, std::uint32_t seed) {
  constexpr std::size_t kShortest = 24, kLongest = 88;
  std::mt19937 random(seed);
  std::vector<Bytes> cuts;
  for (Bytes left = base; !left.empty(); left = left.subspan(cuts.back().size())) {
    cuts.push_back(left.first(
        std::min<std::size_t>(kShortest + random() % (kLongest - kShortest), left.size())));
  }
  for (std::size_t i = cuts.size(); i > 1; --i) std::swap(cuts[i - 1], cuts[random() % i]);
  Buffer made;
  for (const Bytes cut : cuts) made.insert(made.end(), cut.begin(), cut.end());
  return made;
}

TEST(Outgrown, WhereNoCopiesFitThoseThatGainLeastAreLeftOut) {
  const Buffer base = noise(500'000, 81);
  const Buffer image = shuffled(base, 82);
  const auto all = build_patch(image, base, {.scratch = 1 << 20}, {});
  ASSERT_TRUE(all) << name(all.error().code);
  EXPECT_GT(all->payload.scratch_size, kUsual);
  const auto usual = build_patch(image, base, {}, {});
  ASSERT_TRUE(usual) << name(usual.error().code);
  EXPECT_LE(usual->payload.scratch_size, kUsual);
  EXPECT_GT(usual->payload.scratch_size, kUsual * 9 / 10);
  EXPECT_LT(usual->bytes.size(), all->bytes.size() * 5 / 4);
}

TEST(Outgrown, FactsAreFittedToTheScratchAreaThatIsNamed) {
  const Buffer base = noise(100'000, 83);
  const Buffer image = shuffled(base, 84);
  const auto all = build_patch(image, base, {}, {});
  ASSERT_TRUE(all) << name(all.error().code);
  EXPECT_GT(all->payload.scratch_size, 8192U);
  for (const std::uint32_t scratch : {kScratchMin, 4096U, 8192U}) {
    const auto patch = build_patch(image, base, {.scratch = scratch}, {});
    ASSERT_TRUE(patch) << name(patch.error().code);
    EXPECT_LE(patch->payload.scratch_size, scratch);
    EXPECT_LT(patch->bytes.size(), all->bytes.size() * 5 / 4);
  }
  const auto none = build_patch(image, base, {.scratch = delta::kScratchHeaderSize - 1}, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::out_of_range);
}

// What the guide for builders promises ends with images of 2 MB.
TEST(Outgrown, FactsOfALargerImageHaveNoLimitThatNobodyNamed) {
  Buffer base = noise(300'000, 85);
  Buffer image = shuffled(base, 86);
  const Buffer same = noise(2 << 20, 87);
  for (Buffer* each : {&base, &image}) each->insert(each->end(), same.begin(), same.end());
  const auto patch = build_patch(image, base, {}, {});
  ASSERT_TRUE(patch) << name(patch.error().code);
  EXPECT_GT(patch->payload.scratch_size, kUsual);
}

}  // namespace
}  // namespace airlock::diff
