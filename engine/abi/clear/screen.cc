#include "engine/abi/clear/screen.h"

#include <array>

namespace airlock::abi::clear {
namespace {

struct Told {
  std::string_view name;
  std::string_view text;
};

constexpr std::size_t kCount = static_cast<std::size_t>(Warning::last) + 1;

// In the order of the enumeration.
constexpr std::array<Told, kCount> kTold = {{
    {"no_descriptor", "nobody described this contract"},
    {"not_bound", "the description is for another contract, chain or message; it was not used"},
    {"unknown_call", "the description does not know this call; it was not used"},
    {"undecodable", "the chain would refuse these bytes; do not sign"},
    {"not_canonical", "the bytes are not written as usual, or carry more than is shown"},
    {"bad_descriptor", "the description does not fit this call; it was not used"},
    {"forbidden_value", "a value is outside those that the contract's author allows; do not sign"},
    {"over_budget", "there is more than the description can show; it was not used"},
    {"unknown_token", "unknown token: the amount is the raw number"},
    {"unknown_chain", "unknown chain: the value is the raw number"},
    {"unknown_name", "nobody named this address"},
    {"unknown_collection", "unknown collection: the value is the raw number"},
    {"unknown_block", "no time is known for this block: the value is its number"},
    {"unknown_value", "the description has no word for this value"},
    {"wrong_kind", "the value is of another kind than described; it is shown raw"},
    {"no_parameter", "something that the description refers to is missing; the value is raw"},
    {"other_kind_of_address", "the address is of another kind than expected"},
    {"encrypted", "the value is encrypted; nobody here can read it"},
    {"escaped", "a text holds hidden characters; they are written out"},
    {"look_alike", "a text mixes alphabets, and may look like another one"},
    {"shortened", "a text is too long, and was cut where the mark stands"},
    {"nested_unknown", "the call inside is not described; it is shown raw"},
    {"nested_refused", "the call inside cannot be shown; it is shown raw"},
    {"value_unseen", "the call also pays the chain's own currency"},
    {"no_intent", "the description does not say what the call is for"},
    {"no_sentence", "the summary was left out; read each field"},
    {"partial_domain",
     "the message's domain lacks what its type lists; another wallet may refuse it"},
    {"guessed", "the description is not this contract's own; this is only a guess"},
    {"calls_missing", "a limit ended this; there may be more calls in it than are shown"},
    {"argument_unseen", "the call or message also holds what is not shown"},
    {"code_delegated", "an account is given to other code, which may then take all that it has"},
    {"any_chain", "it names no chain: anybody may send it again on every other one"},
}};

}  // namespace

std::string_view name(Warning warning) { return kTold[static_cast<std::size_t>(warning)].name; }
std::string_view explain(Warning warning) { return kTold[static_cast<std::size_t>(warning)].text; }

std::vector<Warning> all(Warnings warnings) {
  std::vector<Warning> found;
  for (std::size_t i = 0; i < kCount; ++i)
    if (warnings.has(static_cast<Warning>(i))) found.push_back(static_cast<Warning>(i));
  return found;
}

}  // namespace airlock::abi::clear
