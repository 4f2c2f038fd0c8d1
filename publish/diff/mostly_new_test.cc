// Patches of images that are mostly new: copies are there, and may cost more than they copy.
#include <gtest/gtest.h>

#include <random>

#include "publish/diff/diff.h"
#include "tests/fakes/memory.h"

namespace airlock::diff {
namespace {

using Buffer = std::vector<std::uint8_t>;
using fakes::noise;

// Words of one vocabulary in an order of its own: two such texts have many short parts in common.
Buffer text(std::size_t size, std::uint32_t seed) {
  std::mt19937 vocabulary(1);
  std::vector<Buffer> words(3000);
  for (Buffer& word : words) {
    word.resize(2 + vocabulary() % 7);
    for (std::uint8_t& letter : word) letter = static_cast<std::uint8_t>('a' + vocabulary() % 26);
    word.push_back(' ');
  }
  std::mt19937 order(seed);
  Buffer made;
  while (made.size() < size) {
    const Buffer& word = words[order() % words.size()];
    made.insert(made.end(), word.begin(), word.end());
  }
  made.resize(size);
  return made;
}

std::size_t patch_size(const Buffer& image, const Buffer& base) {
  const auto built = build_patch(image, base, {}, {});
  EXPECT_TRUE(built);
  return built->bytes.size();
}

TEST(MostlyNew, IsNoLargerAsAPatchThanAsAWholeImage) {
  const Buffer image = text(300'000, 2);
  const auto full = build_full(image, {}, {});
  ASSERT_TRUE(full);
  EXPECT_LE(patch_size(image, text(300'000, 3)), full->bytes.size() + full->bytes.size() / 100);
}

TEST(MostlyNew, KeepsTheCopiesThatPayWhereverTheyStand) {
  const Buffer base = text(90'000, 4);
  Buffer behind = noise(2 * package::kBlockSize, 5);
  Buffer before = base;
  before.insert(before.end(), behind.begin(), behind.end());
  behind.insert(behind.end(), base.begin(), base.end());
  const std::size_t room = 2 * package::kBlockSize + 2000;
  EXPECT_LT(patch_size(before, base), room + patch_size(base, base));
  EXPECT_LT(patch_size(behind, base), room + patch_size(base, base));
}

// Only one of both payloads is made of an image of this size, as a look at its blocks tells.
constexpr std::size_t kLookedAt = 280'000;

TEST(MostlyNew, KeepsTheCopiesThatPayInALargerImageToo) {
  const Buffer base = text(2 * package::kBlockSize, 8);
  Buffer image = noise(kLookedAt, 9);
  const std::size_t new_size = image.size();
  image.insert(image.begin() + 3 * package::kBlockSize, base.begin(), base.end());
  EXPECT_LT(patch_size(image, base), new_size + new_size / 50);
  const Buffer other = text(kLookedAt, 10);
  const auto full = build_full(other, {}, {});
  ASSERT_TRUE(full);
  EXPECT_LE(patch_size(other, text(100'000, 11)), full->bytes.size() + full->bytes.size() / 100);
}

// What repeats in it would save few bytes of a block, for as long as a block of code takes.
TEST(MostlyNew, LeavesNoiseAsItIsThoughAFewBytesOfItRepeat) {
  Buffer image = noise(2 * package::kBlockSize, 12);
  std::copy_n(image.begin() + 1000, 240, image.begin() + 30'000);
  std::copy_n(image.begin() + 70'000, 240, image.end() - 240);
  const auto full = build_full(image, {}, {});
  const auto raw = build_full(image, {.storage = Storage::raw}, {});
  ASSERT_TRUE(full && raw);
  EXPECT_EQ(full->bytes.size(), raw->bytes.size());
}

TEST(MostlyNew, CopiesNoiseOfWhichSomeBytesChanged) {
  const Buffer base = noise(3 * package::kBlockSize, 16);
  Buffer image = base;
  for (std::size_t at = 0; at < image.size(); at += 9) image[at] ^= 0x21;
  EXPECT_LT(patch_size(image, base), image.size() / 2);
}

TEST(MostlyNew, TellsItsProgressToTheEnd) {
  std::size_t last = 0;
  std::size_t all = 0;
  const auto progress = [&](std::size_t done, std::size_t count) {
    EXPECT_GT(done, last);
    EXPECT_LE(done, count);
    last = done;
    all = count;
  };
  const Buffer base = noise(kLookedAt, 8);
  Buffer larger = noise(kLookedAt, 9);
  std::copy_n(base.begin(), 1000, larger.begin());
  ASSERT_TRUE(build_patch(text(200'000, 6), text(200'000, 7), {}, progress));
  EXPECT_EQ(last, all);
  EXPECT_GT(all, 0U);
  last = 0;
  ASSERT_TRUE(build_patch(larger, base, {}, progress));
  EXPECT_EQ(last, all);
}

}  // namespace
}  // namespace airlock::diff
