// Ed25519 signatures at the edges of the one rule (core/crypto/crypto.h), made for any message.
//
// For each clause of the rule there are signatures that it alone refuses: the equation holds for
// them, as far as that can be, so that a verifier without the clause would say yes. Beside them
// stand signatures that the equation alone decides, and some that only the cofactored equation
// accepts. Whoever verifies Ed25519 holds its verdicts against is_valid.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/base.h"

namespace airlock::fakes {

struct Ed25519Edge {
  std::string name;
  std::vector<std::uint8_t> key;
  std::vector<std::uint8_t> signature;
  bool is_valid = false;
};

// What is signed by a key; formats that name the key in the message make it here.
using MessageOf = std::function<std::vector<std::uint8_t>(Bytes key)>;

std::vector<Ed25519Edge> ed25519_edges(const MessageOf& message_of);

}  // namespace airlock::fakes
