// Calls and messages that mean the same in every wallet, whatever a pack says.
#pragma once

#include "engine/abi/known.h"

namespace airlock::abi {

// check_fixed_cases holds the map of an address against them: where it answers to such a call, it
// must read it as stated. Errors: golden_case_failed (at = which).
Status check_fixed_cases(const type::Map& map, const Loader& loader, std::string_view address,
                         std::span<type::Node> room);

// check_fixed_words holds a descriptor against them where it is bound: what it shows of such a call
// or message is its arguments, each whole and called as what it is, and by no condition hides whom
// and how much. Returns how much it had to do: a step for a field, more for a message; 0 where it
// shows none of them. Errors: golden_case_failed (at = which).
Result<std::size_t> check_fixed_words(const clear::Descriptor& descriptor, const Binding& binding);

// try_fixed_words looks at screens, whatever the addresses and the amount are, and whether or not
// the token is known: each names whom and exactly how much. What is shown raw is all there.
// Returns how many fields they had, and whether they were in words. Then they are the same wherever
// else the descriptor is bound, as far as check_fixed_words allows that. Errors: likewise.
struct Tried {
  std::size_t fields = 0;
  bool has_words = true;
};
Result<Tried> try_fixed_words(const clear::Descriptor& descriptor, const Binding& binding,
                              std::span<type::Node> room);

}  // namespace airlock::abi
