#include "engine/abi/evm/evm.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "engine/abi/type/type.h"

namespace airlock::abi::evm {
namespace {

using type::EntryKind;
using type::Form;
using type::Shape;
using type::Tape;
using type::Value;

Result<type::OwnedMap> signature(std::string_view text) {
  const std::array<std::string_view, 1> one = {text};
  return load_signatures(one, "test");
}

Code refused(const Result<type::OwnedMap>& map) { return map ? Code::ok : map.error().code; }

// Words of a call, each by its number.
std::vector<std::uint8_t> words(std::initializer_list<std::uint64_t> numbers) {
  std::vector<std::uint8_t> bytes;
  for (const std::uint64_t number : numbers) {
    bytes.insert(bytes.end(), 24, 0);
    for (int shift = 56; shift >= 0; shift -= 8)
      bytes.push_back(static_cast<std::uint8_t>(number >> shift));
  }
  return bytes;
}

// Decodes the values of a list of types, to JSON by place; or the name of the refusal.
struct Read {
  std::string json;
  bool is_canonical = false;
};
Read read(std::string_view types, Bytes data) {
  const auto map = signature(types);
  if (!map) return {std::string(name(map.error().code))};
  std::vector<type::Node> nodes(4096);
  Tape tape(nodes);
  const auto decoded = decode(map->map(), (*map)->entries()[0].input, data, 0, tape);
  if (!decoded) return {std::string(name(decoded.error().code))};
  Read made{.json = {}, .is_canonical = decoded->is_canonical};
  EXPECT_TRUE(
      type::append_json(made.json, Value(map->map(), tape.nodes(), data), Shape::positional));
  return made;
}

std::string_view note_of(const type::Map& map, std::string_view entry, std::size_t place) {
  const auto found = map.find_named(EntryKind::function, entry);
  return map.text(map.fields_of(map.types()[(*found)->input])[place].note);
}

TEST(EvmLoad, ReadsEveryKindOfEntry) {
  const auto map = load(
      R"([{"type":"function","name":"pay","inputs":[{"name":"o","type":"tuple[2]","internalType":
      "struct Shop.Order[2]","components":[{"name":"id","type":"uint"},{"name":"","type":"bytes"}]}],
      "outputs":[{"type":"bool"}],"stateMutability":"payable"},
      {"type":"constructor","inputs":[{"name":"owner","type":"address"}]},
      {"type":"fallback","stateMutability":"nonpayable"},{"type":"receive","stateMutability":"payable"},
      {"type":"event","name":"Paid","inputs":[{"name":"s","type":"string","indexed":true}]},
      {"type":"event","name":"Quiet","inputs":[],"anonymous":true},
      {"type":"error","name":"Broke","inputs":[]}])",
      "Shop");
  ASSERT_TRUE(map) << name(map.error().code);
  EXPECT_TRUE(check(map->map()));
  EXPECT_EQ((*map)->name(), "Shop");
  const auto pay = (*map)->find_named(EntryKind::function, "pay((uint256,bytes)[2])");
  ASSERT_TRUE(pay);
  EXPECT_EQ((*pay)->flags, type::kIsPayable);
  EXPECT_EQ((*map)->bytes((*pay)->key).size(), 4U);
  EXPECT_EQ(note_of(map->map(), "pay", 0), "struct Shop.Order[2]");
  const auto paid = (*map)->find_named(EntryKind::event, "Paid");
  ASSERT_TRUE(paid);
  EXPECT_EQ((*map)->bytes((*paid)->key).size(), 32U);
  const type::Field& indexed = (*map)->fields_of((*map)->types()[(*paid)->input])[0];
  EXPECT_EQ((*map)->types()[indexed.type].form, Form::hash);
  EXPECT_EQ((*(*map)->find_named(EntryKind::event, "Quiet"))->key.size, 0U);
  for (const char* error : {"Broke", "Error(string)", "Panic(uint256)"})
    EXPECT_TRUE((*map)->find_named(EntryKind::error, error)) << error;
  EXPECT_EQ((*map)->entries().size(), 9U);
}

TEST(EvmLoad, ReadsTheOldFormsAndAnArtifact) {
  const auto map = load(
      R"({"contractName":"Old","abi":[{"constant":true,"name":"get","inputs":[],"outputs":[]},
      {"payable":true,"name":"put","inputs":[{"name":"","type":"int"},{"name":"","type":"int8"}]}]})",
      "Old");
  ASSERT_TRUE(map) << name(map.error().code);
  EXPECT_EQ((*(*map)->find_named(EntryKind::function, "get"))->flags, type::kIsView);
  EXPECT_EQ((*(*map)->find_named(EntryKind::function, "put(int256,int8)"))->flags,
            type::kIsPayable);
}

