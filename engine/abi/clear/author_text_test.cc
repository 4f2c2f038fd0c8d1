// Texts that could pass for a part of an amount, or for an address.
#include "engine/abi/clear/author_text.h"

#include <gtest/gtest.h>

namespace airlock::abi::clear {
namespace {

TEST(AuthorText, HasNoNumbersInSymbolsInWhateverScript) {
  for (const std::string_view good :
       {"TOK", "1INCH", "3Crv", "USD\u20ae0", "Cake LP", "0xBTC", "$WIF", "S", "M", "UNI-V2",
        "USDC.e", "BTC++", "\u67f4\u72ac", "\u039eTH"})
    EXPECT_TRUE(is_symbol(good)) << good;
  for (const std::string_view bad :
       {"\u0661\u0660\u0660\u0660 USDC", "\u00b7000 USDC", "\u00b7000USDC", "000USDC", "\u00bd",
        "\u00bd USDC", "\u00b2", "\u2082\u2080 USDC", "\uff11\uff10\uff10\uff10 USDC",
        "\U0001d7cf\U0001d7ce USDC", "\u2460USDC", "\u4e00\u5343 USDC", "%", ",000 USDC", "'000",
        "$", "1000"})
    EXPECT_FALSE(is_symbol(bad)) << bad;
}

TEST(AuthorText, HasNoSymbolThatGoesOnWithTheAmount) {
  for (const std::string_view bad :
       {"thousand USDC", "K USDC", "Million USDC", "to Bob", "USDC to Bob"})
    EXPECT_FALSE(is_symbol(bad)) << bad;
}

TEST(AuthorText, HasNoShortenedAddressInNames) {
  for (const std::string_view good : {"Treasury", "0x Protocol", "vitalik.eth", "0xProject"})
    EXPECT_TRUE(is_name(good)) << good;
  for (const std::string_view bad :
       {"0x5aAe...eAed", "0x5aAe\u2026eAed", "(0x5aAe..)", "to 0xdeadbeef", "\u21920xdead"})
    EXPECT_FALSE(is_name(bad)) << bad;
}

}  // namespace
}  // namespace airlock::abi::clear
