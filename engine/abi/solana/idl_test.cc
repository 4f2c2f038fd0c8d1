#include "engine/abi/solana/idl.h"

#include <gtest/gtest.h>

#include "engine/abi/solana/fixture.h"
#include "engine/abi/solana/names.h"

namespace airlock::abi::solana {
namespace {

std::string code_of(std::string_view json) {
  const auto map = load(json);
  return map ? "ok" : std::string(name(map.error().code));
}

std::string key_of(const type::Map& map, type::EntryKind kind, std::string_view name) {
  const auto entry = map.find_named(kind, name);
  return entry ? text::to_hex(map.bytes((*entry)->key)) : "none";
}

constexpr std::string_view kOld = R"({"version":"0.1.0","name":"bank",
 "instructions":[{"name":"withdrawSOL","accounts":[
   {"name":"payer","isMut":true,"isSigner":true},
   {"name":"pool","accounts":[{"name":"vault","isMut":true,"isSigner":false},
                              {"name":"fees","isMut":false,"isSigner":false,"isOptional":true}]}],
   "args":[{"name":"kept","type":{"defined":"Vault"}},{"name":"to","type":"publicKey"}]}],
 "accounts":[{"name":"Vault","type":{"kind":"struct","fields":[{"name":"total","type":"u64"}]}}],
 "events":[{"name":"Paid","fields":[{"name":"amount","type":"u64","index":true}]}],
 "errors":[{"code":6000,"name":"Empty","msg":"nothing is left"},{"code":6001,"name":"A"},
           {"code":6001,"name":"B"}],
 "metadata":{"address":"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"}})";

TEST(Idl, OfTheOldFormDerivesItsKeysAndFindsBodiesInline) {
  const auto map = loaded(kOld);
  EXPECT_EQ(map->name(), "bank");
  EXPECT_EQ(key_of(map.map(), type::EntryKind::function, "withdrawSOL"),
            text::to_hex(discriminator("global", "withdraw_sol")));
  EXPECT_EQ(key_of(map.map(), type::EntryKind::account, "Vault"),
            text::to_hex(discriminator("account", "Vault")));
  EXPECT_EQ(key_of(map.map(), type::EntryKind::event, "Paid"),
            text::to_hex(discriminator("event", "Paid")));
  const auto event = *map->find_named(type::EntryKind::event, "Paid");
  EXPECT_EQ(map->fields_of(map->types()[event->input])[0].tag, 1U);
}

TEST(Idl, NamesAccountsOfGroupsByTheirPath) {
  const auto map = loaded(kOld);
  const auto call = *map->find_named(type::EntryKind::function, "withdrawSOL");
  const auto accounts = map->accounts_of(*call);
  ASSERT_EQ(accounts.size(), 3U);
  EXPECT_EQ(map->text(accounts[0].name), "payer");
  EXPECT_EQ(accounts[0].flags, type::kIsWritable | type::kIsSigner);
  EXPECT_EQ(map->text(accounts[2].name), "pool.fees");
  EXPECT_EQ(accounts[2].flags, type::kIsOptional);
}

TEST(Idl, GivesAnErrorItsNameByItsCodeAndNoneToACodeThatTwoHave) {
  const auto map = loaded(kOld);
  EXPECT_EQ(key_of(map.map(), type::EntryKind::error, "Empty"), "70170000");
  EXPECT_EQ(key_of(map.map(), type::EntryKind::error, "A"), "");
  const auto error = *map->find_named(type::EntryKind::error, "Empty");
  EXPECT_EQ(map->text(error->note), "nothing is left");
}

TEST(Idl, SaysTheProgramsAddressWhereItIsWritten) {
  std::string text;
  type::append_base58(text, address_of(kOld)->value());
  EXPECT_EQ(text, "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
  EXPECT_FALSE(*address_of("{\"instructions\":[]}"));
  EXPECT_FALSE(address_of("{\"address\":\"l\"}"));
}

TEST(Idl, OfTheNewFormKeepsStoredKeysOfAnyLength) {
  const auto map = loaded(R"({"address":"11111111111111111111111111111111",
    "metadata":{"name":"x","spec":"0.1.0"},
    "instructions":[{"name":"one","discriminator":[7],"accounts":[
      {"name":"rent","address":"SysvarRent111111111111111111111111111111111"}],"args":[]},
     {"name":"long","discriminator":[1,2,3,4,5,6,7,8,9,10],"accounts":[],"args":[]}],
    "accounts":[{"name":"Kept","discriminator":[9,9]}],
    "types":[{"name":"Kept","type":{"kind":"struct","fields":["u8"]}}]})");
  EXPECT_EQ(map->name(), "x");
  EXPECT_EQ(read(map.map(), hex("07")), "one []");
  EXPECT_EQ(read(map.map(), hex("0102030405060708090a")), "long []");
  EXPECT_EQ(read(map.map(), hex("090905"), decode_account), "Kept [\"5\"]");
  const auto one = *map->find_named(type::EntryKind::function, "one");
  EXPECT_EQ(map->accounts_of(*one)[0].address.size, 32U);
}

