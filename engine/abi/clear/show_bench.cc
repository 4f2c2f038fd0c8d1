// How fast calls are formatted: those of the registry's cases, in the folder AIRLOCK_CORPUS, each
// with its own descriptor and what its file of cases provides. tools/bench_clear.py runs the peer
// beside it.
#include <benchmark/benchmark.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/abi/clear/clear.h"
#include "engine/abi/clear/fake_source.h"
#include "engine/abi/evm/transaction.h"

namespace airlock::abi::clear {
namespace {

using std::filesystem::path;

struct Prepared {
  const Descriptor* descriptor;
  const FakeSource* source;
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint8_t> from;
  Call call;
};

std::string text_of(const path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

class Cases {
 public:
  explicit Cases(const path& root) : root_(root) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_ / "registry")) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("calldata-") && entry.path().parent_path().filename() == "testsv2")
        files_.push_back(entry.path());
      else if (name.starts_with("calldata-") && !name.ends_with(".tests.json") &&
               entry.path().parent_path().parent_path().filename() == "registry")
        if (const Descriptor* read = descriptor(entry.path())) all_.push_back(read);
    }
    for (const path& file : files_) add(file);
  }
  const std::deque<Prepared>& all() const { return cases_; }

 private:
  const Descriptor* descriptor(const path& file) {
    const path normal = file.lexically_normal();
    if (const auto found = read_.find(normal); found != read_.end()) return found->second;
    auto made = Descriptor::read(
        text_of(normal), normal.lexically_relative(root_).string(), Reading::tolerant,
        [this](const std::string& name) -> Result<std::string> { return text_of(root_ / name); });
    if (!made) return nullptr;
    kept_.push_back(std::move(*made));
    return read_[normal] = &kept_.back();
  }

  void add(const path& file) {
    const std::string json = text_of(file);
    const auto tree = json::Tree::parse(json, json.size());
    if (!tree) return;
    FakeSource& source = sources_.emplace_back();
    source.descriptors = all_;
    if (const auto data = tree->root().member("dataProvider")) source.add(*data);
    const Descriptor* const described =
        descriptor(file.parent_path() / tree->root().member("descriptor")->as_text());
    for (const json::Node test : tree->root().member("tests")->elements()) {
      Prepared& one = cases_.emplace_back();
      one.descriptor = described;
      one.source = &source;
      one.bytes = *type::read_hex(test.member("rawTx")->as_text());
      if (const auto from = test.member("from")) one.from = *type::read_hex(from->as_text());
      const auto sent = evm::read_transaction(one.bytes);
      one.call = {
          .chain_id = *sent->chain_id, .to = *sent->to, .value = sent->value, .data = sent->data};
      if (!one.from.empty()) one.call.from = Bytes(one.from);
    }
  }

  path root_;
  std::vector<path> files_;
  std::map<path, const Descriptor*> read_;
  std::deque<Descriptor> kept_;
  std::deque<FakeSource> sources_;
  std::vector<const Descriptor*> all_;
  std::deque<Prepared> cases_;
};

void run(benchmark::State& state, const Cases& cases) {
  std::vector<type::Node> nodes(type::kTapeNodes);
  type::Tape tape(nodes);
  std::size_t raw = 0;
  for (auto _ : state) {
    for (const Prepared& one : cases.all()) {
      const Shown shown = show_call(one.descriptor, one.call, *one.source, tape);
      if (!shown.front().is_clear) ++raw;
      benchmark::DoNotOptimize(shown.screens.data());
    }
  }
  if (raw > 0) state.SkipWithError("a call was shown raw");
  state.SetItemsProcessed(static_cast<std::int64_t>(cases.all().size()) * state.iterations());
}

// Without the corpus there is nothing to measure.
int register_all() {
  const char* const folder = std::getenv("AIRLOCK_CORPUS");
  const path root = path(folder == nullptr ? "../shared/corpus" : folder) / "abi/erc7730";
  if (!std::filesystem::exists(root / "registry")) return 0;
  static const Cases kCases(root);
  benchmark::RegisterBenchmark("show/calls", [](benchmark::State& state) { run(state, kCases); });
  return 0;
}

const int kRegistered = register_all();

}  // namespace
}  // namespace airlock::abi::clear
