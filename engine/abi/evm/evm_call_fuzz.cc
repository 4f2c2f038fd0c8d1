// A signature, a line feed, and bytes. What is decoded is shown; what is canonical is written again
// as the same bytes, and what is not is written as other ones of the same values. The calls that
// carriers carry stay inside their slices.
#include "engine/abi/evm/evm.h"
#include "engine/abi/type/type.h"

using namespace airlock;
using abi::type::Value;

namespace {

constexpr std::array<std::string_view, 6> kCarriers = {
    "multicall(bytes[])",
    "aggregate3Value((address,bool,uint256,bytes)[])",
    "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)",
    "multiSend(bytes)",
    "execute(bytes,bytes[])",
    "transfer(address,uint256)"};

void write_again(const abi::type::Map& map, std::uint32_t tuple, Bytes data,
                 const std::string& json, bool is_canonical) {
  const auto tree = json::Tree::parse(json, json.size(), json::Nul::in_texts);
  if (!tree) return;  // deeper than our reader goes
  const auto again = abi::evm::encode(map, tuple, tree->root());
  if (!again) {
    AIRLOCK_CHECK(again.error().code == Code::over_budget);  // shared tails are written apart
    return;
  }
  AIRLOCK_CHECK(equal(*again, data) == is_canonical);
}

void carried(Bytes data, abi::type::Tape& tape) {
  static const auto kMap = *abi::evm::load_signatures(kCarriers, "fuzz");
  static std::array<abi::evm::Call, abi::evm::kCallsMax> room;
  tape.clear();
  const auto calls =
      abi::evm::decode_nested(kMap.map(), data, [](Bytes) { return &kMap.map(); }, tape, room);
  if (!calls) return;
  for (const abi::evm::Call& call : calls->all) {
    AIRLOCK_CHECK(call.data.empty() ||
                  (call.data.data() >= data.data() &&
                   call.data.data() + call.data.size() <= data.data() + data.size()));
    if (call.status != Code::ok) continue;
    std::string json;
    const Value value(*call.map, tape.nodes(), call.data, call.decoded.node);
    (void)abi::type::append_json(json, value, abi::type::Shape::named, 1 << 16);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static std::array<abi::type::Node, 4096> nodes;
  abi::type::Tape tape(nodes);
  const std::string_view all = text_of(Bytes(bytes, size));
  const std::size_t line = all.find('\n');
  if (line == std::string_view::npos) return 0;
  const Bytes data = bytes_of(all.substr(line + 1));
  carried(data, tape);
  const std::array<std::string_view, 1> one = {all.substr(0, line)};
  const auto map = abi::evm::load_signatures(one, "fuzz");
  if (!map) return 0;
  const std::uint32_t tuple = (*map)->entries()[0].input;
  tape.clear();
  const auto decoded = abi::evm::decode(map->map(), tuple, data, 0, tape);
  if (!decoded) {
    AIRLOCK_CHECK(tape.size() == 0 && decoded.error().code != Code::bad_type);
    return 0;
  }
  std::string json;
  const Value value(map->map(), tape.nodes(), data);
  if (!abi::type::append_json(json, value, abi::type::Shape::positional)) return 0;
  write_again(map->map(), tuple, data, json, decoded->is_canonical);
  return 0;
}
