#include "engine/abi/solana/accounts.h"

#include <algorithm>

namespace airlock::abi::solana {

std::size_t account_count(const type::Map& map, const type::Entry& entry,
                          const Instruction& instruction) {
  return std::max(map.accounts_of(entry).size(), instruction.accounts.size());
}

NamedAccount named_account(const type::Map& map, const type::Entry& entry, const Message& message,
                           const Instruction& instruction, std::size_t place) {
  const auto declared = map.accounts_of(entry);
  AIRLOCK_CHECK(place < account_count(map, entry, instruction));
  NamedAccount made;
  if (place < declared.size()) {
    made.name = map.text(declared[place].name);
    made.flags = declared[place].flags;
  }
  if (place >= instruction.accounts.size()) {
    made.presence = Presence::missing;
    return made;
  }
  made.key = message.key(instruction.accounts[place]);
  const bool is_optional = (made.flags & type::kIsOptional) != 0;
  if (!made.key.is_known()) {
    made.presence = Presence::unresolved;
  } else if (is_optional && equal(made.key.key, message.key(instruction.program).key)) {
    made.presence = Presence::left_out;
    return made;
  }
  if (place >= declared.size()) return made;
  const Bytes always = map.bytes(declared[place].address);
  made.is_unexpected = !always.empty() && made.key.is_known() && !equal(made.key.key, always);
  made.lacks_rights = ((made.flags & type::kIsSigner) != 0 && !made.key.is_signer) ||
                      ((made.flags & type::kIsWritable) != 0 && !made.key.is_writable);
  return made;
}

}  // namespace airlock::abi::solana
