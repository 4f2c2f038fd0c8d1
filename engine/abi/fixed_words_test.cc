#include "engine/abi/packs_test.h"

namespace airlock::abi {
namespace {

// Whoever writes a descriptor could hide what its words are about.
TEST(Judge, RefusesADescriptorThatShowsATransferWithoutWhomOrHowMuch) {
  const std::string failed = "golden_case_failed " + binding_key();
  constexpr std::string_view kTo = R"({"path":"to","label":"To","format":"addressName"})";
  constexpr std::string_view kValue = R"({"path":"value","label":"Amount"})";
  const auto with = [](std::string_view one, std::string_view other) {
    return sending_items(std::string(one) + "," + std::string(other));
  };
  EXPECT_EQ(fault(with(kTo, kValue)), "ok");
  EXPECT_EQ(fault(sending_items(kTo)), failed);
  EXPECT_EQ(fault(sending_items(kValue)), failed);
  EXPECT_EQ(fault(with(kTo, R"({"path":"value","label":"Amount","visible":"never"})")), failed);
  EXPECT_EQ(fault(with(kTo, R"({"value":"1","label":"Amount"})")), failed);
  EXPECT_EQ(fault(with(kValue, R"({"path":"@.to","label":"To"})")), failed);
  EXPECT_EQ(fault(with(kTo, R"({"path":"value","label":"Amount","format":"tokenAmount",
                          "params":{"tokenPath":"@.to","threshold":"0x01","message":"Nothing"}})")),
            failed);
}

TEST(Judge, RefusesADescriptorThatShowsAPermitWithoutWhomOrHowMuch) {
  const std::string failed = "golden_case_failed " + binding_key("typed");
  EXPECT_EQ(fault(permit_items()), "ok");
  EXPECT_EQ(fault(permit_items(R"({"path":"spender","label":"Spender"})")), failed);
  EXPECT_EQ(fault(permit_items(R"({"path":"value","label":"Amount"})")), failed);
  EXPECT_EQ(fault(permit_items(R"({"path":"owner","label":"Spender"},
                                  {"path":"value","label":"Amount"})")),
            failed);
}

// Each way by which a field can be there and yet not say what is paid, or to whom.
TEST(Judge, RefusesADescriptorWhoseWordsHideATransferFromSomebody) {
  const std::string failed = "golden_case_failed " + binding_key();
  const std::string to = R"({"path":"to","label":"To","format":"addressName"})";
  const std::string value = R"({"path":"value","label":"Amount"})";
  for (const std::string_view slice : {"value.[-3:]", "value.[-31:]", "value.[:32]", "value.[0:1]"})
    EXPECT_EQ(
        fault(sending_items(to + R"(,{"path":")" + std::string(slice) + R"(","label":"Amount"})")),
        failed)
        << slice;
  EXPECT_EQ(fault(sending_items(value + R"(,{"path":"to.[0:19]","label":"To"})")), failed);
  constexpr std::string_view kWhom = "\"0x2222222222222222222222222222222222222222\"";
  for (const std::string_view rule : {"ifNotIn", "mustMatch"}) {
    const std::string hides = R"(,"visible":{")" + std::string(rule) + R"(":[)";
    EXPECT_EQ(fault(sending_items(value + R"(,{"path":"to","label":"To")" + hides +
                                  std::string(kWhom) + "]}}")),
              failed);
    EXPECT_EQ(fault(sending_items(to + R"(,{"path":"value","label":"Amount")" + hides + "5]}}")),
              failed);
  }
  for (const std::string_view format : {"tokenTicker", "date", "duration", "chainId"})
    EXPECT_EQ(fault(sending_items(to + R"(,{"path":"value","label":"Amount","format":")" +
                                  std::string(format) +
                                  R"(","params":{"encoding":"timestamp"}})")) == "ok",
              false)
        << format;
}

// What a fixed call is shown with is the call and nothing else.
TEST(Judge, RefusesAnythingBesideTheArgumentsOfATransfer) {
  const std::string failed = "golden_case_failed " + binding_key();
  const std::string sending(kSendFields);
  for (const std::string_view more :
       {R"({"value":"1 USDC","label":"Amount"})", R"({"path":"@.from","label":"To"})",
        R"({"label":"Amount","fields":[{"path":"to","label":"To"}]})"}) {
    EXPECT_EQ(fault(sending_items(sending + ',' + std::string(more))), failed) << more;
    EXPECT_EQ(fault(sending_items(std::string(more) + ',' + sending)), failed) << more;
  }
}

// What the registry has, among it a token of which each piece has a number.
TEST(Judge, LetsADescriptorShowAnAmountOfTheContractsOwnToken) {
  const auto counted = [](std::string_view format) {
    return fault(sending_items(R"({"path":"to","label":"To","format":"addressName"},
                                  {"path":"value","label":"Amount","format":)" +
                               std::string(format) + "}"));
  };
  const std::string own = R"("token":")" + std::string(kToken) + '"';
  EXPECT_EQ(counted(R"("tokenAmount","params":{"tokenPath":"@.to"})"), "ok");
  EXPECT_EQ(counted(R"("tokenAmount","params":{)" + own + "}"), "ok");
  EXPECT_EQ(counted(R"("nftName","params":{"collectionPath":"@.to"})"), "ok");
  EXPECT_EQ(counted(R"("raw")"), "ok");
}

TEST(Judge, RefusesAnAmountInAnotherScaleThanTheTokens) {
  const std::string failed = "golden_case_failed " + binding_key();
  const std::string own = R"("tokenPath":"@.to",)";
  for (const std::string& format : std::vector<std::string>{
           R"("tokenAmount","params":{"token":"0x4444444444444444444444444444444444444444"})",
           R"("tokenAmount","params":{"tokenPath":"to"})", R"("amount")",
           R"("tokenAmount","params":{)" + own + R"("chainId":10})",
           R"("tokenAmount","params":{)" + own + R"("nativeCurrencyAddress":")" +
               std::string(kToken) + R"("})",
           R"("nftName","params":{"collection":"0x4444444444444444444444444444444444444444"})",
           R"("unit","params":{"base":"USDC","decimals":20})"}) {
    EXPECT_EQ(fault(sending_items(R"({"path":"to","label":"To","format":"addressName"},
                                     {"path":"value","label":"Amount","format":)" +
                                  format + "}")),
              failed)
        << format;
  }
  EXPECT_EQ(fault(sending_items(R"({"path":"value","label":"Amount"},
      {"path":"to","label":"To","format":"addressName","params":{"senderAddress":["0x1"]}})")),
            failed);
}

