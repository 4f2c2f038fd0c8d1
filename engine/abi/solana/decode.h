// Instructions, events and accounts of Solana programs, read strictly and without allocating.
#pragma once

#include "engine/abi/type/map.h"
#include "engine/abi/type/tape.h"

namespace airlock::abi::solana {

inline constexpr std::size_t kDataSizeMax = 10'485'760;  // of an account
inline constexpr std::size_t kDepthMax = 128;            // of values within values
inline constexpr std::size_t kUnsortedMax = 256;         // elements of a map that are out of order

// What stands before the discriminator of an event that a program sent to itself as a call.
inline constexpr std::array<std::uint8_t, 8> kEventByCall = {0xe4, 0x45, 0xa5, 0x2e,
                                                             0x51, 0xcb, 0x9a, 0x1d};

// What data was decoded as. Its values are on the tape, from node 0 on.
struct Decoded {
  const type::Entry* entry = nullptr;
  bool canonical = true;   // encoding the values again makes the same bytes
  std::uint32_t used = 0;  // bytes of the data that the values and what chose them take
};

// Errors of all: unknown_call (nothing describes the data, or only the program can read it),
// chain_refuses (at = where), trailing_bytes (at = where they begin), over_budget, oversized;
// not_canonical where a map holds a key twice, since what the chain makes of that is not what
// stands there. The tape is cleared first, and holds nothing of use after an error.

// decode_instruction chooses by the front of the data. An event that a program sent to itself is
// decoded as that event.
Result<Decoded> decode_instruction(const type::Map& map, Bytes data, type::Tape& tape);
// decode_event reads what a log line or a call of a program to itself holds.
Result<Decoded> decode_event(const type::Map& map, Bytes data, type::Tape& tape);
// decode_account allows bytes after the end, which accounts have; it is not canonical then.
Result<Decoded> decode_account(const type::Map& map, Bytes data, type::Tape& tape);
// decode_as reads all the data as one entry of the map, its key included.
Result<Decoded> decode_as(const type::Map& map, const type::Entry& entry, Bytes data,
                          type::Tape& tape);

}  // namespace airlock::abi::solana
