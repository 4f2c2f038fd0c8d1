// What the worst inputs cost a wallet: each bomb once through the whole way from its type to JSON,
// its processor time and the memory that it takes on top. Those of the corpus are named by
// AIRLOCK_ABI_BOMBS: lines of {"name", "type", "data"}. The others are made here.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include "engine/abi/evm/evm.h"
#include "engine/abi/move/move.h"
#include "engine/abi/solana/solana.h"
#include "engine/abi/type/spelling.h"
#include "host/json/tree.h"

namespace airlock::abi {
namespace {

using Buffer = std::vector<std::uint8_t>;

struct Bomb {
  std::string name;
  std::function<void()> explode;
};

void to_json(const type::Map& map, const type::Tape& tape, Bytes data) {
  std::string json;
  const auto written =
      type::append_json(json, type::Value(map, tape.nodes(), data), type::Shape::positional);
  benchmark::DoNotOptimize(written);
}

void explode_evm(const std::string& type, const Buffer& data) {
  const std::string signature = "f(" + type + ")";
  const std::string_view signatures[] = {signature};
  const auto map = evm::load_signatures(signatures, "Bomb");
  if (!map) return;
  std::vector<type::Node> room(type::kTapeNodes);
  type::Tape tape(room);
  const auto entry = (*map)->find_named(type::EntryKind::function, "f");
  AIRLOCK_CHECK(entry.has_value());
  if (evm::decode(map->map(), (*entry)->input, data, 0, tape)) to_json(map->map(), tape, data);
}

void explode_solana(const std::string& idl, const Buffer& data) {
  const auto map = solana::load(idl);
  if (!map) return;
  std::vector<type::Node> room(type::kTapeNodes);
  type::Tape tape(room);
  if (solana::decode_instruction(map->map(), data, tape)) to_json(map->map(), tape, data);
}

// A list of itself, or of nothings, of as many as fit the tape and more.
enum class Holds : std::uint8_t { nothings, itself };
void explode_move(Holds holds, const Buffer& data) {
  type::Builder builder("move", type::Order::little, type::AddressForm::hex);
  type::Type list;
  list.form = type::Form::list;
  list.size = static_cast<std::uint16_t>(type::Prefix::uleb);
  type::Type nothing;
  nothing.form = type::Form::tuple;
  const std::uint32_t root = builder.reserve();
  list.first = holds == Holds::itself ? root : builder.add(nothing);
  builder.put(root, list);
  const auto map = builder.finish();
  AIRLOCK_CHECK(map.has_value());
  std::vector<type::Node> room(type::kTapeNodes);
  type::Tape tape(room);
  if (move::decode_all(map->map(), root, {}, data, tape)) to_json(map->map(), tape, data);
}

void put_word(Buffer& data, std::uint64_t value) {
  data.resize(data.size() + 24);
  for (int shift = 56; shift >= 0; shift -= 8)
    data.push_back(static_cast<std::uint8_t>(value >> shift));
}

// Lists within lists, whose elements all are at one place: `fan` to the power of `depth` numbers.
Buffer shared_pointers(std::size_t depth, std::uint64_t fan) {
  Buffer data;
  put_word(data, 32);
  for (std::size_t level = 1; level < depth; ++level) {
    put_word(data, fan);
    for (std::uint64_t i = 0; i < fan; ++i) put_word(data, fan * 32);
  }
  put_word(data, fan);
  for (std::uint64_t i = 0; i < fan; ++i) put_word(data, ~std::uint64_t{0});
  return data;
}

// One text of a megabyte that every element of a list points to.
Buffer shared_text(std::uint64_t count) {
  constexpr std::size_t kTextSize = 1 << 20;
  Buffer data;
  put_word(data, 32);
  put_word(data, count);
  for (std::uint64_t i = 0; i < count; ++i) put_word(data, count * 32);
  put_word(data, kTextSize);
  data.resize(data.size() + kTextSize, 1);  // each byte is escaped
  return data;
}

std::string doubling_idl() {
  std::string types = R"({"name":"D0","type":{"kind":"struct","fields":[]}})";
  for (int i = 1; i <= 24; ++i) {
    const std::string below = R"({"defined":"D)" + std::to_string(i - 1) + "\"}";
    types += R"(,{"name":"D)" + std::to_string(i) + R"(","type":{"kind":"struct","fields":[)" +
             below + "," + below + "]}}";
  }
  return R"({"instructions":[{"name":"f","discriminator":[1],"accounts":[],"args":[)"
         R"({"name":"a","type":{"defined":"D24"}}]}],"types":[)" +
         types + "]}";
}

std::string nothings_idl() {
  return R"({"instructions":[{"name":"f","discriminator":[1],"accounts":[],"args":[)"
         R"({"name":"a","type":{"vec":{"defined":"Z"}}}]}],"types":[)"
         R"({"name":"Z","type":{"kind":"struct","fields":[]}}]})";
}

std::vector<Bomb> own_bombs() {
  return {
      {"own/evm_shared_pointers", [] { explode_evm("uint256[][][][]", shared_pointers(4, 100)); }},
      {"own/evm_full_tape", [] { explode_evm("uint256[][]", shared_pointers(2, 250)); }},
      {"own/evm_shared_text", [] { explode_evm("string[]", shared_text(60'000)); }},
      {"own/solana_doubling", [] { explode_solana(doubling_idl(), {1}); }},
      {"own/solana_nothings", [] { explode_solana(nothings_idl(), {1, 0xff, 0xff, 0xff, 0xff}); }},
      {"own/move_nothings", [] { explode_move(Holds::nothings, {0xff, 0xff, 0xff, 0xff, 0x07}); }},
      {"own/move_itself", [] { explode_move(Holds::itself, Buffer(128 << 10, 1)); }},
  };
}

void add_corpus(std::vector<Bomb>& bombs) {
  const char* const file = std::getenv("AIRLOCK_ABI_BOMBS");
  if (file == nullptr) return;
  std::ifstream lines(file);
  std::string line;
  while (std::getline(lines, line)) {
    const auto tree = json::Tree::parse(line, line.size());
    AIRLOCK_CHECK(tree.has_value());
    const auto member = [&](std::string_view name) {
      return std::string(json::text(tree->root(), name, line.size()).value());
    };
    const auto data = type::read_hex(member("data"));
    AIRLOCK_CHECK(data.has_value());
    bombs.push_back({"corpus/" + member("name"),
                     [type = member("type"), data = *data] { explode_evm(type, data); }});
  }
}

// Of /proc/self/status, in bytes: VmRSS is now, VmHWM the most since it was reset.
double memory(std::string_view field) {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with(field)) return std::stod(line.substr(field.size() + 1)) * 1024;
  }
  return 0;
}

void run(benchmark::State& state, const Bomb& bomb) {
  malloc_trim(0);  // what the bomb before gave back would serve this one unseen
  std::ofstream("/proc/self/clear_refs") << "5";
  const double before = memory("VmRSS");
  for (auto _ : state) bomb.explode();
  state.counters["peak_bytes"] = std::max(memory("VmHWM") - before, 0.0);
}

int register_all() {
  static std::vector<Bomb> bombs = own_bombs();
  add_corpus(bombs);
  for (const Bomb& bomb : bombs)
    benchmark::RegisterBenchmark(("bomb/" + bomb.name).c_str(),
                                 [&bomb](benchmark::State& state) { run(state, bomb); })
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
  return 0;
}

const int kRegistered = register_all();

}  // namespace
}  // namespace airlock::abi
