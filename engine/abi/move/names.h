// Names for the parameters of functions, which compiled modules do not hold: one JSON object, a
// function to the names of all its parameters in order (docs/formats/move.md).
//
//   {"0x1::coin::transfer": ["from", "to", "amount"]}
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/base.h"

namespace airlock::abi::move {

inline constexpr std::size_t kNamesSizeMax = 1 << 20;
inline constexpr std::size_t kParameterNamesMax = 255;

class Names {
 public:
  Names() = default;
  // Errors: those of the JSON reader, bad_abi.
  static Result<Names> read(std::string_view json);

  // of returns the names of a function's parameters, or nullptr.
  const std::vector<std::string>* of(std::string_view function) const;
  std::size_t size() const { return functions_.size(); }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> functions_;
};

}  // namespace airlock::abi::move
