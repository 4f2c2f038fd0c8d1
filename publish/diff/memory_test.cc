// What the decoder needs, measured on payloads that it decodes to their end. The encoder stands
// below core/, so these tests stand beside the encoder.
#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "publish/diff/diff.h"
#include "tests/fakes/memory.h"

namespace {
std::atomic<std::size_t> allocations = 0;
}
// Not inlined: the compiler would see malloc and free and call the pair a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  void* made = std::malloc(size);
  if (made == nullptr) std::abort();
  return made;
}
// NOLINTBEGIN(clang-analyzer-cplusplus.NewDelete): it does not see that new is malloc here.
[[gnu::noinline]] void operator delete(void* made) noexcept { std::free(made); }
[[gnu::noinline]] void operator delete(void* made, std::size_t) noexcept { std::free(made); }
// NOLINTEND(clang-analyzer-cplusplus.NewDelete)

namespace airlock::diff {
namespace {

using Buffer = std::vector<std::uint8_t>;
using fakes::MemoryArea;
using fakes::noise;

// One payload and what its device has.
struct Work {
  BuiltImage described;
  BuiltPayload built;
  Buffer base;
  Buffer image;
};

// Two blocks of code that moved and changed a little, so that a patch copies, adds and inserts.
std::vector<Work> works() {
  const Buffer phrases = noise(8192, 9);
  Buffer base;
  for (std::size_t i = 0; base.size() < 2 * package::kBlockSize; ++i) {
    const auto at = phrases.begin() + static_cast<std::ptrdiff_t>(i * 37 % 8000);
    base.insert(base.end(), at, at + 150);
  }
  Buffer image = noise(777, 10);
  image.insert(image.end(), base.begin(), base.end());
  for (std::size_t at = 0; at < image.size(); at += 331) image[at] ^= 0x21;
  const BuiltImage described = describe_image(image);
  const Options raw = {Storage::raw, package::kPieceSizeMax};
  return {{described, *build_full(image, raw, {}), base, image},
          {described, *build_full(image, {}, {}), base, image},
          {described, *build_patch(image, base, {}, {}), base, image}};
}

// The same for the small profile's decoder.
std::vector<Work> small_works() {
  const Options small = {.piece_size = delta::kSmallPieceSize, .profile = &delta::kSmall};
  const std::vector<Work> all = works();
  const Work& one = all.front();
  return {{one.described, *build_full(one.image, small, {}), one.base, one.image},
          {one.described, *build_patch(one.image, one.base, small, {}), one.base, one.image}};
}

// The areas of one decoding; made beforehand, since only the decoder's own needs are measured.
struct Decoding {
  explicit Decoding(const Work& work)
      : of(&work),
        source(work.built.bytes),
        base(work.base),
        scratch(Buffer(64 << 10)),
        slot(Buffer(work.image.size())) {}

  template <class Decoder>
  Status decode(Decoder& decoder) {
    AIRLOCK_TRY(decoder.prepare(of->described.view(), of->built.payload, source, scratch));
    for (std::size_t block = 0; block < of->described.block_digests.size(); ++block) {
      AIRLOCK_TRY(decoder.decode(of->described.view(), of->built.payload, block, source,
                                 {&base, scratch}, slot));
    }
    return {};
  }

  const Work* of;
  MemoryArea source;
  MemoryArea base;
  MemoryArea scratch;
  MemoryArea slot;
};

template <class Decoder>
void* decode_all(void* argument) {
  static Decoder decoder;
  for (Decoding& one : *static_cast<std::vector<Decoding>*>(argument)) {
    if (!one.decode(decoder)) std::abort();
  }
  return nullptr;
}

// Runs on a painted stack: what decoding touched is what it needs.
template <class Decoder>
std::size_t stack_used(std::vector<Decoding> decodings) {
  constexpr std::size_t kStackSize = 256 << 10;
  constexpr std::uint8_t kPaint = 0xA7;
  void* stack = std::aligned_alloc(4096, kStackSize);
  auto* bytes = static_cast<std::uint8_t*>(stack);
  std::fill(bytes, bytes + kStackSize, kPaint);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, stack, kStackSize);
  pthread_t thread;
  EXPECT_EQ(pthread_create(&thread, &attributes, decode_all<Decoder>, &decodings), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  for (const Decoding& one : decodings) EXPECT_EQ(one.slot.bytes(), one.of->image);
  std::size_t untouched = 0;
  while (untouched < kStackSize && bytes[untouched] == kPaint) ++untouched;
  std::free(stack);
  return kStackSize - untouched;
}

// Holds of what ships: the other presets, whose frames are larger, leave it out.
template <class Decoder>
void expect_within(const std::vector<Work>& all, std::size_t memory, std::size_t stack) {
  EXPECT_LE(sizeof(Decoder) + stack, memory);
  for (const Work& work : all) EXPECT_LE(work.built.payload.decoder_memory, memory);
  const std::vector<Decoding> decodings(all.begin(), all.end());
  const std::size_t without = stack_used<Decoder>({});
  const std::size_t with = stack_used<Decoder>(decodings);
  EXPECT_GT(with, without);
  EXPECT_LE(with - std::min(with, without), stack);
}

TEST(BlockDecoder, NeedsNoMoreMemoryThanItStates) {
  expect_within<delta::BlockDecoder>(works(), 48 << 10, delta::kLargeStack);
  expect_within<delta::SmallBlockDecoder>(small_works(), 16 << 10, delta::kSmallStack);
}

template <class Decoder>
void expect_no_allocation(const std::vector<Work>& all) {
  std::vector<Decoding> decodings(all.begin(), all.end());
  const auto decoder = std::make_unique<Decoder>();
  for (Decoding& one : decodings) {
    const std::size_t before = allocations;
    const Status done = one.decode(*decoder);
    EXPECT_EQ(allocations, before);
    EXPECT_TRUE(done);
    EXPECT_EQ(one.slot.bytes(), one.of->image);
  }
  EXPECT_GT(decodings.back().base.reads(), 0U);
}

TEST(BlockDecoder, AllocatesNothing) {
  expect_no_allocation<delta::BlockDecoder>(works());
  expect_no_allocation<delta::SmallBlockDecoder>(small_works());
}

}  // namespace
}  // namespace airlock::diff
