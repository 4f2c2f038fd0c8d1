// Calls, returns, errors, events and constructor arguments, as the chain reads them.
//
// The verdict is that of a contract which solc 0.8.30 made, with its parameters in memory: what
// such a contract reverts is refused (chain_refuses), what it accepts has its values, and
// `is_canonical` says whether its own encoder would have made the same bytes. Nothing is allocated:
// values are noted on the caller's tape, and a tape that is full stops whatever would fill it.
#pragma once

#include "engine/abi/evm/limits.h"
#include "engine/abi/type/map.h"
#include "engine/abi/type/tape.h"

namespace airlock::abi::evm {

// What was decoded: a type::Value of the tape's nodes, the same map and the same bytes, at `node`.
struct Decoded {
  const type::Entry* entry = nullptr;  // none where a type alone was asked for
  std::uint32_t node = 0;
  bool is_canonical = false;
};

// decode reads the values of a tuple that begin at `start` in the data and may end before it does.
// Errors of all of these: chain_refuses (at = where), over_budget, bad_type (the map is no EVM
// map); the tape is then as it was.
Result<Decoded> decode(const type::Map& map, std::uint32_t tuple, Bytes data, std::size_t start,
                       type::Tape& tape);

// decode_call reads a transaction's data: the function that its first four bytes choose, or where
// there are none what the contract does then (receive, else fallback). Errors: unknown_call too.
Result<Decoded> decode_call(const type::Map& map, Bytes data, type::Tape& tape);
// decode_error reads what a reverted call returned. Errors: unknown_call too.
Result<Decoded> decode_error(const type::Map& map, Bytes data, type::Tape& tape);
// decode_return reads what a call of a function returned.
Result<Decoded> decode_return(const type::Map& map, const type::Entry& function, Bytes data,
                              type::Tape& tape);
// decode_constructor reads the arguments after `code_size` bytes of code.
Result<Decoded> decode_constructor(const type::Map& map, Bytes data, std::size_t code_size,
                                   type::Tape& tape);

// decode_event reads a log: `log` is its topics, one after the other, and then its data. Of an
// indexed value that is more than a word only the hash is known. The event is found by its first
// topic, or is the one that is asked for. Errors: unknown_call too, where the number of topics is
// another one than the event's.
Result<Decoded> decode_event(const type::Map& map, Bytes log, std::size_t topics, type::Tape& tape);
Result<Decoded> decode_event_as(const type::Map& map, const type::Entry& event, Bytes log,
                                std::size_t topics, type::Tape& tape);

}  // namespace airlock::abi::evm
