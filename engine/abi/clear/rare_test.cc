// What the registry hardly has: calls inside of calls, maps, encryption, factories, mustMatch.
#include "engine/abi/clear/clear_test.h"

namespace airlock::abi::clear {
namespace {

TEST_F(Clear, AsksWhetherAFactoryMadeTheContract) {
  const auto made = described(
      format("f(uint256 a)", R"({"path":"a","label":"A"})"), Reading::strict,
      R"J("context":{"contract":{"factory":{"deployments":[{"chainId":1,"address":"0x2222222222222222222222222222222222222222"},{"chainId":10,"address":"0x3333333333333333333333333333333333333333"}],"deployEvent":"Made(address)"}}},)J");
  ASSERT_TRUE(made) << name(made.error().code);
  const auto data = call_of("f(uint256 a)", "[7]");
  EXPECT_TRUE(show(*made, data).front().warnings.has(Warning::not_bound));
  const auto is_clear_where = [&](std::uint64_t chain, std::string_view factory,
                                  std::string_view event) {
    source_.deployed = {
        {chain, FakeSource::key(kHere), FakeSource::key(factory), std::string(event)}};
    return show(*made, data).front().is_clear;
  };
  EXPECT_TRUE(is_clear_where(1, kOther, "Made(address)"));
  EXPECT_FALSE(is_clear_where(10, kOther, "Made(address)")) << "on another chain";
  EXPECT_FALSE(is_clear_where(1, kToken, "Made(address)")) << "the factory of another chain";
  EXPECT_FALSE(is_clear_where(1, kOther, "Seen(address)")) << "it logged something else";
}

TEST_F(Clear, WantsBothTheAddressAndTheFactoryWhereBothAreNamed) {
  const auto made = described(
      format("f(uint256 a)", R"({"path":"a","label":"A"})"), Reading::strict,
      R"J("context":{"contract":{"deployments":[{"chainId":1,"address":"0x1111111111111111111111111111111111111111"}],"factory":{"deployments":[{"chainId":1,"address":"0x2222222222222222222222222222222222222222"}],"deployEvent":"Made(address)"}}},)J");
  ASSERT_TRUE(made) << name(made.error().code);
  const auto data = call_of("f(uint256 a)", "[7]");
  EXPECT_FALSE(show(*made, data).front().is_clear);
  for (const std::string_view contract : {kHere, kToken})
    source_.deployed.push_back(
        {1, FakeSource::key(contract), FakeSource::key(kOther), "Made(address)"});
  EXPECT_TRUE(show(*made, data).front().is_clear);
  EXPECT_FALSE(show(*made, data, kToken).front().is_clear) << "made by it, and not listed";
}

TEST(ClearDescriptor, RefusesAFactoryThatNobodyCouldAsk) {
  const auto code = [](std::string_view factory) {
    const auto made =
        described(format("f()", ""), Reading::tolerant,
                  R"("context":{"contract":{"factory":)" + std::string(factory) + "}},");
    return made ? Code::ok : made.error().code;
  };
  EXPECT_EQ(code(R"J({"deployments":[],"deployEvent":"Made(address)"})J"), Code::bad_descriptor);
  EXPECT_EQ(code(R"J({"deployEvent":"Made(address)"})J"), Code::bad_descriptor);
  EXPECT_EQ(
      code(
          R"({"deployments":[{"chainId":1,"address":"0x2222222222222222222222222222222222222222"}]})"),
      Code::bad_descriptor);
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

TEST_F(Clear, HoldsEachElementAndEveryKindOfValueAgainstWhatMustMatch) {
  const auto shows = [this](std::string_view type, std::string_view path, std::string_view values,
                            std::string_view arguments) {
    const std::string signature = "f(" + std::string(type) + " a)";
    const std::string field = R"({"path":")" + std::string(path) +
                              R"(","label":"A","visible":{"mustMatch":)" + std::string(values) +
                              "}}";
    const Shown shown = show(signature, field, arguments);
    EXPECT_TRUE(!shown.front().is_clear || shown.front().fields.empty()) << "never shown";
    return shown.front().is_clear;
  };
  constexpr std::string_view kAddress = R"(["0xcccccccccccccccccccccccccccccccccccccccc"])";
  EXPECT_TRUE(shows("address", "a", R"(["0xCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"])", kAddress));
  EXPECT_FALSE(
      shows("address", "a", R"(["0xdddddddddddddddddddddddddddddddddddddddd"])", kAddress));
  EXPECT_TRUE(shows("bool", "a", "[true]", "[true]"));
  EXPECT_FALSE(shows("bool", "a", "[true]", "[false]"));
  EXPECT_TRUE(shows("string", "a", R"(["v1"])", R"(["v1"])"));
  EXPECT_FALSE(shows("string", "a", R"(["v1"])", R"(["V1"])"));
  EXPECT_TRUE(shows("bytes4", "a", R"(["0x11223344"])", R"(["0x11223344"])"));
  EXPECT_TRUE(shows("int8", "a", "[-1]", "[-1]"));
  EXPECT_TRUE(shows("uint8[]", "a.[]", "[1,2]", "[[1,2,2]]"));
  EXPECT_FALSE(shows("uint8[]", "a.[]", "[1,2]", "[[1,3]]")) << "one of them is enough";
  EXPECT_FALSE(shows("uint8[]", "a.[0]", "[1]", "[[]]")) << "there is none";
  EXPECT_TRUE(shows("bytes", "a.[0:2]", R"(["0x1122"])", R"(["0x112233"])"));
}

TEST(ClearDescriptor, RefusesAVisibilityThatIsNone) {
  const auto code = [](std::string_view visible) {
    const auto made = described(format(
        "f(uint256 a)", R"({"path":"a","label":"A","visible":)" + std::string(visible) + "}"));
    return made ? Code::ok : made.error().code;
  };
  EXPECT_EQ(code(R"({"mustMatch":[1]})"), Code::ok);
  EXPECT_EQ(code(R"({"mustMatch":[]})"), Code::bad_descriptor);
  EXPECT_EQ(code(R"({"mustMatch":[1],"ifNotIn":[2]})"), Code::bad_descriptor);
  EXPECT_EQ(code("{}"), Code::bad_descriptor);
  EXPECT_EQ(code("7"), Code::bad_descriptor);
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

TEST_F(Clear, TakesConstantsOutOfMapsByValuesOfTheDataAndByEachElement) {
  source_.tokens[FakeSource::key(kToken)] = {"TKN", 2};
  source_.tokens[FakeSource::key(kOther)] = {"OTH", 0};
  const auto values = [this](std::string_view key, std::string_view type,
                             std::string_view argument) {
    const std::string field =
        R"({"path":"a","label":"A","format":"tokenAmount","params":{"token":{"map":"$.metadata.maps.m","keyPath":")" +
        std::string(key) + R"("}}})";
    constexpr std::string_view kMap =
        R"("metadata":{"maps":{"n":{"values":{}},"m":{"values":{"3":"0x3333333333333333333333333333333333333333","true":"0x2222222222222222222222222222222222222222","0x2222222222222222222222222222222222222222":"0x3333333333333333333333333333333333333333"}}}},)";
    const Shown shown = show("f(uint256 a," + std::string(type) + " k)", field, argument, "", kMap);
    return shown.front().is_clear ? shown.front().fields.at(0).value : "raw";
  };
  EXPECT_EQ(values("k", "uint8", "[150,3]"), "1.5 TKN");
  EXPECT_EQ(values("k", "uint8", "[150,4]"), "raw");
  EXPECT_EQ(values("k", "address", R"([150,"0x2222222222222222222222222222222222222222"])"),
            "1.5 TKN");
  EXPECT_EQ(values("k.[1]", "uint8[]", "[150,[4,3]]"), "1.5 TKN");
  EXPECT_EQ(values("k.[1]", "uint8[]", "[150,[4]]"), "raw") << "no such element";
}

