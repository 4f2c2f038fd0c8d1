#include "engine/abi/roles.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace airlock::abi {
namespace {

bool is_small(char c) { return c >= 'a' && c <= 'z'; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }

// Words as they stand in labels of descriptors and in names of parameters and accounts.
struct Vocabulary {
  std::string_view own;     // that say the role by themselves
  std::string_view beside;  // that may stand beside those
};

Vocabulary vocabulary_of(Role role) {
  switch (role) {
    case Role::payer:
      return {" from sender payer source src owner holder debtor sent account funding funder ",
              " the by of address addr acct wallet token tokens "};
    case Role::recipient:
      return {
          " to recipient receiver payee beneficiary destination dest dst spender delegate "
          "operator approved guy usr ",
          " the address addr account acct wallet contract token pay send transfer "};
    case Role::amount:
      return {
          " amount amounts value wad allowance quantity qty amt tokens limit cap position nft "
          "id tokenid lamports ",
          " the of to max maximum total spend spending send sent approve approved approval "
          "transfer transferred pay paid allow allowed token raw num "};
    case Role::nonce: return {" nonce ", " the permit "};
    case Role::deadline:
      return {" deadline until expiry expires expiration valid validity ",
              " the date time timestamp at on end permit signature limit "};
    case Role::parity: return {" v parity ", " y signature "};
    case Role::half: return {" r s signature ", " half "};
    case Role::mint: return {" mint token asset ", " the account address "};
    case Role::decimals: return {" decimals ", " the of mint token "};
    case Role::authority:
      return {" authority owner signer wallet multisig delegate ",
              " the of source token account address "};
    case Role::fee: return {" fee ", " the token transfer withheld "};
    case Role::base: return {" base ", " the from source account address key authority "};
    case Role::seed: return {" seed ", " the from source base "};
    case Role::program: return {" owner program ", " the from source seed "};
  }
  return {};
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool is_inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!is_small(c) && !is_capital(c)) {
      is_inside = false;
      continue;
    }
    // "toAccount", and "NFTId" before its last capital.
    const bool is_edge = is_capital(c) && i > 0 &&
                         (is_small(text[i - 1]) || (i + 1 < text.size() && is_small(text[i + 1])));
    if (!is_inside || is_edge) words.emplace_back();
    is_inside = true;
    words.back() += is_capital(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return words;
}

bool is_among(std::string_view words, const std::string& word) {
  return words.find(' ' + word + ' ') != std::string_view::npos;
}

}  // namespace

bool names(Role role, std::string_view text) {
  for (const char c : text)
    if ((c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80) return false;
  const Vocabulary known = vocabulary_of(role);
  bool says_role = false;
  for (const std::string& word : words_of(text)) {
    const bool is_own = is_among(known.own, word);
    if (!is_own && !is_among(known.beside, word)) return false;
    says_role = says_role || is_own;
  }
  return says_role;
}

bool names_another(Role role, std::string_view text) {
  static constexpr std::array<Role, 6> kOfPayments = {Role::payer, Role::recipient, Role::amount,
                                                      Role::nonce, Role::deadline,  Role::fee};
  std::string letters(text);
  std::erase_if(letters, [](char c) { return c >= '0' && c <= '9'; });
  return !names(role, letters) && std::ranges::any_of(kOfPayments, [&](Role other) {
    return other != role && names(other, letters);
  });
}

}  // namespace airlock::abi
