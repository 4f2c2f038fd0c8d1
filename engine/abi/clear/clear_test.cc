// Cases that the registry hardly has: what a wallet must refuse, hide, or show raw.
#include "engine/abi/clear/clear.h"

#include <gtest/gtest.h>

#include "core/crypto/keccak.h"
#include "engine/abi/clear/fake_source.h"
#include "engine/abi/clear/structs.h"
#include "engine/abi/evm/encode.h"
#include "engine/abi/evm/load.h"
#include "tests/fakes/corpus.h"

namespace airlock::abi::clear {
namespace {

constexpr std::string_view kContract = "0x1111111111111111111111111111111111111111";
constexpr std::string_view kOther = "0x2222222222222222222222222222222222222222";
constexpr std::string_view kToken = "0x3333333333333333333333333333333333333333";
constexpr std::string_view kHead = R"("$schema":"https://x/erc7730-v2.schema.json",)";
constexpr std::string_view kBound =
    R"("context":{"contract":{"deployments":[{"chainId":1,"address":"0x1111111111111111111111111111111111111111"}]}},)";

Result<std::string> nothing(const std::string&) { return fail(Code::bad_descriptor); }

// The rest of a descriptor, after its schema and context.
Result<Descriptor> described(std::string_view rest, Reading reading = Reading::tolerant,
                             std::string_view context = kBound) {
  return Descriptor::read("{" + std::string(kHead) + std::string(context) + std::string(rest) + "}",
                          "a.json", reading, nothing);
}

std::string format(std::string_view signature, std::string_view fields,
                   std::string_view more = "") {
  return R"("display":{"formats":{")" + std::string(signature) + R"(":{"intent":"Do",)" +
         std::string(more) + R"("fields":[)" + std::string(fields) + "]}}}";
}

std::vector<std::uint8_t> call_of(std::string_view signature, std::string_view arguments) {
  const auto map = evm::load_signatures({&signature, 1}, "");
  const auto tree = json::Tree::parse(arguments, arguments.size());
  return *evm::encode_call(map->map(), (*map)->entries()[0], tree->root());
}

class Clear : public testing::Test {
 protected:
  Shown show(const Descriptor& descriptor, Bytes data, std::string_view to = kContract,
             std::uint64_t value = 0) {
    to_ = FakeSource::key(to);
    const Call call{.chain_id = 1, .to = to_, .value = value, .data = data};
    return show_call(&descriptor, call, source_, tape_);
  }
  // Shows one call of one format; the descriptor must be right.
  Shown show(std::string_view signature, std::string_view fields, std::string_view arguments,
             std::string_view more = "", std::string_view metadata = "") {
    made_ = described(std::string(metadata) + format(signature, fields, more));
    EXPECT_TRUE(made_) << name(made_.error().code);
    data_ = call_of(signature, arguments);
    return show(*made_, data_);
  }

