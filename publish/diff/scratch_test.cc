// The scratch area of a device: flash that has words, and memory that lies. The encoder stands
// below core/, so these tests stand beside it.
#include <gtest/gtest.h>

#include <memory>

#include "publish/diff/diff.h"
#include "tests/fakes/linked.h"
#include "tests/fakes/memory.h"
#include "tests/fakes/nor.h"

namespace airlock::diff {
namespace {

using Buffer = std::vector<std::uint8_t>;
using fakes::MemoryArea;

constexpr std::size_t kScratch = 64 << 10;

// A patch of some segments, and what its device has.
struct Work {
  Buffer base;
  Buffer image;
  BuiltImage described;
  BuiltPayload built;
};

const Work& work() {
  static const Work made = [] {
    Work work;
    const fakes::Program before = fakes::program_of(fakes::Target::thumb, 300, 0);
    work.base = fakes::link(before);
    work.image = fakes::link(fakes::with_one_more(before));
    const Buffer added = fakes::noise(300, 1);
    for (const std::ptrdiff_t at : {9000, 6000, 3000}) {
      work.image.insert(work.image.begin() + at, added.begin(), added.end());
    }
    work.described = describe_image(work.image);
    work.built = *build_patch(work.image, work.base, {}, {});
    return work;
  }();
  return made;
}

Status prepare(MemoryArea& source, Area& scratch) {
  const auto decoder = std::make_unique<delta::BlockDecoder>();
  return decoder->prepare(work().described.view(), work().built.payload, source, scratch);
}

Result<Buffer> decode(Area& scratch) {
  const auto decoder = std::make_unique<delta::BlockDecoder>();
  MemoryArea source(work().built.bytes);
  MemoryArea base(work().base);
  MemoryArea slot(Buffer(work().image.size()));
  AIRLOCK_TRY(decoder->decode(work().described.view(), work().built.payload, 0, source,
                              {&base, scratch}, slot));
  return slot.bytes();
}

TEST(Scratch, IsWrittenByWholeWordsOfFlashOnceEach) {
  for (const std::size_t word : {1U, 2U, 4U, 8U, 16U, 32U}) {
    SCOPED_TRACE(word);
    const fakes::Geometry geometry = {.unit = 4096, .write_unit = word, .erased = 0xff};
    MemoryArea memory{Buffer(kScratch, 0xff)};
    fakes::Guard guard(memory, fakes::NorRules(geometry, fakes::alike(geometry, kScratch)));
    MemoryArea source(work().built.bytes);
    EXPECT_TRUE(prepare(source, guard));
    EXPECT_TRUE(guard.breaches().empty()) << guard.breaches().front();
    EXPECT_EQ(*decode(guard), work().image);
  }
}

}  // namespace
}  // namespace airlock::diff