// With these words in place of the descriptor's own "Send".
std::string fault_of(std::vector<pack::Item> items, std::string_view words) {
  std::string file(items[0].content.begin(), items[0].content.end());
  const std::string_view said = R"("intent":"Send")", allowed = R"("intent":"Allow")";
  const std::size_t at = std::min(file.find(said), file.find(allowed));
  file.replace(at, file.find(",", at) - at, words);
  items[0].content.assign(file.begin(), file.end());
  return fault(items);
}

TEST(Judge, RefusesAnIntentThatSaysSomethingElseThanWhatIsDone) {
  const std::string failed = "golden_case_failed " + binding_key();
  const auto sending = [](std::string_view words) { return fault_of(sending_items(), words); };
  for (const std::string_view good :
       {"Send", "send", "Transfer Tokens", "Transfer From", "Send NFT", "Pay", "Transfer ERC20 to"})
    EXPECT_EQ(sending(R"("intent":")" + std::string(good) + '"'), "ok") << good;
  for (const std::string_view bad :
       {"Receive airdrop", "Refund me", "Approve", "Send 1 USDC", "Send (1k)", "Send \u0661 USDC",
        "Sendback", "Send to 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"})
    EXPECT_EQ(sending(R"("intent":")" + std::string(bad) + '"'), failed) << bad;
  const std::string sentence = R"("intent":"Send","interpolatedIntent":")";
  EXPECT_EQ(sending(sentence + R"(Send {value} to {to}")"), "ok");
  EXPECT_EQ(sending(sentence + R"(Receive {value} as a gift, costs nothing {to}")"), failed);
  EXPECT_EQ(sending(sentence + R"(Send 1{value} to {to}")"), failed);
  EXPECT_EQ(fault_of(permit_items(), R"("intent":"Authorize spending of tokens")"), "ok");
  EXPECT_EQ(fault_of(permit_items(), R"("intent":"Sign in")"),
            "golden_case_failed " + binding_key("typed"));
}

TEST(Judge, LetsADescriptorSayAWordForAnAmountPastAllCounting) {
  const std::string failed = "golden_case_failed " + binding_key();
  const auto with = [](std::string_view threshold, std::string_view message) {
    return sending_items(R"({"path":"to","label":"To","format":"addressName"},
      {"path":"value","label":"Amount","format":"tokenAmount","params":{"tokenPath":"@.to",
       "threshold":")" + std::string(threshold) +
                         R"(","message":")" + std::string(message) + R"("}})");
  };
  const std::string high = "0x80" + std::string(62, '0');
  EXPECT_EQ(fault(with(high, "Unlimited")), "ok");
  for (const std::string_view other : {"0.01", "No", "Revoke all (zero)", "unlimited "})
    EXPECT_EQ(fault(with(high, other)), failed) << other;
  EXPECT_EQ(fault(with("0xffffffffff", "Unlimited")), failed);
}

TEST(Judge, RefusesADescriptorThatHasAWordForOneAmount) {
  auto items = sending_items(R"({"path":"to","label":"To"},{"path":"value","label":"Amount",
      "format":"enum","params":{"$ref":"$.metadata.enums.e"}})");
  std::string file(items[0].content.begin(), items[0].content.end());
  const std::string_view owner = R"("owner":"Token")";
  file.insert(file.find(owner) + owner.size(), R"(,"enums":{"e":{"5":"nothing"}})");
  items[0].content.assign(file.begin(), file.end());
  EXPECT_EQ(fault(items), "golden_case_failed " + binding_key());
}

TEST(Judge, RefusesLabelsThatSayTheOppositeOfWhatTheyShow) {
  const std::string failed = "golden_case_failed " + binding_key();
  constexpr std::string_view kFormat = "transferFrom(address from,address to,uint256 value)";
  const auto labelled = [&](const std::string& from, const std::string& to) {
    return sending_items(R"({"path":"from","label":")" + from + R"("},{"path":"to","label":")" +
                             to + R"("},{"path":"value","label":"Amount"})",
                         kFormat);
  };
  EXPECT_EQ(fault(labelled("From", "To")), "ok");
  EXPECT_EQ(fault(labelled("Sent by", "Recipient")), "ok");
  EXPECT_EQ(fault(labelled("To", "From")), failed);
  EXPECT_EQ(fault(labelled("Recipient", "The other")), failed);
  EXPECT_EQ(fault(labelled("The one", "Sender")), failed);
}

