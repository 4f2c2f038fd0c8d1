#include "engine/abi/transaction.h"

#include "engine/abi/carried.h"
#include "engine/abi/packs_test.h"
#include "tests/fakes/corpus.h"

namespace airlock::abi {
namespace {

using fakes::bytes_of_hex;

constexpr std::string_view kOther = "0x3333333333333333333333333333333333333333";

std::string tens(std::size_t count, char digit) { return std::string(count, digit); }

// One item of RLP around these digits, where a list begins at 0xc0 and bytes at 0x80.
std::string item(std::size_t first, const std::string& digits) {
  const std::size_t size = digits.size() / 2;
  std::string head;
  const auto put = [&head](std::size_t byte) {
    const auto one = static_cast<std::uint8_t>(byte);
    std::string text;
    type::append_hex(text, {&one, 1});
    head += text.substr(2);
  };
  if (size > 0xff) {
    put(first + 57);
    put(size >> 8);
  } else if (size > 55) {
    put(first + 56);
  } else {
    put(first + size);
    return head + digits;
  }
  put(size & 0xff);
  return head + digits;
}

// A transaction with fees, chain 1, value 5.
std::vector<std::uint8_t> sending(std::string_view to, std::string_view data) {
  const std::string inner = "01018002825208" + item(0x80, std::string(to.substr(2))) + "05" +
                            item(0x80, std::string(data.substr(2))) + "c0";
  return bytes_of_hex("02" + item(0xc0, inner));
}

class Transactions : public testing::Test {
 protected:
  void add(const std::string& key, const Source& source) {
    const auto loader = *loader_of(loaders_, key.substr(4));
    const auto map = loader->load(source);
    ASSERT_TRUE(map) << name(map.error().code);
    items_.push_back({key, bytes_from((*map)->encoded())});
  }
  void add(std::string_view address, std::vector<std::string_view> signatures) {
    items_.push_back({key_of(address), map_of(std::move(signatures))});
  }
  json::Value read(std::string_view chain, Bytes data) {
    snapshot_ = snapshot_of(items_);
    const auto read = read_transaction({*snapshot_, loaders_, room_}, chain, data);
    return read ? *read : json::Value(name(read.error().code));
  }

