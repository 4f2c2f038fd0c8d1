#include "engine/abi/golden.h"

#include <gtest/gtest.h>

#include "engine/abi/packs_test.h"

namespace airlock::abi {
namespace {

constexpr std::string_view kScreen =
    R"json({"intent":"Send","fields":[
      {"label":"To","value":"0x2222222222222222222222222222222222222222"},
      {"label":"Amount","value":"1 TOK"}]})json";

// How a case ends by a pack with a descriptor, and with a map of its contract.
std::string replayed(const std::vector<pack::Item>& items, std::string_view json) {
  const auto snapshot = snapshot_of(items);
  std::vector<type::Node> room(type::kTapeNodes);
  const Status done = replay(*snapshot, standard_loaders(), bytes_of(json), room);
  return done ? "ok" : std::string(name(done.error().code));
}

std::string call(std::string_view members) {
  return R"({"chain":"eip155:1","target":")" + std::string(kToken) + R"(","data":")" +
         std::string(kTransfer) + "\"" + std::string(members) + "}";
}
std::string shown(std::string_view screen) { return ",\"shown\":" + std::string(screen); }

std::string changed(std::string_view text, std::string_view part, std::string_view other) {
  std::string made(text);
  made.replace(made.find(part), part.size(), other);
  return made;
}

TEST(Golden, HoldsWhatACallIsShownAs) {
  EXPECT_EQ(replayed(sending_items(), call(shown(kScreen))), "ok");
  for (const auto& [part, other] : std::initializer_list<std::pair<const char*, const char*>>{
           {"Send", "Receive"}, {"1 TOK", "1"}, {"\"To\"", "\"At\""}, {"0x22", "0x23"}}) {
    EXPECT_EQ(replayed(sending_items(), call(shown(changed(kScreen, part, other)))),
              "golden_case_failed")
        << part;
  }
}

TEST(Golden, HoldsEveryFieldInItsOrder) {
  const auto fails = [](std::string_view fields) {
    const std::string screen = R"({"intent":"Send","fields":[)" + std::string(fields) + "]}";
    return replayed(sending_items(), call(shown(screen))) == "golden_case_failed";
  };
  constexpr std::string_view kTo =
      R"({"label":"To","value":"0x2222222222222222222222222222222222222222"})";
  constexpr std::string_view kAmount = R"({"label":"Amount","value":"1 TOK"})";
  EXPECT_TRUE(fails(kTo));
  EXPECT_TRUE(fails(std::string(kAmount) + "," + std::string(kTo)));
  EXPECT_TRUE(fails(std::string(kTo) + "," + std::string(kAmount) + R"(,{"label":"","value":""})"));
}

TEST(Golden, HoldsWhateverElseIsStatedOfAScreen) {
  const auto ends = [](std::string_view members) {
    return replayed(sending_items(),
                    call(shown(changed(kScreen, "{", "{" + std::string(members)))));
  };
  EXPECT_EQ(ends(R"("clear":true,"owner":"Token","warnings":[],)"), "ok");
  EXPECT_EQ(ends(R"("owner":"Somebody",)"), "golden_case_failed");
  EXPECT_EQ(ends(R"("warnings":["not_canonical"],)"), "golden_case_failed");
  EXPECT_EQ(ends(R"("interpolatedIntent":"Send 1 TOK",)"), "golden_case_failed");
}

TEST(Golden, IsNeverARawScreen) {
  const std::string raw =
      R"({"intent":"Sign an unreadable call","fields":[{"label":"Chain","value":"1"},
          {"label":"Contract","value":")" +
      std::string(kToken) + R"("},{"label":"Data","value":")" + std::string(kTransfer) + R"("}]})";
  EXPECT_EQ(replayed(token_items(), call(shown(raw))), "golden_case_failed");
}

TEST(Golden, HoldsWhatAMessageIsShownAs) {
  const std::string screen =
      changed(changed(changed(kScreen, "Send", "Allow"), "To", "Spender"), "1 TOK", "1.5 TOK");
  const std::string json = R"({"message":)" + permit() + shown(screen) + "}";
  EXPECT_EQ(replayed(permit_items(), json), "ok");
  EXPECT_EQ(replayed(permit_items(), changed(json, "1.5 TOK", "1 TOK")), "golden_case_failed");
  EXPECT_EQ(replayed(sending_items(), json), "golden_case_failed") << "nothing describes it";
  EXPECT_EQ(replayed(permit_items(), R"({"message":)" + permit() + "}"), "missing_field");
  EXPECT_EQ(replayed(permit_items(), changed(json, "\"nonce\":0,", "")), "bad_value");
}

TEST(Golden, KnowsWhoSignsAndWhatIsPaid) {
  const auto items = sending_items(
      R"({"path":"@.from","label":"From"},{"path":"@.value","label":"Fee"},{"path":"to","label":"To"},
         {"path":"value","label":"Amount"})");
  const std::string screen =
      R"({"intent":"Send","fields":[{"label":"From","value":"0x3333333333333333333333333333333333333333"},
          {"label":"Fee","value":"5"},{"label":"To","value":"0x2222222222222222222222222222222222222222"},
          {"label":"Amount","value":"1000"},{"label":"Pays","value":"5"}]})";
  const std::string around = R"(,"from":"0x3333333333333333333333333333333333333333","value":"5")";
  EXPECT_EQ(replayed(items, call(around + shown(screen))), "ok");
  EXPECT_EQ(replayed(items, call(shown(screen))), "golden_case_failed");
}

TEST(Golden, MayHoldBothWhatACallDecodesAsAndHowItIsShown) {
  auto items = sending_items();
  items.push_back(token_items()[0]);
  const std::string expect =
      R"json(,"expect":{"call":"transfer(address,uint256)","bound":true,"canonical":true,
        "arguments":{"to":"0x2222222222222222222222222222222222222222","value":"1000"}})json";
  EXPECT_EQ(replayed(items, call(expect + shown(kScreen))), "ok");
  EXPECT_EQ(replayed(items, call(changed(expect, "1000", "1001") + shown(kScreen))),
            "golden_case_failed");
  EXPECT_EQ(replayed(items, call(expect + shown(changed(kScreen, "1 TOK", "2 TOK")))),
            "golden_case_failed");
}

TEST(Golden, IsRefusedWhereItStatesNothingOrSomethingUnknown) {
  EXPECT_EQ(replayed(sending_items(), call("")), "missing_field");
  EXPECT_EQ(replayed(sending_items(), call(R"(,"show":{})")), "unknown_field");
  EXPECT_EQ(replayed(sending_items(), call(shown("[]"))), "wrong_type");
  EXPECT_EQ(replayed(sending_items(), call(shown(R"({"intent":"Send"})"))), "missing_field");
  EXPECT_EQ(replayed(sending_items(), call(shown(R"({"intent":"Send","fields":[{},{}]})"))),
            "missing_field");
  EXPECT_EQ(replayed(sending_items(), changed(call(shown(kScreen)), "eip155:1", "solana:mainnet")),
            "loader_missing");
}

}  // namespace
}  // namespace airlock::abi