  FakeSource source_;
  FakeSource::Key to_{};
  Result<Descriptor> made_ = fail(Code::bad_descriptor);
  std::vector<std::uint8_t> data_;
  std::vector<type::Node> nodes_{4096};
  type::Tape tape_{nodes_};
};

TEST_F(Clear, ShowsACallRawWhereTheContextIsAnother) {
  const auto made = described(format("f(uint256 a)", R"({"path":"a","label":"A"})"));
  ASSERT_TRUE(made) << name(made.error().code);
  const auto data = call_of("f(uint256 a)", "[7]");
  EXPECT_EQ(show(*made, data).front().fields[0].value, "7");
  const Shown other = show(*made, data, kOther);
  EXPECT_FALSE(other.front().is_clear);
  EXPECT_TRUE(other.front().warnings.has(Warning::not_bound));
  std::string hex;
  type::append_hex(hex, data);
  EXPECT_EQ(other.front().fields.back().value, hex);
}

TEST_F(Clear, ShowsAnUnknownCallAndABrokenOneRaw) {
  const auto made = described(format("f(uint8 a)", R"({"path":"a","label":"A"})"));
  EXPECT_TRUE(show(*made, call_of("g()", "[]")).front().warnings.has(Warning::unknown_call));
  auto dirty = call_of("f(uint8 a)", "[7]");
  dirty[4] = 1;
  EXPECT_TRUE(show(*made, dirty).front().warnings.has(Warning::undecodable));
  auto longer = call_of("f(uint8 a)", "[7]");
  longer.push_back(0);
  const Shown shown = show(*made, longer);
  EXPECT_TRUE(shown.front().is_clear);
  EXPECT_TRUE(shown.front().warnings.has(Warning::not_canonical));
}

TEST_F(Clear, AsksWhetherAFactoryMadeTheContract) {
  const auto made = described(
      format("f(uint256 a)", R"({"path":"a","label":"A"})"), Reading::strict,
      R"J("context":{"contract":{"factory":{"deployments":[{"chainId":1,"address":"0x2222222222222222222222222222222222222222"}],"deployEvent":"Made(address)"}}},)J");
  ASSERT_TRUE(made) << name(made.error().code);
  const auto data = call_of("f(uint256 a)", "[7]");
  EXPECT_FALSE(show(*made, data).front().is_clear);
  source_.deployed.emplace_back(FakeSource::key(kContract), FakeSource::key(kOther));
  EXPECT_TRUE(show(*made, data).front().is_clear);
}

TEST_F(Clear, HoldsValuesAgainstWhatMustMatch) {
  constexpr std::string_view kField =
      R"({"path":"a","label":"A","visible":{"mustMatch":["7","0x08"]}},{"path":"b","label":"B"})";
  constexpr std::string_view kCall = "f(uint256 a,uint256 b)";
  const Shown right = show(kCall, kField, "[7,1]");
  EXPECT_TRUE(right.front().is_clear);
  EXPECT_EQ(right.front().fields.size(), 1U);
  const Shown wrong = show(kCall, kField, "[9,1]");
  EXPECT_FALSE(wrong.front().is_clear);
  EXPECT_TRUE(wrong.front().warnings.has(Warning::forbidden_value));
}

TEST_F(Clear, HidesValuesThatTheAuthorExpects) {
  constexpr std::string_view kField =
      R"({"path":"a","label":"A","visible":{"ifNotIn":["0x2222222222222222222222222222222222222222"]}})";
  EXPECT_TRUE(show("f(address a)", kField, R"(["0x2222222222222222222222222222222222222222"])")
                  .front()
                  .fields.empty());
  EXPECT_EQ(show("f(address a)", kField, R"(["0x3333333333333333333333333333333333333333"])")
                .front()
                .fields.size(),
            1U);
}

TEST_F(Clear, TakesConstantsOutOfMapsByTheirKey) {
  source_.tokens[FakeSource::key(kToken)] = {"TKN", 2};
  constexpr std::string_view kField =
      R"({"path":"a","label":"A","format":"tokenAmount","params":{"token":{"map":"$.metadata.maps.m","keyPath":"@.chainId"}}})";
  constexpr std::string_view kMap =
      R"("metadata":{"maps":{"m":{"values":{"1":"0x3333333333333333333333333333333333333333"}}}},)";
  EXPECT_EQ(show("f(uint256 a)", kField, "[150]", "", kMap).front().fields[0].value, "1.5 TKN");
  constexpr std::string_view kNoEntry =
      R"("metadata":{"maps":{"m":{"values":{"2":"0x3333333333333333333333333333333333333333"}}}},)";
  EXPECT_FALSE(show("f(uint256 a)", kField, "[150]", "", kNoEntry).front().is_clear);
}

TEST_F(Clear, ShowsWhatIsEncryptedAsSuchAndItsHandle) {
  const Shown shown = show(
      "f(bytes32 a)",
      R"({"path":"a","label":"Amount","format":"tokenAmount","encryption":{"scheme":"fhevm","plaintextType":"uint64","fallbackLabel":"[Secret]"}})",
      R"(["0x00000000000000000000000000000000000000000000000000000000000000ff"])");
  const Field& field = shown.front().fields.at(0);
  EXPECT_EQ(field.value, "[Secret]");
  EXPECT_TRUE(field.detail.ends_with("ff"));
  EXPECT_TRUE(field.warnings.has(Warning::encrypted));
}

TEST_F(Clear, ReadsTheTimeOfABlockWhereItIsKnown) {
  constexpr std::string_view kField =
      R"({"path":"a","label":"Until","format":"date","params":{"encoding":"blockheight"}})";
  source_.blocks["19332140"] = 1709197235;
  EXPECT_EQ(show("f(uint256 a)", kField, "[19332140]").front().fields[0].value,
            "2024-02-29 09:00:35Z");
  const Shown unknown = show("f(uint256 a)", kField, "[5]");
  EXPECT_EQ(unknown.front().fields[0].value, "5");
  EXPECT_TRUE(unknown.front().fields[0].warnings.has(Warning::unknown_block));
}

TEST_F(Clear, WritesNumbersInTheWordsOfTheirFormat) {
  const auto value = [this](std::string_view parameters, std::string_view number) {
    const std::string field = R"({"path":"a","label":"A",)" + std::string(parameters) + "}";
    return show("f(uint256 a)", field, number).front().fields.at(0).value;
  };
  EXPECT_EQ(value(R"("format":"duration")", "[8250]"), "02:17:30");
  EXPECT_EQ(value(R"("format":"unit","params":{"base":"h"})", "[10]"), "10h");
  EXPECT_EQ(value(R"("format":"unit","params":{"base":"d","decimals":1})", "[15]"), "1.5d");
  EXPECT_EQ(value(R"("format":"unit","params":{"base":"s","prefix":true})", "[36000]"), "36ks");
  EXPECT_EQ(value(R"("format":"amount")", R"(["198661440000000000"])"), "0.19866144 ETH");
  EXPECT_EQ(value(R"("format":"chainId")", "[10]"), "OP Mainnet");
  EXPECT_EQ(value(R"("format":"date","params":{"encoding":"timestamp"})", R"(["99999999999999"])"),
            "99999999999999");
}

TEST_F(Clear, WritesInteroperableNames) {
  const Shown shown =
      show("f(bytes a)", R"({"path":"a","label":"A","format":"interoperableAddressName"})",
           R"(["0x00010000010114D8DA6BF26964AF9D7EED9E03E53415D37AA96045"])");
  EXPECT_EQ(shown.front().fields[0].value,
            "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045@eip155:1#4CA88C9C");
}

TEST_F(Clear, LeavesOutASentenceThatATokenOrTextCouldForge) {
  constexpr std::string_view kFields =
      R"({"path":"a","label":"A","format":"tokenAmount","params":{"token":"0x3333333333333333333333333333333333333333"}},{"path":"t","label":"T"})";
  constexpr std::string_view kSentence = R"("interpolatedIntent":"Send {a} {{now}} {t}",)";
  source_.tokens[FakeSource::key(kToken)] = {"TKN", 0};
  constexpr std::string_view kCall = "f(uint256 a,string t)";
  EXPECT_EQ(show(kCall, kFields, R"([1,"hello"])", kSentence).front().sentence,
            "Send 1 TKN {now} hello");
  EXPECT_EQ(show(kCall, kFields, R"([1,"to vitalik.eth"])", kSentence).front().sentence, "");
  source_.tokens[FakeSource::key(kToken)] = {"to vitalik.eth", 0};
  const Shown forged = show(kCall, kFields, R"([1,"hello"])", kSentence);
  EXPECT_EQ(forged.front().sentence, "");
  EXPECT_TRUE(forged.front().warnings.has(Warning::no_sentence));
  EXPECT_EQ(forged.front().fields[0].value, "1 to vitalik.eth");
}

TEST_F(Clear, RefusesASentenceThatNamesAHiddenField) {
  constexpr std::string_view kField = R"({"path":"a","label":"A","visible":"never"})";
  constexpr std::string_view kSentence = R"("interpolatedIntent":"Send {a}",)";
  const std::string rest = format("f(uint256 a)", kField, kSentence);
  EXPECT_EQ(described(rest, Reading::strict).error().code, Code::bad_descriptor);
  const Shown shown = show("f(uint256 a)", kField, "[1]", kSentence);
  EXPECT_EQ(shown.front().sentence, "");
  EXPECT_TRUE(shown.front().warnings.has(Warning::no_sentence));
}

TEST_F(Clear, WritesOutWhatIsHiddenAndMarksLookAlikes) {
  source_.tokens[FakeSource::key(kToken)] = {"US\xd0\x94\xe2\x80\xae", 0};  // Cyrillic, override
  const Shown shown = show(
      "f(uint256 a)",
      R"({"path":"a","label":"A\nB: 5","format":"tokenAmount","params":{"token":"0x3333333333333333333333333333333333333333"}})",
      "[1]");
  const Field& field = shown.front().fields[0];
  EXPECT_EQ(field.label, "A\\u{a}B: 5");
  EXPECT_EQ(field.value, "1 US\xd0\x94\\u{202e}");
  EXPECT_TRUE(field.warnings.has(Warning::escaped));
  EXPECT_TRUE(field.warnings.has(Warning::look_alike));
}

TEST_F(Clear, ShowsCallsInsideOfCallsByTheirOwnDescriptor) {
  constexpr std::string_view kOuter =
      R"({"path":"d","label":"Call","format":"calldata","params":{"calleePath":"to","amountPath":"@.value"}})";
  const auto inner_context =
      R"("context":{"contract":{"deployments":[{"chainId":1,"address":"0x2222222222222222222222222222222222222222"}]}},)";
  const auto inner =
      described(format("g(uint8 x)", R"({"path":"x","label":"X"},{"path":"@.to","label":"At"})"),
                Reading::strict, inner_context);
  ASSERT_TRUE(inner) << name(inner.error().code);
  source_.descriptors.push_back(&*inner);
  std::string data;
  type::append_hex(data, call_of("g(uint8 x)", "[5]"));
  const auto arguments = [&data](std::string_view more) {
    return R"(["0x2222222222222222222222222222222222222222",")" + data + std::string(more) +
           R"("])";
  };
  constexpr std::string_view kCall = "f(address to,bytes d)";
  const Shown shown = show(kCall, kOuter, arguments(""));
  ASSERT_EQ(shown.screens.size(), 2U);
  EXPECT_EQ(shown.screens[shown.front().fields[0].nested].fields[0].value, "5");
  EXPECT_EQ(shown.screens[1].fields[1].value, kOther);
  // Bytes behind the arguments are signed too: the call is not shown as if they were not there.
  const Shown trailing = show(kCall, kOuter, arguments("00"));
  EXPECT_EQ(trailing.screens.size(), 1U);
  EXPECT_TRUE(trailing.front().fields[0].warnings.has(Warning::nested_refused));
  EXPECT_EQ(trailing.front().fields[0].value, data + "00");
  source_.descriptors.clear();
  EXPECT_TRUE(
      show(kCall, kOuter, arguments("")).front().fields[0].warnings.has(Warning::nested_unknown));
}

