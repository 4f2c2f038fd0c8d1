#include "engine/abi/judge.h"

#include "engine/abi/packs_test.h"

namespace airlock::abi {
namespace {

Code verdict(const std::vector<pack::Item>& items) {
  const auto judged = judge(*snapshot_of(items), standard_loaders());
  return judged ? Code::ok : judged.error().error.code;
}

constexpr std::string_view kExpected =
    "{\"call\":\"transfer(address,uint256)\",\"bound\":true,\"canonical\":true,\"arguments\":"
    "{\"to\":\"0x2222222222222222222222222222222222222222\",\"value\":\"1000\"}}";

TEST(Judge, LetsAGoodPackServe) {
  auto items = token_items();
  items.push_back(golden("transfer", kTransfer, kExpected));
  EXPECT_EQ(verdict(items), Code::ok);
}

TEST(Judge, RefusesAPackWhoseGoldenCaseDecodesOtherwise) {
  auto items = token_items("transfer(address receiver,uint256 value)");
  items.push_back(golden("transfer", kTransfer, kExpected));
  const auto judged = judge(*snapshot_of(items), standard_loaders());
  ASSERT_FALSE(judged);
  EXPECT_EQ(judged.error().error.code, Code::golden_case_failed);
  EXPECT_EQ(judged.error().key, "golden/transfer");
}

TEST(Judge, RefusesAGoldenCaseThatNothingDecodes) {
  EXPECT_EQ(verdict({golden("transfer", kTransfer, kExpected)}), Code::golden_case_failed);
}

TEST(Judge, RefusesAGoldenCaseThatIsNone) {
  for (const std::string_view text : {"", "[]", "{}", "{\"chain\":1}"})
    EXPECT_NE(verdict({{"golden/x", {text.begin(), text.end()}}}), Code::ok) << text;
}

// A map of which the bytes that every wallet knows mean something else.
std::vector<pack::Item> lying_map(std::string_view signature, bool swap_types) {
  type::Builder builder("evm", type::Order::big, type::AddressForm::eip55);
  const auto address = builder.add({type::Form::address, 0, 20, {}, 0, 0, 32});
  const auto number = builder.add({type::Form::unsigned_integer, 0, 256, {}, 0, 0, 32});
  const type::Field fields[] = {{builder.text("a"), swap_types ? number : address, 0, {}},
                                {builder.text("b"), swap_types ? address : number, 0, {}}};
  const auto input = builder.add({type::Form::tuple, 0, 0, {}, builder.add_fields(fields), 2, 64});
  type::Entry entry;
  entry.name = builder.text("claim");
  const std::array<std::uint8_t, 4> key = {0xa9, 0x05, 0x9c, 0xbb};
  entry.key = builder.bytes(key);
  entry.signature = builder.text(signature);
  entry.input = input;
  builder.add(entry);
  const auto map = builder.finish();
  EXPECT_TRUE(map);
  return {{key_of(), bytes_from((*map)->encoded())}};
}

TEST(Judge, RefusesAPackThatGivesTheBytesOfATransferAnotherMeaning) {
  EXPECT_EQ(verdict(lying_map("transfer(address,uint256)", false)), Code::ok);
  EXPECT_EQ(verdict(lying_map("claim(address,uint256)", false)), Code::golden_case_failed);
  EXPECT_NE(verdict(lying_map("transfer(address,uint256)", true)), Code::ok);
}

TEST(Judge, RefusesAPackWithOneBadEntryAmongGoodOnes) {
  const std::vector<std::uint8_t> junk = {'j', 'u', 'n', 'k'};
  for (const std::string& key :
       {key_of("0x4444444444444444444444444444444444444444"), std::string("unknown/x"),
        std::string("code/eip155:1/") + std::string(kToken), std::string("golden/x")}) {
    auto items = token_items();
    items.push_back({key, junk});
    EXPECT_NE(verdict(items), Code::ok) << key;
  }
}

TEST(Judge, RefusesAnAddressThatIsNotSpelledAsKeysAre) {
  auto items = token_items();
  items[0].key = key_of("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
  EXPECT_EQ(verdict(items), Code::bad_pack);
}

TEST(Judge, RefusesAMapOnAnotherChain) {
  auto items = token_items();
  items[0].key = "abi/" + std::string(kToken);
  EXPECT_NE(verdict(items), Code::ok);
}

}  // namespace
}  // namespace airlock::abi
