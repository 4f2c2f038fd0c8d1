#include "engine/abi/solana/decode.h"

#include <gtest/gtest.h>

#include "engine/abi/solana/fixture.h"

namespace airlock::abi::solana {
namespace {

// What one argument of a type is read as.
std::string argument(std::string_view type, std::string_view digits, std::string_view types = "") {
  const auto map = loaded(idl_of("{\"name\":\"a\",\"type\":" + std::string(type) + "}", types));
  const std::string found = read(map.map(), hex("01" + std::string(digits)));
  constexpr std::string_view kFront = "call {\"a\":";
  return found.starts_with(kFront) ? found.substr(kFront.size()) : found;
}

TEST(Borsh, ReadsNumbersTextsAndKeys) {
  EXPECT_EQ(argument("\"u16\"", "0201"), "\"258\"}");
  EXPECT_EQ(argument("\"i8\"", "ff"), "\"-1\"}");
  EXPECT_EQ(argument("\"u256\"", std::string(64, 'f')),
            "\"115792089237316195423570985008687907853269984665640564039457584007913129639935\"}");
  EXPECT_EQ(argument("\"f64\"", "000000000000f83f"), "\"1.5\"}");
  EXPECT_EQ(argument("\"string\"", "02000000c3bc"), "\"\xc3\xbc\"}");
  EXPECT_EQ(argument("\"pubkey\"", std::string(64, '0')), "\"11111111111111111111111111111111\"}");
  EXPECT_EQ(argument("{\"tuple\":[\"u8\",\"bool\"]}", "0501"), "[\"5\",true]}");
}

TEST(Borsh, RefusesWhatTheChainRefuses) {
  EXPECT_EQ(argument("\"bool\"", "02"), "chain_refuses");
  EXPECT_EQ(argument("{\"option\":\"u8\"}", "0200"), "chain_refuses");
  EXPECT_EQ(argument("\"f32\"", "0000c07f"), "chain_refuses");
  EXPECT_EQ(argument("\"f64\"", "010000000000f07f"), "chain_refuses");
  EXPECT_EQ(argument("\"string\"", "01000000ff"), "chain_refuses");
  EXPECT_EQ(argument("\"u64\"", "00000000000000"), "chain_refuses");
  EXPECT_EQ(argument("\"bytes\"", "ffffffff"), "chain_refuses");
  EXPECT_EQ(argument("{\"vec\":\"u64\"}", "ffffffff"), "chain_refuses");
  EXPECT_EQ(argument("{\"defined\":\"E\"}", "01",
                     R"({"name":"E","type":{"kind":"enum","variants":[{"name":"A"}]}})"),
            "chain_refuses");
}

TEST(Borsh, RefusesBytesAfterTheEndOfACallButNotOfAnAccount) {
  EXPECT_EQ(argument("\"u8\"", "0100"), "trailing_bytes");
  const auto map = loaded(R"({"instructions":[],"accounts":[{"name":"K","discriminator":[1]}],
      "types":[{"name":"K","type":{"kind":"struct","fields":[{"name":"n","type":"u8"}]}}]})");
  EXPECT_EQ(read(map.map(), hex("0105"), decode_account), "K {\"n\":\"5\"}");
  EXPECT_EQ(read(map.map(), hex("010500"), decode_account), "K {\"n\":\"5\"}!");
}

TEST(Borsh, MarksAMapOutOfOrderAndRefusesOneWithAKeyTwice) {
  constexpr std::string_view kMap = R"({"hashMap":["u16","bool"]})";
  EXPECT_EQ(argument(kMap,
                     "02000000"
                     "010000"
                     "000101"),
            R"([["1",false],["256",true]]})");
  EXPECT_EQ(argument(kMap,
                     "02000000"
                     "000101"
                     "010000"),
            R"([["256",true],["1",false]]}!)");
  EXPECT_EQ(argument(kMap,
                     "02000000"
                     "010000"
                     "010001"),
            "not_canonical");
  EXPECT_EQ(argument(kMap,
                     "03000000"
                     "010000"
                     "000100"
                     "010001"),
            "not_canonical");
  EXPECT_EQ(argument(R"({"bTreeSet":"string"})",
                     "02000000"
                     "0100000061"
                     "020000006161"),
            R"(["a","aa"]})");
  EXPECT_EQ(argument(R"({"bTreeSet":{"vec":"i8"}})",
                     "02000000"
                     "02000000ff01"
                     "01000000ff"),
            R"([["-1","1"],["-1"]]}!)");
}

TEST(Borsh, StopsAtBombs) {
  constexpr std::string_view kEmpty = R"({"name":"Z","type":{"kind":"struct","fields":[]}})";
  EXPECT_EQ(argument(R"({"vec":{"defined":"Z"}})", "ffffffff", kEmpty), "over_budget");
  EXPECT_EQ(argument(R"({"array":[{"defined":"Z"},65536]})", "", kEmpty), "over_budget");
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "01000000";
  EXPECT_EQ(argument(R"({"defined":"T"})", deep, R"({"name":"T","type":{"kind":"struct","fields":[
      {"name":"n","type":{"vec":{"defined":"T"}}}]}})"),
            "over_budget");
  std::string types = R"({"name":"D0","type":{"kind":"struct","fields":[]}})";
  for (int i = 1; i <= 24; ++i) {
    const std::string below = R"({"defined":"D)" + std::to_string(i - 1) + "\"}";
    types += R"(,{"name":"D)" + std::to_string(i) + R"(","type":{"kind":"struct","fields":[)" +
             below + "," + below + "]}}";
  }
  EXPECT_EQ(argument(R"({"defined":"D24"})", "", types), "over_budget");
}

