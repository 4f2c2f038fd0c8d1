// Patches of images so large that only one payload is made: what is chosen by less must still hold.
#include <gtest/gtest.h>

#include "publish/diff/diff.h"
#include "tests/fakes/linked.h"
#include "tests/fakes/memory.h"

namespace airlock::diff {
namespace {

using Buffer = std::vector<std::uint8_t>;
using fakes::noise;
using Target = fakes::Target;

constexpr std::size_t kLarge = 17 << 20;

// A program among so much that is not one.
Buffer with_program(const Buffer& around, const Buffer& program) {
  Buffer made = around;
  made.insert(made.begin() + kLarge / 2, program.begin(), program.end());
  return made;
}

TEST(LargeImage, PredictsCodeThatMovedInIt) {
  const Buffer around = noise(kLarge, 70);
  const fakes::Program before =
      fakes::program_of(Target::arm64, 700, 293, fakes::Addresses::in_code);
  const Buffer program = fakes::link(fakes::with_one_more(before));
  const Buffer base = with_program(around, fakes::link(before));
  const Buffer image = with_program(around, program);
  const auto patch = build_patch(image, base, {}, {});  // which decodes it too
  ASSERT_TRUE(patch) << name(patch.error().code);
  const auto alone = build_patch(program, fakes::link(before), {}, {});
  ASSERT_TRUE(alone) << name(alone.error().code);
  const std::size_t blocks = kLarge / package::kBlockSize;
  EXPECT_LT(patch->bytes.size(), alone->bytes.size() * 5 / 4 + 64 * blocks);
}

TEST(LargeImage, IsTheSameHoweverManyMakeIt) {
  const Buffer base = noise(kLarge, 71);
  Buffer image = base;
  for (std::size_t at = 0; at < image.size(); at += 70'001) image[at] ^= 0x21;
  const Buffer added = noise(5000, 72);
  image.insert(image.begin() + kLarge / 3, added.begin(), added.end());
  const auto patch = build_patch(image, base, {.workers = 1}, {});
  const auto same = build_patch(image, base, {.workers = 3}, {});
  ASSERT_TRUE(patch && same);
  EXPECT_EQ(patch->bytes, same->bytes);
  EXPECT_LT(patch->bytes.size(), image.size() / 100);
}

TEST(LargeImage, CostsLittleForAByteThatChangedAndTellsItsProgressToTheEnd) {
  const Buffer base = noise(kLarge, 73);
  Buffer image = base;
  image[kLarge / 2] ^= 1;
  std::size_t last = 0;
  std::size_t all = 0;
  const auto patch = build_patch(image, base, {}, [&](std::size_t done, std::size_t count) {
    EXPECT_EQ(done, last + 1);
    last = done;
    all = count;
  });
  ASSERT_TRUE(patch) << name(patch.error().code);
  EXPECT_LT(patch->bytes.size(), image.size() / 1000);
  EXPECT_EQ(last, all);
  EXPECT_GT(all, 0U);
}

}  // namespace
}  // namespace airlock::diff