TEST(Idl, OfShankBeginsWithItsOwnTag) {
  const auto map = loaded(R"({"name":"s","metadata":{"origin":"shank"},"instructions":[
    {"name":"Make","discriminant":{"type":"u8","value":3},"accounts":[],
     "args":[{"name":"size","type":"u16"}]}],
    "accounts":[{"name":"Kept","type":{"kind":"struct","fields":[]}}]})");
  EXPECT_EQ(read(map.map(), hex("030100")), "Make {\"size\":\"1\"}");
  EXPECT_EQ(key_of(map.map(), type::EntryKind::account, "Kept"), "");
}

TEST(Idl, OfAProgramThatAnchorDidNotMakeIsReadByTheRuleThatIsGiven) {
  constexpr std::string_view kTwo = R"({"name":"r","instructions":[
    {"name":"first","accounts":[],"args":[]},{"name":"second","accounts":[],"args":[]}]})";
  EXPECT_EQ(read(load(kTwo, Keys::tag_u8)->map(), hex("01")), "second []");
  EXPECT_EQ(read(load(kTwo, Keys::tag_u32)->map(), hex("01000000")), "second []");
  EXPECT_EQ(read(load(kTwo)->map(), hex("01")), "unknown_call");
}

TEST(Idl, MakesGenericTypesOfTheirArguments) {
  const auto map = loaded(idl_of(
      R"({"name":"a","type":{"defined":{"name":"Box","generics":[
           {"kind":"type","type":"u8"},{"kind":"const","value":"2"}]}}},
         {"name":"b","type":{"defined":{"name":"Box","generics":[
           {"kind":"type","type":"bool"},{"kind":"const","value":"1"}]}}})",
      R"({"name":"Box","generics":[{"kind":"type","name":"T"},{"kind":"const","name":"N","type":"usize"}],
          "type":{"kind":"struct","fields":[{"name":"one","type":{"generic":"T"}},
            {"name":"many","type":{"array":[{"defined":{"name":"Id","generics":[
               {"kind":"type","type":{"generic":"T"}}]}},{"generic":"N"}]}}]}},
         {"name":"Id","generics":[{"kind":"type","name":"U"}],
          "type":{"kind":"type","alias":{"generic":"U"}}})"));
  EXPECT_EQ(read(map.map(), hex("0109080701"
                                "01")),
            R"(call {"a":{"one":"9","many":"0x0807"},"b":{"one":true,"many":[true]}})");
}

TEST(Idl, LetsATypeContainItselfThroughAListOrAnOptionAlone) {
  const auto field = R"({"name":"a","type":{"defined":{"name":"Tree"}}})";
  const auto tree = [](std::string_view type) {
    return R"({"name":"Tree","type":{"kind":"struct","fields":[{"name":"n","type":)" +
           std::string(type) + "}]}}";
  };
  const auto map = loaded(idl_of(field, tree(R"({"vec":{"defined":{"name":"Tree"}}})")));
  EXPECT_EQ(read(map.map(), hex("01010000000000000"
                                "0")),
            R"(call {"a":{"n":[{"n":[]}]}})");
  EXPECT_EQ(code_of(idl_of(field, tree(R"({"option":{"defined":{"name":"Tree"}}})"))), "ok");
  EXPECT_EQ(code_of(idl_of(field, tree(R"({"defined":{"name":"Tree"}})"))), "bad_type");
  EXPECT_EQ(code_of(idl_of(field, tree(R"({"array":[{"defined":{"name":"Tree"}},1]})"))),
            "bad_type");
}