TEST_F(Clear, StopsAtCallsThatHoldThemselvesTooDeep) {
  constexpr std::string_view kCall = "f(bytes d)";
  const auto made = described(format(
      kCall, R"({"path":"d","label":"Call","format":"calldata","params":{"calleePath":"@.to"}})"));
  source_.descriptors.push_back(&*made);
  std::vector<std::uint8_t> data = call_of(kCall, R"(["0x"])");
  for (std::size_t i = 0; i < 2 * kCallsDeepMax; ++i) {
    std::string hex;
    type::append_hex(hex, data);
    data = call_of(kCall, "[\"" + hex + "\"]");
  }
  const Shown shown = show(*made, data);
  EXPECT_EQ(shown.screens.size(), kCallsDeepMax + 1);
  EXPECT_TRUE(shown.screens.back().fields[0].warnings.has(Warning::nested_refused));
}

TEST_F(Clear, WalksGroupsOneAfterTheOtherOrBundled) {
  const auto labels = [this](std::string_view iteration, std::string_view arguments) {
    const std::string group =
        R"({"iteration":")" + std::string(iteration) +
        R"(","fields":[{"path":"a.[]","label":"a"},{"path":"b.[]","label":"b"}]})";
    std::string found;
    const Shown shown = show("f(uint8[] a,uint8[] b)", group, arguments);
    if (!shown.front().is_clear) return std::string("raw");
    for (const Field& field : shown.front().fields) found += field.label + field.value + ' ';
    return found;
  };
  EXPECT_EQ(labels("sequential", "[[1,2],[3,4]]"), "a1 a2 b3 b4 ");
  EXPECT_EQ(labels("bundled", "[[1,2],[3,4]]"), "a1 b3 a2 b4 ");
  EXPECT_EQ(labels("bundled", "[[1,2],[3]]"), "raw");
}

