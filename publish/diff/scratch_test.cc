// The scratch area of a device: flash that has words, and memory that lies. The encoder stands
// below core/, so these tests stand beside it.
#include <gtest/gtest.h>

#include <memory>
#include <optional>

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

// Memory in which one bit does not come to stand as it was written.
class WornArea final : public Area {
 public:
  explicit WornArea(std::uint64_t worn) : memory_(Buffer(kScratch)), worn_(worn) {}
  void replace() { worn_.reset(); }

  std::uint64_t size() const override { return memory_.size(); }
  Status erase(std::uint64_t, std::uint64_t) override { return {}; }
  Status sync() override { return {}; }
  Status read(std::uint64_t offset, MutableBytes to) override { return memory_.read(offset, to); }
  Status write(std::uint64_t offset, Bytes bytes) override {
    Buffer bent(bytes.begin(), bytes.end());
    if (worn_ && *worn_ >= offset && *worn_ < offset + bytes.size()) bent[*worn_ - offset] ^= 4;
    return memory_.write(offset, bent);
  }

 private:
  MemoryArea memory_;
  std::optional<std::uint64_t> worn_;
};

TEST(Scratch, IsReadBackBeforeItCountsAsWritten) {
  for (std::uint64_t worn = delta::kScratchHeaderSize; worn < delta::kScratchHeaderSize + 60;
       worn += 7) {
    WornArea scratch(worn);
    MemoryArea source(work().built.bytes);
    const Status kept = prepare(source, scratch);
    ASSERT_FALSE(kept) << worn;
    EXPECT_EQ(kept.error().code, Code::storage_failed);
    scratch.replace();
    MemoryArea again(work().built.bytes);
    ASSERT_TRUE(prepare(again, scratch));
    EXPECT_GT(again.reads(), 0U);
    EXPECT_EQ(*decode(scratch), work().image);
  }
}

// A word that the power failed in does not read until it is erased.
class TornArea final : public Area {
 public:
  explicit TornArea(std::uint64_t torn) : memory_(Buffer(kScratch)), torn_(torn) {}

  std::uint64_t size() const override { return memory_.size(); }
  Status erase(std::uint64_t, std::uint64_t) override {
    torn_.reset();
    return {};
  }
  Status sync() override { return {}; }
  Status read(std::uint64_t offset, MutableBytes to) override {
    if (torn_ && *torn_ >= offset && *torn_ < offset + to.size()) {
      return fail(Code::storage_failed, offset);
    }
    return memory_.read(offset, to);
  }
  Status write(std::uint64_t offset, Bytes bytes) override { return memory_.write(offset, bytes); }
  void tear(std::uint64_t torn) { torn_ = torn; }

 private:
  MemoryArea memory_;
  std::optional<std::uint64_t> torn_;
};

TEST(Scratch, ThatDoesNotReadIsWrittenAgain) {
  TornArea scratch(0);
  for (const std::uint64_t torn : {std::uint64_t{0}, std::uint64_t{delta::kScratchHeaderSize}}) {
    scratch.tear(torn);
    MemoryArea source(work().built.bytes);
    ASSERT_TRUE(prepare(source, scratch));
    EXPECT_GT(source.reads(), 0U);
    EXPECT_EQ(*decode(scratch), work().image);
  }
}

}  // namespace
}  // namespace airlock::diff
