// Modules, maps, values and calls of Move without the corpus: what is read, and what is refused.
#include <gtest/gtest.h>

#include "engine/abi/move/move.h"

namespace airlock::abi::move {
namespace {

using Buffer = std::vector<std::uint8_t>;

Buffer hex(const std::string& digits) { return *type::read_hex("0x" + digits); }

struct Table {
  std::uint8_t kind;
  Buffer bytes;
};

Buffer file(const std::string& version, const std::vector<Table>& tables, const std::string& end) {
  Buffer made = hex("a11ceb0b" + version);
  made.push_back(static_cast<std::uint8_t>(tables.size()));
  Buffer contents;
  for (const Table& table : tables) {
    made.push_back(table.kind);
    append_uleb(made, contents.size());
    append_uleb(made, table.bytes.size());
    contents.insert(contents.end(), table.bytes.begin(), table.bytes.end());
  }
  made.insert(made.end(), contents.begin(), contents.end());
  for (const std::uint8_t byte : hex(end)) made.push_back(byte);
  return made;
}

const std::string kAddressOne = std::string(62, '0') + "01";

// Module 0x1::m with `public entry fun f(&signer, u64)`, whose body is Ret.
std::vector<Table> tables(const std::string& signatures =
                              "00"
                              "0206"
                              "0c03") {
  return {{1, hex("0000")},
          {3, hex("0001010000")},
          {5, hex(signatures)},
          {7, hex("016d"
                  "0166")},
          {8, hex(kAddressOne)},
          {12, hex("00010400"
                   "00"
                   "0102")}};
}

Buffer plain() { return file("06000000", tables(), "00"); }

Code code_of(const Buffer& bytes, Kind kind = Kind::module) {
  const auto module = Module::read(bytes, kind);
  return module ? Code::ok : module.error().code;
}

TEST(MoveModule, ReadsTheSmallestModuleWithAFunction) {
  const Buffer bytes = plain();
  const auto module = Module::read(bytes);
  ASSERT_TRUE(module) << name(module.error().code) << module.error().at;
  EXPECT_EQ(module->version(), 6u);
  ASSERT_EQ(module->function_definitions().size(), 1u);
  EXPECT_TRUE(module->function_definitions()[0].is_entry);
}

TEST(MoveModule, RefusesBytesAfterTheEnd) {
  Buffer bytes = plain();
  bytes.push_back(0);
  EXPECT_EQ(code_of(bytes), Code::trailing_bytes);
}

TEST(MoveModule, KnowsOneSpellingOfAVersion) {
  for (const char* word : {"06000005", "0600000a", "07000000", "08000005", "0b00000a", "04000000",
                           "00000000", "0700000b", "07000105"})
    EXPECT_EQ(code_of(file(word, tables(), "00")), Code::unsupported_version) << word;
}

TEST(MoveModule, RefusesALengthThatIsLongerThanItMustBe) {
  const Buffer bytes = file("06000000", tables(), "8000");
  EXPECT_EQ(code_of(bytes), Code::bad_module);
}

TEST(MoveModule, RefusesATableTwiceAndATableThatIsEmpty) {
  auto twice = tables();
  twice.push_back({7, hex("0167")});
  EXPECT_EQ(code_of(file("06000000", twice, "00")), Code::bad_module);
  auto none = tables();
  none.push_back({14, {}});
  EXPECT_EQ(code_of(file("06000000", none, "00")), Code::bad_module);
}

TEST(MoveModule, RefusesAddressesOf16Bytes) {
  auto short_address = tables();
  short_address[4].bytes.resize(16);
  EXPECT_EQ(code_of(file("06000000", short_address, "00")), Code::bad_module);
}

TEST(MoveModule, RefusesAnOperandThatLeadsNowhere) {
  auto wrong = tables();
  for (const char* body : {"11"
                           "01",
                           "05"
                           "02",
                           "0a"
                           "02",
                           "07"
                           "00",
                           "4e"
                           "00"}) {
    wrong[5].bytes =
        hex("00010400"
            "00"
            "02" +
            std::string(body) + "02");
    EXPECT_EQ(code_of(file("06000000", wrong, "00")), Code::bad_module) << body;
  }
  wrong[5].bytes =
      hex("00010400"
          "00"
          "02"
          "0a"
          "01"
          "02");
  EXPECT_EQ(code_of(file("06000000", wrong, "00")), Code::ok);
}

TEST(MoveModule, RefusesTypesThatAreDeeperThanTheChainGoes) {
  std::string deep =
      "00"
      "0201";
  const auto nested = [](std::size_t depth) {
    Buffer signature =
        hex("00"
            "0206"
            "0c");
    signature.insert(signature.end(), depth, 0x0a);
    signature.push_back(0x03);
    return signature;
  };
  auto all = tables();
  all[2].bytes = nested(255);
  EXPECT_EQ(code_of(file("06000000", all, "00")), Code::ok);
  all[2].bytes = nested(256);
  EXPECT_EQ(code_of(file("06000000", all, "00")), Code::bad_module);
  all[2].bytes = nested(60'000);
  EXPECT_EQ(code_of(file("06000000", all, "00")), Code::bad_module);
}

// enum E { V, W { .. u64 } } and `fun f()` that switches on one, as Sui's own code writes them.
Buffer with_enum(const std::string& enums, const std::string& jumps) {
  return file("07000005",
              {{1, hex("0000")},
               {2, hex("00010700")},
               {3, hex("0002000000")},
               {5, hex("00")},
               {7, hex("016d"
                       "0145"
                       "0166"
                       "0156"
                       "0157")},
               {8, hex(kAddressOne)},
               {12, hex("00010000"
                        "00"
                        "02"
                        "5600"
                        "02" +
                        jumps)},
               {17, hex(enums)},
               {19, hex("0001")}},
              "00");
}

TEST(MoveModule, ReadsAnEnumOfSui) {
  const std::string two =
                        "000202"
                        "0300"
                        "04010303",
                    jumps =
                        "01"
                        "00"
                        "02"
                        "01"
                        "0101";
  const Buffer bytes = with_enum(two, jumps);
  const auto module = Module::read(bytes);
  ASSERT_TRUE(module) << name(module.error().code) << module.error().at;
  ASSERT_EQ(module->enum_definitions().size(), 1u);
  const auto variants = module->variants_of(module->enum_definitions()[0]);
  ASSERT_EQ(variants.size(), 2u);
  EXPECT_EQ(module->names()[variants[1].name], "W");
  EXPECT_EQ(module->fields_of(variants[1]).size(), 1u);
  for (const char* wrong : {"000102"
                            "0300"
                            "04010303",
                            "000200"})
    EXPECT_EQ(code_of(with_enum(wrong, jumps)), Code::bad_module) << wrong;
  for (const char* wrong : {"01"
                            "00"
                            "01"
                            "01"
                            "01",
                            "01"
                            "00"
                            "02"
                            "02"
                            "0101",
                            "01"
                            "00"
                            "02"
                            "01"
                            "0102",
                            "00"})
    EXPECT_EQ(code_of(with_enum(two, wrong)), Code::bad_module) << wrong;
}

TEST(MoveModule, ReadsAScriptAsAScriptAlone) {
  const Buffer script = file("06000000",
                             {{5, hex("00"
                                      "0103")}},
                             "00"
                             "01"
                             "00"
                             "0102");
  EXPECT_EQ(code_of(script, Kind::script), Code::ok);
  EXPECT_EQ(code_of(script), Code::bad_module);
  EXPECT_EQ(code_of(plain(), Kind::script), Code::bad_module);
  const auto map = load_script(script);
  ASSERT_TRUE(map);
  EXPECT_TRUE(find_named(map->map(), "main"));
}

// Structs S0 { S1, S1 }, S1 { S2, S2 } .. or one that contains itself.
Buffer structs(unsigned count, bool loops) {
  Buffer handles, names = hex("016d"), definitions;
  for (unsigned i = 0; i < count; ++i) {
    for (const unsigned part : {0U, i + 1, 7U, 0U}) append_uleb(handles, part);
    const std::string label = "S" + std::to_string(i);
    append_uleb(names, label.size());
    names.insert(names.end(), label.begin(), label.end());
    append_uleb(definitions, i);
    for (const unsigned part : {2U, 2U}) append_uleb(definitions, part);
    for (unsigned field = 0; field < 2; ++field) {
      append_uleb(definitions, 0);
      const bool is_last = i + 1 == count;
      definitions.push_back(is_last && !loops ? 0x03 : 0x08);
      if (!is_last || loops) append_uleb(definitions, is_last ? 0 : i + 1);
    }
  }
  return file("06000000",
              {{1, hex("0000")},
               {2, handles},
               {5, hex("00")},
               {7, names},
               {8, hex(kAddressOne)},
               {10, definitions}},
              "00");
}

TEST(MoveLoader, RefusesAStructThatContainsItself) {
  const Buffer looping = structs(3, true);
  ASSERT_EQ(code_of(looping), Code::ok);
  const Bytes module = looping;
  const auto map = load({&module, 1});
  ASSERT_FALSE(map);
  EXPECT_EQ(map.error().code, Code::bad_type);
}

TEST(MoveLoader, MakesEachStructOnceHoweverOftenItIsUsed) {
  const Buffer doubling = structs(30, false);
  const Bytes module = doubling;
  const auto map = load({&module, 1});
  ASSERT_TRUE(map) << name(map.error().code);
  EXPECT_LT((*map)->types().size(), 100u);
}

// fun f(G0<G0<..<u64>..>>) where G0<T> { G1<T>, G1<T> } would double with each level.
TEST(MoveLoader, RefusesATypeThatGrowsWithEachLevel) {
  Buffer handles,
      names =
          hex("016d"
              "0166"),
      definitions;
  constexpr unsigned kCount = 20;
  for (unsigned i = 0; i < kCount; ++i) {
    for (const unsigned part : {0U, i + 2, 7U, 1U, 0U, 0U}) append_uleb(handles, part);
    const std::string label = "G" + std::to_string(i);
    append_uleb(names, label.size());
    names.insert(names.end(), label.begin(), label.end());
    for (const unsigned part : {i, 2U, 1U, 0U}) append_uleb(definitions, part);
    // The field of G_i<T> is G_i+1<Pair<T, T>>, where Pair is the last struct.
    if (i + 1 == kCount) {
      definitions.push_back(0x09);
      definitions.push_back(0x00);
      continue;
    }
    for (const unsigned part : {0x0bU, i + 1, 1U, 0x0bU, kCount, 2U, 0x09U, 0U, 0x09U, 0U})
      append_uleb(definitions, part);
  }
  for (const unsigned part : {0U, kCount + 2, 7U, 2U, 0U, 0U, 0U, 0U}) append_uleb(handles, part);
  for (const char c : std::string("\x04Pair")) names.push_back(static_cast<std::uint8_t>(c));
  for (const unsigned part : {kCount, 2U, 2U, 0U, 9U, 0U, 1U, 9U, 1U})
    append_uleb(definitions, part);
  const Buffer bomb = file("06000000",
                           {{1, hex("0000")},
                            {2, handles},
                            {5, hex("00")},
                            {7, names},
                            {8, hex(kAddressOne)},
                            {10, definitions}},
                           "00");
  ASSERT_EQ(code_of(bomb), Code::ok);
  const Bytes module = bomb;
  const auto map = load({&module, 1});
  ASSERT_FALSE(map);
  EXPECT_EQ(map.error().code, Code::bad_type);
}

// A<T> {}, B<T> { A<vector<..T..>> } and C { B<vector<..u8..>> }: neither alone is too deep.
TEST(MoveLoader, RefusesATypeThatOnlyItsArgumentsMakeTooDeep) {
  const auto deep = [](unsigned levels) {
    std::string vectors;
    for (unsigned i = 0; i < levels; ++i) vectors += "0a";
    return file("06000000",
                {{1, hex("0000")},
                 {2, hex("000107010001"
                         "000207010000"
                         "00030700")},
                 {5, hex("00")},
                 {7, hex("016d"
                         "0141"
                         "0142"
                         "0143")},
                 {8, hex(kAddressOne)},
                 {10, hex("000200"
                          "01020100"
                          "0b0001" +
                          vectors +
                          "0900"
                          "02020100"
                          "0b0101" +
                          vectors + "02")}},
                "00");
  };
  for (const unsigned levels : {60U, 200U}) {
    const Buffer bytes = deep(levels);
    ASSERT_EQ(code_of(bytes), Code::ok);
    const Bytes module = bytes;
    const auto map = load({&module, 1});
    EXPECT_EQ(map ? Code::ok : map.error().code, levels == 60 ? Code::ok : Code::bad_type);
  }
}

TEST(MoveLoader, TakesNamesOfParametersThatFit) {
  const Buffer bytes = plain();
  const Bytes module = bytes;
  const auto names = Names::read(R"({"0x1::m::f": ["who", "amount"]})");
  ASSERT_TRUE(names);
  const auto map = load({&module, 1}, {}, &*names);
  ASSERT_TRUE(map);
  const auto function = find_named(map->map(), "0x1::m::f");
  ASSERT_TRUE(function);
  const auto fields = (*map)->fields_of((*map)->types()[(*function)->input]);
  EXPECT_EQ((*map)->text(fields[1].name), "amount");
  EXPECT_EQ((*map)->text((*function)->signature), "0x1::m::f(&signer, u64)");
  for (const char* wrong : {R"({"0x1::m::f": ["who"]})", R"({"0x1::m::g": ["who", "amount"]})"}) {
    const auto other = Names::read(wrong);
    ASSERT_TRUE(other);
    EXPECT_FALSE(load({&module, 1}, {}, &*other)) << wrong;
  }
  EXPECT_FALSE(Names::read(R"({"0x1::m::f": ["a b"]})"));
  EXPECT_FALSE(Names::read(R"({"0x1::m::f": ["a", "a"]})"));
}

struct Called {
  Buffer module = plain();
  type::OwnedMap map = [this] {
    const Bytes bytes = module;
    return *load({&bytes, 1});
  }();
  std::vector<type::Node> room = std::vector<type::Node>(64);

  Code decode(const std::string& payload) {
    const Buffer bytes = hex(payload);
    const auto call = read_entry_call(bytes);
    if (!call) return call.error().code;
    type::Tape tape(room);
    const auto entry = decode_call(map.map(), *call, bytes, tape);
    return entry ? Code::ok : entry.error().code;
  }
};

TEST(MoveValue, ReadsAPayloadAndGivesASignerNoBytes) {
  Called called;
  const std::string head = "02" + kAddressOne +
                           "016d"
                           "0166";
  EXPECT_EQ(called.decode(head + "00"
                                 "01"
                                 "08"
                                 "0700000000000000"),
            Code::ok);
  EXPECT_EQ(called.decode(head + "00"
                                 "01"
                                 "07"
                                 "07000000000000"),
            Code::chain_refuses);
  EXPECT_EQ(called.decode(head + "00"
                                 "01"
                                 "09"
                                 "070000000000000000"),
            Code::chain_refuses);
  EXPECT_EQ(called.decode(head + "00"
                                 "01"
                                 "8800"
                                 "0700000000000000"),
            Code::chain_refuses);
  EXPECT_EQ(called.decode(head + "00"
                                 "00"),
            Code::chain_refuses);
  EXPECT_EQ(called.decode(head + "0101"
                                 "01"
                                 "08"
                                 "0700000000000000"),
            Code::chain_refuses);
  EXPECT_EQ(called.decode(head + "00"
                                 "01"
                                 "08"
                                 "0700000000000000"
                                 "00"),
            Code::chain_refuses);
  EXPECT_EQ(called.decode("03" + head.substr(2) +
                          "00"
                          "01"
                          "08"
                          "0700000000000000"),
            Code::unknown_call);
  EXPECT_EQ(called.decode("02" + kAddressOne +
                          "016d"
                          "0167"
                          "00"
                          "00"),
            Code::unknown_call);
}

TEST(MoveValue, TellsAMultisigAccountsCallFromTheSendersOwn) {
  const std::string account(64, 'a'), call = kAddressOne +
                                             "016d"
                                             "0166"
                                             "00"
                                             "01"
                                             "08"
                                             "0700000000000000";
  const Buffer bytes = hex("03" + account + "01" + "00" + call);
  const auto payload = read_payload(bytes);
  ASSERT_TRUE(payload) << name(payload.error().code);
  EXPECT_EQ(payload->kind, PayloadKind::multisig);
  EXPECT_TRUE(equal(payload->account, hex(account)));
  Called called;
  type::Tape tape(called.room);
  ASSERT_TRUE(decode_call(called.map.map(), payload->call, bytes, tape));
  EXPECT_EQ(type::Value(called.map.map(), tape.nodes(), bytes).part(1).as_unsigned().limbs[0], 7U);
  const auto own = read_entry_call(bytes);
  ASSERT_FALSE(own) << "not the sender's call";
  EXPECT_EQ(own.error().code, Code::unknown_call);
  const auto stored = read_payload(hex("03" + account + "00"));
  ASSERT_TRUE(stored);
  EXPECT_TRUE(stored->is_stored);
  EXPECT_EQ(read_payload(hex("03" + account + "02")).error().code, Code::chain_refuses);
  EXPECT_EQ(read_payload(hex("03" + account + "0101" + call)).error().code, Code::unknown_call);
  EXPECT_EQ(read_payload(hex("04" + call)).error().code, Code::unknown_call);
}

TEST(MoveValue, ReadsAScriptsArgumentsByItsOwnCode) {
  const Buffer code = file("06000000",
                           {{5, hex("00"
                                    "030c030a02")}},
                           "00"
                           "01"
                           "00"
                           "0102");  // fun main(signer, u64, vector<u8>)
  const auto map = load_script(code);
  ASSERT_TRUE(map) << name(map.error().code);
  Buffer head = {0};
  append_uleb(head, code.size());
  head.insert(head.end(), code.begin(), code.end());
  std::vector<type::Node> room(16);
  const auto decoded = [&](const std::string& rest) {
    Buffer bytes = head;
    for (const std::uint8_t byte : hex(rest)) bytes.push_back(byte);
    const auto payload = read_payload(bytes);
    if (!payload) return payload.error().code;
    type::Tape tape(room);
    const auto entry = decode_script(map->map(), payload->script, bytes, tape);
    if (!entry) return entry.error().code;
    const type::Value value(map->map(), tape.nodes(), bytes);
    EXPECT_EQ(value.part(1).as_unsigned().limbs[0], 7U);
    EXPECT_TRUE(equal(value.part(2).bytes(), hex("aabb")));
    return Code::ok;
  };
  const std::string number = "010700000000000000", bytes = "0402aabb";
  EXPECT_EQ(decoded("0002" + number + bytes), Code::ok);
  EXPECT_EQ(decoded("000209080700000000000000" + bytes), Code::ok) << "a value in BCS";
  EXPECT_EQ(decoded("0002" + number + "090302aabb"), Code::ok);
  EXPECT_EQ(decoded("00020007" + bytes), Code::chain_refuses) << "of another size";
  EXPECT_EQ(decoded("0002" + number + "090402aabbcc"), Code::chain_refuses);
  EXPECT_EQ(decoded("0002" + number + "0403aabb"), Code::chain_refuses);
  EXPECT_EQ(decoded("0001" + number), Code::chain_refuses);
  EXPECT_EQ(decoded("010102" + number + bytes), Code::chain_refuses) << "a type too many";
  EXPECT_EQ(decoded("00020a07" + bytes), Code::unknown_call);
  EXPECT_EQ(decoded("0002" + number + bytes + "00"), Code::chain_refuses);
}

TEST(MoveValue, WritesAPayloadThatItReads) {
  Called called;
  const auto function = find_named(called.map.map(), "f");
  ASSERT_TRUE(function);
  const auto arguments = json::Tree::parse(R"(["7"])", 64);
  const auto payload = encode_payload(called.map.map(), **function, {}, arguments->root());
  ASSERT_TRUE(payload);
  std::string text;
  type::append_hex(text, *payload);
  EXPECT_EQ(text, "0x02" + kAddressOne +
                      "016d"
                      "0166"
                      "00"
                      "01"
                      "08"
                      "0700000000000000");
  const auto wrong = json::Tree::parse(R"(["7", "8"])", 64);
  EXPECT_FALSE(encode_payload(called.map.map(), **function, {}, wrong->root()));
}

TEST(MoveValue, StopsAtTheTapesEndWhateverABombHolds) {
  type::Builder builder("move", type::Order::little, type::AddressForm::hex);
  type::Type nothing;
  nothing.form = type::Form::tuple;
  type::Type list;
  list.form = type::Form::list;
  list.size = static_cast<std::uint16_t>(type::Prefix::uleb);
  list.first = builder.add(nothing);
  const std::uint32_t root = builder.add(list);
  type::Type loop = list;
  const std::uint32_t self = builder.reserve();
  loop.first = self;
  builder.put(self, loop);
  const auto map = builder.finish();
  ASSERT_TRUE(map);
  std::vector<type::Node> room(1000);
  type::Tape tape(room);
  EXPECT_EQ(decode_all(map->map(), root, {}, hex("ffffffff07"), tape).error().code,
            Code::over_budget);
  type::Tape other(room);
  EXPECT_EQ(decode_all(map->map(), self, {}, Buffer(500, 1), other).error().code,
            Code::over_budget);
  type::Tape third(room);
  EXPECT_EQ(decode_all(map->map(), root, {}, hex("8080808008"), third).error().code,
            Code::chain_refuses);
}

TEST(MoveValue, ReadsATypeTagAsItWritesIt) {
  for (const char* tag : {"u8", "vector<vector<u256>>", "0x1::coin::Coin<0x2::sui::SUI>",
                          "0xab::m::P<u8, vector<0x1::a::B<bool, u16>>>"}) {
    const auto bytes = read_tag(tag);
    ASSERT_TRUE(bytes) << tag;
    Cursor cursor(*bytes, Code::chain_refuses);
    EXPECT_EQ(take_tag(cursor).size(), bytes->size());
    std::string again;
    append_tag(again, *bytes);
    EXPECT_EQ(again, tag);
  }
  for (const char* tag : {"", "u7", "vector", "vector<>", "vector<u8", "vector<u8>>", "0x1::a",
                          "0x1::a::B<>", "0x1::a::b c", "vector<u8, u8>", "0x1::a::B<u8"})
    EXPECT_FALSE(read_tag(tag)) << tag;
  std::string deep = "u8";
  for (std::size_t i = 0; i < kTagDepthMax + 1; ++i) deep = "vector<" + deep + ">";
  EXPECT_EQ(read_tag(deep).error().code, Code::over_budget);
}

TEST(MoveValue, RefusesASuiTransactionThatUsesAResultBeforeItIsThere) {
  const std::string owner(64, 'a'), end = owner + "00" + owner + std::string(32, '0') + "00";
  const std::string split =
      "02"
      "00"
      "01"
      "010000";  // SplitCoins(gas, [input 0])
  const std::string head =
      "0000"
      "01"
      "0008"
      "0700000000000000";
  EXPECT_TRUE(read_sui_transaction(hex(head + "01" + split + end)));
  EXPECT_TRUE(read_sui_transaction(hex(head + "02" + split +
                                       "03"
                                       "00"
                                       "01"
                                       "03"
                                       "0000"
                                       "0000" +
                                       end)));
  const Buffer ahead = hex(head +
                           "01"
                           "03"
                           "00"
                           "01"
                           "03"
                           "0000"
                           "0000" +
                           end);
  EXPECT_EQ(read_sui_transaction(ahead).error().code, Code::chain_refuses);
  const Buffer missing = hex(head +
                             "01"
                             "02"
                             "00"
                             "01"
                             "010100" +
                             end);
  EXPECT_EQ(read_sui_transaction(missing).error().code, Code::chain_refuses);
  const Buffer system = hex("0001" + end);
  EXPECT_EQ(read_sui_transaction(system).error().code, Code::unknown_call);
}

}  // namespace
}  // namespace airlock::abi::move
