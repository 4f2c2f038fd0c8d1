#include "engine/abi/compare.h"

#include "engine/abi/packs_test.h"

namespace airlock::abi {
namespace {

// "renamed input.to: to -> receiver", with a "!" in front of what breaks.
std::vector<std::string> changes(const std::vector<pack::Item>& before,
                                 const std::vector<pack::Item>& after) {
  const auto old = *pack::build(before), now = *pack::build(after);
  const auto found = compare(*pack::Pack::open(old), *pack::Pack::open(now));
  EXPECT_TRUE(found);
  std::vector<std::string> lines;
  for (const Change& change : *found) {
    std::string line = change.is_breaking ? "!" : "";
    line += std::string(name_of(change.what));
    for (const std::string& part : {change.entry, change.place, change.before, change.after}) {
      if (!part.empty()) line += " " + part;
    }
    lines.push_back(line);
  }
  return lines;
}

std::vector<pack::Item> of(std::vector<std::string_view> signatures) {
  return {{key_of(), map_of(std::move(signatures))}};
}

using Lines = std::vector<std::string>;

TEST(Compare, FindsNothingBetweenTheSame) {
  EXPECT_EQ(changes(token_items(), token_items()), Lines());
}

TEST(Compare, TellsOtherWordsForTheSameBytesAndBreaksNothing) {
  EXPECT_EQ(changes(of({"transfer(address to,uint256 value)"}),
                    of({"transfer(address receiver,uint256 value)"})),
            (Lines{"renamed function transfer(address,uint256) input.to to receiver"}));
}

TEST(Compare, SaysThatAFunctionIsGoneAndThatOneCame) {
  EXPECT_EQ(changes(of({"a(uint256 x)"}), of({"a(uint128 x)"})),
            (Lines{"!removed function a(uint256)", "added function a(uint128)"}));
}

TEST(Compare, SaysThatAContractIsGoneAndThatOneCame) {
  auto other = token_items();
  other[0].key = key_of("0x9999999999999999999999999999999999999999");
  EXPECT_EQ(changes(token_items(), other), (Lines{"!removed", "added"}));
}

TEST(Compare, SaysThatADescriptorComesBesideAnotherOneOfItsContract) {
  const auto described = sending_items();
  EXPECT_EQ(changes({described[0]}, {described[0], described[1]}), (Lines{"added"}));
  auto other = described[1];
  other.key.replace(other.key.rfind('/'), std::string::npos, "/0.json");
  EXPECT_EQ(changes({described[0], described[1]}, {described[0], described[1], other}),
            (Lines{"!added"}));
  other.key.replace(other.key.find(kToken), kToken.size(),
                    "0x1111111111111111111111111111111111111112");
  EXPECT_EQ(changes({described[0], described[1]}, {described[0], described[1], other}),
            (Lines{"added"}));
}

TEST(Compare, TellsNamesThatSwappedAndThatTheyBreak) {
  EXPECT_EQ(changes(of({"transfer(address from,address to,uint256 value)"}),
                    of({"transfer(address to,address from,uint256 amount)"})),
            (Lines{"renamed function transfer(address,address,uint256) input.value value amount",
                   "!swapped function transfer(address,address,uint256) input from, to to, from"}));
}

TEST(Compare, SaysWhatACallMayDoInWords) {
  const auto pay = [](std::string_view may) {
    const std::string text = R"([{"type":"function","name":"pay","inputs":[],"outputs":[],)"
                             R"("stateMutability":")" +
                             std::string(may) + R"("}])";
    const auto map = evm::load(text, "Token");
    EXPECT_TRUE(map);
    return std::vector<pack::Item>{{key_of(), bytes_from((*map)->encoded())}};
  };
  EXPECT_EQ(changes(pay("nonpayable"), pay("payable")),
            (Lines{"flags function pay() not payable payable"}));
  EXPECT_EQ(changes(pay("payable"), pay("nonpayable")),
            (Lines{"!flags function pay() payable not payable"}));
}

