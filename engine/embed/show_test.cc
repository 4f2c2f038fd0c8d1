// Screens by the C ABI, as a program in C asks for them.
#include <gtest/gtest.h>

#include "engine/embed/packs_test.h"

namespace airlock::embed {
namespace {

class Screens : public Seated {
 protected:
  // The screen of a call or a message, or the error's name.
  std::string show(airlock_abi_style style = {}, airlock_abi_sending call = sending()) {
    airlock_abi_text text{};
    const int code = airlock_abi_show(reader_, &call, &style, &text);
    return said(code, text);
  }
  std::string show(const airlock_abi_message& message, std::uint8_t* digest = nullptr,
                   airlock_abi_style style = {}) {
    airlock_abi_text text{};
    const int code = airlock_abi_show_message(reader_, &message, &style, &text, digest);
    return said(code, text);
  }
  static std::string said(int code, const airlock_abi_text& text) {
    if (code == AIRLOCK_ABI_OK) return {text.text, text.size};
    EXPECT_STREQ(text.text, "");
    return airlock_abi_error_name(code);
  }
};

TEST_F(Screens, ShowACallByItsDescriptorInEachForm) {
  EXPECT_NE(show().find("\"no_descriptor\""), std::string::npos) << "no pack yet: raw";
  ASSERT_EQ(load(described_pack("1.0.0")), AIRLOCK_ABI_OK);
  const std::string json = show();
  EXPECT_NE(json.find(R"("clear":true,"intent":"Send")"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("label":"Amount","value":"1 TOK")"), std::string::npos) << json;
  EXPECT_NE(show({AIRLOCK_ABI_LINES, 0}).find("> Send\n"), std::string::npos);
  const std::string pages = show({AIRLOCK_ABI_PAGES, 0});
  EXPECT_TRUE(pages.starts_with(R"([["Review","Send"],["By","Token"],)")) << pages;
  EXPECT_EQ(show({3, 0}), "out_of_range");
  EXPECT_EQ(show({AIRLOCK_ABI_LINES, AIRLOCK_ABI_COLUMNS_MAX + 1}), "out_of_range");
}

TEST_F(Screens, ShowWhatACallPaysAndWhoSends) {
  ASSERT_EQ(load(described_pack("1.0.0")), AIRLOCK_ABI_OK);
  auto paying = sending();
  paying.value = "7";
  EXPECT_NE(show({}, paying).find("\"value_unseen\""), std::string::npos);
  paying.value = "-7";
  EXPECT_EQ(show({}, paying), "bad_text");
  auto elsewhere = sending();
  elsewhere.chain = "solana:mainnet";
  EXPECT_EQ(show({}, elsewhere), "loader_missing");
  auto nowhere = sending();
  nowhere.target = "0x11";
  EXPECT_EQ(show({}, nowhere), "bad_value");
  auto nobody = sending();
  nobody.from = "me";
  EXPECT_EQ(show({}, nobody), "bad_value");
}

TEST_F(Screens, ShowAMessageAndSaysWhatIsSigned) {
  ASSERT_EQ(load(described_pack("1.0.0")), AIRLOCK_ABI_OK);
  const std::string json = permit(), other = permit("0x4444444444444444444444444444444444444444");
  std::array<std::uint8_t, AIRLOCK_ABI_DIGEST_SIZE> digest{}, another{};
  const std::string shown = show({json.c_str(), nullptr}, digest.data());
  EXPECT_NE(shown.find(R"("label":"Amount","value":"1.5 TOK")"), std::string::npos) << shown;
  std::string hex;
  abi::type::append_hex(hex, digest);
  EXPECT_NE(shown.find("\"digest\":\"" + hex + "\""), std::string::npos) << shown;
  EXPECT_NE(show({other.c_str(), nullptr}, another.data()), shown);
  EXPECT_NE(digest, another);
  const std::string lines = show({json.c_str(), nullptr}, nullptr, {AIRLOCK_ABI_LINES, 40});
  // What the description leaves out, such as the nonce, is told before it.
  EXPECT_TRUE(lines.starts_with("! the call or message also holds what is\n  not shown\n> Allow"))
      << lines;
  EXPECT_EQ(show({"{}", nullptr}, digest.data()), "missing_field");
  EXPECT_EQ(digest, (std::array<std::uint8_t, AIRLOCK_ABI_DIGEST_SIZE>{})) << "nothing to sign";
}

TEST_F(Screens, AnswerNullWithAnError) {
  constexpr int kMissing = AIRLOCK_ABI_MISSING_FIELD;
  airlock_abi_text text{};
  const airlock_abi_style style{};
  const auto sent = sending();
  const airlock_abi_sending nothing{};
  const airlock_abi_message message{"{}", nullptr}, wordless{};
  EXPECT_EQ(airlock_abi_show(nullptr, &sent, &style, &text), kMissing);
  EXPECT_EQ(airlock_abi_show(reader_, nullptr, &style, &text), kMissing);
  EXPECT_EQ(airlock_abi_show(reader_, &nothing, &style, &text), kMissing);
  EXPECT_EQ(airlock_abi_show(reader_, &sent, nullptr, &text), kMissing);
  EXPECT_EQ(airlock_abi_show(reader_, &sent, &style, nullptr), kMissing);
  EXPECT_EQ(airlock_abi_show_message(nullptr, &message, &style, &text, nullptr), kMissing);
  EXPECT_EQ(airlock_abi_show_message(reader_, nullptr, &style, &text, nullptr), kMissing);
  EXPECT_EQ(airlock_abi_show_message(reader_, &wordless, &style, &text, nullptr), kMissing);
  EXPECT_EQ(airlock_abi_show_message(reader_, &message, nullptr, &text, nullptr), kMissing);
  EXPECT_EQ(airlock_abi_show_message(reader_, &message, &style, nullptr, nullptr), kMissing);
}

TEST_F(Screens, RefuseWhatIsLargerThanItsLimit) {
  const std::string long_message(AIRLOCK_ABI_MESSAGE_SIZE_MAX + 1, ' ');
  EXPECT_EQ(show({long_message.c_str(), nullptr}), "oversized");
}

}  // namespace
}  // namespace airlock::embed