TEST(EvmLoad, KeepsOverloadsApartAndIdenticalEntriesOnce) {
  const auto map =
      load(R"([{"name":"f","inputs":[{"name":"a","type":"uint8"}]},{"name":"f","inputs":[]},
      {"name":"f","inputs":[{"name":"b","type":"uint8"}]}])",
           "x");
  ASSERT_TRUE(map);
  EXPECT_EQ((*map)->find_named(EntryKind::function, "f").error().code, Code::ambiguous);
  EXPECT_TRUE((*map)->find_named(EntryKind::function, "f()"));
  EXPECT_EQ((*map)->entries().size(), 4U);
}

TEST(EvmLoad, RefusesEntriesThatTheSameBytesChoose) {
  // The names of these differ, their selectors do not: 42966c68.
  EXPECT_EQ(refused(load(R"([{"name":"burn","inputs":[{"type":"uint256"}]},
      {"name":"collate_propagate_storage","inputs":[{"type":"bytes16"}]}])",
                         "x")),
            Code::ambiguous);
  EXPECT_EQ(refused(load(R"([{"name":"f","inputs":[],"outputs":[{"type":"bool"}]},
      {"name":"f","inputs":[],"outputs":[]}])",
                         "x")),
            Code::ambiguous);
  EXPECT_EQ(refused(load(R"([{"type":"event","name":"E","inputs":[{"type":"bool","indexed":true}]},
      {"type":"event","name":"E","inputs":[{"type":"bool"}]}])",
                         "x")),
            Code::ambiguous);
}

TEST(EvmLoad, RefusesWhatIsNoAbi) {
  for (const char* json :
       {"{}", "[1]", "[{\"type\":\"struct\"}]", "[{\"name\":1}]",
        "[{\"name\":\"f\",\"inputs\":{}}]", "[{\"name\":\"f\",\"inputs\":[1]}]", "{\"abi\":\"[]\"}",
        "[{\"name\":\"f\",\"inputs\":[{\"type\":\"tuple\"}]}]",
        "[{\"name\":\"f\",\"stateMutability\":\"maybe\"}]",
        "[{\"type\":\"event\",\"name\":\"E\",\"anonymous\":1}]"})
    EXPECT_EQ(refused(load(json, "x")), Code::bad_abi) << json;
  const std::string one = R"({"type":"uint8","indexed":true})";
  const std::string four = one + "," + one + "," + one + "," + one;
  const auto event = [](const std::string& members) {
    return load(R"([{"type":"event","name":"E",)" + members + "}]", "x");
  };
  EXPECT_EQ(refused(event("\"inputs\":[" + four + "]")), Code::bad_abi);
  EXPECT_TRUE(event("\"anonymous\":true,\"inputs\":[" + four + "]"));
}

TEST(EvmLoad, RefusesTypesThatAreUnknownOrBombs) {
  for (const char* type : {"fixed128x18",
                           "uint7",
                           "uint264",
                           "uint08",
                           "uint0",
                           "int-8",
                           "bytes0",
                           "bytes33",
                           "bytes032",
                           "Uint8",
                           "uint256[0]",
                           "uint256[-1]",
                           "uint256[01]",
                           "uint256[65537]",
                           "uint256[2",
                           "uint256]",
                           "uint256[1]x",
                           "uint256[65535][65535]",
                           "uint256[4294967297]",
                           "byte",
                           ""})
    EXPECT_EQ(refused(load("[{\"inputs\":[{\"type\":\"" + std::string(type) + "\"}]}]", "x")),
              Code::bad_type)
        << type;
  EXPECT_EQ(refused(load(R"([{"inputs":[{"type":"tuple[]","components":[]}]}])", "x")),
            Code::bad_type);
  std::string lists = "(uint8";
  for (std::size_t i = 1; i < type::kNestingMax; ++i) lists += "[]";
  EXPECT_TRUE(signature(lists + ")"));
  EXPECT_EQ(refused(signature(lists + "[])")), Code::too_deep);
  EXPECT_EQ(refused(signature(std::string(100, '(') + "uint8" + std::string(100, ')'))),
            Code::too_deep);
  EXPECT_EQ(refused(signature("(uint256[65536],uint8)")), Code::bad_type);
}