TEST_F(Clear, PairsParametersThatAreListsByTheirPlace) {
  source_.tokens[FakeSource::key(kToken)] = {"TKN", 0};
  source_.tokens[FakeSource::key(kOther)] = {"OTH", 1};
  constexpr std::string_view kField =
      R"({"path":"a.[]","label":"A","format":"tokenAmount","separator":"No {index}","params":{"tokenPath":"t.[]"}})";
  constexpr std::string_view kCall = "f(uint256[] a,address[] t)";
  const Shown shown = show(
      kCall, kField,
      R"([[5,6],["0x3333333333333333333333333333333333333333","0x2222222222222222222222222222222222222222"]])");
  ASSERT_EQ(shown.front().fields.size(), 2U);
  EXPECT_EQ(shown.front().fields[0].value, "5 TKN");
  EXPECT_EQ(shown.front().fields[1].value, "0.6 OTH");
  EXPECT_EQ(shown.front().fields[1].separator, "No 1");
  EXPECT_FALSE(show(kCall, kField, R"([[5,6],["0x3333333333333333333333333333333333333333"]])")
                   .front()
                   .is_clear);
}

TEST_F(Clear, WarnsOfMoneyThatNoFieldShows) {
  const auto made = described(format("f()", ""));
  EXPECT_TRUE(
      show(*made, call_of("f()", "[]"), kContract, 5).front().warnings.has(Warning::value_unseen));
  EXPECT_FALSE(show(*made, call_of("f()", "[]")).front().warnings.has(Warning::value_unseen));
}