TEST(ClearDescriptor, RefusesAMapThatItDoesNotHave) {
  const auto made = described(format(
      "f(uint256 a)",
      R"({"path":"a","label":"A","format":"tokenAmount","params":{"token":{"map":"$.metadata.maps.gone","keyPath":"@.chainId"}}})"));
  EXPECT_EQ(made.error().code, Code::bad_descriptor);
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

TEST_F(Clear, NeverReadsAnEncryptedValueAsIfItWerePlain) {
  constexpr std::string_view kHandle =
      R"(["0x00000000000000000000000000000000000000000000000000000000000000ff"])";
  const auto one = [this, kHandle](std::string_view parameters, std::string_view more = "") {
    return show("f(bytes32 a)", R"({"path":"a","label":"A",)" + std::string(parameters) + "}",
                kHandle, more);
  };
  // Its words are those of every wallet where the author has none.
  const Shown plain = one(R"("encryption":{"scheme":"fhevm"})");
  EXPECT_EQ(plain.front().fields.at(0).value, "[Encrypted]");
  // A scheme that nobody knows hides no less.
  EXPECT_EQ(one(R"("format":"date","encryption":{"scheme":"other","fallbackLabel":"[?]"})")
                .front()
                .fields.at(0)
                .value,
            "[?]");
  // The specification's own example of a sentence.
  EXPECT_EQ(one(R"("encryption":{"scheme":"fhevm","fallbackLabel":"[Encrypted Amount]"})",
                R"("interpolatedIntent":"Send {a}",)")
                .front()
                .sentence,
            "Send [Encrypted Amount]");
  // No call is looked for in it.
  const Shown call = show(
      "f(bytes a)",
      R"({"path":"a","label":"A","format":"calldata","params":{"calleePath":"@.to"},"encryption":{"scheme":"fhevm"}})",
      R"(["0x11223344"])");
  EXPECT_EQ(call.screens.size(), 1U);
  EXPECT_TRUE(call.front().fields.at(0).warnings.has(Warning::encrypted));
}

TEST(ClearDescriptor, RefusesEncryptionWithoutAScheme) {
  const auto made =
      described(format("f(bytes32 a)", R"({"path":"a","label":"A","encryption":{}})"));
  EXPECT_EQ(made.error().code, Code::bad_descriptor);
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

// A call in a call, by a descriptor of its own contract.
class ClearInner : public Clear {
 protected:
  static constexpr std::string_view kInner = R"({"path":"x","label":"X"})";

  // What is shown of g(5) inside of f, by these parameters of its field.
  Shown nested(std::string_view parameters, std::string_view fields = kInner,
               std::uint64_t chain = 1) {
    inner_ =
        described(format("g(uint8 x)", fields), Reading::tolerant,
                  R"("context":{"contract":{"deployments":[{"chainId":)" + std::to_string(chain) +
                      R"(,"address":"0x2222222222222222222222222222222222222222"}]}},)");
    EXPECT_TRUE(inner_) << name(inner_.error().code);
    source_.descriptors = {&*inner_};
    std::string data;
    type::append_hex(data, call_of("g(uint8 x)", "[5]"));
    const std::string field = R"({"path":"d","label":"Call","format":"calldata","params":{)" +
                              std::string(parameters) + "}}";
    return show(
        "f(address to,address who,uint256 n,bytes d)", field,
        R"(["0x2222222222222222222222222222222222222222","0x3333333333333333333333333333333333333333",10,")" +
            data + R"("])");
  }
  // The values of the screen inside, or the warning of the field that has none.
  static std::string told(const Shown& shown) {
    if (!shown.front().is_clear) return "raw";
    const Field& field = shown.front().fields.at(0);
    std::string values;
    if (field.nested == 0) {
      for (std::size_t i = 0; i <= static_cast<std::size_t>(Warning::last); ++i)
        if (field.warnings.has(static_cast<Warning>(i)))
          values += std::string(name(static_cast<Warning>(i))) + ' ';
      return values;
    }
    for (const Field& one : shown.screens.at(field.nested).fields) values += one.value + ' ';
    return values;
  }

  Result<Descriptor> inner_ = fail(Code::bad_descriptor);
};

