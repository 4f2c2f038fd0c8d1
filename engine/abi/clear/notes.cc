#include "engine/abi/clear/internal/notes.h"

#include <algorithm>

#include "engine/abi/clear/author_text.h"
#include "engine/abi/clear/internal/words.h"
#include "engine/abi/clear/show.h"
#include "engine/abi/type/spelling.h"

namespace airlock::abi::clear::internal {
namespace {

Result<Note> address_note(std::string_view label, const Datum& datum) {
  Note note{.label = std::string(label)};
  if (as_address(datum)) {
    AIRLOCK_TRY(append_address(note.value, datum));
    return note;
  }
  note.warnings.add(Warning::wrong_kind);
  AIRLOCK_TRY(append_raw(note.value, datum, note.warnings));
  return note;
}

Result<Note> amount_note(const Datum& datum, std::optional<std::uint64_t> chain_id,
                         const Source& source) {
  const auto amount = as_number(datum);
  if (amount && !amount->negative) {
    Field pays = paying_field(amount->magnitude, chain_id, source);
    return Note{std::move(pays.label), std::move(pays.value), "", pays.warnings};
  }
  Note note{.label = "Pays"};
  note.warnings.add(Warning::wrong_kind);
  AIRLOCK_TRY(append_raw(note.value, datum, note.warnings));
  return note;
}

Result<Note> bytes_note(std::string_view label, const Datum& datum) {
  Note note{.label = std::string(label)};
  AIRLOCK_TRY(append_raw(note.value, datum, note.warnings));
  return note;
}

}  // namespace

Status append_address(std::string& to, const Datum& datum) {
  const auto address = as_address(datum);
  if (!address) return fail(Code::bad_value);
  type::append_eip55(to, *address);
  // Of a longer value the rest is signed, too.
  const auto whole = as_number(datum);
  if (whole && !whole->negative && whole->magnitude == number::from_big(*address)) return {};
  to += " in ";
  Warnings ignored;
  return append_raw(to, datum, ignored);
}

Result<Note> chain_note(const Datum& datum, const Source& source) {
  Note note{.label = "Chain"};
  const auto id = small_number(datum);
  const auto known = id ? source.chain(*id) : std::nullopt;
  if (!known) {
    note.warnings.add(Warning::unknown_chain);
    AIRLOCK_TRY(append_raw(note.value, datum, note.warnings));
    return note;
  }
  note.warnings.add(append_harmless(note.value, known->name, kWordMax));
  note.detail = std::to_string(*id);
  return note;
}

Result<std::vector<Note>> call_notes(const Sent& sent, std::optional<std::uint64_t> chain_id,
                                     const Source& source) {
  std::vector<Note> notes;
  if (sent.is_payment) notes.push_back({.label = "Action", .value = "Send"});
  if (sent.callee) {
    AIRLOCK_ASSIGN(Note note, address_note(sent.is_payment ? "To" : "Contract", *sent.callee));
    notes.push_back(std::move(note));
  }
  if (sent.amount) {
    AIRLOCK_ASSIGN(Note note, amount_note(*sent.amount, chain_id, source));
    notes.push_back(std::move(note));
  }
  if (sent.chain) {
    AIRLOCK_ASSIGN(Note note, chain_note(*sent.chain, source));
    notes.push_back(std::move(note));
  }
  if (sent.spender) {
    AIRLOCK_ASSIGN(Note note, address_note("From", *sent.spender));
    notes.push_back(std::move(note));
  }
  if (sent.selector) {
    AIRLOCK_ASSIGN(Note note, bytes_note("Selector", *sent.selector));
    notes.push_back(std::move(note));
  }
  return notes;
}

}  // namespace airlock::abi::clear::internal