TEST(EvmSignature, GivesTheCanonicalFormAndTheSelector) {
  const auto map = signature(
      "transfer( address payable to, tuple(uint a, bytes memory)[2] calldata b ,int[][3] c)");
  ASSERT_TRUE(map) << name(map.error().code);
  const type::Entry& entry = (*map)->entries()[0];
  EXPECT_EQ((*map)->text(entry.signature), "transfer(address,(uint256,bytes)[2],int256[][3])");
  const auto fields = (*map)->fields_of((*map)->types()[entry.input]);
  EXPECT_EQ((*map)->text(fields[0].name), "to");
  EXPECT_EQ((*map)->text(fields[1].name), "b");
  const auto plain = signature("transfer(address to,uint256 value)");
  const std::array<std::uint8_t, 4> selector = {0xa9, 0x05, 0x9c, 0xbb};
  EXPECT_TRUE(equal((*plain)->bytes((*plain)->entries()[0].key), selector));
}

TEST(EvmSignature, RefusesWhatIsNone) {
  for (const char* text : {"", "f", "f(", "f)", "f(uint8", "f(uint8,)", "f(,uint8)", "f(uint8))",
                           "f(uint8 a b)", "f(uint8)x", "f((uint8)", "f(uint8;int8)"})
    EXPECT_NE(refused(signature(text)), Code::ok) << text;
  const std::array<std::string_view, 2> same = {"f(uint8 a)", "f(uint8 b)"};
  EXPECT_EQ(load_signatures(same, "x").error().code, Code::ambiguous);
}

TEST(EvmDecode, ReadsValuesWhereTheOffsetsSay) {
  const Read list = read("(uint8,uint16[])", words({7, 64, 2, 1, 2}));
  EXPECT_EQ(list.json, R"(["7",["1","2"]])");
  EXPECT_TRUE(list.is_canonical);
  // The same values with a gap before them are the same values, and not the canonical form.
  const Read gap = read("(uint8,uint16[])", words({7, 96, 0, 2, 1, 2}));
  EXPECT_EQ(gap.json, list.json);
  EXPECT_FALSE(gap.is_canonical);
  const Read shared = read("(bytes[])", words({32, 2, 64, 64, 0}));
  EXPECT_EQ(shared.json, R"([["0x","0x"]])");
  EXPECT_FALSE(shared.is_canonical);
  EXPECT_FALSE(read("(uint8)", words({7, 0})).is_canonical);
}

TEST(EvmDecode, RefusesWhatTheChainReverts) {
  const std::uint64_t all = ~std::uint64_t{0};
  EXPECT_EQ(read("(uint8)", words({256})).json, "chain_refuses");
  EXPECT_EQ(read("(bool)", words({2})).json, "chain_refuses");
  EXPECT_EQ(read("(int8)", words({128})).json, "chain_refuses");
  EXPECT_EQ(read("(bytes4)", words({1})).json, "chain_refuses");
  EXPECT_EQ(read("(function)", words({1})).json, "chain_refuses");
  auto address = words({1});
  address[11] = 1;
  EXPECT_EQ(read("(address)", address).json, "chain_refuses");
  EXPECT_EQ(read("(uint8)", {}).json, "chain_refuses");
  EXPECT_EQ(read("(bytes)", words({32})).json, "chain_refuses");
  EXPECT_EQ(read("(bytes)", words({32, 33, 0})).json, "chain_refuses");
  EXPECT_EQ(read("(bytes)", words({all, 0})).json, "chain_refuses");
  EXPECT_EQ(read("(uint8[])", words({32, all, 0})).json, "chain_refuses");
  EXPECT_EQ(read("(uint8[2])", words({1})).json, "chain_refuses");
}

TEST(EvmDecode, StopsAtTheTapesEndAndLeavesItAsItWas) {
  const auto map = signature("(uint8[])");
  std::array<type::Node, 3> nodes;
  Tape tape(nodes);
  const auto data = words({32, 2, 1, 2});
  const auto decoded = decode(map->map(), (*map)->entries()[0].input, data, 0, tape);
  EXPECT_EQ(decoded.error().code, Code::over_budget);
  EXPECT_EQ(tape.size(), 0U);
}