TEST(ClearDescriptor, IsReadByItsMajorVersionAlone) {
  const auto code = [](std::string_view schema, Reading reading = Reading::tolerant) {
    const auto made =
        Descriptor::read(R"({"$schema":")" + std::string(schema) + "\"," + std::string(kBound) +
                             R"("new":1,)" + format("f()", "") + "}",
                         "a.json", reading, nothing);
    return made ? Code::ok : made.error().code;
  };
  EXPECT_EQ(code("https://x/erc7730-v2.schema.json"), Code::ok);
  EXPECT_EQ(code("erc7730-v2.7.schema.json"), Code::ok);
  EXPECT_EQ(code("erc7730-v3.0.0-next.schema.json"), Code::unsupported_version);
  EXPECT_EQ(code("erc7730-v1.schema.json"), Code::unsupported_version);
  EXPECT_EQ(code("other.json"), Code::bad_descriptor);
  EXPECT_EQ(code(""), Code::bad_descriptor);
  // What the schema does not list, a publisher corrects.
  EXPECT_EQ(code("erc7730-v2.schema.json", Reading::strict), Code::bad_descriptor);
}

TEST(ClearDescriptor, RefusesTwoFormatsOfOneCall) {
  const auto made = described(
      R"J("display":{"formats":{"f(uint256 a)":{"intent":"A"},"f(uint256 b)":{"intent":"B"}}})J");
  EXPECT_EQ(made.error().code, Code::ambiguous);
}

TEST(ClearDescriptor, PutsIncludedFilesUnderIt) {
  const std::string below =
      "{" + std::string(kHead) +
      R"J("display":{"formats":{"f(uint256 a,uint256 b)":{"intent":"Below","fields":[{"path":"a","label":"A","format":"raw"}]}}}})J";
  const std::string above =
      "{" + std::string(kHead) + std::string(kBound) +
      R"J("includes":"../c/below.json","display":{"formats":{"f(uint256 a,uint256 b)":{"fields":[{"path":"b","label":"B"},{"path":"a","label":"Mine"}]}}}})J";
  const auto made = Descriptor::read(above, "x/y/above.json", Reading::strict,
                                     [&below](const std::string& name) -> Result<std::string> {
                                       EXPECT_EQ(name, "x/c/below.json");
                                       return below;
                                     });
  ASSERT_TRUE(made) << name(made.error().code);
  const internal::Compiled& compiled = made->compiled();
  ASSERT_EQ(compiled.rules.size(), 2U);
  EXPECT_EQ(compiled.formats[0].intent, "Below");
  EXPECT_EQ(compiled.rules[0].label, "Mine");
  EXPECT_EQ(compiled.rules[1].label, "B");
  const auto loop =
      Descriptor::read(above, "x/y/above.json", Reading::strict,
                       [&above](const std::string&) -> Result<std::string> { return above; });
  EXPECT_EQ(loop.error().code, Code::bad_descriptor);
  const auto old = Descriptor::read(above, "x/y/above.json", Reading::tolerant,
                                    [](const std::string&) -> Result<std::string> {
                                      return R"({"$schema":"erc7730-v1.schema.json"})";
                                    });
  EXPECT_EQ(old.error().code, Code::unsupported_version);
}

