// The walk through a block, beside any payload: how much work a block may ask for.
#include "core/delta/coding.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/package/manifest.h"
#include "tests/fakes/memory.h"

namespace airlock::delta {
namespace {

using fakes::MemoryArea;
using Buffer = std::vector<std::uint8_t>;

constexpr std::uint32_t kSize = package::kBlockSize;

// Answers as the dearest block would: short stretches are as predicted, long ones are not. It
// counts the bytes that were predicted for it.
class DearPort {
 public:
  std::uint64_t predicted = 0;

  DearPort& bits() { return *this; }
  static unsigned bit(std::uint32_t, unsigned wanted) { return wanted; }
  static std::uint64_t direct(unsigned, std::uint64_t wanted) { return wanted; }
  bool agrees(const std::uint8_t*, std::size_t size) {
    predicted += size;
    return size < kLongRun;
  }
  static std::uint8_t wanted(std::size_t) { return 0; }
  static Step step() { return {}; }
  static void begins(Topic) {}
  static void put(const std::uint8_t*, std::size_t) {}
  static int earlier(std::uint64_t) { return 0; }
  static bool is_sound() { return true; }
};

// One segment over the whole block.
MemoryArea one_segment() {
  Buffer bytes(static_cast<std::size_t>(scratch_size(1, 0)));
  write_segment({0, kSize, 0}, MutableBytes(bytes).subspan(kScratchHeaderSize));
  ScratchHeader header;
  header.facts.segment_count = 1;
  header.write(std::span<std::uint8_t, kScratchHeaderSize>(bytes.data(), kScratchHeaderSize));
  return MemoryArea(bytes);
}

TEST(BlockCoding, PredictsNoByteMoreThanThreeTimes) {
  MemoryArea scratch = one_segment();
  MemoryArea base(fakes::noise(kSize, 1));
  FactsReader facts;
  ASSERT_TRUE(facts.open(scratch, std::array<std::uint8_t, 32>{}));
  std::vector<std::uint64_t> memory(Models::bytes(kLarge) / sizeof(std::uint64_t) + 1);
  Models& models =
      Models::place(kLarge, {reinterpret_cast<std::uint8_t*>(memory.data()), memory.size() * 8});
  models.reset();
  Buffer windows(2048);
  BaseWindow window(&base, kSize, MutableBytes(windows).first(1024));
  BaseWindow ahead(&base, kSize, MutableBytes(windows).subspan(1024));
  for (const Isa isa : {Isa::none, Isa::thumb, Isa::arm, Isa::arm64, Isa::x86_64}) {
    DearPort port;
    BlockCoding<DearPort> coding({kLarge, models, facts, window, ahead}, port);
    ASSERT_TRUE(coding.run(0, kSize, {false, isa}));
    EXPECT_LE(port.predicted, 3 * kSize);
  }
}

}  // namespace
}  // namespace airlock::delta
