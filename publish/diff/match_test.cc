// Where the parts of an image come from.
#include <gtest/gtest.h>

#include "publish/diff/internal/match.h"
#include "tests/fakes/memory.h"

namespace airlock::diff {
namespace {

using Buffer = std::vector<std::uint8_t>;
using fakes::noise;

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
