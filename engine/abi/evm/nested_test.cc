#include "engine/abi/evm/nested.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/abi/evm/encode.h"
#include "engine/abi/evm/load.h"
#include "engine/abi/type/type.h"

namespace airlock::abi::evm {
namespace {

using Buffer = std::vector<std::uint8_t>;

constexpr std::string_view kToken = "0x00000000000000000000000000000000000000aa";
constexpr std::array<std::string_view, 9> kSignatures = {
    "transfer(address to,uint256 value)",
    "multicall(bytes[] data)",
    "multicall(uint256 deadline,bytes[] data)",
    "aggregate3((address target,bool allowFailure,bytes callData)[] calls)",
    "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)",
    "multiSend(bytes transactions)",
    "execute(bytes commands,bytes[] inputs,uint256 deadline)",
    "WRAP_ETH(address recipient,uint256 amount)",
    "note(string text)"};

std::string hex(Bytes bytes) {
  std::string text;
  type::append_hex(text, bytes);
  return text;
}

class Nested : public testing::Test {
 protected:
  Buffer call(std::string_view signature, const std::string& values) const {
    const auto tree = json::Tree::parse(values, values.size());
    const auto entry = map_->find_named(type::EntryKind::function, signature);
    return *encode_call(map_.map(), **entry, tree->root());
  }
  Buffer transfer() const { return call("transfer", "[\"" + std::string(kToken) + "\",\"5\"]"); }
  Buffer multicall(const std::vector<Buffer>& calls) const {
    std::string list;
    for (const Buffer& one : calls) list += (list.empty() ? "\"" : ",\"") + hex(one) + "\"";
    return call("multicall(bytes[])", "[[" + list + "]]");
  }

  Calls run(Bytes data, std::size_t room = kCallsMax) {
    tape_.clear();
    const FindMap find = [this](Bytes address) {
      return hex(address) == kToken ? &map_.map() : nullptr;
    };
    const auto calls =
        decode_nested(map_.map(), data, find, tape_, std::span<Call>(room_).first(room));
    EXPECT_TRUE(calls);
    return calls ? *calls : Calls{};
  }
  std::string json_of(const Call& call) const {
    std::string json;
    const type::Value value(*call.map, tape_.nodes(), call.data, call.decoded.node);
    EXPECT_TRUE(type::append_json(json, value, type::Shape::positional));
    return json;
  }

