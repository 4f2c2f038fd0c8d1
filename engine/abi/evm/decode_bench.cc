// How fast real calls are decoded, and turned into text. The calls and their ABIs are those that
// tools/bench_abi.py names in AIRLOCK_ABI_WORKLOADS: {"name": {"abi": [..], "calldata": ["0x.."]}}.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "engine/abi/evm/evm.h"
#include "engine/abi/type/type.h"

namespace airlock::abi::evm {
namespace {

struct Workload {
  type::OwnedMap map;
  std::vector<std::vector<std::uint8_t>> calls;
  std::size_t size = 0;
};

enum class Output { views, text };

void run(benchmark::State& state, const Workload& work, Output output) {
  std::vector<type::Node> nodes(type::kTapeNodes);
  type::Tape tape(nodes);
  std::string json;
  std::size_t next = 0, failed = 0;
  for (auto _ : state) {
    const auto& call = work.calls[next];
    next = next + 1 == work.calls.size() ? 0 : next + 1;
    tape.clear();
    const auto decoded = decode_call(work.map.map(), call, tape);
    benchmark::DoNotOptimize(decoded);
    if (!decoded) ++failed;
    if (output == Output::views || !decoded) continue;
    json.clear();
    const type::Value value(work.map.map(), tape.nodes(), call, decoded->node);
    if (!type::append_json(json, value, type::Shape::named)) ++failed;
    benchmark::DoNotOptimize(json.data());
  }
  if (failed > 0) state.SkipWithError("a call was refused");
  const auto words = static_cast<double>(work.size) / 32 / static_cast<double>(work.calls.size());
  state.counters["words"] = words;
  state.SetItemsProcessed(state.iterations());
}

Workload read(json::Node node) {
  Workload work{*load(json::write(json::value_of(*node.member("abi"))), "bench"), {}, 0};
  for (const json::Node call : node.member("calldata")->elements()) {
    work.calls.push_back(*type::read_hex(call.as_text()));
    work.size += work.calls.back().size();
  }
  return work;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Registers each workload twice. Without the variable there is nothing to measure.
int register_all() {
  const char* const file = std::getenv("AIRLOCK_ABI_WORKLOADS");
  if (file == nullptr) return 0;
  static std::vector<Workload> workloads;
  const std::string text = text_of(file);
  const auto tree = json::Tree::parse(text, text.size());
  if (!tree) return 0;
  workloads.reserve(tree->root().count());
  for (const auto& [name, node] : tree->root().members()) {
    workloads.push_back(read(node));
    const Workload& work = workloads.back();
    for (const Output output : {Output::views, Output::text})
      benchmark::RegisterBenchmark(
          ((output == Output::views ? "decode/" : "text/") + std::string(name)).c_str(),
          [&work, output](benchmark::State& state) { run(state, work, output); });
  }
  return 0;
}

const int kRegistered = register_all();

}  // namespace
}  // namespace airlock::abi::evm
