// What a screen leaves out, and that it says so.
#include "engine/abi/clear/clear_test.h"

namespace airlock::abi::clear {
namespace {

constexpr std::string_view kTwo = "f(address to,uint256 value)";
constexpr std::string_view kTwoArguments = R"(["0x2222222222222222222222222222222222222222",7])";
constexpr std::string_view kTo = R"({"path":"to","label":"To"})";

class Unseen : public Clear {
 protected:
  bool warns(std::string_view signature, std::string_view fields, std::string_view arguments) {
    const Shown shown = show(signature, fields, arguments);
    EXPECT_TRUE(shown.front().is_clear) << fields;
    return shown.front().warnings.has(Warning::argument_unseen);
  }
  bool warns(std::string_view value) {
    return warns(kTwo, std::string(kTo) + "," + std::string(value), kTwoArguments);
  }
};

TEST_F(Unseen, IsAnArgumentThatNoFieldShows) {
  EXPECT_FALSE(warns(R"({"path":"value","label":"V"})"));
  EXPECT_TRUE(warns(kTwo, kTo, kTwoArguments));
  EXPECT_TRUE(warns(R"({"path":"value","label":"V","visible":"never"})"));
  EXPECT_TRUE(warns(R"({"path":"value","label":"V","visible":{"mustMatch":[7]}})"));
  EXPECT_TRUE(warns(R"({"value":"7","label":"V"})"));
}

TEST_F(Unseen, IsWhatAConditionHidesNow) {
  EXPECT_TRUE(warns(R"({"path":"value","label":"V","visible":{"ifNotIn":[7]}})"));
  EXPECT_FALSE(warns(R"({"path":"value","label":"V","visible":{"ifNotIn":[8]}})"));
}

TEST_F(Unseen, IsTheRestOfAPart) {
  EXPECT_TRUE(warns(R"({"path":"value.[-3:]","label":"V","format":"raw"})"));
  constexpr std::string_view kList = "f(uint256[] v)", kValues = "[[1,2]]";
  EXPECT_FALSE(warns(kList, R"({"path":"v.[]","label":"V"})", kValues));
  EXPECT_FALSE(warns(kList, R"({"path":"v","label":"V"})", kValues));
  EXPECT_TRUE(warns(kList, R"({"path":"v.[0]","label":"V"})", kValues));
  EXPECT_TRUE(warns(kList, R"({"path":"v.[0:1]","label":"V"})", kValues));
}

TEST_F(Unseen, IsAMemberOfAStructure) {
  constexpr std::string_view kNested = "f((address to,uint256 value)[] orders)";
  constexpr std::string_view kOrders = R"([[["0x2222222222222222222222222222222222222222",7]]])";
  constexpr std::string_view kEach = R"({"path":"orders.[].to","label":"To"})";
  EXPECT_TRUE(warns(kNested, kEach, kOrders));
  EXPECT_FALSE(
      warns(kNested, std::string(kEach) + R"(,{"path":"orders.[].value","label":"V"})", kOrders));
}

TEST_F(Unseen, IsACallInACallThatIsNeverShown) {
  constexpr std::string_view kNest = "f(address to,bytes data)";
  EXPECT_TRUE(warns(kNest,
                    R"({"path":"to","label":"To"},{"path":"data","label":"D","visible":"never",
                        "format":"calldata","params":{"calleePath":"to"}})",
                    R"(["0x2222222222222222222222222222222222222222","0x1234"])"));
}

// Words in place of a number or an address have it behind them.
TEST_F(Unseen, StandsBehindAWord) {
  source_.tokens[FakeSource::key(kToken)] = {"TKN", 2};
  const auto detail = [&](std::string_view field, std::string_view metadata = "") {
    return show("f(uint256 a)", field, "[12345]", "", metadata).front().fields.at(0).detail;
  };
  EXPECT_EQ(detail(R"({"path":"a","label":"A","format":"tokenAmount","params":{"token":
                       "0x3333333333333333333333333333333333333333","threshold":"0x10",
                       "message":"All"}})"),
            "123.45 of " + std::string(kToken));
  EXPECT_EQ(detail(R"({"path":"a","label":"A","format":"enum","params":{"$ref":
                       "$.metadata.enums.e"}})",
                   R"("metadata":{"enums":{"e":{"12345":"nothing"}}},)"),
            "12345");
}

TEST_F(Unseen, IsAllOfACallWithoutAFieldThatIsEverShown) {
  for (const std::string_view fields : {"", R"({"path":"to","label":"To","visible":"never"})"}) {
    const Shown shown = show(kTwo, fields, kTwoArguments);
    EXPECT_TRUE(shown.front().warnings.has(Warning::argument_unseen)) << fields;
    EXPECT_EQ(described(format(kTwo, fields), Reading::strict).error().code, Code::bad_descriptor)
        << fields;
  }
  EXPECT_TRUE(show("f()", "", "[]").front().is_clear);
}

TEST_F(Unseen, IsNotAPartThatAListDoesNotHave) {
  const Shown shown = show("f(uint256[] v)", R"({"path":"v.[5:9]","label":"V"})", "[[1,2]]");
  EXPECT_FALSE(shown.front().is_clear);
  EXPECT_TRUE(shown.front().warnings.has(Warning::bad_descriptor));
  EXPECT_TRUE(show("f(uint256[] v)", R"({"path":"v.[]","label":"V"})", "[[]]").front().is_clear);
}

TEST_F(Unseen, IsWhatLooksLikeNothingOrLikeALetter) {
  const auto warnings = [&](std::string_view label) {
    return show("f(uint256 a)", R"({"path":"a","label":")" + std::string(label) + R"("})", "[1]")
        .front()
        .fields.at(0)
        .warnings;
  };
  for (const std::string_view hidden : {"A\u034f", "A\u3164", "A\u2800", "A\ufe0f", "A\u00a0B"})
    EXPECT_TRUE(warnings(hidden).has(Warning::escaped)) << hidden;
  for (const std::string_view alike : {"\u0261as", "g\u0131ve", "\u029cigh", "to\u217cd"})
    EXPECT_TRUE(warnings(alike).has(Warning::look_alike)) << alike;
  EXPECT_TRUE(warnings("na\u00efve").empty());
}

}  // namespace
}  // namespace airlock::abi::clear