  std::vector<std::shared_ptr<const Loader>> loaders_ = standard_loaders();
  std::vector<pack::Item> items_;
  std::unique_ptr<const Snapshot> snapshot_;
  std::vector<type::Node> room_{type::kTapeNodes};
};

TEST_F(Transactions, OfTheEvmAreReadWithTheirCallAndItsScreen) {
  add(kToken, {"transfer(address to,uint256 value)"});
  const auto data = sending(kToken, kTransfer);
  const json::Value said = read("eip155", data);
  EXPECT_EQ(said["chain_id"], 1);
  EXPECT_EQ(said["value"], "5");
  EXPECT_EQ(said["call"]["call"], "transfer(address,uint256)");
  EXPECT_EQ(said["call"]["arguments"]["value"], "1000");
  EXPECT_TRUE(said["call"]["bound"]);
  EXPECT_TRUE(said["screen"].is_object() || said["screen"].is_array()) << said.dump();
  EXPECT_EQ(read("eip155:1", data), said);
  EXPECT_EQ(read("eip155:10", data), "expected_otherwise");
  EXPECT_EQ(read("bitcoin:main", data), "loader_missing");
}

TEST_F(Transactions, ThatNothingExplainsAreReadRawWithAWarning) {
  const json::Value said = read("eip155:1", sending(kOther, "0x01020304"));
  EXPECT_EQ(said["call"], json::Value({{"warning", "unknown_call"}}));
  EXPECT_EQ(said["data"], "0x01020304");
  const auto creating = bytes_of_hex("02" + item(0xc0,
                                                 "01018002825208"
                                                 "80"
                                                 "05"
                                                 "84"
                                                 "01020304"
                                                 "c0"));
  EXPECT_EQ(read("eip155", creating)["call"], json::Value({{"warning", "unknown_call"}}));
}

TEST_F(Transactions, OfSolanaNameTheAccountsOfEachInstruction) {
  const auto file = *file::read("engine/abi/solana/native/system.json", 1 << 20);
  add("abi/solana:mainnet/11111111111111111111111111111111", {.files = {file}});
  const auto message = bytes_of_hex("01000103" + tens(64, '1') + tens(64, '2') + tens(64, '0') +
                                    tens(64, '9') + "01020200010c0200000040420f0000000000");
  const json::Value said = read("solana:mainnet", message);
  ASSERT_EQ(said["instructions"].size(), 1U) << said.dump();
  const json::Value& one = said["instructions"][0];
  EXPECT_EQ(one["call"]["arguments"]["lamports"], "1000000");
  EXPECT_EQ(one["accounts"][0]["name"], "from");
  EXPECT_TRUE(one["accounts"][0]["signer"]);
  EXPECT_FALSE(one["accounts"][1]["signer"]);
  EXPECT_EQ(read("solana:mainnet", Bytes(message).first(40)), "truncated");
}

// Module 0x1::m with an entry function f(u64, vector<u8>).
std::vector<std::uint8_t> move_module() {
  const std::string head = "a11ceb0b0600000006";
  const std::string directory = "010002030205050705070c040810200c3007";
  const std::string handles = "0000" + std::string("0001010000"), signatures = "0002030a02";
  const std::string names = "016d0166", code = "00010400000102";
  return bytes_of_hex(head + directory + handles + signatures + names + tens(63, '0') + "1" + code +
                      "00");
}

TEST_F(Transactions, OfAptosAreReadByTheModuleThatTheyCall) {
  const auto module = move_module();
  const std::string package = "0x" + tens(63, '0') + "1";
  add("abi/aptos:1/" + package, {.name = "m", .files = {module}});
  const std::string payload = "02" + package.substr(2) +
                              "016d"
                              "0166"
                              "00"
                              "02"
                              "08"
                              "0700000000000000"
                              "03"
                              "02aabb";
  const auto data = bytes_of_hex(tens(64, 'a') + tens(16, '0') + payload + tens(16, '1') +
                                 tens(16, '2') + tens(16, '3') + "01");
  const json::Value said = read("aptos", data);
  EXPECT_EQ(said["function"], "m::f") << said.dump();
  EXPECT_EQ(said["call"]["arguments"], json::Value::array({"7", "0xaabb"}));
  EXPECT_EQ(read("aptos:2", data), "expected_otherwise");
}

TEST_F(Transactions, OfSuiSayWhatEachCallIsGiven) {
  const auto module = move_module();
  const std::string package = "0x" + tens(63, '0') + "1", owner = tens(64, 'a');
  add("abi/sui:mainnet/" + package, {.name = "m", .files = {module}});
  // Inputs 7 and aabb; f of the package with both, and with the gas coin in place of the number.
  const std::string call = "00" + package.substr(2) +
                           "016d"
                           "0166"
                           "00"
                           "02";
  const auto data = bytes_of_hex(
      "0000"
      "02"
      "0008"
      "0700000000000000"
      "0003"
      "02aabb"
      "02" +
      call +
      "010000"
      "010100" +
      call +
      "00"
      "010100" +
      owner + "00" + owner + tens(32, '0') + "00");
  const json::Value said = read("sui:mainnet", data);
  ASSERT_EQ(said["calls"].size(), 2U) << said.dump();
  EXPECT_EQ(said["calls"][0]["arguments"], json::Value::array({"7", "0xaabb"}));
  EXPECT_EQ(said["calls"][1]["arguments"], json::Value::array({nullptr, "0xaabb"}));
  items_.clear();
  EXPECT_EQ(read("sui:mainnet", data)["calls"][0]["warning"], "unknown_call");
}

// ---- the calls that a call carries

TEST_F(Transactions, SayWhatAMulticallCarries) {
  add(kToken, {"transfer(address to,uint256 value)"});
  add(kOther, {"aggregate((address target,bytes callData)[] calls)"});
  const auto entry = evm::load_signatures(
      std::vector<std::string_view>{"aggregate((address target,bytes callData)[] calls)"}, "M");
  const std::string values = "[[{\"target\":\"" + std::string(kToken) + "\",\"callData\":\"" +
                             std::string(kTransfer) + "\"},{\"target\":\"" + std::string(kOther) +
                             "\",\"callData\":\"0x01020304\"}]]";
  const auto tree = json::Tree::parse(values, values.size());
  const auto call = evm::encode_call(entry->map(), (*entry)->entries()[0], tree->root());
  ASSERT_TRUE(call);
  std::string data;
  type::append_hex(data, *call);
  const json::Value calls = read("eip155:1", sending(kOther, data))["call"]["calls"];
  ASSERT_EQ(calls.size(), 2U) << calls.dump();
  EXPECT_EQ(calls[0]["within"], nullptr);
  EXPECT_EQ(calls[0]["kind"], "call");
  EXPECT_EQ(calls[0]["to"], kToken);
  EXPECT_TRUE(calls[0]["bound"]);
  EXPECT_EQ(calls[0]["arguments"]["value"], "1000");
  EXPECT_EQ(calls[1]["warning"], "unknown_call");
  EXPECT_EQ(calls[1]["data"], "0x01020304");
}

}  // namespace
}  // namespace airlock::abi
