// What a format says of a call's arguments or of a message's members, and in which words, for who
// holds it against what it must say.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/abi/clear/descriptor.h"

namespace airlock::abi::clear {

struct Wording {
  enum class Form : std::uint8_t {
    plain,      // the value itself
    addressed,  // as an address, with nobody's word in its place but a name
    counted,    // as an amount or as a piece of the contract's own token
    dated,
    other  // whatever an author can choose: a scale, another token, words of a list
  };
  // A field that is ever shown, or a group.
  struct Part {
    std::optional<std::uint32_t> argument{};  // that it shows, and all of it
    Form form = Form::other;
    std::string_view label{};
  };
  std::string_view intent{};
  std::string sentence{};  // its own words, without the values in it
  std::vector<Part> parts{};
};

// wording_of returns that of a call or of a message, which `contract` is the target of, or nothing
// where there is no format. It views the descriptor.
std::optional<Wording> wording_of(const Descriptor& descriptor, Bytes selector, Bytes contract);
std::optional<Wording> wording_of(const Descriptor& descriptor, const TypedData& message,
                                  Bytes contract);

}  // namespace airlock::abi::clear
