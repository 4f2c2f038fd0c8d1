// The calls that mean the same in every wallet, and what each of them is tried with.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "engine/abi/clear/clear.h"
#include "engine/abi/roles.h"

namespace airlock::abi {

// What a call or a message does, which its intent begins with.
enum class Deed : std::uint8_t { send, allow };

struct Sent {
  std::string_view selector;
  std::string_view signature;
  std::array<Role, 7> roles;
  std::size_t count;
  bool says_payer;  // who signs is not always who pays
  Deed deed;
};

inline constexpr std::array<Sent, 4> kCalls = {{
    {"0xa9059cbb",
     "transfer(address,uint256)",
     {Role::recipient, Role::amount},
     2,
     false,
     Deed::send},
    {"0x095ea7b3",
     "approve(address,uint256)",
     {Role::recipient, Role::amount},
     2,
     false,
     Deed::allow},
    {"0x23b872dd",
     "transferFrom(address,address,uint256)",
     {Role::payer, Role::recipient, Role::amount},
     3,
     true,
     Deed::send},
    {"0xd505accf",
     "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
     {Role::payer, Role::recipient, Role::amount, Role::deadline, Role::parity, Role::half,
      Role::half},
     7,
     false,
     Deed::allow},
}};

// The members of ERC-2612's Permit.
inline constexpr std::array kPermitRoles = {Role::payer, Role::recipient, Role::amount, Role::nonce,
                                            Role::deadline};

// The places of what is said of other cases: after the calls, plain sends, permits, others.
inline constexpr std::size_t kPlainSend = kCalls.size(), kPermit = kPlainSend + 1,
                             kOthersFrom = kPermit + 1;

// What one call is made of: nobody can foresee the addresses by their look, and the amount has a
// width of its own and no zero at its end, wherever its token puts the point.
struct Probe {
  std::array<std::uint8_t, clear::kAddressSize> payer{}, recipient{};
  std::array<std::uint8_t, clear::kWordSize> amount{};
  std::size_t amount_size = 0;  // bytes
  std::string payer_text, recipient_text, amount_text;
};
inline constexpr std::size_t kProbes = clear::kWordSize;
inline constexpr std::uint8_t kNonce = 3, kDeadline = 9, kParity = 27, kHalf = 0x33;

// lower returns a text with its capitals of ASCII made small.
std::string lower(std::string_view text);

// probe returns the n-th, whose amount takes n + 1 bytes; data_of writes a call with it, and
// arguments_of its arguments by place, as JSON.
Probe probe(std::size_t n);
std::vector<std::uint8_t> data_of(const Sent& call, const Probe& one);
std::string arguments_of(const Sent& call, const Probe& one);

}  // namespace airlock::abi