TEST(Idl, WhoseTypesGrowWithoutEndIsRefused) {
  EXPECT_EQ(
      code_of(idl_of(
          R"({"name":"a","type":{"defined":{"name":"G","generics":[{"kind":"type","type":"u8"}]}}})",
          R"({"name":"G","generics":[{"kind":"type","name":"T"}],"type":{"kind":"struct","fields":[
                   {"name":"n","type":{"vec":{"defined":{"name":"G","generics":[
                     {"kind":"type","type":{"option":{"generic":"T"}}}]}}}}]}})")),
      "too_many");
  EXPECT_EQ(code_of(idl_of(R"({"name":"a","type":{"array":[{"array":["u16",60000]},60000]}})")),
            "bad_type");
  EXPECT_EQ(code_of(idl_of(R"({"name":"a","type":{"array":["u8",4294967296]}})")), "bad_type");
}

TEST(Idl, ThatNamesAnUnknownTypeIsRefused) {
  EXPECT_EQ(code_of(idl_of(R"({"name":"a","type":"u7"})")), "bad_type");
  EXPECT_EQ(code_of(idl_of(R"({"name":"a","type":{"defined":"Gone"}})")), "bad_type");
  EXPECT_EQ(code_of(idl_of(R"({"name":"a","type":{"generic":"T"}})")), "bad_type");
  EXPECT_EQ(code_of(idl_of("", R"({"name":"E","type":{"kind":"enum","variants":[
      {"name":"A"},{"name":"A"}]}})")),
            "bad_abi");
}

TEST(Idl, WithTwoTypesOfOneNameIsRefusedOnlyWhereTheyAreUsed) {
  constexpr std::string_view kTwins = R"({"name":"T","type":{"kind":"struct","fields":["u8"]}},
                                         {"name":"T","type":{"kind":"struct","fields":["u16"]}})";
  EXPECT_EQ(code_of(idl_of("", kTwins)), "ok");
  EXPECT_EQ(code_of(idl_of(R"({"name":"a","type":{"defined":"T"}})", kTwins)), "ambiguous");
}

TEST(Idl, WithTwoCallsThatTheSameBytesChooseIsRefused) {
  EXPECT_EQ(code_of(R"({"instructions":[{"name":"a","discriminator":[1],"accounts":[],"args":[]},
                        {"name":"b","discriminator":[1,2],"accounts":[],"args":[]}]})"),
            "ambiguous");
}

TEST(Idl, ThatIsAnotherFormatIsRefused) {
  EXPECT_EQ(code_of("[]"), "bad_abi");
  EXPECT_EQ(code_of(R"({"kind":"rootNode","standard":"codama","program":{}})"), "bad_abi");
  EXPECT_EQ(code_of(R"({"schema":"airlock-native-2"})"), "unsupported_version");
}

TEST(Idl, LeavesWhatOnlyTheProgramCanReadUndecoded) {
  constexpr std::string_view kArgument = R"({"name":"a","type":{"defined":{"name":"C"}}})";
  const auto custom = loaded(idl_of(kArgument, R"({"name":"C","serialization":"custom",
      "type":{"kind":"struct","fields":[{"name":"n","type":"u8"}]}})"));
  EXPECT_EQ(read(custom.map(), hex("0107")), "unknown_call");
  const auto spread = [&](std::string_view repr) {
    return loaded(idl_of(kArgument, R"({"name":"C","serialization":"bytemuckunsafe","repr":)" +
                                        std::string(repr) +
                                        R"(,"type":{"kind":"struct","fields":[
      {"name":"n","type":"u8"},{"name":"m","type":"u16"}]}})"));
  };
  EXPECT_EQ(read(spread(R"({"kind":"c"})").map(), hex("01070800")), "unknown_call");
  EXPECT_EQ(read(spread(R"({"kind":"c","packed":true})").map(), hex("01070800")),
            R"(call {"a":{"n":"7","m":"8"}})");
}

TEST(Names, AreSnakeCasedAsAnchorsClientsDo) {
  EXPECT_EQ(snake_case("swapV2"), "swap_v2");
  EXPECT_EQ(snake_case("v1B"), "v1_b");
  EXPECT_EQ(snake_case("withdrawSOL"), "withdraw_sol");
  EXPECT_EQ(snake_case("getURLNow"), "get_url_now");
  EXPECT_EQ(snake_case("already_2_snake"), "already_2_snake");
  EXPECT_EQ(pascal_case("bump_seed"), "BumpSeed");
  EXPECT_EQ(pascal_case("Foo2bar"), "Foo2bar");
}

}  // namespace
}  // namespace airlock::abi::solana
