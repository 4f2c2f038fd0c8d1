// What is told of a call that no descriptor shows clearly: never less than what is signed.
#include "engine/abi/undescribed.h"

#include "engine/abi/packs_test.h"
#include "engine/abi/solana/solana.h"

namespace airlock::abi {
namespace {

using clear::Warning;
using testing::Test;

constexpr std::string_view kOther = "0x3333333333333333333333333333333333333333";
constexpr std::string_view kReceiver = "0x2222222222222222222222222222222222222222";

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

class Tells : public Test {
 protected:
  void use(const std::vector<pack::Item>& items) { snapshot_ = snapshot_of(items); }
  // tell keeps what it was asked, since what is told views it.
  void tell(std::string_view data, std::string_view to = kToken, std::uint64_t value = 5,
            clear::Warnings why = {}, std::string_view chain = "eip155:1") {
    data_ = *type::read_hex(data);
    const Asked asked{{.chain = chain, .target = to, .data = data_}, number::U256(value), why};
    const auto told = Undescribed::of({*snapshot_, loaders_, room_}, asked);
    json_ = told.json();
    lines_ = told.lines();
    shown_ = told.shown();
    fields_ = "";
    for (const clear::Field& field : shown_.front().fields)
      fields_ += field.label + '=' + field.value + ' ';
  }
  json::Value said(const std::string& name) const {
    const auto tree = json::Tree::parse(json_, 1 << 20);
    EXPECT_TRUE(tree) << json_;
    return json::value_of(tree->root()).value(name, json::Value());
  }
  bool warns(Warning warning) const {
    const json::Value all = said("warnings");
    const bool is_said =
        std::find(all.begin(), all.end(), std::string(clear::name(warning))) != all.end();
    const bool is_shown = shown_.front().warnings.has(warning);
    const bool is_told = has(lines_, "warning: " + std::string(clear::explain(warning)));
    EXPECT_TRUE(is_said == is_shown && is_shown == is_told) << clear::name(warning);
    return is_said;
  }

