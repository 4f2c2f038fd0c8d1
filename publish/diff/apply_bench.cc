// Real patches, block by block as a device decodes them: those of the folder that
// $AIRLOCK_APPLY_PAIRS names, NAME.delta beside NAME.base (tools/bench_applier.py fills it).
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "core/base/bytes_source.h"
#include "publish/diff/delta_file.h"
#include "publish/diff/memory_area.h"

namespace airlock::diff {
namespace {

namespace fs = std::filesystem;
using Buffer = std::vector<std::uint8_t>;

constexpr std::size_t kScratchMax = 4 << 20;

Buffer contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class Decoder>
bool decode_all(Decoder& decoder, const DeltaFile& file, const Buffer& base, MemoryArea& scratch,
                MemoryArea& slot) {
  const package::Image image = file.image.view();
  BytesSource source(file.bytes);
  BytesSource of_base(base);
  if (!decoder.prepare(image, file.payload, source, scratch)) return false;
  for (std::size_t block = 0; block < image.block_count(); ++block) {
    if (!decoder.decode(image, file.payload, block, source, {&of_base, scratch}, slot)) {
      return false;
    }
  }
  return true;
}

template <class Decoder>
void apply(benchmark::State& state, const fs::path& path) {
  const Buffer bytes = contents(path);
  const Buffer base = contents(fs::path(path).replace_extension(".base"));
  const auto file = read_delta_file(bytes);
  if (!file) return state.SkipWithError("not a patch");
  const auto decoder = std::make_unique<Decoder>();
  MemoryArea slot(static_cast<std::size_t>(file->image.view().size));
  MemoryArea scratch(kScratchMax);
  for (auto _ : state) {
    // Facts of the round before would be found again.
    constexpr std::array<std::uint8_t, delta::kScratchHeaderSize> kNothing{};
    (void)scratch.write(0, kNothing);
    if (!decode_all(*decoder, *file, base, scratch, slot)) {
      return state.SkipWithError("a patch that was refused");
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(file->image.view().size));
}

const bool kRegistered = [] {
  const char* const folder = std::getenv("AIRLOCK_APPLY_PAIRS");
  if (folder == nullptr) return false;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".delta") continue;
    const std::string name = "Apply/" + entry.path().stem().string();
    benchmark::RegisterBenchmark(name.c_str(), [path = entry.path()](benchmark::State& state) {
      apply<delta::BlockDecoder>(state, path);
    })->Unit(benchmark::kMillisecond);
  }
  return true;
}();

}  // namespace
}  // namespace airlock::diff
