// The accounts of an instruction, with the names that its program gives them by position.
#pragma once

#include "engine/abi/solana/message.h"
#include "engine/abi/type/map.h"

namespace airlock::abi::solana {

// What is known of an account that an instruction names.
enum class Presence : std::uint8_t {
  given,
  left_out,    // optional, and the program's own address stands in its place
  unresolved,  // the chain must look its key up
  missing,     // the program expects it, and the instruction ends before
};

struct NamedAccount {
  std::string_view name;  // empty for one that the program does not name
  Presence presence = Presence::given;
  MessageKey key;           // of one that is missing nothing
  std::uint32_t flags = 0;  // what the program expects: type::kIsWritable, ..
  // Its address is not the one that the program always uses: the chain would refuse the call.
  bool is_unexpected = false;
  // The program expects a signature or a right to write that the message does not give.
  bool lacks_rights = false;
};

// account_count returns how many accounts an instruction has or should have.
std::size_t account_count(const type::Map& map, const type::Entry& entry,
                          const Instruction& instruction);
// named_account returns one of them; `place` is below account_count.
NamedAccount named_account(const type::Map& map, const type::Entry& entry, const Message& message,
                           const Instruction& instruction, std::size_t place);

}  // namespace airlock::abi::solana
