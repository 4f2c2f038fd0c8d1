#include "engine/abi/show_transaction.h"
#include "engine/abi/undescribed.h"

namespace airlock::abi {
namespace {

using clear::Screen;
using clear::Shown;
using clear::Warning;

std::string address_of(Bytes address) {
  std::string text;
  type::append_eip55(text, address);
  return text;
}

// What makes a contract, or is sent on whatever chain takes it: nobody can have described that.
Shown bare(const evm::Transaction& read, std::string_view chain,
           std::optional<std::uint64_t> chain_id, const clear::Source& source) {
  const bool is_send = read.to && read.data.empty();
  Screen screen{.intent = "Create a contract"};
  if (read.to) screen.intent = is_send ? "Send" : "Sign an unreadable call";
  screen.fields.push_back({.label = "Chain", .value = std::string(chain)});
  if (read.to)
    screen.fields.push_back({.label = is_send ? "To" : "Contract", .value = address_of(*read.to)});
  if (is_send || !read.value.is_zero())
    screen.fields.push_back(clear::paying_field(read.value, chain_id, source));
  if (!is_send) clear::add_data(screen, read.data);
  if (!is_send) screen.warnings.add(Warning::no_descriptor);
  return {.screens = {std::move(screen)}};
}

Shown by_call(const Explaining& by, const std::string& chain, std::uint64_t chain_id,
              const evm::Transaction& read) {
  Shown shown =
      show(by.snapshot,
           {.chain_id = chain_id, .to = *read.to, .value = read.value, .data = read.data}, by.room);
  if (shown.front().is_clear) return shown;
  const std::string to = address_of(*read.to);
  const Asked asked{.call = {.chain = chain, .target = to, .data = read.data},
                    .value = read.value,
                    .why = shown.front().warnings};
  return Undescribed::of(by, asked).shown();
}

// Whose code runs as the account's own stands before all else: it may take everything.
void add_authorizations(Screen& screen, const evm::Transaction& read) {
  std::vector<clear::Field> fields;
  for (const evm::Authorization& one : read.authorizations) {
    const bool is_none = number::from_big(one.address).is_zero();
    std::string chain = "every chain";
    if (!one.chain_id.is_zero()) {
      chain.clear();
      number::append(chain, one.chain_id);
    }
    clear::Field field{.label = "Runs as an account",
                       .value = is_none ? "no code any more" : address_of(one.address)};
    field.notes.push_back({.label = "On chain", .value = std::move(chain)});
    field.notes.push_back({.label = "Nonce", .value = std::to_string(one.nonce)});
    fields.push_back(std::move(field));
  }
  if (fields.empty()) return;
  screen.warnings.add(Warning::code_delegated);
  screen.fields.insert(screen.fields.begin(), std::make_move_iterator(fields.begin()),
                       std::make_move_iterator(fields.end()));
}

}  // namespace

Shown show_evm(const Explaining& by, std::string_view chain, const evm::Transaction& read) {
  const auto asked = chain_id_of(chain);
  const auto chain_id = read.chain_id ? read.chain_id : asked;
  const std::string named =
      chain_id ? "eip155:" + std::to_string(*chain_id) : "any: the transaction names none";
  const Known known(by.snapshot);
  Shown shown = read.to && chain_id ? by_call(by, named, *chain_id, read)
                                    : bare(read, named, chain_id, known);
  Screen& front = shown.screens.front();
  if (!read.chain_id) front.warnings.add(Warning::any_chain);
  add_authorizations(front, read);
  return shown;
}

}  // namespace airlock::abi
