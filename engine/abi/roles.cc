#include "engine/abi/roles.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

namespace airlock::abi {
namespace {

constexpr std::array<std::string_view, 7> kPayer = {"from",  "sender", "payer", "source",
                                                    "owner", "holder", "debtor"};
constexpr std::array<std::string_view, 9> kRecipient = {"to",    "recipient",   "receiver",
                                                        "payee", "beneficiary", "destination",
                                                        "dest",  "spender",     "delegate"};

bool has_word(std::string_view text, std::span<const std::string_view> words) {
  std::string word;
  const auto is_among = [&] { return std::ranges::find(words, word) != words.end(); };
  for (const char c : text) {
    const char small = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (small >= 'a' && small <= 'z') {
      word += small;
      continue;
    }
    if (is_among()) return true;
    word.clear();
  }
  return is_among();
}

}  // namespace

bool names_payer(std::string_view text) { return has_word(text, kPayer); }
bool names_recipient(std::string_view text) { return has_word(text, kRecipient); }

}  // namespace airlock::abi
