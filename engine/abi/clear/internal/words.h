// Values in the words of their format.
#pragma once

#include "engine/abi/clear/internal/datum.h"
#include "engine/abi/clear/source.h"

namespace airlock::abi::clear::internal {

// A field that was written, and whether its value can stand in a sentence.
struct Written {
  Field field{};
  bool fits_sentence = true;
};

// write shows a value as its rule says. What cannot be shown so is shown raw, with a warning.
// Errors: those of Resolver::resolve, over_budget.
Result<Written> write(const Rule& rule, const Datum& datum, const Compiled& file,
                      const Resolver& resolver, const Around& around, const Source& source);

// append_raw adds a value as what it is. Errors: over_budget.
Status append_raw(std::string& to, const Datum& datum, Warnings& warnings);

// append_native adds an amount of a chain's own currency, or returns false where it is unknown.
bool append_native(std::string& to, const number::Signed& amount, std::uint64_t chain_id,
                   const Source& source);

}  // namespace airlock::abi::clear::internal
