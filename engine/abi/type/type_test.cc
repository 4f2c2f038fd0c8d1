#include "engine/abi/type/type.h"

#include <gtest/gtest.h>

#include "engine/abi/type/builder.h"

namespace airlock::abi::type {
namespace {

constexpr std::array<std::uint8_t, 4> kKey = {1, 2, 3, 4};

// transfer(to, amount) of a chain that writes addresses of 32 bytes and little-endian numbers.
Result<OwnedMap> transfer(AddressForm form) {
  Builder builder("solana", Order::little, form);
  builder.set_name("bank");
  const auto address = builder.add({.form = Form::address, .size = 32});
  const auto amount = builder.add({.form = Form::signed_integer, .size = 64});
  const Field fields[] = {{.name = builder.text("to"), .type = address},
                          {.name = builder.text("amount"), .type = amount}};
  const auto input =
      builder.add({.form = Form::tuple, .first = builder.add_fields(fields), .count = 2});
  builder.add({.kind = EntryKind::function,
               .name = builder.text("transfer"),
               .key = builder.bytes(kKey),
               .input = input});
  return builder.finish();
}

struct Decoded {
  OwnedMap map;
  std::vector<std::uint8_t> data;
  std::vector<Node> nodes;
  Value value() const { return {map.map(), nodes, data}; }
};

Decoded decoded(AddressForm form) {
  Decoded made{*transfer(form), std::vector<std::uint8_t>(40, 0), {}};
  made.data[31] = 1;
  std::fill(made.data.begin() + 32, made.data.end(), 0xff);
  made.nodes = {{2, 0, 2, 3}, {0, 0, 32, 2}, {1, 32, 8, 3}};
  return made;
}

std::string json_of(Value value, Shape shape = Shape::named) {
  std::string json;
  EXPECT_TRUE(append_json(json, value, shape));
  return json;
}

TEST(TypeMap, FindsAnEntryByItsKeyAndByItsName) {
  const auto map = transfer(AddressForm::hex);
  ASSERT_TRUE(map);
  const Entry* found = (*map)->find(EntryKind::function, kKey);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ((*map)->text(found->name), "transfer");
  const std::array<std::uint8_t, 6> data = {1, 2, 3, 4, 9, 9};
  EXPECT_EQ((*map)->find_at_front(EntryKind::function, data), found);
  EXPECT_EQ((*map)->find(EntryKind::function, data), nullptr);
  EXPECT_EQ((*map)->find(EntryKind::event, kKey), nullptr);
  EXPECT_EQ((*map)->find_at_front(EntryKind::function, std::span(data).first(3)), nullptr);
  EXPECT_EQ(*(*map)->find_named(EntryKind::function, "transfer"), found);
  EXPECT_EQ((*map)->find_named(EntryKind::function, "Transfer").error().code, Code::unknown_call);
}

TEST(TypeMap, IsTheSameBytesWhenMadeAgain) {
  const auto one = transfer(AddressForm::hex), other = transfer(AddressForm::hex);
  EXPECT_TRUE(equal((*one)->encoded(), (*other)->encoded()));
}

TEST(TypeMap, ThatIsCutAnywhereIsRefused) {
  const auto map = transfer(AddressForm::hex);
  const Bytes whole = (*map)->encoded();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(OwnedMap::parse({whole.begin(), whole.begin() + static_cast<long>(size)}));
  std::vector<std::uint8_t> longer(whole.begin(), whole.end());
  longer.push_back(0);
  EXPECT_EQ(OwnedMap::parse(longer).error().code, Code::trailing_bytes);
}

TEST(TypeMap, RefusesATypeThatHoldsItselfInPlaceButNotInAList) {
  Builder builder("x", Order::little, AddressForm::hex);
  const auto self = builder.reserve();
  const Field field[] = {{.type = self}};
  builder.put(self, {.form = Form::tuple, .first = builder.add_fields(field), .count = 1});
  EXPECT_EQ(builder.finish().error().code, Code::bad_type);

  Builder listed("x", Order::little, AddressForm::hex);
  const auto list = listed.reserve();
  const Field tail[] = {{.type = list}};
  const auto tuple =
      listed.add({.form = Form::tuple, .first = listed.add_fields(tail), .count = 1});
  listed.put(list, {.form = Form::list, .size = 4, .first = tuple});
  EXPECT_TRUE(listed.finish());
}

TEST(TypeMap, RefusesTwoEntriesThatTheSameBytesChoose) {
  const std::array<std::uint8_t, 5> longer = {1, 2, 3, 4, 5};
  for (const Bytes second : {Bytes(kKey), Bytes(longer)}) {
    Builder builder("x", Order::little, AddressForm::hex);
    const auto unit = builder.add({.form = Form::tuple});
    builder.add({.key = builder.bytes(kKey), .input = unit});
    builder.add({.key = builder.bytes(second), .input = unit});
    EXPECT_EQ(builder.finish().error().code, Code::ambiguous);
  }
}

TEST(Value, IsReadFromItsBytes) {
  const Decoded call = decoded(AddressForm::hex);
  const Value value = call.value();
  EXPECT_EQ(value.count(), 2U);
  EXPECT_EQ(value.member("amount")->as_signed(), (number::Signed{1, true}));
  EXPECT_FALSE(value.member("fee"));
  EXPECT_EQ(value.part(0).bytes().size(), 32U);
}

TEST(Value, IsSpelledAsItsChainDoes) {
  const Decoded hex = decoded(AddressForm::hex);
  EXPECT_EQ(json_of(hex.value()),
            "{\"to\":\"0x0000000000000000000000000000000000000000000000000000000000000001\","
            "\"amount\":\"-1\"}");
  const Decoded base58 = decoded(AddressForm::base58);
  EXPECT_EQ(json_of(base58.value(), Shape::positional),
            "[\"11111111111111111111111111111112\",\"-1\"]");
}

TEST(Value, IsOutlinedALineForEachPart) {
  const Decoded call = decoded(AddressForm::base58);
  std::string text;
  ASSERT_TRUE(append_outline(text, call.value()));
  EXPECT_EQ(text, "  to: 11111111111111111111111111111112\n  amount: -1\n");
  EXPECT_EQ(append_outline(text, call.value(), 10).error().code, Code::over_budget);
}

TEST(Value, IsNotWrittenPastTheLimit) {
  const Decoded call = decoded(AddressForm::hex);
  std::string json;
  EXPECT_EQ(append_json(json, call.value(), Shape::named, 20).error().code, Code::over_budget);
}

TEST(Spelling, OfAnAddressIsReadBack) {
  std::string text;
  const auto bytes = *read_hex("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
  append_eip55(text, bytes);
  EXPECT_EQ(text, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
  EXPECT_EQ(*read_address(text, AddressForm::eip55, 20), bytes);
  // Another one that ends alike, and the first again: what is kept of one is not shown of another.
  auto alike = bytes;
  alike[0] ^= 0xff;
  std::string other, again_first;
  append_eip55(other, alike);
  append_eip55(again_first, bytes);
  EXPECT_EQ(*read_hex(other), alike);
  EXPECT_EQ(again_first, text);
  EXPECT_TRUE(read_address("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", AddressForm::eip55, 20));
  EXPECT_FALSE(read_address("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed", AddressForm::eip55, 20));
  EXPECT_FALSE(read_address("0x5aae", AddressForm::eip55, 20));
  EXPECT_EQ(read_address("0x1", AddressForm::hex, 32)->back(), 1);
  const std::string key = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
  std::string again;
  append_base58(again, *read_base58(key));
  EXPECT_EQ(again, key);
  EXPECT_FALSE(read_base58("0OIl"));
  EXPECT_FALSE(read_base58(std::string(10'000, '2')));
}

TEST(Spelling, HidesNothingAndReordersNothing) {
  std::string json;
  append_quoted(json,
                "a\"\\\n\xe2\x80\xae"
                "b\xff\xf3\xa0\x81\x81");
  EXPECT_EQ(json, "\"a\\\"\\\\\\u000a\\u202eb\xef\xbf\xbd\\udb40\\udc41\"");
}

}  // namespace
}  // namespace airlock::abi::type
