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

// What a pack with these items is refused for, and by which entry.
std::string fault(const std::vector<pack::Item>& items) {
  const auto judged = judge(*snapshot_of(items), standard_loaders());
  if (judged) return "ok";
  return std::string(name(judged.error().error.code)) + ' ' + judged.error().key;
}

std::string binding_key(std::string_view kind = "clear") {
  return std::string(kind) + "/eip155:1/" + std::string(kToken) + "/a.json";
}

TEST(Judge, RefusesADescriptorWhereItIsNotBound) {
  EXPECT_EQ(fault(sending_items()), "ok");
  auto elsewhere = sending_items();
  elsewhere[1].key = "clear/eip155:10/" + std::string(kToken) + "/a.json";
  EXPECT_EQ(fault(elsewhere), "descriptor_unbound " + elsewhere[1].key);
  auto other_kind = sending_items();
  other_kind[1].key = binding_key("typed");
  EXPECT_EQ(fault(other_kind), "bad_pack " + binding_key("typed"));
  auto nothing = sending_items();
  nothing.erase(nothing.begin());
  EXPECT_EQ(fault(nothing), "not_found " + binding_key());
}

TEST(Judge, RefusesADescriptorThatDoesNotCompile) {
  EXPECT_EQ(fault(sending_items(R"({"label":"no path"})")), "bad_descriptor " + binding_key());
}

TEST(Judge, RefusesADescriptorOfCallsThatTheContractDoesNotHave) {
  auto items = sending_items(R"({"path":"a","label":"A"})", "burn(uint256 a)");
  EXPECT_EQ(fault(items), "ok") << "nobody says what the contract has";
  items.push_back(token_items()[0]);
  EXPECT_EQ(fault(items), "expected_otherwise " + binding_key());
  items.back() = {key_of(), map_of({"burn(uint256 amount)"})};
  EXPECT_EQ(fault(items), "ok") << "names may differ";
}

// Whoever writes a descriptor could hide what its words are about.
TEST(Judge, RefusesADescriptorThatShowsATransferWithoutWhomOrHowMuch) {
  const std::string failed = "golden_case_failed " + binding_key();
  constexpr std::string_view kTo = R"({"path":"to","label":"To","format":"addressName"})";
  constexpr std::string_view kValue = R"({"path":"value","label":"Amount"})";
  const auto with = [](std::string_view one, std::string_view other) {
    return sending_items(std::string(one) + "," + std::string(other));
  };
  EXPECT_EQ(fault(with(kTo, kValue)), "ok");
  EXPECT_EQ(fault(sending_items(kTo)), failed);
  EXPECT_EQ(fault(sending_items(kValue)), failed);
  EXPECT_EQ(fault(with(kTo, R"({"path":"value","label":"Amount","visible":"never"})")), failed);
  EXPECT_EQ(fault(with(kTo, R"({"value":"1","label":"Amount"})")), failed);
  EXPECT_EQ(fault(with(kValue, R"({"path":"@.to","label":"To"})")), failed);
  EXPECT_EQ(fault(with(kTo, R"({"path":"value","label":"Amount","format":"tokenAmount",
                          "params":{"tokenPath":"@.to","threshold":"0x01","message":"Nothing"}})")),
            failed);
  // Where a value is not the expected one, all of the call is raw.
  EXPECT_EQ(fault(with(kTo, R"({"path":"value","label":"Amount","visible":{"mustMatch":[1]}})")),
            "ok");
}

TEST(Judge, RefusesADescriptorThatShowsAPermitWithoutWhomOrHowMuch) {
  const std::string failed = "golden_case_failed " + binding_key("typed");
  EXPECT_EQ(fault(permit_items()), "ok");
  EXPECT_EQ(fault(permit_items(R"({"path":"spender","label":"Spender"})")), failed);
  EXPECT_EQ(fault(permit_items(R"({"path":"value","label":"Amount"})")), failed);
  EXPECT_EQ(fault(permit_items(R"({"path":"owner","label":"Spender"},
                                  {"path":"value","label":"Amount"})")),
            failed);
}

}  // namespace
}  // namespace airlock::abi
