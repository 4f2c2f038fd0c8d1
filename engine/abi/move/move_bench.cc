// Reading compiled modules, and making type maps of them: every module of the corpus that the npm
// reference reads too, one after another. tools/bench_move.py holds the reading against it.
#include <benchmark/benchmark.h>

#include "engine/abi/move/move.h"
#include "tests/fakes/corpus.h"

namespace airlock::abi::move {
namespace {

// The sets that the reference reads: versions 5, 6 and 7 of Sui.
std::vector<std::vector<std::uint8_t>> modules() {
  std::vector<std::vector<std::uint8_t>> made;
  const auto root = fakes::corpus_file("abi/move/mv");
  if (!exists(root)) return made;
  for (const auto& file : std::filesystem::recursive_directory_iterator(root)) {
    if (file.path().extension() != ".mv") continue;
    auto bytes = fakes::bytes_in(file.path());
    if (bytes.size() > 7 && bytes[7] != 0x0a) made.push_back(std::move(bytes));
  }
  return made;
}

template <class Use>
void each_module(benchmark::State& state, const Use& use) {
  const auto files = modules();
  if (files.empty()) return state.SkipWithError("no corpus");
  std::int64_t size = 0;
  for (const auto& file : files) size += static_cast<std::int64_t>(file.size());
  for (auto _ : state)
    for (const auto& file : files)
      if (!use(file)) return state.SkipWithError("a module was refused");
  state.SetBytesProcessed(state.iterations() * size);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(files.size()));
}

void ReadModules(benchmark::State& state) {
  each_module(state, [](const std::vector<std::uint8_t>& file) {
    const auto module = Module::read(file);
    benchmark::DoNotOptimize(module);
    return module.has_value();
  });
}
BENCHMARK(ReadModules);

void LoadModules(benchmark::State& state) {
  each_module(state, [](const std::vector<std::uint8_t>& file) {
    const Bytes bytes = file;
    const auto map = load({&bytes, 1});
    benchmark::DoNotOptimize(map);
    return map.has_value();
  });
}
BENCHMARK(LoadModules);

}  // namespace
}  // namespace airlock::abi::move
