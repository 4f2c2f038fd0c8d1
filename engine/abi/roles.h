// What a label or a name says of an address: that it pays, or that it is paid.
#pragma once

#include <string_view>

namespace airlock::abi {

// names_payer says whether one of the words is "from", "sender", or the like; names_recipient
// whether one is "to", "recipient", "spender", or the like. Case does not matter.
bool names_payer(std::string_view text);
bool names_recipient(std::string_view text);

}  // namespace airlock::abi