TEST(ClearPath, IsReadAndSpelledInOneWay) {
  for (const auto& [text, spelled] :
       std::initializer_list<std::pair<const char*, const char*>>{{"#.a.b", "a.b"},
                                                                  {"a.[].b", "a.[].b"},
                                                                  {"a[0].[-1]", "a.[0].[-1]"},
                                                                  {"a.[-20:]", "a.[-20:]"},
                                                                  {"a.[:20]", "a.[0:20]"},
                                                                  {"@.to", "@.to"}})
    EXPECT_EQ(spell_path(*read_path(text)), spelled);
  for (const char* const text : {"", "#a", "a..b", "a.[1:2:3]", "a.[x]", "a.", "a b", "a.[", "#."})
    EXPECT_EQ(read_path(text).error().code, Code::bad_path) << text;
}

constexpr std::string_view kMail =
    R"({"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],"Person":[{"name":"name","type":"string"},{"name":"wallet","type":"address"}],"Mail":[{"name":"from","type":"Person"},{"name":"to","type":"Person"},{"name":"contents","type":"string"}]},"primaryType":"Mail","domain":{"name":"Ether Mail","version":"1","chainId":1,"verifyingContract":"0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"},"message":{"from":{"name":"Cow","wallet":"0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},"to":{"name":"Bob","wallet":"0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},"contents":"Hello, Bob!"}})";

std::string hex(const crypto::Digest& digest) {
  std::string text;
  type::append_hex(text, digest.bytes);
  return text;
}

// The example of EIP-712 itself.
TEST(ClearTypedData, HashesTheExampleOfTheStandard) {
  const auto read = TypedData::read(kMail);
  ASSERT_TRUE(read) << name(read.error().code);
  EXPECT_EQ(read->spelling(),
            "Mail(Person from,Person to,string contents)Person(string name,address wallet)");
  EXPECT_EQ(hex(read->type_hash()),
            "0xa0cedeb2dc280ba39b857546d74f5549c3a1d7bdc2dd96bf881f76108e23dac2");
  EXPECT_EQ(hex(read->message_hash()),
            "0xc52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e");
  EXPECT_EQ(hex(read->domain_separator()),
            "0xf2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f");
  EXPECT_EQ(hex(read->digest()),
            "0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");
}

std::string message(std::string_view types, std::string_view values) {
  return R"({"types":{)" + std::string(types) +
         R"(},"primaryType":"A","domain":{"chainId":1},"message":)" + std::string(values) + "}";
}

TEST(ClearTypedData, HandlesTypesThatContainThemselvesThroughLists) {
  constexpr std::string_view kTree =
      R"("A":[{"name":"n","type":"uint8"},{"name":"of","type":"A[]"}])";
  const auto read = TypedData::read(message(kTree, R"({"n":1,"of":[{"n":"0x2","of":[]}]})"));
  ASSERT_TRUE(read) << name(read.error().code);
  EXPECT_EQ(read->spelling(), "A(uint8 n,A[] of)");
  EXPECT_EQ(read->message().member("of")->part(0).member("n")->as_unsigned(), number::U256(2));
  std::string deep = R"({"n":1,"of":[]})";
  for (int i = 0; i < 12; ++i) deep = R"({"n":1,"of":[)" + deep + "]}";
  EXPECT_EQ(TypedData::read(message(kTree, deep)).error().code, Code::too_deep);
  EXPECT_EQ(
      TypedData::read(message(R"("A":[{"name":"a","type":"A"}])", R"({"a":{}})")).error().code,
      Code::bad_type);
}

