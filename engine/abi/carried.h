// The calls that a call of the EVM carries, as whoever is to sign it is told of them.
#pragma once

#include "engine/abi/abi.h"
#include "engine/abi/evm/nested.h"

namespace airlock::abi {

// It views what its Decoded views. Of other chains' calls it is empty.
class Carried {
 public:
  Carried() = default;
  // of decodes what a call carries, each by the map that the snapshot has for its contract.
  // `by.room` is the one on which `decoded` was decoded, whose values stay there.
  static Carried of(const Explaining& by, const Call& call, const Decoded& decoded);

  std::size_t count() const { return calls_.empty() ? 0 : calls_.size() - 1; }

  // append_json adds them as a list, each after the one that carries it:
  //
  //   {"within": N|null, "kind": "call"|"delegate_call"|"self"|"command", "to": "0x..",
  //    "value": "0", "may_fail": true,
  //    "call", "bound", "canonical", "arguments" as of any call; or "warning", "data"}
  //
  // `within` is the place in the list of the one that carries it; null is the outermost. A last
  // {"warning": "over_budget"} says that a limit ended the list. Errors: over_budget.
  Status append_json(std::string& json, type::Shape shape = type::Shape::named) const;

  // append_outline adds them for people, each below the one that carries it. Errors: over_budget.
  Status append_outline(std::string& text) const;

  // append_screens adds a screen for each, and to the screen of what carries it a field that leads
  // there. The screen of the call itself is the first.
  void append_screens(clear::Shown& shown, std::optional<std::uint64_t> chain_id,
                      const clear::Source& source) const;

 private:
  clear::Screen screen_at(std::size_t place, std::optional<std::uint64_t> chain_id,
                          const clear::Source& source) const;
  Decoded decoded_at(std::size_t place) const;
  Status append_one(std::string& json, std::size_t place, type::Shape shape) const;
  Status outline_one(std::string& text, std::size_t place) const;

  std::vector<evm::Call> calls_;  // the outermost first
  std::vector<bool> is_bound_;
  bool is_whole_ = true;
  std::span<type::Node> room_;
};

// append_json adds all that a call says: what abi.h's adds, and "calls" where it carries any.
Status append_json(std::string& json, const Decoded& decoded, const Carried& carried,
                   std::string_view version, type::Shape shape = type::Shape::named);

}  // namespace airlock::abi