TEST(Compare, SaysWhichValueOfATokenIsAnotherOne) {
  const std::string key = "token/eip155:1/" + std::string(kToken);
  const auto token = [&](std::string_view text) { return std::vector{item(key, text)}; };
  const auto old = token(R"({"decimals":3,"symbol":"TOK"})");
  EXPECT_EQ(changes(old, token(R"({"decimals":77,"symbol":"TOK"})")),
            (Lines{"!content decimals 3 77"}));
  EXPECT_EQ(changes(old, token(R"({"decimals":3,"symbol":"USDC"})")),
            (Lines{"content symbol TOK USDC"}));
  EXPECT_EQ(changes(old, token(R"({"decimals":3})")), (Lines{"removed symbol TOK"}));
}

TEST(Compare, SaysWhichFieldOfADescriptorIsAnotherOne) {
  const auto with = [](std::string_view fields) { return sending_items(fields); };
  const auto old = with(R"({"path":"to","label":"To"},{"path":"value","label":"Amount"})");
  const std::string place = "display.formats.transfer(address to,uint256 value).fields";
  EXPECT_EQ(changes(old, with(R"({"path":"value","label":"Fee"},{"path":"to","label":"To"})")),
            (Lines{"content " + place + "[value].label Amount Fee"}));
  EXPECT_EQ(changes(old, with(R"({"path":"to","label":"To"})")),
            (Lines{"removed " + place + "[value].label Amount",
                   "!removed " + place + "[value].path value"}));
  EXPECT_EQ(
      changes(with(R"({"path":"to","label":"To"})"), old),
      (Lines{"added " + place + "[value].label Amount", "added " + place + "[value].path value"}));
  EXPECT_EQ(changes(old, with(R"({"path":"to","label":"To","visible":"never"},)"
                              R"({"path":"value","label":"Amount"})")),
            (Lines{"!added " + place + "[to].visible never"}));
  EXPECT_EQ(changes(old, with(R"({"path":"value","label":"Amount"},{"path":"to","label":"To"})")),
            (Lines{"content order"}));
}

TEST(Compare, KeepsPlacesApartThatAreSpelledAlike) {
  EXPECT_EQ(changes({item("file/a", R"({"a":{"b":1},"a.b":2})")},
                    {item("file/a", R"({"a":{"b":2},"a.b":1})")}),
            (Lines{"!content a.b 1 2", "!content a.b 2 1"}));
}

TEST(Compare, ShowsNamesAndCodes) {
  const std::string name = "name/eip155:1/" + std::string(kToken);
  EXPECT_EQ(changes({item(name, "Alice")}, {item(name, "Bob")}), (Lines{"content Alice Bob"}));
  const std::string code = "code/eip155:1/" + std::string(kToken);
  EXPECT_EQ(changes({item(code, "aa")}, {item(code, "ab")}), (Lines{"!content 0x6161 0x6162"}));
}

TEST(Compare, SaysThatBytesMeanSomethingElse) {
  const auto map = [](std::uint16_t bits) {
    type::Builder builder("evm", type::Order::big, type::AddressForm::eip55);
    const auto number = builder.add({type::Form::unsigned_integer, 0, bits, {}, 0, 0, 32});
    const type::Field field[] = {{builder.text("x"), number, 0, {}}};
    type::Entry entry;
    entry.name = builder.text("a");
    entry.key = builder.text("keys");
    entry.input = builder.add({type::Form::tuple, 0, 0, {}, builder.add_fields(field), 1, 32});
    builder.add(entry);
    return *builder.finish();
  };
  const auto old = map(256), now = map(8);
  const auto found = compare(old.map(), now.map());
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ((*found)[0].what, Change::What::retyped);
  EXPECT_TRUE((*found)[0].is_breaking);
  EXPECT_EQ((*found)[0].place, "input.x");
  EXPECT_EQ((*found)[0].before + " " + (*found)[0].after, "uint256 uint8");
}

}  // namespace
}  // namespace airlock::abi