TEST(EvmDecode, FindsTheFunctionAndTheError) {
  const auto map =
      load(R"([{"name":"f","inputs":[{"name":"a","type":"uint8"}]},{"type":"receive"}])", "x");
  std::vector<type::Node> nodes(16);
  Tape tape(nodes);
  std::vector<std::uint8_t> call(4);
  copy_into(call, (*map)->bytes((*(*map)->find_named(EntryKind::function, "f"))->key));
  for (const std::uint8_t byte : words({9})) call.push_back(byte);
  const auto decoded = decode_call(map->map(), call, tape);
  ASSERT_TRUE(decoded);
  EXPECT_EQ((*map)->text(decoded->entry->name), "f");
  call[0] ^= 1;
  EXPECT_EQ(decode_call(map->map(), call, tape).error().code, Code::unknown_call);
  EXPECT_EQ(decode_call(map->map(), Bytes(call).first(3), tape).error().code, Code::unknown_call);
  EXPECT_EQ(decode_call(map->map(), {}, tape)->entry->kind, EntryKind::receive);
  std::vector<std::uint8_t> panic = {0x4e, 0x48, 0x7b, 0x71};
  for (const std::uint8_t byte : words({0x11})) panic.push_back(byte);
  EXPECT_EQ((*map)->text(decode_error(map->map(), panic, tape)->entry->name), "Panic");
}

TEST(EvmDecode, ReadsAnEventFromItsTopicsAndItsData) {
  const auto map = load(R"([{"type":"event","name":"E","inputs":[{"name":"a","type":"uint8"},
      {"name":"b","type":"string","indexed":true},{"name":"c","type":"bytes"}]}])",
                        "x");
  const type::Entry& event = **(*map)->find_named(EntryKind::event, "E");
  std::vector<std::uint8_t> log(32);
  copy_into(log, (*map)->bytes(event.key));
  for (const std::uint8_t byte : words({5, 1, 64, 0})) log.push_back(byte);
  std::vector<type::Node> nodes(16);
  Tape tape(nodes);
  const auto decoded = decode_event(map->map(), log, 2, tape);
  ASSERT_TRUE(decoded) << name(decoded.error().code);
  EXPECT_TRUE(decoded->is_canonical);
  std::string json;
  EXPECT_TRUE(type::append_json(json, Value(map->map(), tape.nodes(), log), Shape::named));
  EXPECT_EQ(json, R"({"a":"1","b":{"hash":"0x)" + std::string(63, '0') + R"(5"},"c":"0x"})");
  EXPECT_EQ(decode_event(map->map(), log, 1, tape).error().code, Code::unknown_call);
}

Result<std::vector<std::uint8_t>> encoded(std::string_view types, std::string_view values) {
  const auto map = signature(types);
  const auto tree = json::Tree::parse(values, values.size());
  return encode(map->map(), (*map)->entries()[0].input, tree->root());
}

TEST(EvmEncode, WritesTheCanonicalFormOfValuesByPlaceOrByName) {
  EXPECT_EQ(*encoded("(uint8 a,uint16[] b)", R"([7,["1",2]])"), words({7, 64, 2, 1, 2}));
  EXPECT_EQ(*encoded("(uint8 a,uint16[] b)", R"({"b":[1,2],"a":7})"), words({7, 64, 2, 1, 2}));
  EXPECT_EQ(*encoded("(bytes[2])", R"([["0x","0x"]])"), words({32, 64, 96, 0, 0}));
  const auto raw = encoded("(string)", R"([{"bytes":"0xff"}])");
  EXPECT_EQ(read("(string)", *raw).json, R"([{"bytes":"0xff"}])");
  EXPECT_EQ(read("(int8)", *encoded("(int8)", "[-128]")).json, R"(["-128"])");
}

TEST(EvmEncode, RefusesValuesThatDoNotFitTheirTypes) {
  for (const auto& [types, values] : std::initializer_list<std::pair<const char*, const char*>>{
           {"(uint8)", "[256]"},
           {"(uint8)", "[-1]"},
           {"(uint8)", "[]"},
           {"(uint8)", "[1,2]"},
           {"(uint8)", "7"},
           {"(int8)", "[128]"},
           {"(bool)", "[1]"},
           {"(bytes2)", "[\"0x01\"]"},
           {"(bytes)", "[\"01\"]"},
           {"(address)", "[\"0x01\"]"},
           {"(string)", "[1]"},
           {"(uint8[2])", "[[1]]"},
           {"(uint8 a)", "{\"b\":1}"},
           {"(uint8 a)", "{\"a\":1,\"b\":1}"},
           {"(uint8 a,uint8 a)", "{\"a\":1,\"b\":1}"},
           {"(uint8[])", "[{}]"}}) {
    const auto made = encoded(types, values);
    ASSERT_FALSE(made) << types << values;
    EXPECT_EQ(made.error().code, Code::bad_value) << types << values;
  }
}

