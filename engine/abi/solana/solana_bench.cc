// Instructions to values, the look-up included, as tools/bench_solana.py holds them beside Anchor's
// coder. It reads the corpus; without one there is nothing to measure.
#include <benchmark/benchmark.h>

#include <sstream>

#include "engine/abi/solana/solana.h"
#include "host/json/json.h"
#include "host/text/text.h"
#include "tests/fakes/corpus.h"

namespace airlock::abi::solana {
namespace {

struct Work {
  type::OwnedMap map;
  std::vector<std::vector<std::uint8_t>> calls;
};

std::optional<Work> work_of(const std::string& idl) {
  const auto folder = fakes::corpus_file("abi/solana");
  std::ostringstream text;
  text << std::ifstream(folder / idl).rdbuf();
  auto map = load(text.view());
  if (!map) return std::nullopt;
  Work made{std::move(*map), {}};
  std::ifstream lines(folder / "instructions.jsonl");
  for (std::string line; std::getline(lines, line);) {
    const auto one = json::Value::parse(line);
    if (one["idl"] == idl) made.calls.push_back(*text::from_hex(one["data"].get<std::string>()));
  }
  return made;
}

void DecodeInstructions(benchmark::State& state, const char* idl) {
  const auto work = work_of(idl);
  if (!work) return state.SkipWithError("no corpus (abi/solana)");
  std::vector<type::Node> room(1024);
  std::int64_t calls = 0;
  for (auto _ : state) {
    for (const auto& data : work->calls) {
      type::Tape tape(room);
      const auto read = decode_instruction(work->map.map(), data, tape);
      if (!read) return state.SkipWithError("it was refused");
      benchmark::DoNotOptimize(tape.nodes());
    }
    calls += static_cast<std::int64_t>(work->calls.size());
  }
  state.SetItemsProcessed(calls);
}
BENCHMARK_CAPTURE(DecodeInstructions, whirlpool, "idl/whirlpool.new.json");
BENCHMARK_CAPTURE(DecodeInstructions, pump_amm, "idl/pump_amm.new.json");
BENCHMARK_CAPTURE(DecodeInstructions, amm_v3, "idl/amm_v3.new.json");

}  // namespace
}  // namespace airlock::abi::solana
