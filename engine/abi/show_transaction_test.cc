// Whole transactions on screens: never less than what is signed, whatever form it has.
#include "engine/abi/show_transaction.h"

#include "engine/abi/packs_test.h"
#include "engine/abi/transaction.h"

namespace airlock::abi {
namespace {

using clear::Warning;
using Octets = std::vector<std::uint8_t>;

constexpr std::string_view kOther = "0x3333333333333333333333333333333333333333";

class ShowTransaction : public testing::Test {
 protected:
  // shown keeps the screens, and everything on their pages and lines in one text.
  void show(std::string_view chain, std::string_view hex) {
    const Octets data = *type::read_hex(hex);
    const auto made = show_transaction({*snapshot_, loaders_, room_}, chain, data);
    ASSERT_TRUE(made) << name(made.error().code);
    shown_ = *made;
    lines_ = clear::lines_of(shown_, 200);
    paged_.clear();
    const auto pages = clear::pages_of(shown_);
    for (const clear::Page& page : *pages)
      for (const std::string& row : page) paged_ += row;
  }
  bool tells(std::string_view text) const {
    return lines_.find(text) != lines_.npos && paged_.find(text) != paged_.npos;
  }
  bool warns(Warning warning) const { return shown_.front().warnings.has(warning); }

  std::vector<std::shared_ptr<const Loader>> loaders_ = standard_loaders();
  std::unique_ptr<const Snapshot> snapshot_ = Snapshot::none();
  std::vector<type::Node> room_{type::kTapeNodes};
  clear::Shown shown_;
  std::string lines_, paged_;
};

// Nonce 0, fees 1 and 2, 21000 of gas, to kOther, value 5, no data, no access list.
const std::string kTo = "94" + std::string(40, '3');
const std::string kSent = "80010282520" + std::string("8") + kTo + "0580c0";

TEST_F(ShowTransaction, SaysOfAnAuthorizationWhoseCodeTakesTheAccount) {
  // On every chain, to 0x2222.., with nonce 9.
  const std::string one = "da8094222222222222222222222222222222222222222209010101";
  show("eip155", "0x04f83b01" + kSent + "db" + one);
  EXPECT_TRUE(warns(Warning::code_delegated));
  EXPECT_TRUE(tells("0x2222222222222222222222222222222222222222"));
  EXPECT_TRUE(tells("every chain"));
  EXPECT_TRUE(tells(kOther));
  EXPECT_EQ(shown_.front().fields[0].label, "Runs as an account") << "before all else";
  const std::string none = "da0194000000000000000000000000000000000000000009010101";
  show("eip155", "0x04f83b01" + kSent + "db" + none);
  EXPECT_TRUE(tells("no code any more"));
}

TEST_F(ShowTransaction, SaysOfAnOldFormThatItHoldsOnEveryChain) {
  const std::string kOld = "0xde8002825208" + kTo + "0582abcd";
  show("eip155", kOld);
  EXPECT_TRUE(warns(Warning::any_chain));
  EXPECT_TRUE(tells(kOther));
  EXPECT_TRUE(tells("names none"));
  EXPECT_TRUE(tells("0xabcd"));
  show("eip155:1", kOld);
  EXPECT_TRUE(warns(Warning::any_chain));
  EXPECT_TRUE(tells("eip155:1"));
  show("eip155", "0xdc8002825208" + kTo + "0580");
  EXPECT_EQ(shown_.front().intent, "Send");
}

TEST_F(ShowTransaction, SaysWhatAContractIsMadeOfAndWhatThatPays) {
  show("eip155", "0x02cf0180010282520880058401020304c0");
  EXPECT_EQ(shown_.front().intent, "Create a contract");
  EXPECT_TRUE(tells("0x01020304"));
  EXPECT_EQ(shown_.front().fields[1].label + shown_.front().fields[1].value, "Pays5");
  EXPECT_FALSE(warns(Warning::any_chain));
}

TEST_F(ShowTransaction, NamesThePayeeOfATransferOfSolana) {
  const auto file = *file::read("engine/abi/solana/native/system.json", 1 << 20);
  const Source source{.files = {file}};
  const std::string key = "abi/solana:mainnet/11111111111111111111111111111111";
  const auto map = (*loader_of(loaders_, key.substr(4)))->load(source);
  ASSERT_TRUE(map);
  snapshot_ = snapshot_of({{key, bytes_from((*map)->encoded())}});
  show("solana:mainnet", "0x01000103" + std::string(64, '1') + std::string(64, '2') +
                             std::string(64, '0') + std::string(64, '9') +
                             "01020200010c0200000040420f0000000000");
  ASSERT_EQ(shown_.screens.size(), 2U);
  std::string labels;
  for (const clear::Field& field : shown_.screens[1].fields) labels += field.label + ' ';
  EXPECT_EQ(labels, "Program lamports from to ");
  EXPECT_EQ(shown_.screens[1].fields[1].value, "1000000");
  EXPECT_TRUE(tells(shown_.screens[1].fields[3].value));
  EXPECT_EQ(shown_.screens[1].fields[2].detail, "signs, may be changed");
}

TEST_F(ShowTransaction, ShowsBytesThatAreNone) {
  const Octets data = *type::read_hex("0x05c0");
  const clear::Shown shown = show_unread("eip155", data, Code::unsupported_version);
  EXPECT_EQ(shown.front().fields.back().value, "0x05c0");
  EXPECT_FALSE(shown.front().is_clear);
}

}  // namespace
}  // namespace airlock::abi
