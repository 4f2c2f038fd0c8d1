// What is told of a call inside, whether or not anybody described it: whom it calls, and what with.
#include "engine/abi/clear/clear_test.h"

namespace airlock::abi::clear {
namespace {

constexpr std::string_view kCall = "f(address to,uint256 n,uint256 c,address who,bytes d)";

class InnerCall : public Clear {
 protected:
  // A call of f, whose data are sent to kOther with 5 and on chain `c`.
  Shown sent(std::string_view parameters, std::string_view data, std::string_view more = "",
             std::string_view chain = "10") {
    return show(kCall,
                R"({"path":"d","label":"Call","format":"calldata","params":{)" +
                    std::string(parameters) + "}" + std::string(more) + "}",
                R"(["0x2222222222222222222222222222222222222222","5000000000000000000",)" +
                    std::string(chain) + R"(,"0x3333333333333333333333333333333333333333",")" +
                    std::string(data) + R"("])");
  }
  static std::string notes(const Field& field) {
    std::string told;
    for (const Note& note : field.notes) told += note.label + '=' + note.value + ' ';
    return told;
  }
  static std::string notes(const Shown& shown) { return notes(shown.front().fields.at(0)); }
  // Whether a page, a line and the JSON have it.
  static bool is_told(const Shown& shown, std::string_view text) {
    std::string paged;
    const auto pages = pages_of(shown);
    for (const Page& page : *pages)
      for (const std::string& row : page) paged += row;
    const auto has = [text](const std::string& all) { return all.find(text) != all.npos; };
    return has(paged) && has(lines_of(shown, 200)) && has(json_of(shown));
  }
  static bool is_said_clear(const Shown& shown) {
    return json_of(shown).starts_with(R"({"clear":true,)");
  }
};

constexpr std::string_view kWhole = R"("calleePath":"to","amountPath":"n")";

TEST_F(InnerCall, IsToldWithItsContractAndPaymentWhereNobodyDescribedIt) {
  const Shown shown = sent(kWhole, "0x12345678");
  EXPECT_EQ(notes(shown), "Contract=0x2222222222222222222222222222222222222222 Pays=5 ETH ");
  EXPECT_TRUE(is_told(shown, kOther));
  EXPECT_TRUE(is_told(shown, "5 ETH"));
  EXPECT_TRUE(is_told(shown, "0x12345678"));
  EXPECT_FALSE(is_said_clear(shown)) << "a part of it is raw";
}

TEST_F(InnerCall, IsToldWithThemWhereItIsDescribed) {
  const auto inner = described(
      format("g(uint8 x)", R"({"path":"x","label":"X"})"), Reading::tolerant,
      R"("context":{"contract":{"deployments":[{"chainId":1,"address":"0x2222222222222222222222222222222222222222"}]}},)");
  source_.descriptors = {&*inner};
  std::string data;
  type::append_hex(data, call_of("g(uint8 x)", "[9]"));
  const Shown shown = sent(kWhole, data);
  ASSERT_EQ(shown.screens.size(), 2U);
  EXPECT_EQ(notes(shown), "Contract=0x2222222222222222222222222222222222222222 Pays=5 ETH ");
  EXPECT_TRUE(is_told(shown, kOther));
  EXPECT_TRUE(is_told(shown, "5 ETH"));
  EXPECT_TRUE(is_said_clear(shown));
}

TEST_F(InnerCall, WithoutDataIsASend) {
  const Shown shown = sent(kWhole, "0x");
  EXPECT_EQ(notes(shown), "Action=Send To=0x2222222222222222222222222222222222222222 Pays=5 ETH ");
  EXPECT_TRUE(shown.front().fields[0].warnings.empty());
  EXPECT_TRUE(is_said_clear(shown));
  // Nobody knows to whom, or it is a call all the same.
  EXPECT_EQ(notes(sent(R"("amountPath":"n")", "0x")), "Pays=5 ETH ");
  EXPECT_EQ(notes(sent(R"("calleePath":"to")", "0x")),
            "Contract=0x2222222222222222222222222222222222222222 ");
  EXPECT_EQ(notes(sent(std::string(kWhole) + R"(,"selector":"0x12345678")", "0x")),
            "Contract=0x2222222222222222222222222222222222222222 Pays=5 ETH Selector=0x12345678 ");
}

