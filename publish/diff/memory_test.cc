// What the decoder needs, measured on payloads that it decodes to their end. The encoder stands
// below core/, so these tests stand beside the encoder.
#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <new>
#include <vector>

#include "publish/diff/delta_file.h"
#include "publish/diff/diff.h"
#include "tests/fakes/linked.h"
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
using fakes::Addresses;
using fakes::MemoryArea;
using fakes::noise;
using fakes::Target;

// One payload and what its device has.
struct Work {
  BuiltImage described;
  BuiltPayload built;
  Buffer base;
  Buffer image;
};

const Options kSmallMemory = {.piece_size = delta::kSmallPieceSize, .profile = &delta::kSmall};

// Firmware whose functions moved, so that what names a place is re-encoded: pointers of words and
// of pairs of instructions, branches, operands. Some bytes of it changed, too. Each instruction set
// is told of its payload, so that nobody measures another path than is meant.
Work moved_code(Target target, const Options& options) {
  const fakes::Program before = fakes::program_of(target, 1200, 0, Addresses::in_code);
  Work work;
  work.base = fakes::link(before);
  work.image = fakes::link(fakes::with_one_more(before));
  for (std::size_t at = 0; at < work.image.size(); at += 1021) work.image[at] ^= 0x21;
  work.described = describe_image(work.image);
  work.built = *build_patch(work.image, work.base, options, {});
  const Buffer file = write_delta_file(work.described, work.built);
  const auto parts = look_into(*read_delta_file(file), work.base);
  EXPECT_TRUE(parts && std::ranges::any_of(parts->regions, &delta::Region::linked));
  const auto isa = static_cast<delta::Isa>(static_cast<int>(target) + 1);
  for (const BlockParts& block : parts->blocks) {
    EXPECT_EQ(block.isa, isa);
    EXPECT_FALSE(block.is_clean);
    EXPECT_GT(block.bytes[static_cast<std::size_t>(Part::branches)], 0.0);
  }
  return work;
}

std::vector<Work> moved_code(const Options& options) {
  std::vector<Work> made;
  for (const Target target : {Target::thumb, Target::arm, Target::arm64, Target::x86_64}) {
    made.push_back(moved_code(target, options));
  }
  return made;
}

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
  const std::vector<Work> all = works();
  const Work& one = all.front();
  return {
      {one.described, *build_full(one.image, kSmallMemory, {}), one.base, one.image},
      {one.described, *build_patch(one.image, one.base, kSmallMemory, {}), one.base, one.image}};
}

// The areas of one decoding; made beforehand, since only the decoder's own needs are measured.
struct Decoding {
  explicit Decoding(const Work& work)
      : of(&work),
        source(work.built.bytes),
        base(work.base),
        scratch(Buffer(std::max<std::size_t>(64 << 10, work.built.payload.scratch_size))),
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

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHasFramesOfADevice = false;  // a sanitizer puts its own into each
#else
constexpr bool kHasFramesOfADevice = true;
#endif

TEST(BlockDecoder, NeedsNoMoreMemoryThanItStates) {
  if (!kHasFramesOfADevice) GTEST_SKIP() << "a sanitizer's frames are no device's";
  expect_within<delta::BlockDecoder>(works(), 48 << 10, delta::kLargeStack);
  expect_within<delta::SmallBlockDecoder>(small_works(), 16 << 10, delta::kSmallStack);
  expect_within<delta::BlockDecoder>(moved_code({}), 48 << 10, delta::kLargeStack);
  expect_within<delta::SmallBlockDecoder>(moved_code(kSmallMemory), 16 << 10, delta::kSmallStack);
}

// What a decoder of the one patch takes in all.
template <class Decoder>
std::size_t memory_used(const Work& work) {
  const std::size_t without = stack_used<Decoder>({});
  return sizeof(Decoder) + stack_used<Decoder>({Decoding(work)}) - without;
}

Buffer contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The image is not at hand: it is made once before, by any decoder.
Work work_in(const std::filesystem::path& path) {
  Work work;
  const Buffer bytes = contents(path);
  work.base = contents(std::filesystem::path(path).replace_extension(".base"));
  const auto file = read_delta_file(bytes);
  if (!file) return work;
  work.described = file->image;
  work.built.payload = file->payload;
  work.built.bytes.assign(file->bytes.begin(), file->bytes.end());
  if (const auto image = apply_delta(*file, work.base, 1)) {
    work.image.assign(image->bytes().begin(), image->bytes().end());
  }
  return work;
}

// tools/corpus_delta.py names a folder of real patches, NAME.delta beside NAME.base, and reads
// what is printed.
TEST(BlockDecoder, NeedsNoMoreMemoryThanItStatesForTheGivenPatches) {
  const char* const folder = std::getenv("AIRLOCK_APPLY_PAIRS");
  if (folder == nullptr) GTEST_SKIP() << "AIRLOCK_APPLY_PAIRS names no folder";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".delta") continue;
    const Work work = work_in(entry.path());
    ASSERT_FALSE(work.image.empty()) << entry.path();
    const std::uint32_t stated = work.built.payload.decoder_memory;
    const std::size_t used = stated <= delta::kSmall.memory
                                 ? memory_used<delta::SmallBlockDecoder>(work)
                                 : memory_used<delta::BlockDecoder>(work);
    EXPECT_LE(used, stated) << entry.path();
    std::printf("memory %s %zu\n", entry.path().stem().c_str(), used);
  }
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
  expect_no_allocation<delta::BlockDecoder>(moved_code({}));
  expect_no_allocation<delta::SmallBlockDecoder>(moved_code(kSmallMemory));
}

}  // namespace
}  // namespace airlock::diff