// Labels as the registry has them, and others that nobody could tell from the right ones.
TEST(Judge, KnowsTheLabelsOfWhomAndHowMuch) {
  const auto labelled = [](std::string_view to, std::string_view value) {
    return fault(sending_items(R"({"path":"to","label":")" + std::string(to) +
                               R"("},{"path":"value","label":")" + std::string(value) + R"("})"));
  };
  // Of a blank label the parameter's own name is shown.
  for (const std::string_view to : {"To", "Recipient", "Spender", "Operator", "Send to",
                                    "Recipient address", "Beneficiary", "Destination", "", "  "})
    EXPECT_EQ(labelled(to, "Amount"), "ok") << to;
  for (const std::string_view value :
       {"Amount", "Value", "Amount to Send", "Amount to Approve", "Allowance", "Position",
        "Max spending amount", "NFT", "Token ID", "Spending cap", "Quantity"})
    EXPECT_EQ(labelled("To", value), "ok") << value;
  const std::string failed = "golden_case_failed " + binding_key();
  for (const std::string_view to :
       {"Reference", "fromAccount", "From your account", "Debited (yours)", "Amount",
        "To 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "To Alice", "Tо"})
    EXPECT_EQ(labelled(to, "Amount"), failed) << to;
  for (const std::string_view value : {"Nonce", "To", "Fee", "Amount in cents", "Amount 5", "Gas"})
    EXPECT_EQ(labelled("To", value), failed) << value;
}

TEST(Judge, RefusesADescriptorThatHidesAPermitForSomebody) {
  const std::string failed = "golden_case_failed " + binding_key("typed");
  const std::string spender = R"({"path":"spender","label":"Spender"})";
  EXPECT_EQ(fault(permit_items(spender + R"(,{"path":"value.[-3:]","label":"Amount"})")), failed);
  EXPECT_EQ(fault(permit_items(spender + R"(,{"path":"value","label":"Amount",
                                             "visible":{"ifNotIn":[5]}})")),
            failed);
  EXPECT_EQ(fault(permit_items(R"({"path":"spender","label":"Owner"},
                                  {"path":"value","label":"Amount"})")),
            failed);
}

}  // namespace
}  // namespace airlock::abi
