// What a wallet is shown by the pack in use: descriptors are found by what is signed.
#include <gtest/gtest.h>

#include "engine/abi/packs_test.h"

namespace airlock::abi {
namespace {

clear::TypedData read(std::string_view json) {
  auto message = clear::TypedData::read(json);
  EXPECT_TRUE(message) << name(message.error().code);
  return std::move(*message);
}

class Shows : public testing::Test {
 protected:
  void use(const std::vector<pack::Item>& items) { engine_.swap(snapshot_of(items)); }
  clear::Screen show(const clear::TypedData& message) {
    return reader_.view().show(Signing{message}).front();
  }
  clear::Screen send(std::string_view data, std::string_view to = kToken, std::uint64_t value = 0) {
    const auto address = *type::read_hex(to);
    const auto bytes = *type::read_hex(data);
    return reader_.view()
        .show(Sending{.chain_id = 1, .to = address, .value = value, .data = bytes})
        .front();
  }

  Engine engine_;
  Engine::Reader reader_ = *engine_.reader();
};

TEST_F(Shows, AMessageByTheDescriptorOfItsContractAndType) {
  const auto message = read(permit());
  EXPECT_TRUE(show(message).warnings.has(clear::Warning::no_descriptor));
  use(permit_items());
  const clear::Screen screen = show(message);
  ASSERT_TRUE(screen.is_clear);
  ASSERT_EQ(screen.fields.size(), 2U);
  EXPECT_EQ(screen.fields[0].value, "0x2222222222222222222222222222222222222222");
  EXPECT_EQ(screen.fields[1].value, "1.5 TOK");
}

TEST_F(Shows, AMessageRawWhereItsContractChainOrTypeIsAnother) {
  use(permit_items());
  const auto raw = [this](std::string_view part, std::string_view other) {
    std::string json = permit();
    json.replace(json.find(part), part.size(), other);
    const clear::Screen screen = show(read(json));
    return !screen.is_clear && screen.warnings.has(clear::Warning::no_descriptor);
  };
  EXPECT_TRUE(raw("\"verifyingContract\":\"0x11", "\"verifyingContract\":\"0x12"));
  EXPECT_TRUE(raw("\"chainId\":1", "\"chainId\":10"));
  EXPECT_TRUE(raw("\"nonce\",\"type\":\"uint256\"", "\"nonce\",\"type\":\"uint8\""));
  EXPECT_TRUE(raw("\"chainId\":1", "\"chainId\":\"0x10000000000000000\""));
}

// One contract has messages of many types, each in a file of its own.
TEST_F(Shows, AMessageByTheOneOfSeveralDescriptorsThatKnowsItsType) {
  auto items = permit_items();
  for (pack::Item& one : described("eip712", "Vote(uint256 id)", R"({"path":"id","label":"Id"})")) {
    if (const std::size_t at = one.key.find("a.json"); at != std::string::npos)
      items.push_back({one.key.replace(at, 6, "A.json"), one.content});
  }
  use(items);
  EXPECT_TRUE(show(read(permit())).is_clear);
  const auto vote = read(R"json({"types":{"Vote":[{"name":"id","type":"uint256"}]},
    "primaryType":"Vote","domain":{"chainId":1,
    "verifyingContract":"0x1111111111111111111111111111111111111111"},"message":{"id":7}})json");
  EXPECT_EQ(show(vote).fields.at(0).value, "7");
}

TEST_F(Shows, ACallAndAMessageEachByDescriptorsOfItsOwnKind) {
  use(sending_items());
  EXPECT_TRUE(send(kTransfer).is_clear);
  EXPECT_FALSE(send(kTransfer, "0x4444444444444444444444444444444444444444").is_clear);
  EXPECT_FALSE(show(read(permit())).is_clear);
  use(permit_items());
  EXPECT_FALSE(send(kTransfer).is_clear);
}

TEST_F(Shows, WhatACallPaysWhereItsDescriptorDoesNot) {
  use(sending_items());
  EXPECT_EQ(send(kTransfer).fields.size(), 2U);
  const clear::Screen screen = send(kTransfer, kToken, 5);
  ASSERT_EQ(screen.fields.size(), 3U);
  EXPECT_TRUE(screen.warnings.has(clear::Warning::value_unseen));
  EXPECT_EQ(screen.fields[2].label + screen.fields[2].value, "Pays5");
}

TEST(ChainId, IsThatOfAChainOfTheEvmAlone) {
  EXPECT_EQ(chain_id_of("eip155:1"), 1U);
  EXPECT_EQ(chain_id_of("eip155:18446744073709551615"), 18446744073709551615U);
  for (const std::string_view other : {"eip155:", "eip155:01", "eip155:18446744073709551616",
                                       "eip155", "solana:mainnet", "", "EIP155:1", "eip155:1 "})
    EXPECT_EQ(chain_id_of(other), std::nullopt) << other;
}

TEST(Binding, HasOneSpelling) {
  const auto read =
      read_binding("typed/eip155:1/0x1111111111111111111111111111111111111111/a/b.json");
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->is_for_calls);
  EXPECT_EQ(read->name, "a/b.json");
  EXPECT_EQ(read->place, "eip155:1/0x1111111111111111111111111111111111111111");
  for (const std::string_view key :
       {"clear/", "clear/eip155:1", "clear/eip155:1/0x1111111111111111111111111111111111111111",
        "clear/eip155:01/0x1111111111111111111111111111111111111111/a",
        "clear/solana:mainnet/0x1111111111111111111111111111111111111111/a",
        "clear/eip155:1/0x11/a", "clear/eip155:1/any/a",
        "clear/eip155:1/0xAA11111111111111111111111111111111111111/a"})
    EXPECT_EQ(read_binding(key).error().code, Code::bad_pack) << key;
}

}  // namespace
}  // namespace airlock::abi
