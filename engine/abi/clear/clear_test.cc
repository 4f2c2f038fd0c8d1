// What a wallet must refuse, hide, or show raw.
#include "engine/abi/clear/clear.h"

#include "engine/abi/clear/clear_test.h"

namespace airlock::abi::clear {
namespace {

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

TEST_F(Clear, LeavesOutASentenceThatAUnitWouldGoOnWith) {
  const auto sentence = [this](std::string base) {
    const std::string field =
        R"({"path":"a","label":"A","format":"unit","params":{"base":")" + base + R"("}})";
    return show("f(uint256 a)", field, "[1]", R"("interpolatedIntent":"Send {a}",)")
        .front()
        .sentence;
  };
  EXPECT_EQ(sentence(" bps"), "Send 1 bps");
  EXPECT_EQ(sentence("%"), "Send 1%");
  EXPECT_EQ(sentence(" USDC to vitalik.eth"), "");
}

TEST_F(Clear, NamesAFieldWhoseLabelIsBlankByWhatItShows) {
  const std::string_view field = R"({"path":"a","label":"  "})";
  EXPECT_EQ(show("f(uint256 a)", field, "[1]").front().fields[0].label, "a");
}

TEST_F(Clear, RefusesASentenceThatNamesAHiddenField) {
  constexpr std::string_view kField =
      R"({"path":"a","label":"A","visible":"never"},{"path":"b","label":"B"})";
  constexpr std::string_view kSentence = R"("interpolatedIntent":"Send {a}",)";
  const std::string rest = format("f(uint256 a,uint256 b)", kField, kSentence);
  EXPECT_EQ(described(rest, Reading::strict).error().code, Code::bad_descriptor);
  const Shown shown = show("f(uint256 a,uint256 b)", kField, "[1,2]", kSentence);
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
      show(*made, call_of("f()", "[]"), kHere, 5).front().warnings.has(Warning::value_unseen));
  EXPECT_FALSE(show(*made, call_of("f()", "[]")).front().warnings.has(Warning::value_unseen));
}

// In another format what is paid reads like something else.
TEST_F(Clear, CountsMoneyAsShownInTheChainsCurrencyAlone) {
  source_.tokens[FakeSource::key(kToken)] = {"TKN", 3};
  const auto warns = [this](std::string_view field, std::uint64_t value = 5000) {
    const auto made =
        described(R"("metadata":{"enums":{"e":{"5000":"free of charge"}}},)" +
                  format("f()", R"({"path":"@.value","label":"Fee",)" + std::string(field) + "}"));
    return show(*made, call_of("f()", "[]"), kHere, value)
        .front()
        .warnings.has(Warning::value_unseen);
  };
  EXPECT_FALSE(warns(R"("format":"amount")"));
  EXPECT_TRUE(warns(R"("format":"raw")"));
  EXPECT_TRUE(warns(R"("format":"unit","params":{"base":"","decimals":40})"));
  EXPECT_TRUE(warns(R"("format":"enum","params":{"$ref":"$.metadata.enums.e"})"));
  EXPECT_TRUE(warns(R"("format":"date","params":{"encoding":"timestamp"})"));
  EXPECT_TRUE(warns(R"("format":"tokenAmount","params":{"token":
                       "0x3333333333333333333333333333333333333333"})"));
  EXPECT_TRUE(warns(R"("format":"amount","encryption":{"scheme":"fhevm"})"));
  EXPECT_TRUE(warns(R"("format":"amount","visible":{"ifNotIn":[5000]})"));
  EXPECT_FALSE(warns(R"("format":"amount","visible":{"ifNotIn":[0]})", 0));
  source_.chains.clear();
  EXPECT_TRUE(warns(R"("format":"amount")")) << "the bare number, in nobody knows what";
}

}  // namespace
}  // namespace airlock::abi::clear