TEST_F(ClearInner, IsOfTheChainThatItsFieldNames) {
  constexpr std::string_view kThere = R"("calleePath":"to","chainIdPath":"n")";
  EXPECT_EQ(told(nested(kThere, kInner, 10)), "5 ");
  EXPECT_EQ(told(nested(kThere, kInner, 1)), "nested_unknown ");
  EXPECT_EQ(told(nested(R"("calleePath":"to","chainId":10)", kInner, 10)), "5 ");
}

TEST_F(ClearInner, PaysAndIsSentAsItsFieldSays) {
  constexpr std::string_view kAround =
      R"({"path":"@.value","label":"Pays"},{"path":"@.from","label":"From"},{"path":"x","label":"X"})";
  constexpr std::string_view kWhole = R"("calleePath":"to","amountPath":"n","spenderPath":"who")";
  EXPECT_EQ(told(nested(kWhole, kAround)), "10 0x3333333333333333333333333333333333333333 5 ");
  // Without a sender the screen has a hole, and the call stays raw.
  EXPECT_EQ(told(nested(R"("calleePath":"to","amountPath":"n")", kAround)), "nested_refused ");
  const Shown unseen = nested(kWhole);
  EXPECT_TRUE(unseen.screens.at(1).warnings.has(Warning::value_unseen));
}

