// Alignments are chosen by what they cost coded, not by how many bytes agree.
#include <gtest/gtest.h>

#include "publish/diff/diff.h"
#include "tests/fakes/linked.h"
#include "tests/fakes/memory.h"

namespace airlock::diff {
namespace {

using Buffer = std::vector<std::uint8_t>;
using fakes::noise;

constexpr std::size_t kRun = 500;
constexpr std::size_t kFrom = 2'000;
constexpr std::size_t kEach = 2'500;

// The base, and behind it runs of the image, the last one first: each is the longest match of its
// place, and of no use to code that is predicted anyway.
Buffer with_runs_of(Buffer base, const Buffer& image) {
  for (std::size_t at = image.size() - kEach; at > kFrom; at -= kEach) {
    const auto first = image.begin() + static_cast<std::ptrdiff_t>(at);
    base.insert(base.end(), first, first + kRun);
    const Buffer between = noise(16, static_cast<std::uint32_t>(at));
    base.insert(base.end(), between.begin(), between.end());
  }
  return base;
}

TEST(Alignment, StaysWhereAllReferencesMovedThoughOtherBytesOfTheBaseAgreeMore) {
  const fakes::Program before =
      fakes::program_of(fakes::Target::thumb, 700, 293, fakes::Addresses::in_words);
  const Buffer base = fakes::link(before);
  const Buffer image = fakes::link(fakes::with_one_more(before));
  const Buffer decoyed = with_runs_of(base, image);
  Buffer plain = base;
  const Buffer filling = noise(decoyed.size() - base.size(), 7);
  plain.insert(plain.end(), filling.begin(), filling.end());

  const auto size_of = [&](const Buffer& from) {
    const auto built = build_patch(image, from, {}, {});
    return built ? built->payload.size : UINT64_MAX;
  };
  const std::uint64_t runs = (decoyed.size() - base.size()) / (kRun + 16);
  ASSERT_GT(runs, 20U);
  // Going to such a run and back would take some bytes each time.
  EXPECT_LT(size_of(decoyed), size_of(plain) + runs);
}

}  // namespace
}  // namespace airlock::diff
