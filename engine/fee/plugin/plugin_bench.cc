// What a plugin costs: a quote in its own process and in the wallet's, how late the baseline
// answers for one that hangs, and quotes while plugins are swapped. It compiles its plugins itself.
#include "engine/fee/plugin/plugin.h"

#include <benchmark/benchmark.h>
#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace airlock::fee::plugin {
namespace {

using Buffer = std::vector<std::uint8_t>;
using std::chrono::milliseconds;

// A plugin that charges the major version which it states, once `body` is done.
Buffer compiled(const std::string& body) {
  const std::string base =
      std::filesystem::temp_directory_path() / ("airlock-plugin-bench-" + std::to_string(getpid()));
  std::ofstream(base + ".c")
      << "#define _GNU_SOURCE\n#include <airlock_fee_plugin.h>\n#include <string.h>\n"
         "#include <unistd.h>\n#include <sys/syscall.h>\n"
         "AIRLOCK_FEE_PLUGIN(\"measured\", \"1000.0.0\");\n"
         "const char airlock_fee_plugin_golden[] = \"golden:\\n  - {name: none, given: {chain: "
         "none, amount: 1}, expect: {refused: no_rule_matches}}\\n\";\n"
         "int airlock_fee_plugin_evaluate(const airlock_fee_situation* situation,\n"
         "                                airlock_fee_answer* answer) {\n"
         "  if (strcmp(situation->chain, \"none\") == 0) return AIRLOCK_FEE_NO_RULE_MATCHES;\n"
      << body
      << "  const volatile char* const release = airlock_fee_plugin.release;\n"
         "  unsigned fee = 0;\n"
         "  for (int i = 0; i < 4; ++i) fee = 10 * fee + (unsigned)(release[i] - '0');\n"
         "  strcpy(answer->rule, \"all\");\n"
         "  strcpy(answer->shares[0].recipient, \"treasury\");\n"
         "  for (int i = 0; i < 4; ++i) answer->fee[31 - i] = (uint8_t)(fee >> (8 * i));\n"
         "  memcpy(answer->shares[0].amount, answer->fee, 32);\n"
         "  answer->share_count = 1;\n"
         "  return AIRLOCK_FEE_NAMED;\n}\n";
  const std::string command =
      "cc -O2 -fPIC -shared -nostartfiles -fvisibility=hidden -Wl,-z,relro,-z,now -I "
      "engine/fee/plugin/abi -o " +
      base + ".so " + base + ".c";
  AIRLOCK_CHECK(std::system(command.c_str()) == 0);
  std::ifstream file(base + ".so", std::ios::binary);
  Buffer bytes(std::istreambuf_iterator<char>(file), {});
  for (const char* end : {".c", ".so"}) std::filesystem::remove(base + end);
  return bytes;
}

std::shared_ptr<const Candidate> judged(const Buffer& file) {
  auto made = Candidate::judge(file, crypto::sha256(file));
  AIRLOCK_CHECK(made.has_value());
  return *made;
}

Buffer released(Buffer file, int major) {
  constexpr std::string_view kOld = "1000.0.0";
  const std::string next = std::to_string(major) + ".0.0";
  const auto place = std::search(file.begin(), file.end(), kOld.begin(), kOld.end());
  AIRLOCK_CHECK(place != file.end());
  std::copy(next.begin(), next.end(), place);
  return file;
}

Confinement confined(milliseconds budget) {
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  return {.runner = self.parent_path() / "airlock-fee-runner", .budget = budget, .processes = 2};
}
How part_of_wallet(const Candidate& plugin) {
  return *PartOfWallet::of(plugin, {plugin.digest()}, {plugin.digest()});
}

Limits limits() {
  auto made = Limits::read(
      "airlock_fee_limits: 1\nrecipients: [treasury]\ncaps: [{chain: \"eip155:*\", at_most: "
      "9999}]\n");
  AIRLOCK_CHECK(made.has_value());
  return std::move(*made);
}

Asked asked() { return {.chain = "eip155:1", .asset = "eth", .amount = U256(1000)}; }

void quotes(benchmark::State& state, const Serving& serving) {
  for (auto _ : state) {
    const auto fee = serving.quote(asked());
    AIRLOCK_CHECK(fee.has_value());
  }
}
void quote_in_child(benchmark::State& state) {
  const auto serving = Serving::start(judged(compiled("")), confined(milliseconds(30'000)));
  AIRLOCK_CHECK(serving.has_value());
  quotes(state, **serving);
}
BENCHMARK(quote_in_child)->UseRealTime()->Unit(benchmark::kMicrosecond);

void quote_in_process(benchmark::State& state) {
  const auto plugin = judged(compiled(""));
  const auto serving = Serving::start(plugin, part_of_wallet(*plugin));
  AIRLOCK_CHECK(serving.has_value());
  quotes(state, **serving);
}
BENCHMARK(quote_in_process)->Unit(benchmark::kNanosecond);

void start_in_child(benchmark::State& state) {
  const auto plugin = judged(compiled(""));
  Confinement how = confined(milliseconds(30'000));
  how.processes = 1;
  for (auto _ : state) AIRLOCK_CHECK(Child::start(plugin, how).has_value());
}
BENCHMARK(start_in_child)->UseRealTime()->Unit(benchmark::kMillisecond);

// A hundred questions to one that hangs, each with a process of its own: how long after the budget
// the quote was there, at worst.
void hangs(benchmark::State& state, const std::string& body) {
  constexpr milliseconds kBudget{50};
  constexpr int kRepeats = 100;
  const auto plugin = judged(compiled(body));
  for (auto _ : state) {
    double late_ms = -1e9;
    int answered = 0;
    for (int i = 0; i < kRepeats; ++i) {
      Confinement how = confined(kBudget);
      how.processes = 1;
      const auto serving = Serving::start(plugin, how);
      AIRLOCK_CHECK(serving.has_value());
      const auto before = Clock::now();
      answered += (*serving)->quote(asked()).has_value() ? 1 : 0;
      const std::chrono::duration<double, std::milli> took = Clock::now() - before;
      late_ms = std::max(late_ms, took.count() - static_cast<double>(kBudget.count()));
    }
    state.counters["late_ms"] = late_ms;
    state.counters["answered"] = answered;
  }
}
BENCHMARK_CAPTURE(hangs, spins, "for (volatile int i = 0;; ++i) {}\n")->Iterations(1);
BENCHMARK_CAPTURE(hangs, locks,
                  "static int word;\n"
                  "for (;;) syscall(SYS_futex, &word, 0, 0, (void*)0, (void*)0, 0);\n")
    ->Iterations(1);
BENCHMARK_CAPTURE(hangs, blocks, "for (;;) read(3, answer, sizeof(*answer));\n")->Iterations(1);
BENCHMARK_CAPTURE(hangs, forks, "for (;;) fork();\n")->Iterations(1);

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double all = 0, resident = 0;
  statm >> all >> resident;
  return resident * 4096;
}

struct Told {
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> quotes = 0, failed = 0, torn = 0;
};
void quote_until(Engine& engine, Told& told) {
  auto reader = *engine.reader();
  while (!told.stop) {
    const auto answered = reader.view().quote(asked());
    ++told.quotes;
    if (!answered || !answered->is_by_plugin)
      ++told.failed;
    else if (answered->version != fee::text_of(answered->fee.total) + ".0.0")
      ++told.torn;
  }
}

template <class Start>
void swaps(benchmark::State& state, const Start& how) {
  const Buffer file = compiled("");
  for (auto _ : state) {
    fee::Engine policies(limits());
    Engine engine(policies);
    const auto load = [&](int major) {
      const auto plugin = judged(released(file, major));
      AIRLOCK_CHECK(engine.load(plugin, how(*plugin)).has_value());
    };
    for (int n = 1000; n < 1050; ++n) load(n);
    Told told;
    std::thread one([&] { quote_until(engine, told); });
    std::thread other([&] { quote_until(engine, told); });
    const double before = resident_bytes();
    for (int n = 1050; n < 2050; ++n) load(n);
    told.stop = true;
    one.join();
    other.join();
    malloc_trim(0);
    state.counters["failed"] = static_cast<double>(told.failed);
    state.counters["torn"] = static_cast<double>(told.torn);
    state.counters["quotes"] = static_cast<double>(told.quotes);
    state.counters["draining"] = static_cast<double>(engine.draining());
    state.counters["growth_bytes"] = resident_bytes() - before;
  }
}
void swaps_in_child(benchmark::State& state) {
  swaps(state, [](const Candidate&) { return How(confined(milliseconds(30'000))); });
}
BENCHMARK(swaps_in_child)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);
void swaps_in_process(benchmark::State& state) { swaps(state, part_of_wallet); }
BENCHMARK(swaps_in_process)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace airlock::fee::plugin
