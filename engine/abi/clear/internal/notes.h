// What is told beside the value of a field: parameters that are signed, too.
#pragma once

#include "engine/abi/clear/internal/datum.h"
#include "engine/abi/clear/source.h"

namespace airlock::abi::clear::internal {

// append_address adds the address that a value names, and after it the whole value where that holds
// more than an address. Errors: over_budget.
Status append_address(std::string& to, const Datum& datum);

// chain_note tells a chain by its name, with its number behind it, or by its bare number and with a
// warning. Errors: over_budget.
Result<Note> chain_note(const Datum& datum, const Source& source);

// What a call inside is sent with, as far as its field names it.
struct Sent {
  std::optional<Datum> callee{}, amount{}, spender{}, selector{}, chain{};
  bool is_payment = false;  // it pays, and has no data
};
// call_notes tells all of it: whom it calls, what it pays in the currency of `chain_id`, and so on.
// Errors: over_budget.
Result<std::vector<Note>> call_notes(const Sent& sent, std::optional<std::uint64_t> chain_id,
                                     const Source& source);

}  // namespace airlock::abi::clear::internal
