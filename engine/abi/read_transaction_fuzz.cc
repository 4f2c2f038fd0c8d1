// A byte that names the chain, and a transaction: whatever it is, it is refused or told in bounded,
// strict JSON, whatever the pack says of the contracts that it calls.
#include "engine/abi/evm/evm.h"
#include "engine/abi/transaction.h"

namespace {

using namespace airlock;

constexpr std::array<std::string_view, 5> kChains = {"eip155", "eip155:1", "solana:mainnet",
                                                     "aptos:1", "sui:mainnet"};
constexpr std::array<std::string_view, 5> kSignatures = {
    "transfer(address to,uint256 value)", "multicall(bytes[] data)",
    "aggregate((address target,bytes callData)[] calls)", "multiSend(bytes transactions)",
    "execute(bytes commands,bytes[] inputs)"};
// Module 0x1::m with an entry function f(u64, vector<u8>).
constexpr std::string_view kModule =
    "0xa11ceb0b0600000006010002030205050705070c040810200c3007000000010100000002030a02016d0166"
    "0000000000000000000000000000000000000000000000000000000000000001"
    "0001040000010200";

// Whatever is called on the EVM has one map, and one package stands on each chain of Move.
std::unique_ptr<const abi::Snapshot> make_snapshot(abi::Loaders loaders) {
  const auto evm = abi::evm::load_signatures(kSignatures, "Fuzz");
  const auto module = abi::type::read_hex(kModule);
  const auto move = (*abi::loader_of(loaders, "aptos:1"))->load({.name = "m", .files = {*module}});
  AIRLOCK_CHECK(evm && move);
  const Bytes map = (*evm)->encoded(), package = (*move)->encoded();
  const std::string one = "/0x" + std::string(63, '0') + "1";
  std::vector<abi::pack::Item> items = {
      {"abi/eip155:1/any", {map.begin(), map.end()}},
      {"abi/aptos:1" + one, {package.begin(), package.end()}},
      {"abi/sui:mainnet" + one, {package.begin(), package.end()}}};
  auto file = abi::pack::build(items);
  AIRLOCK_CHECK(file.has_value());
  const abi::Entries entries = abi::pack::Pack::open(*file)->entries();
  return *abi::Snapshot::hold(std::move(*file), entries, "1.0.0");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto loaders = abi::standard_loaders();
  static const auto snapshot = make_snapshot(loaders);
  static std::vector<abi::type::Node> room(4096);
  if (size == 0) return 0;
  const auto read = abi::read_transaction({*snapshot, loaders, room},
                                          kChains[data[0] % kChains.size()], {data + 1, size - 1});
  if (!read) return 0;
  const std::string text = json::write(*read);
  AIRLOCK_CHECK(text.size() <= 4 * abi::type::kOutputMax);
  AIRLOCK_CHECK(json::Tree::parse(text, text.size(), json::Nul::in_texts));
  return 0;
}