  type::OwnedMap map_ = *load_signatures(kSignatures, "test");
  std::vector<type::Node> nodes_{type::kTapeNodes};
  type::Tape tape_{nodes_};
  std::vector<Call> room_{kCallsMax};
  std::string transferred_ =
      "[\"0x00000000000000000000000000000000000000AA\",\"5\"]";  // in the capitals of EIP-55
};

TEST_F(Nested, DecodesTheCallsOfAMulticallAtEveryDepth) {
  const Buffer data = multicall({transfer(), multicall({transfer()}), {1, 2, 3, 4}});
  const Calls calls = run(data);
  ASSERT_EQ(calls.all.size(), 5U);
  EXPECT_TRUE(calls.is_whole);
  EXPECT_EQ(json_of(calls.all[1]), transferred_);
  EXPECT_EQ(calls.all[1].kind, CallKind::self);
  EXPECT_EQ(calls.all[3].status, Code::unknown_call);
  EXPECT_EQ(json_of(calls.all[4]), transferred_);
  EXPECT_EQ(calls.all[4].parent, 2U);
  EXPECT_EQ(calls.all[4].depth, 2U);
}

TEST_F(Nested, DecodesACallOfAnotherContractByTheMapOfItsAddress) {
  const std::string inner = hex(transfer()), other = "0x00000000000000000000000000000000000000bb";
  const Buffer data = call("aggregate3", "[[[\"" + std::string(kToken) + "\",true,\"" + inner +
                                             "\"],[\"" + other + "\",true,\"" + inner + "\"]]]");
  const Calls calls = run(data);
  ASSERT_EQ(calls.all.size(), 3U);
  EXPECT_EQ(json_of(calls.all[1]), transferred_);
  EXPECT_EQ(calls.all[2].status, Code::unknown_call);
  EXPECT_EQ(hex(calls.all[2].target), other);
}

TEST_F(Nested, SaysThatASafeDelegatesACall) {
  const std::string token = "\"" + std::string(kToken) + "\"";
  const std::string tail = ",0,0,0," + token + "," + token + ",\"0x\"]";
  const std::string head = "[" + token + ",7,\"" + hex(transfer()) + "\",";
  const Buffer delegated = call("execTransaction", head + "1" + tail);
  Calls calls = run(delegated);
  ASSERT_EQ(calls.all.size(), 2U);
  EXPECT_EQ(calls.all[1].kind, CallKind::delegate_call);
  EXPECT_EQ(calls.all[1].value.back(), 7);
  EXPECT_EQ(json_of(calls.all[1]), transferred_);
  const Buffer unknown = call("execTransaction", head + "2" + tail);
  calls = run(unknown);
  EXPECT_EQ(calls.all[1].status, Code::chain_refuses);
}

TEST_F(Nested, ReadsPackedCallsAndKeepsWhatIsCutAsRaw) {
  Buffer packed(1, 0);
  const Buffer token = *type::read_hex(kToken);
  packed.insert(packed.end(), token.begin(), token.end());
  packed.insert(packed.end(), 63, 0);
  const Buffer inner = transfer();
  packed.push_back(static_cast<std::uint8_t>(inner.size()));
  packed.insert(packed.end(), inner.begin(), inner.end());
  Buffer data = call("multiSend", "[\"" + hex(packed) + "\"]");
  Calls calls = run(data);
  ASSERT_EQ(calls.all.size(), 2U);
  EXPECT_EQ(json_of(calls.all[1]), transferred_);
  packed.pop_back();
  data = call("multiSend", "[\"" + hex(packed) + "\"]");
  calls = run(data);
  ASSERT_EQ(calls.all.size(), 2U);
  EXPECT_EQ(calls.all[1].status, Code::chain_refuses);
  EXPECT_EQ(calls.all[1].data.size(), packed.size());
}

TEST_F(Nested, NamesTheCommandsOfARouter) {
  Buffer input = call("WRAP_ETH", "[\"" + std::string(kToken) + "\",\"5\"]");
  input.erase(input.begin(), input.begin() + 4);
  const std::string good = hex(input);
  input.push_back(0);
  const Buffer data =
      call("execute", "[\"0x0b8b3f\",[\"" + good + "\",\"" + hex(input) + "\",\"0x\"],1]");
  const Calls calls = run(data);
  ASSERT_EQ(calls.all.size(), 4U);
  EXPECT_EQ(calls.all[1].map->text(calls.all[1].decoded.entry->name), "WRAP_ETH");
  EXPECT_EQ(json_of(calls.all[1]), transferred_);
  EXPECT_FALSE(calls.all[1].may_fail);
  EXPECT_TRUE(calls.all[2].may_fail);
  EXPECT_EQ(calls.all[2].status, Code::not_canonical);
  EXPECT_EQ(calls.all[3].status, Code::unknown_call);
}

TEST_F(Nested, KeepsCommandsWithoutTheirInputsAsRaw) {
  const Buffer data = call("execute", "[\"0x0b0b\",[\"0x\"],1]");
  const Calls calls = run(data);
  ASSERT_EQ(calls.all.size(), 2U);
  EXPECT_EQ(calls.all[1].status, Code::chain_refuses);
}

TEST_F(Nested, ReadsNothingOutsideTheSliceOfACarriedCall) {
  // The text of the inner call would lie in the outer one, where its offset leads to.
  Buffer inner = call("note", "[\"x\"]");
  inner.resize(4 + 32);
  const Buffer data = multicall({inner, Buffer(96, 0)});
  const Calls calls = run(data);
  EXPECT_EQ(calls.all[1].status, Code::chain_refuses);
  EXPECT_EQ(calls.all[1].data.size(), inner.size());
}

TEST_F(Nested, SaysWhereALimitStoppedIt) {
  Buffer deep = transfer();
  for (std::size_t i = 0; i < kCallDepthMax; ++i) deep = multicall({deep});
  EXPECT_TRUE(run(deep).is_whole);
  deep = multicall({deep});
  EXPECT_FALSE(run(deep).is_whole);
  const Buffer three = multicall({transfer(), transfer(), transfer()});
  EXPECT_FALSE(run(three, 3).is_whole);
  Buffer bad = transfer();
  bad.pop_back();
  const Buffer refused = multicall(std::vector<Buffer>(kRefusedMax + 1, bad));
  const Calls calls = run(refused);
  EXPECT_FALSE(calls.is_whole);
  EXPECT_EQ(calls.all[kRefusedMax].status, Code::chain_refuses);
  EXPECT_EQ(calls.all[kRefusedMax + 1].status, Code::over_budget);
}

TEST(Path, IsTokensWithAFeeBetweenEachTwo) {
  Buffer packed(43, 0);
  packed[19] = 1;
  packed[21] = 0x0b;
  packed[22] = 0xb8;
  packed[42] = 2;
  const auto path = Path::read(packed);
  ASSERT_TRUE(path);
  EXPECT_EQ(path->hops(), 1U);
  EXPECT_EQ(path->fee(0), 3000U);
  EXPECT_EQ(path->token(0).back(), 1);
  EXPECT_EQ(path->token(1).back(), 2);
  packed.pop_back();
  EXPECT_FALSE(Path::read(packed));
  EXPECT_FALSE(Path::read(Buffer(20)));
  EXPECT_FALSE(Path::read(Buffer(20 + 23 * (kPathHopsMax + 1))));
}

}  // namespace
}  // namespace airlock::abi::evm
