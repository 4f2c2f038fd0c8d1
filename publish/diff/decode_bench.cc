// What a device computes for each block: its decoding, beside one SHA-256 of the same bytes.
#include <benchmark/benchmark.h>

#include <memory>

#include "publish/diff/diff.h"
#include "tests/fakes/memory.h"

namespace airlock::diff {
namespace {

using Buffer = std::vector<std::uint8_t>;
using fakes::MemoryArea;
using fakes::noise;

constexpr std::size_t kImageSize = 16 * package::kBlockSize;

// Phrases in a changing order: it compresses as code does, and its next version moves and changes.
Buffer firmware(std::size_t size) {
  const Buffer phrases = noise(4096, 1);
  std::mt19937 random(2);
  Buffer made;
  while (made.size() < size) {
    const auto at = phrases.begin() + static_cast<std::ptrdiff_t>(random() % 4000);
    made.insert(made.end(), at, at + 8 + static_cast<std::ptrdiff_t>(random() % 80));
    made.push_back(static_cast<std::uint8_t>(random() % 16));
  }
  made.resize(size);
  return made;
}

Buffer next_version(Buffer image) {
  std::mt19937 random(3);
  for (std::size_t i = 0; i < image.size() / 200; ++i) {
    image[random() % image.size()] = static_cast<std::uint8_t>(random());
  }
  const Buffer added = noise(1000, 4);
  image.insert(image.begin(), added.begin(), added.end());
  image.resize(kImageSize);
  return image;
}

void decode_blocks(benchmark::State& state, const BuiltPayload& built, const Buffer& image,
                   const Buffer& base) {
  const BuiltImage described = describe_image(image);
  const auto decoder = std::make_unique<delta::BlockDecoder>();
  MemoryArea source(built.bytes);
  MemoryArea of_base(base);
  MemoryArea slot(Buffer(image.size()));
  MemoryArea scratch(Buffer(256 << 10));
  if (!decoder->prepare(described.view(), built.payload, source, scratch)) {
    return state.SkipWithError("the facts were refused");
  }
  std::size_t block = 0;
  for (auto _ : state) {
    const Status done =
        decoder->decode(described.view(), built.payload, block, source, {&of_base, scratch}, slot);
    if (!done) state.SkipWithError("a block was refused");
    block = (block + 1) % described.block_digests.size();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(package::kBlockSize));
  state.counters["payload/image"] =
      static_cast<double>(built.bytes.size()) / static_cast<double>(image.size());
}

void DecodeRaw(benchmark::State& state) {
  const Buffer image = firmware(kImageSize);
  const Options raw = {Storage::raw, package::kPieceSizeMax};
  decode_blocks(state, *build_full(image, raw, {}), image, {});
}
BENCHMARK(DecodeRaw);

void DecodeCompressed(benchmark::State& state) {
  const Buffer image = firmware(kImageSize);
  decode_blocks(state, *build_full(image, {}, {}), image, {});
}
BENCHMARK(DecodeCompressed);

void DecodePatch(benchmark::State& state) {
  const Buffer base = firmware(kImageSize);
  const Buffer image = next_version(base);
  decode_blocks(state, *build_patch(image, base, {}, {}), image, base);
}
BENCHMARK(DecodePatch);

void Sha256(benchmark::State& state) {
  const Buffer image = firmware(package::kBlockSize);
  for (auto _ : state) benchmark::DoNotOptimize(crypto::sha256(image));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(image.size()));
}
BENCHMARK(Sha256);

}  // namespace
}  // namespace airlock::diff
