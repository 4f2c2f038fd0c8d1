#include "engine/abi/judge.h"

#include "engine/abi/packs_test.h"

namespace airlock::abi {
namespace {

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
  constexpr std::string_view kAddress = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
  for (const std::string_view chain : {"eip155:01", "eip155", "EIP155:1", "eip155:x"})
    EXPECT_EQ(verdict({item("token/" + std::string(chain) + "/" + std::string(kAddress),
                            R"({"decimals":3,"symbol":"TOK"})")}),
              Code::bad_pack)
        << chain;
}

TEST(Judge, RefusesAMapOnAnotherChain) {
  auto items = token_items();
  items[0].key = "abi/" + std::string(kToken);
  EXPECT_NE(verdict(items), Code::ok);
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

// What the owner reads would be up to the names of two files.
TEST(Judge, RefusesTwoDescriptorsOfOneCallOrMessageOfAContract) {
  const auto with = [](std::vector<pack::Item> items, std::vector<pack::Item> more) {
    more[0].key = "file/b.json";
    more[1].key.replace(more[1].key.rfind('/'), std::string::npos, "/b.json");
    items.insert(items.end(), {more[0], more[1]});
    return fault(items);
  };
  const std::string place = "eip155:1/" + std::string(kToken) + "/b.json";
  EXPECT_EQ(with(sending_items(), sending_items()), "ambiguous clear/" + place);
  EXPECT_EQ(with(permit_items(), permit_items()), "ambiguous typed/" + place);
  EXPECT_EQ(with(sending_items(), permit_items()), "ok");
  EXPECT_EQ(with(sending_items(), sending_items(R"({"path":"a","label":"A"})", "burn(uint256 a)")),
            "ok");
  auto elsewhere = sending_items();
  std::string file(elsewhere[0].content.begin(), elsewhere[0].content.end());
  file.replace(file.find(kToken), kToken.size(), "0x4444444444444444444444444444444444444444");
  elsewhere[0].content.assign(file.begin(), file.end());
  elsewhere[1].key.replace(elsewhere[1].key.find(kToken), kToken.size(),
                           "0x4444444444444444444444444444444444444444");
  EXPECT_EQ(with(sending_items(), elsewhere), "ok");
}

// A descriptor of a transfer with this many fields, bound to so many contracts.
std::vector<pack::Item> spread(std::size_t fields, std::size_t places) {
  std::string shown(kSendFields), deployments;
  for (std::size_t i = 2; i < fields; ++i) shown += R"(,{"path":"value","label":"Amount"})";
  auto items = sending_items(shown);
  items.erase(items.begin() + 1, items.end());
  for (std::size_t i = 0; i < places; ++i) {
    const std::string digits = std::to_string(100'000 + i);
    const std::string place = "0x" + std::string(40 - digits.size(), '0') + digits;
    deployments += R"({"chainId":1,"address":")" + place + R"("},)";
    items.push_back(item("clear/eip155:1/" + place + "/a.json", ""));
  }
  std::string file(items[0].content.begin(), items[0].content.end());
  file.insert(file.find(R"({"chainId")"), deployments);
  items[0].content.assign(file.begin(), file.end());
  return items;
}

Code verdict_within(std::size_t steps, const std::vector<pack::Item>& items) {
  const auto judged = judge(*snapshot_of(items), standard_loaders(), steps);
  return judged ? Code::ok : judged.error().error.code;
}

TEST(Judge, TriesWhatADescriptorShowsOnceHoweverManyContractsItIsBoundTo) {
  constexpr std::size_t kFields = 100, kPlaces = 1000, kScreens = 33;
  const std::size_t read = kPlaces * (kFields + 1), tried = 4 * kFields * kScreens;
  EXPECT_EQ(verdict_within(read + tried, spread(kFields, kPlaces)), Code::ok);
  EXPECT_EQ(verdict_within(read + tried - 1, spread(kFields, kPlaces)), Code::over_budget);
  EXPECT_EQ(verdict_within(read, spread(kFields, kPlaces)), Code::over_budget);
}

TEST(Judge, EndsWhereAPackAsksForMoreThanItsBudget) {
  EXPECT_EQ(verdict_within(1'000'000, spread(2, 100)), Code::ok);
  EXPECT_EQ(verdict_within(100, spread(2, 100)), Code::over_budget);
  EXPECT_EQ(verdict_within(0, spread(2, 1)), Code::over_budget);
  EXPECT_EQ(verdict_within(0, token_items()), Code::ok);
}

// A symbol stands behind every amount, and a name in place of an address.
TEST(Judge, RefusesSymbolsAndNamesThatPassForSomethingElse) {
  const auto symbol = [](std::string_view text) {
    return verdict({item("token/eip155:1/" + std::string(kToken),
                         R"({"decimals":3,"symbol":")" + std::string(text) + R"("})")});
  };
  for (const std::string_view good : {"TOK", "1INCH", "USD\u20ae", "Cake LP", "xSUSHI", "0xBTC"})
    EXPECT_EQ(symbol(good), Code::ok) << good;
  for (const std::string_view bad :
       {"", " ", "1000 USDC", "1000", "1,000.5", "\u3164", "TOK\u200b", "TOK ", "A  B", "\u00a0"})
    EXPECT_EQ(symbol(bad), Code::bad_pack) << bad;
  const auto name = [](std::string_view text) {
    return verdict({item("name/eip155:1/" + std::string(kToken), text)});
  };
  for (const std::string_view good : {"Treasury", "vitalik.eth", "Router 2", "Uniswap V3: Router"})
    EXPECT_EQ(name(good), Code::ok) << good;
  for (const std::string_view bad :
       {"", " ", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "to 0x5aAeb6053F3E94C9",
        "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", "a\xe3\x85\xa4", "a\nb"})
    EXPECT_EQ(name(bad), Code::bad_pack) << bad;
}

}  // namespace
}  // namespace airlock::abi