TEST(ClearTypedData, RefusesTypesAndValuesThatDoNotFit) {
  const auto code = [](std::string_view type, std::string_view value) {
    const auto read =
        TypedData::read(message(R"("A":[{"name":"a","type":")" + std::string(type) + "\"}]",
                                R"({"a":)" + std::string(value) + "}"));
    return read ? Code::ok : read.error().code;
  };
  EXPECT_EQ(code("uint8", "255"), Code::ok);
  EXPECT_EQ(code("uint8", "256"), Code::bad_value);
  EXPECT_EQ(code("uint8", "\"0x100\""), Code::bad_value);
  EXPECT_EQ(code("int8", "-129"), Code::bad_value);
  EXPECT_EQ(code("bool", "1"), Code::bad_value);
  EXPECT_EQ(code("address", "\"0x11\""), Code::bad_value);
  EXPECT_EQ(code("bytes2", "\"0x112233\""), Code::bad_value);
  EXPECT_EQ(code("uint8[2]", "[1]"), Code::bad_value);
  EXPECT_EQ(code("uint7", "1"), Code::bad_type);
  EXPECT_EQ(code("B", "1"), Code::bad_type);
  EXPECT_EQ(code("uint8[4294967295]", "[]"), Code::bad_type);
  EXPECT_EQ(TypedData::read(message(R"("A":[{"name":"a","type":"bool"}])", "{}")).error().code,
            Code::bad_value);
}

TEST(ClearMessage, IsBoundToItsDomainAndToTheHashOfItsType) {
  const auto read = TypedData::read(kMail);
  const auto show = [&read](std::string_view context, std::string_view key) {
    const auto made =
        described(format(key, R"({"path":"to.name","label":"To"})"), Reading::tolerant, context);
    EXPECT_TRUE(made) << name(made.error().code);
    std::vector<type::Node> nodes(16);
    type::Tape tape(nodes);
    return show_message(&*made, *read, std::nullopt, FakeSource(), tape).front();
  };
  constexpr std::string_view kKey =
      "Mail(Person from,Person to,string contents)Person(string name,address wallet)";
  constexpr std::string_view kName = R"("context":{"eip712":{"domain":{"name":"Ether Mail"}}},)";
  EXPECT_EQ(show(kName, kKey).fields[0].value, "Bob");
  EXPECT_TRUE(show(R"("context":{"eip712":{"domain":{"name":"Other"}}},)", kKey)
                  .warnings.has(Warning::not_bound));
  EXPECT_TRUE(show(R"("context":{"eip712":{}},)", kKey).warnings.has(Warning::not_bound));
  EXPECT_TRUE(
      show(
          R"("context":{"eip712":{"domainSeparator":"0xf2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f"}},)",
          kKey)
          .is_clear);
  EXPECT_TRUE(
      show(kName, "Mail(Person from,Person to,string contents)Person(string name,uint256 wallet)")
          .warnings.has(Warning::unknown_call));
}

TEST(ClearRender, CutsNothingWithoutAMarkOnASmallDisplay) {
  Shown shown{.screens = {{.is_clear = true, .intent = "Send"}}};
  const std::string value(400, 'x');
  shown.screens[0].fields.push_back({.label = "Text", .value = value});
  shown.screens[0].fields.push_back({.label = "Name", .value = "\xd0\x94"});
  const auto pages = pages_of(shown);
  ASSERT_TRUE(pages);
  std::string all;
  for (const Page& page : *pages) {
    EXPECT_LE(page.size(), kRows);
    for (const std::string& row : page) {
      EXPECT_LE(row.size(), kColumns);
      all += row + '\n';
    }
  }
  // "Text" stands on each of its pages.
  EXPECT_EQ(static_cast<std::size_t>(std::count(all.begin(), all.end(), 'x')), value.size() + 3);
  EXPECT_NE(all.find("3/3"), std::string::npos);
  EXPECT_NE(all.find("\\u{414}"), std::string::npos);
  EXPECT_NE(json_of(shown).find(R"("label":"Name")"), std::string::npos);
  EXPECT_NE(lines_of(shown, 80).find("| Name: "), std::string::npos);
}

TEST(ClearDigest, IsThatOfTheCanonicalForm) {
  std::string canonical;
  const std::string json = R"({"b":[1,-2,true,null],"a":"é\n/\"\u0001"})";
  const auto tree = json::Tree::parse(json, json.size());
  ASSERT_TRUE(append_canonical(canonical, tree->root()));
  EXPECT_EQ(canonical, "{\"a\":\"é\\n/\\\"\\u0001\",\"b\":[1,-2,true,null]}");
  EXPECT_EQ(*descriptor_digest(json), *descriptor_digest(canonical));
  EXPECT_EQ(descriptor_digest("[9007199254740993]").error().code, Code::out_of_range);
}

}  // namespace
}  // namespace airlock::abi::clear
