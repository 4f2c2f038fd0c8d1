// What a pack costs a wallet: opening it, and a reader while it is swapped.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

#include "engine/abi/abi.h"
#include "engine/abi/evm/evm.h"

namespace airlock::abi {
namespace {

constexpr std::size_t kContracts = 200;
constexpr int kSwaps = 1000;
constexpr std::string_view kCall =
    "0xa9059cbb0000000000000000000000002222222222222222222222222222222222222222"
    "00000000000000000000000000000000000000000000000000000000000003e8";

std::string address(std::size_t number) {
  std::string digits = std::to_string(number);
  return "0x" + std::string(40 - digits.size(), '0') + digits;
}

// A pack of 200 contracts of some forty functions each, as large ones have.
const std::vector<std::uint8_t>& pack_file() {
  static const std::vector<std::uint8_t> kFile = [] {
    std::vector<pack::Item> items;
    for (std::size_t i = 0; i < kContracts; ++i) {
      std::vector<std::string> texts = {"transfer(address to,uint256 value)"};
      for (int f = 0; f < 40; ++f)
        texts.push_back("call" + std::to_string(i * 100 + static_cast<std::size_t>(f)) +
                        "((address maker,uint256[] amounts,bytes data) order,uint256 fee)");
      const std::vector<std::string_view> signatures(texts.begin(), texts.end());
      const auto map = *evm::load_signatures(signatures, "Contract");
      items.push_back(
          {"abi/eip155:1/" + address(i), {map->encoded().begin(), map->encoded().end()}});
    }
    return *pack::build(items);
  }();
  return kFile;
}

std::unique_ptr<const Snapshot> open(const std::string& path, const Entries& entries) {
  auto mapped = file::Mapping::open(path, pack::kPackSizeMax);
  return std::move(*Snapshot::open(std::move(*mapped), entries, "1.0.0"));
}

// As a wallet does before it swaps: judging reads every entry, so that no reader is the first.
std::unique_ptr<const Snapshot> open_judged(const std::string& path, const Entries& entries) {
  static const auto kLoaders = standard_loaders();
  auto snapshot = open(path, entries);
  AIRLOCK_CHECK(judge(*snapshot, kLoaders).has_value());
  return snapshot;
}

struct PackOnDisk {
  PackOnDisk() {
    path = "/tmp/airlock-pack-bench-" + std::to_string(getpid());
    const auto& file = pack_file();
    std::ofstream(path).write(reinterpret_cast<const char*>(file.data()),
                              static_cast<std::streamsize>(file.size()));
    entries = pack::Pack::open(file)->entries();
  }
  ~PackOnDisk() { unlink(path.c_str()); }
  std::string path;
  Entries entries;
};

// From the file to the first call that is read by it.
void cold_load(benchmark::State& state) {
  const PackOnDisk pack;
  const auto loaders = standard_loaders();
  const auto data = *type::read_hex(kCall);
  const std::string to = address(7);
  std::vector<type::Node> room(1024);
  for (auto _ : state) {
    const auto snapshot = open(pack.path, pack.entries);
    const auto decoded =
        decode(*snapshot, loaders, {.chain = "eip155:1", .target = to, .data = data}, room);
    if (!decoded) state.SkipWithError("not decoded");
  }
  state.counters["bytes"] = static_cast<double>(pack_file().size());
}
BENCHMARK(cold_load)->Unit(benchmark::kMillisecond);

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  statm >> all >> resident;
  return resident * 4096;
}

// The time that 999 of 1000 reads stay below, in nanoseconds.
struct Times {
  double step_ns;
  std::vector<std::uint64_t> counts = std::vector<std::uint64_t>(100'000);  // the last: all above
  std::uint64_t reads = 0;
  int failed = 0;

  void add(double ns) {
    ++counts[std::min(static_cast<std::size_t>(std::max(ns, 0.0) / step_ns), counts.size() - 1)];
    ++reads;
  }
  void add(const Times& other) {
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
    reads += other.reads;
  }
  double p999() const {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      below += counts[i];
      if (below * 1000 >= reads * 999) return static_cast<double>(i + 1) * step_ns;
    }
    return 0;
  }
};

// Of one thread by its own processor, which is what a swap costs a reader and not what the
// machine's other work does, and by the clock on the wall, which is what a wallet waits.
struct Readings {
  Times processor{.step_ns = 10}, wall{.step_ns = 1000};
  void add(const Readings& other) {
    processor.add(other.processor);
    wall.add(other.wall);
  }
};

struct Quantiles {
  double processor_ns = 0, wall_ns = 0;
};

double ns_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

void read_until(Engine& engine, const std::atomic<bool>& stop, Readings& readings) {
  auto reader = *engine.reader();
  const auto data = *type::read_hex(kCall);
  std::size_t turn = 0;
  while (!stop) {
    const std::string to = address(turn++ % kContracts);
    const double wall = ns_of(CLOCK_MONOTONIC), before = ns_of(CLOCK_THREAD_CPUTIME_ID);
    const auto view = reader.view();
    const auto decoded = view.decode({.chain = "eip155:1", .target = to, .data = data});
    readings.processor.add(ns_of(CLOCK_THREAD_CPUTIME_ID) - before);
    readings.wall.add(ns_of(CLOCK_MONOTONIC) - wall);
    if (!decoded) ++readings.processor.failed;
  }
}

Quantiles quantiles_of(Engine& engine, int& failed, const auto& meanwhile) {
  std::atomic<bool> stop = false;
  Readings first, second;
  std::thread one([&] { read_until(engine, stop, first); });
  std::thread other([&] { read_until(engine, stop, second); });
  meanwhile();
  stop = true;
  one.join();
  other.join();
  failed += first.processor.failed + second.processor.failed;
  first.add(second);
  return {first.processor.p999(), first.wall.p999()};
}

void swaps(benchmark::State& state) {
  const PackOnDisk pack;
  for (auto _ : state) {
    Engine engine;
    engine.swap(open_judged(pack.path, pack.entries));
    int failed = 0;
    const auto wait = [] { std::this_thread::sleep_for(std::chrono::milliseconds(500)); };
    quantiles_of(engine, failed, wait);  // warms the pages and the allocator
    const Quantiles quiet = quantiles_of(engine, failed, wait);
    const std::size_t before = resident_bytes();
    const Quantiles busy = quantiles_of(engine, failed, [&] {
      for (int i = 0; i < kSwaps; ++i) engine.swap(open_judged(pack.path, pack.entries));
    });
    quantiles_of(engine, failed, wait);
    state.counters["quiet_ns"] = quiet.processor_ns;
    state.counters["busy_ns"] = busy.processor_ns;
    state.counters["quiet_wall_ns"] = quiet.wall_ns;
    state.counters["busy_wall_ns"] = busy.wall_ns;
    state.counters["failed"] = failed;
    state.counters["held"] = static_cast<double>(engine.held());
    state.counters["memory_growth"] =
        static_cast<double>(resident_bytes()) / static_cast<double>(before);
  }
}
BENCHMARK(swaps)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace airlock::abi