TEST(EvmCheck, RefusesAMapThatOthersMadeWrongly) {
  type::Builder lying("evm", type::Order::big, type::AddressForm::eip55);
  lying.add({.form = Form::unsigned_integer, .size = 8, .extent = 64});
  EXPECT_EQ(check(lying.finish()->map()).error().code, Code::bad_type);
  type::Builder foreign("solana", type::Order::little, type::AddressForm::base58);
  EXPECT_EQ(check(foreign.finish()->map()).error().code, Code::wrong_type);
}

TEST(EvmCheck, TakesEveryMapThatItsLoaderMade) {
  for (const std::string_view text :
       {"f()", "f(function,bytes24,bool,string,bytes,int8,uint)",
        "f((address,(uint256,bytes)[2][])[],uint8[3][][4])", "$_(address to)", "(uint256,bytes)"}) {
    const auto map = signature(text);
    ASSERT_TRUE(map) << text;
    EXPECT_TRUE(check(map->map())) << text;
  }
  const auto all = load(
      R"([{"type":"constructor","inputs":[{"name":"a","type":"address"}]},{"type":"receive"},
          {"type":"fallback"},{"type":"error","name":"E","inputs":[]},
          {"type":"event","name":"L","inputs":[
            {"name":"s","type":"tuple[]","indexed":true,"internalType":"struct Library.Order[]",
             "components":[{"name":"x","type":"uint256"}]},{"name":"t","type":"string"}]},
          {"type":"event","name":"M","anonymous":true,"inputs":[]}])",
      "test");
  ASSERT_TRUE(all);
  EXPECT_TRUE(check(all->map()));
}

// A map of a pack was made by others, whose loader may have let any name pass.
TEST(EvmCheck, RefusesNamesThatOthersWroteIntoAMap) {
  const auto verdict = [](std::string_view parameter, std::string_view structure) {
    type::Builder builder("evm", type::Order::big, type::AddressForm::eip55);
    const std::uint32_t word =
        builder.add({.form = Form::unsigned_integer, .size = 256, .extent = 32});
    const type::Field field{.name = builder.text(parameter), .type = word};
    builder.add({.form = Form::tuple,
                 .name = builder.text(structure),
                 .first = builder.add_fields({&field, 1}),
                 .count = 1,
                 .extent = 32});
    const Status checked = check(builder.finish()->map());
    return checked ? Code::ok : checked.error().code;
  };
  EXPECT_EQ(verdict("amount", "Library.Order"), Code::ok);
  EXPECT_EQ(verdict("to: 0x99", "Order"), Code::bad_abi);
  EXPECT_EQ(verdict("amount", "Order of 0x99"), Code::bad_abi);
  EXPECT_EQ(verdict("amount", "Library..Order"), Code::bad_abi);
}

// What is printed as a name must not look like more of the signature, or like another contract.
TEST(EvmLoad, RefusesNamesThatAreNoIdentifiers) {
  const auto verdict = [](std::string_view function, std::string_view parameter,
                          std::string_view structure = "struct S") {
    const std::string abi = R"([{"type":"function","name":")" + std::string(function) +
                            R"(","inputs":[{"name":")" + std::string(parameter) +
                            R"(","type":"tuple","internalType":")" + std::string(structure) +
                            R"(","components":[{"name":"v","type":"uint256"}]}]}])";
    const auto map = load(abi, "test");
    return map ? Code::ok : map.error().code;
  };
  EXPECT_EQ(verdict("transfer", "order"), Code::ok);
  EXPECT_EQ(verdict("transfer", ""), Code::ok);
  EXPECT_EQ(verdict("transfer(address,uint256) of 0xdAC17F", "order"), Code::bad_abi);
  EXPECT_EQ(verdict("", "order"), Code::bad_abi);
  EXPECT_EQ(verdict("1f", "order"), Code::bad_abi);
  EXPECT_EQ(verdict("transfer", "to: 0x99"), Code::bad_abi);
  EXPECT_EQ(verdict("transfer", "na\u00efve"), Code::bad_abi);
  EXPECT_EQ(verdict("transfer", "order", "struct A.B"), Code::ok);
  EXPECT_EQ(verdict("transfer", "order", "struct A. of 0x1"), Code::bad_abi);
}

}  // namespace
}  // namespace airlock::abi::evm
