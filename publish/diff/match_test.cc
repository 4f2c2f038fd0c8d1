// Which of the places that are as long a match is taken.
#include <gtest/gtest.h>

#include "publish/diff/internal/match.h"
#include "tests/fakes/memory.h"

namespace airlock::diff {
namespace {

using Buffer = std::vector<std::uint8_t>;
using fakes::noise;

void append(Buffer& to, const Buffer& more) { to.insert(to.end(), more.begin(), more.end()); }

TEST(Matches, OfTheSameSizeTheNearestIsTaken) {
  const Buffer repeated = noise(40, 1);
  Buffer base;
  for (std::uint32_t i = 0; i < 5; ++i) {
    append(base, repeated);
    append(base, noise(1000, 10 + i));
  }
  const BaseIndex index = *BaseIndex::make(base);
  const Match match = index.search(repeated, 0);
  ASSERT_EQ(match.size, 40);
  for (std::int64_t place = 0; place < 5; ++place) {
    EXPECT_EQ(index.nearest(match, place * 1040 - 300).base_at, place * 1040);
    EXPECT_EQ(index.nearest(match, place * 1040 + 300).base_at, place * 1040);
  }
}

TEST(Matches, AreAsLongAsAnyAtTheEndsOfBothImages) {
  const Buffer base = noise(5000, 2);
  const BaseIndex index = *BaseIndex::make(base);
  for (const std::size_t size : {1U, 2U, 3U, 4U, 100U}) {
    const Buffer end(base.end() - static_cast<std::ptrdiff_t>(size), base.end());
    EXPECT_EQ(index.search(end, 0).size, static_cast<std::int64_t>(size));
    Buffer more = end;
    append(more, noise(50, 3));
    EXPECT_GE(index.search(more, 0).size, static_cast<std::int64_t>(size > 2 ? size : 0));
  }
}

TEST(Matches, AreFoundInABaseOfAnySize) {
  for (const std::size_t size : {1U, 2U, 3U, 7U, 8U, 9U, 300U}) {
    const Buffer base = noise(size, 4);
    const BaseIndex index = *BaseIndex::make(base);
    const auto whole = static_cast<std::int64_t>(size);
    EXPECT_EQ(index.search(base, 0).size, whole);
    EXPECT_EQ(index.search(base, whole - 1).size, 1);
  }
}

// Parts of a large image are looked at side by side, each as if it began where the base does.
TEST(Copies, AreFoundInEachPartOfALargeImage) {
  const Buffer base = noise(17 << 20, 5);
  Buffer image = base;
  for (std::size_t at = 0; at < image.size(); at += 1 << 20) image[at] ^= 1;
  std::size_t copied = 0;
  for (const delta::Segment& each : find_copies(image, *BaseIndex::make(base), {8, 2})) {
    EXPECT_EQ(each.base, each.image);
    copied += each.size;
  }
  EXPECT_GE(copied, image.size() - 3);  // a byte that changed where a part begins
}

}  // namespace
}  // namespace airlock::diff
