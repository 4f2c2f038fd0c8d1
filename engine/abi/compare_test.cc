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