  std::vector<std::shared_ptr<const Loader>> loaders_ = standard_loaders();
  std::vector<type::Node> room_ = std::vector<type::Node>(type::kTapeNodes);
  std::unique_ptr<const Snapshot> snapshot_ = Snapshot::none();
  std::vector<std::uint8_t> data_;
  std::string json_, lines_, fields_;
  clear::Shown shown_;
};

TEST_F(Tells, ChainContractAndPaymentOfWhatAnAbiExplainsAndOfWhatNothingDoes) {
  use(token_items());
  for (const std::string_view to : {kToken, kOther}) {
    tell(kTransfer, to);
    EXPECT_EQ(said("chain"), "eip155:1");
    EXPECT_EQ(said("to"), to);
    EXPECT_EQ(said("value"), "5");
    const std::string contract(to);
    EXPECT_TRUE(has(lines_, "chain: eip155:1\ncontract: " + contract + "\npays: 5\n")) << lines_;
    EXPECT_TRUE(has(fields_, "Chain=eip155:1 Contract=" + contract + " Pays=5 ")) << fields_;
    EXPECT_TRUE(warns(Warning::no_descriptor));
  }
  EXPECT_EQ(said("warning"), "unknown_call");
  EXPECT_EQ(said("data"), kTransfer);
  EXPECT_TRUE(has(lines_, "data: " + std::string(kTransfer)));
  EXPECT_TRUE(has(fields_, "Data=" + std::string(kTransfer)));
}

TEST_F(Tells, APaymentInTheChainsOwnCurrencyWhereThePackKnowsIt) {
  auto items = token_items();
  items.push_back(
      item("chain/eip155:1", R"json({"decimals":1,"name":"Ethereum","symbol":"ETH"})json"));
  use(items);
  tell(kTransfer);
  EXPECT_TRUE(has(lines_, "pays: 0.5 ETH\n")) << lines_;
  EXPECT_TRUE(has(fields_, "Pays=0.5 ETH ")) << fields_;
  tell(kTransfer, kToken, 0);
  EXPECT_TRUE(has(lines_, "pays: nothing\n")) << lines_;
  EXPECT_FALSE(has(fields_, "Pays")) << fields_;
}

// Names in an ABI are its author's: they stand below what they could pass for.
TEST_F(Tells, NothingThatAParameterIsCalledInPlaceOfThePayment) {
  use(token_items("transfer(address to,uint256 pays)"));
  tell(kTransfer);
  EXPECT_LT(lines_.find("\npays: 5\n"), lines_.find("\ntransfer(address,uint256), pack"));
  EXPECT_TRUE(has(lines_, "\n  pays: 1000\n")) << lines_;
}

TEST_F(Tells, WhyADescriptorWasNotUsed) {
  use(token_items());
  clear::Warnings why;
  why.add(Warning::forbidden_value);
  tell(kTransfer, kToken, 0, why);
  EXPECT_TRUE(warns(Warning::forbidden_value));
  EXPECT_FALSE(warns(Warning::no_descriptor));
  EXPECT_EQ(said("arguments")["value"], "1000");
  tell(kTransfer, kOther, 0, why);
  EXPECT_TRUE(warns(Warning::forbidden_value));
}

TEST_F(Tells, WhatIsGuessedNotCanonicalOrRefused) {
  use({{"abi/eip155:1/any", map_of({"transfer(address to,uint256 value)"})}});
  tell(kTransfer);
  EXPECT_TRUE(warns(Warning::guessed));
  EXPECT_FALSE(warns(Warning::not_canonical));
  tell(std::string(kTransfer) + "00");
  EXPECT_TRUE(warns(Warning::not_canonical));
  tell(kTransfer.substr(0, kTransfer.size() - 2));
  EXPECT_TRUE(warns(Warning::undecodable));
  EXPECT_EQ(said("warning"), "chain_refuses");
}

TEST_F(Tells, APlainPaymentAsOneWhereverNoCodeIsKnown) {
  auto items = token_items();
  items.push_back({"abi/eip155:1/any", map_of({"transfer(address to,uint256 value)"})});
  use(items);
  tell("0x", kReceiver);
  EXPECT_EQ(said("intent"), "Send");
  EXPECT_EQ(said("value"), "5");
  EXPECT_EQ(said("warnings"), json::Value::array());
  EXPECT_EQ(shown_.front().intent, "Send");
  EXPECT_EQ(fields_, "Chain=eip155:1 To=" + std::string(kReceiver) + " Pays=5 ");
  EXPECT_TRUE(has(lines_, "to: " + std::string(kReceiver) + "\npays: 5\n")) << lines_;
  // This contract takes no payments.
  tell("0x");
  EXPECT_NE(said("intent"), "Send");
  EXPECT_EQ(said("warning"), "unknown_call");
}

TEST_F(Tells, ReceiveAndFallbackByTheirNames) {
  for (const std::string kind : {"receive", "fallback"}) {
    const auto map =
        evm::load(R"([{"type":")" + kind + R"(","stateMutability":"payable"}])", "Vault");
    ASSERT_TRUE(map);
    use({{key_of(), bytes_from((*map)->encoded())}});
    tell("0x");
    EXPECT_EQ(said("call"), kind + "()");
    EXPECT_TRUE(has(lines_, "\n" + kind + "(), pack")) << lines_;
    EXPECT_EQ(shown_.front().intent, kind + "(), pack 1.0.0");
  }
}

TEST_F(Tells, ACallOfSolanaByItsName) {
  const std::string_view idl = R"({"address":"11111111111111111111111111111111",
    "metadata":{"name":"vault","version":"0.1.0","spec":"0.1.0"},"instructions":[
    {"name":"close_account","discriminator":[1,2,3,4,5,6,7,8],"accounts":[],"args":[]}]})";
  const auto map = solana::load(idl, solana::Keys::anchor);
  ASSERT_TRUE(map) << name(map.error().code);
  const std::string program(32, '1');
  use({{"abi/solana:mainnet/" + program, bytes_from((*map)->encoded())}});
  tell("0x0102030405060708", program, 0, {}, "solana:mainnet");
  EXPECT_TRUE(has(shown_.front().intent, "close_account, pack 1.0.0"));
  EXPECT_TRUE(has(lines_, "\nclose_account, pack 1.0.0\n")) << lines_;
  EXPECT_EQ(said("chain"), "solana:mainnet");
  EXPECT_TRUE(warns(Warning::no_descriptor));
}

TEST_F(Tells, EachCallThatACallCarriesOnAScreenOfItsOwn) {
  auto items = token_items();
  items.push_back({key_of(kOther), map_of({"aggregate((address target,bytes callData)[] calls)"})});
  use(items);
  const auto loader = *loader_of(loaders_, "eip155:1");
  const auto map = snapshot_->map(key_of(kOther), loaders_);
  ASSERT_TRUE(map);
  const auto entry = (*map)->find_named(type::EntryKind::function, "aggregate");
  const auto arguments =
      json::Tree::parse(R"([[[")" + std::string(kToken) + R"(",")" + std::string(kTransfer) +
                            R"("],[")" + std::string(kReceiver) + R"(","0x01020304"]]])",
                        1 << 16);
  const auto data = loader->write(**map, **entry, arguments->root());
  ASSERT_TRUE(data) << name(data.error().code);
  std::string hex;
  type::append_hex(hex, *data);
  tell(hex, kOther);
  ASSERT_EQ(shown_.screens.size(), 3U);
  EXPECT_EQ(shown_.screens[1].intent, "transfer(address,uint256)");
  EXPECT_EQ(shown_.screens[1].fields.at(0).value, kToken);
  EXPECT_EQ(shown_.screens[1].fields.back().value, "1000");
  EXPECT_EQ(shown_.screens[2].intent, "An unreadable call");
  EXPECT_EQ(shown_.screens[2].fields.back().value, "0x01020304");
  const auto pages = clear::pages_of(shown_);
  ASSERT_TRUE(pages);
  EXPECT_TRUE(has(clear::frames_of(*pages), "|Call inside"));
  EXPECT_EQ(said("calls").size(), 2U);
}

}  // namespace
}  // namespace airlock::abi
