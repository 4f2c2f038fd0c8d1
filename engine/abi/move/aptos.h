// Calls of Aptos: the payload that names an entry function with its arguments, and the transaction
// around it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/abi/move/module.h"
#include "engine/abi/type/type.h"

namespace airlock::abi::move {

inline constexpr std::size_t kTypeArgumentsMax = 32;
inline constexpr std::size_t kCallArgumentsMax = 255;
inline constexpr std::size_t kTransactionSizeMax = 128 << 10;

// A call as it stands in a payload, as views of it.
struct EntryCall {
  Bytes address;
  std::string_view module;
  std::string_view function;
  std::uint8_t tag_count = 0;
  std::array<Bytes, kTypeArgumentsMax> tags{};  // type arguments, in BCS
  std::uint32_t argument_count = 0;
  std::size_t arguments_at = 0;  // where the first one's length stands in the data
};

struct AptosTransaction {
  Bytes sender;
  std::uint64_t sequence_number = 0;
  EntryCall call;
  std::uint64_t gas_max = 0;
  std::uint64_t gas_price = 0;
  std::uint64_t expires_seconds = 0;
  std::uint8_t chain_id = 0;
};

// read_payload reads a whole payload; `data` must outlive what it returns. Errors: chain_refuses
// (at = where), unknown_call (scripts, multisig and other kinds of payload), over_budget,
// oversized.
Result<EntryCall> read_payload(Bytes data);
// read_transaction reads a whole transaction without its signature. Errors: those of read_payload.
Result<AptosTransaction> read_transaction(Bytes data);

// decode_call notes the arguments as one tuple of the function that the map has for the call.
// Parameters at the front that say who signs have no bytes. Returns the function. Errors:
// unknown_call (no such function, or a type that the map does not have), chain_refuses (no entry
// function, wrong counts, or a value of another type), over_budget.
Result<const type::Entry*> decode_call(const type::Map& map, const EntryCall& call, Bytes data,
                                       type::Tape& tape);

// encode_payload writes a payload that calls an entry function. `arguments` is a list in the order
// of the parameters, or an object by their names, without those that sign. Errors: bad_value,
// unknown_call (no entry function, or a type that the map does not have), over_budget.
Result<std::vector<std::uint8_t>> encode_payload(const type::Map& map, const type::Entry& function,
                                                 std::span<const std::string> type_arguments,
                                                 json::Node arguments);

}  // namespace airlock::abi::move