TEST(Borsh, ReadsACoptionAsItsPlaceWritesIt) {
  constexpr std::string_view kIdl = R"({"instructions":[{"name":"call","discriminator":[1],
     "accounts":[],"args":[{"name":"a","type":{"coption":"u16"}}]}],
     "accounts":[{"name":"K","discriminator":[2]}],"types":[{"name":"K","type":{"kind":"struct",
     "fields":[{"name":"a","type":{"coption":"u16"}},{"name":"b","type":"u8"}]}}]})";
  const auto map = loaded(kIdl);
  EXPECT_EQ(read(map.map(), hex("0100")), R"(call {"a":null})");
  EXPECT_EQ(read(map.map(), hex("01010500")), R"(call {"a":{"some":"5"}})");
  EXPECT_EQ(read(map.map(),
                 hex("02"
                     "00000000"
                     "0000"
                     "07"),
                 decode_account),
            R"(K {"a":null,"b":"7"})");
  EXPECT_EQ(read(map.map(),
                 hex("02"
                     "00000000"
                     "0100"
                     "07"),
                 decode_account),
            R"(K {"a":null,"b":"7"}!)");
  EXPECT_EQ(read(map.map(),
                 hex("02"
                     "01000000"
                     "0500"
                     "07"),
                 decode_account),
            R"(K {"a":{"some":"5"},"b":"7"})");
}

TEST(Events, AreReadFromALogAndFromACall) {
  const auto map = loaded(R"({"instructions":[],"events":[{"name":"Paid","discriminator":[3]}],
      "types":[{"name":"Paid","type":{"kind":"struct","fields":[{"name":"n","type":"u8"}]}}]})");
  EXPECT_EQ(read(map.map(), hex("0309"), decode_event), R"(Paid {"n":"9"})");
  EXPECT_EQ(read(map.map(), hex("e445a52e51cb9a1d0309"), decode_event), R"(Paid {"n":"9"})");
  EXPECT_EQ(read(map.map(), hex("e445a52e51cb9a1d0309")), R"(Paid {"n":"9"})");
  EXPECT_EQ(read(map.map(), hex("e445a52e51cb9a1d0409")), "unknown_call");
  EXPECT_EQ(read(map.map(), hex("0309")), "unknown_call");
}

TEST(Encoding, RefusesValuesThatDoNotFitTheirTypes) {
  const auto map =
      loaded(idl_of(R"({"name":"a","type":"u8"},{"name":"b","type":{"option":"bool"}})"));
  EXPECT_EQ(written(map.map(), "call", R"({"a":"7","b":{"some":true}})"), "01070101");
  EXPECT_EQ(written(map.map(), "call", R"([7,null])"), "010700");
  EXPECT_EQ(written(map.map(), "call", R"({"a":256,"b":null})"), "bad_value");
  EXPECT_EQ(written(map.map(), "call", R"({"a":7})"), "bad_value");
  EXPECT_EQ(written(map.map(), "call", R"({"a":7,"b":true})"), "bad_value");
  EXPECT_EQ(written(map.map(), "call", R"({"a":7,"c":null})"), "bad_value");
  const auto set = loaded(idl_of(R"({"name":"a","type":{"hashSet":"u8"}})"));
  EXPECT_EQ(written(set.map(), "call", "[[1,2]]"), "01020000000102");
  EXPECT_EQ(written(set.map(), "call", "[[2,1]]"), "bad_value");
  const auto floating = loaded(idl_of(R"({"name":"a","type":"f64"})"));
  EXPECT_EQ(written(floating.map(), "call", "[\"1.5\"]"), "01000000000000f83f");
  EXPECT_EQ(written(floating.map(), "call", "[\"nan\"]"), "bad_value");
}

}  // namespace
}  // namespace airlock::abi::solana
