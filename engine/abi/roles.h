// What a value is to who signs a payment or an allowance, and what it may be called.
#pragma once

#include <cstdint>
#include <string_view>

namespace airlock::abi {

enum class Role : std::uint8_t {
  payer,
  recipient,  // who is paid, or may spend
  amount,
  nonce,
  deadline,
  parity,  // of a signature, which is that and two halves
  half,
  mint,  // of Solana: whose token it is
  decimals,
  authority,  // who may move what the payer has
  fee,
  base,  // of an account that a seed gives its address: the key, the seed, and the program
  seed,
  program,
};

// names says whether a label or a name is one of the role: each word of it is known for that, and
// one at least says so by itself, as "recipient" does beside "address". Words end at what is no
// letter, and where the next one has a capital: "toAccount". Case does not matter otherwise.
// False where there is a digit or a letter that is not of ASCII.
bool names(Role role, std::string_view text);

// names_another says whether a name is one of another role of a payment, whatever digits it has:
// "from1" of whom is paid. Authors call their parameters as they like ("buyer", "arg0"): such a
// name says nothing, and is none of another role.
bool names_another(Role role, std::string_view text);

}  // namespace airlock::abi