TEST_F(InnerCall, IsToldWithItsChainSenderAndSelector) {
  const std::string parameters =
      std::string(kWhole) + R"(,"chainIdPath":"c","spenderPath":"who","selector":"0x12345678")";
  const Shown shown = sent(parameters, "0xabcd");
  EXPECT_EQ(notes(shown),
            "Contract=0x2222222222222222222222222222222222222222 Pays=5 ETH Chain=OP Mainnet "
            "From=0x3333333333333333333333333333333333333333 Selector=0x12345678 ");
  EXPECT_FALSE(shown.front().warnings.has(Warning::argument_unseen));
  EXPECT_TRUE(is_told(shown, "OP Mainnet"));
  // The currency is that of its own chain, and of no other one where nobody knows that.
  EXPECT_NE(notes(sent(parameters, "0xabcd", "", "56")).find("Pays=5 BNB "), std::string::npos);
  const Shown unknown = sent(parameters, "0xabcd", "", "77");
  EXPECT_NE(notes(unknown).find("Pays=5000000000000000000 Chain=77 "), std::string::npos);
  EXPECT_TRUE(unknown.front().fields[0].notes[1].warnings.has(Warning::unknown_chain));
}

TEST_F(InnerCall, IsToldWithThemWhereItsValueIsNoCall) {
  const Shown shown =
      show("f(address to,uint256 d)",
           R"({"path":"d","label":"Call","format":"calldata","params":{"calleePath":"to"}})",
           R"(["0x2222222222222222222222222222222222222222",7])");
  EXPECT_TRUE(shown.front().fields[0].warnings.has(Warning::wrong_kind));
  EXPECT_TRUE(is_told(shown, kOther));
  EXPECT_FALSE(is_said_clear(shown));
}

TEST_F(InnerCall, IsNotSaidToBeSeenWhereItIsEncrypted) {
  const Shown shown =
      sent(R"("calleePath":"to","amountPath":"n","chainIdPath":"c","spenderPath":"who")", "0x1234",
           R"(,"encryption":{"scheme":"fhevm"})");
  EXPECT_TRUE(shown.front().warnings.has(Warning::argument_unseen));
}

TEST_F(InnerCall, IsNotSaidToBeSeenWhereItsListIsEmpty) {
  const auto warns = [this](std::string_view list) {
    const Shown shown =
        show("f(address to,bytes[] d)",
             R"({"path":"d.[]","label":"Call","format":"calldata","params":{"calleePath":"to"}})",
             R"(["0x2222222222222222222222222222222222222222",)" + std::string(list) + "]");
    return shown.front().warnings.has(Warning::argument_unseen);
  };
  EXPECT_TRUE(warns("[]"));
  EXPECT_FALSE(warns(R"(["0x12345678"])"));
}

TEST_F(InnerCall, TellsAllOfAnAddressThatIsMoreThanOne) {
  const Shown shown = show(
      "f(bytes32 to,bytes d)",
      R"({"path":"d","label":"Call","format":"calldata","params":{"calleePath":"to"}})",
      R"(["0x0100000000000000000000002222222222222222222222222222222222222222","0x12345678"])");
  EXPECT_TRUE(is_told(shown, "0100000000000000000000002222222222222222222222222222222222222222"));
}

// A token, a collection and a chain that an argument names are printed too, whatever the value is.
TEST_F(InnerCall, HasItsLikeInTheParametersOfOtherFormats) {
  const auto told = [this](std::string_view format, std::string_view value) {
    return show("f(address a,uint256 c,uint256 v,string s)",
                R"({"path":")" + std::string(value) + R"(","label":"V","format":)" +
                    std::string(format) + "}",
                R"(["0x2222222222222222222222222222222222222222",10,7,"x"])");
  };
  constexpr std::string_view kToken =
      R"("tokenAmount","params":{"tokenPath":"a","chainIdPath":"c"})";
  EXPECT_TRUE(is_told(told(kToken, "v"), kOther));
  EXPECT_TRUE(is_told(told(kToken, "v"), "OP Mainnet"));
  EXPECT_TRUE(is_told(told(kToken, "s"), kOther));
  EXPECT_TRUE(is_told(told(R"("nftName","params":{"collectionPath":"a"})", "s"), kOther));
  EXPECT_TRUE(is_told(told(R"("tokenTicker","params":{"chainIdPath":"c"})", "s"), "OP Mainnet"));
}

}  // namespace
}  // namespace airlock::abi::clear