TEST_F(ClearInner, StaysRawWhereItsTargetIsUnknown) {
  EXPECT_EQ(told(nested("")), "no_parameter nested_refused ");
  EXPECT_EQ(told(nested(R"("calleePath":"gone")")), "no_parameter nested_refused ");
  EXPECT_EQ(told(nested(R"("calleePath":"who")")), "nested_unknown ");
}

TEST_F(ClearInner, IsMarkedWhereItsAuthorForbidsAValue) {
  EXPECT_EQ(told(nested(R"("calleePath":"to")",
                        R"({"path":"x","label":"X","visible":{"mustMatch":[6]}})")),
            "forbidden_value nested_refused ");
}

TEST_F(ClearInner, GetsTheSelectorThatStandsOutsideOfItsData) {
  inner_ = described(
      format("g(uint8 x)", kInner), Reading::tolerant,
      R"("context":{"contract":{"deployments":[{"chainId":1,"address":"0x2222222222222222222222222222222222222222"}]}},)");
  source_.descriptors = {&*inner_};
  const auto whole = call_of("g(uint8 x)", "[5]");
  std::string selector, rest;
  type::append_hex(selector, Bytes(whole).first(4));
  type::append_hex(rest, Bytes(whole).subspan(4));
  const auto with = [&](std::string_view of) {
    return told(show(
        "f(address to,bytes4 s,bytes d)",
        R"({"path":"d","label":"Call","format":"calldata","params":{"calleePath":"to","selectorPath":"s"}})",
        R"(["0x2222222222222222222222222222222222222222",")" + std::string(of) + R"(",")" + rest +
            R"("])"));
  };
  EXPECT_EQ(with(selector), "5 ");
  EXPECT_EQ(with("0x00000000"), "nested_unknown ");
}

// A batch: calls and their targets by place, one of them unknown.
TEST_F(ClearInner, IsOneOfAListByItsPlace) {
  inner_ = described(
      format("g(uint8 x)", kInner), Reading::tolerant,
      R"("context":{"contract":{"deployments":[{"chainId":1,"address":"0x2222222222222222222222222222222222222222"}]}},)");
  source_.descriptors = {&*inner_};
  std::string one, other;
  type::append_hex(one, call_of("g(uint8 x)", "[5]"));
  type::append_hex(other, call_of("g(uint8 x)", "[6]"));
  const Shown shown = show(
      "f(address[] to,bytes[] d)",
      R"({"path":"d.[]","label":"Call","format":"calldata","params":{"calleePath":"to.[]"}})",
      R"([["0x2222222222222222222222222222222222222222","0x3333333333333333333333333333333333333333","0x2222222222222222222222222222222222222222"],[")" +
          one + R"(",")" + one + R"(",")" + other + R"("]])");
  const std::vector<Field>& fields = shown.front().fields;
  ASSERT_EQ(fields.size(), 3U);
  ASSERT_EQ(shown.screens.size(), 3U);
  EXPECT_EQ(shown.screens[fields[0].nested].fields[0].value, "5");
  EXPECT_EQ(fields[1].nested, 0U);
  EXPECT_EQ(fields[1].value, one);
  EXPECT_TRUE(fields[1].warnings.has(Warning::nested_unknown));
  EXPECT_EQ(shown.screens[fields[2].nested].fields[0].value, "6");
}

TEST_F(Clear, StopsAtMoreCallsThanOneScreenMayHold) {
  constexpr std::string_view kCall = "f(bytes[] d)";
  const auto made = described(
      R"J("display":{"formats":{"g()":{"intent":"G"},"f(bytes[] d)":{"intent":"F","fields":[{"path":"d.[]","label":"Call","format":"calldata","params":{"calleePath":"@.to"}}]}}})J");
  ASSERT_TRUE(made) << name(made.error().code);
  source_.descriptors.push_back(&*made);
  std::string one, all;
  type::append_hex(one, call_of("g()", "[]"));
  for (std::size_t i = 0; i < kCallsMax; ++i) all += (i == 0 ? "\"" : ",\"") + one + '"';
  const Shown shown = show(*made, call_of(kCall, "[[" + all + "]]"));
  EXPECT_EQ(shown.screens.size(), kCallsMax);
  EXPECT_TRUE(shown.front().fields.back().warnings.has(Warning::nested_refused));
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

}  // namespace
}  // namespace airlock::abi::clear
