// Calls of Aptos: the payload that names an entry function with its arguments, has a multisig
// account call one, or brings a script along; and the transaction around it.
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

// A script as it stands in a payload: code that runs once, and what it is given.
struct ScriptCall {
  Bytes code;  // load_script makes its map
  std::uint8_t tag_count = 0;
  std::array<Bytes, kTypeArgumentsMax> tags{};
  std::uint32_t argument_count = 0;
  std::size_t arguments_at = 0;  // where the first one's kind stands in the data
};

enum class PayloadKind : std::uint8_t { script = 0, entry_function = 2, multisig = 3 };
struct Payload {
  PayloadKind kind = PayloadKind::entry_function;
  EntryCall call;  // of a multisig account: what it is to call
  ScriptCall script;
  Bytes account;           // of a multisig one, which calls in place of the sender
  bool is_stored = false;  // its call lies on the chain and not here
};

struct AptosTransaction {
  Bytes sender;
  std::uint64_t sequence_number = 0;
  Payload payload;
  std::uint64_t gas_max = 0;
  std::uint64_t gas_price = 0;
  std::uint64_t expires_seconds = 0;
  std::uint8_t chain_id = 0;
};

// read_payload reads a whole payload; `data` must outlive what it returns. Errors: chain_refuses
// (at = where), unknown_call (other kinds of payload), over_budget, oversized.
Result<Payload> read_payload(Bytes data);
// read_entry_call reads one by which the sender itself calls. Errors: also unknown_call for what a
// script or another account would do.
Result<EntryCall> read_entry_call(Bytes data);
// read_transaction reads a whole transaction without its signature. Errors: those of read_payload.
Result<AptosTransaction> read_transaction(Bytes data);

// decode_call notes the arguments as one tuple of the function that the map has for the call.
// Parameters at the front that say who signs have no bytes. Returns the function. Errors:
// unknown_call (no such function, or a type that the map does not have), chain_refuses (no entry
// function, wrong counts, or a value of another type), over_budget.
Result<const type::Entry*> decode_call(const type::Map& map, const EntryCall& call, Bytes data,
                                       type::Tape& tape);

// decode_script does it with the map of a script. Each argument says what it is; what counts is
// whether its bytes are a value of the parameter, as for the chain. Errors: those of decode_call.
Result<const type::Entry*> decode_script(const type::Map& map, const ScriptCall& script, Bytes data,
                                         type::Tape& tape);

// encode_payload writes a payload that calls an entry function. `arguments` is a list in the order
// of the parameters, or an object by their names, without those that sign. Errors: bad_value,
// unknown_call (no entry function, or a type that the map does not have), over_budget.
Result<std::vector<std::uint8_t>> encode_payload(const type::Map& map, const type::Entry& function,
                                                 std::span<const std::string> type_arguments,
                                                 json::Node arguments);

}  // namespace airlock::abi::move
