// Transactions of Sui: TransactionData version 1 with a programmable transaction inside, which is a
// list of inputs, and of commands that use them and each other's results.
//
// Inputs are objects by reference, or bytes without a type: their type is the parameter of the
// function that a command gives them to, so that only its module explains them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/abi/type/type.h"
#include "host/json/tree.h"

namespace airlock::abi::move {

// The chain's own limits.
inline constexpr std::size_t kSuiTransactionSizeMax = 128 << 10;
inline constexpr std::size_t kSuiInputsMax = 2048;
inline constexpr std::size_t kSuiCommandsMax = 1024;
inline constexpr std::size_t kSuiArgumentsMax = 512;  // of one command
inline constexpr std::size_t kSuiGasObjectsMax = 256;
inline constexpr std::size_t kSuiTypeArgumentsMax = 16;

struct SuiObject {
  Bytes id;
  std::uint64_t version = 0;  // of a shared one: the first
  Bytes digest;               // of a shared one: none
};

enum class SuiInputKind : std::uint8_t { pure, owned, shared, receiving };
struct SuiInput {
  SuiInputKind kind = SuiInputKind::pure;
  Bytes bytes;  // of a pure one, views of the data
  SuiObject object;
  bool is_mutable = false;  // of a shared one
};

enum class SuiArgumentKind : std::uint8_t {
  gas_coin = 0,
  input = 1,
  result = 2,
  nested_result = 3
};
struct SuiArgument {
  SuiArgumentKind kind = SuiArgumentKind::gas_coin;
  std::uint16_t index = 0;  // of an input, or of the command that has the result
  std::uint16_t part = 0;   // which one of its results
};

enum class SuiCommandKind : std::uint8_t {
  move_call = 0,
  transfer_objects = 1,
  split_coins = 2,
  merge_coins = 3,
  publish = 4,
  make_move_vector = 5,
  upgrade = 6,
};
struct SuiCommand {
  SuiCommandKind kind = SuiCommandKind::move_call;
  Bytes package;
  std::string_view module;
  std::string_view function;
  std::vector<Bytes> type_arguments;   // in BCS; of a vector none or one
  SuiArgument subject;                 // address, coin, destination or ticket
  std::vector<SuiArgument> arguments;  // of a call, or objects, amounts, sources, elements
  std::vector<Bytes> modules;
  std::vector<Bytes> dependencies;
};

struct SuiTransaction {
  std::vector<SuiInput> inputs;
  std::vector<SuiCommand> commands;
  Bytes sender;
  std::vector<SuiObject> gas_objects;
  Bytes gas_owner;
  std::uint64_t gas_price = 0;
  std::uint64_t gas_budget = 0;
  bool expires = false;
  std::uint64_t epoch_last = 0;
  Bytes data;
};

// read_sui_transaction reads a whole transaction; `data` must outlive what it returns. It checks
// what the chain checks before running: counts, names, and that a command uses only inputs and
// results that are there. Errors: chain_refuses (at = where), unknown_call (system transactions and
// kinds that this version does not know), over_budget, oversized.
Result<SuiTransaction> read_sui_transaction(Bytes data);

// append_sui_json adds the transaction as Sui's own library shows it (docs/formats/move.md).
// Errors: over_budget where `json` would pass `size_max`.
Status append_sui_json(std::string& json, const SuiTransaction& transaction,
                       std::size_t size_max = type::kOutputMax);

// encode_sui_transaction writes the bytes of a transaction that is shown so: what append_sui_json
// shows of them is the same. Inputs whose reference is not resolved yet have no bytes. Errors:
// bad_value (at = how many bytes came out until then), those of read_sui_transaction.
Result<std::vector<std::uint8_t>> encode_sui_transaction(json::Node shown);

// sui_function returns the map's function that a command calls, or nullptr.
const type::Entry* sui_function(const type::Map& map, const SuiCommand& command);

// decode_pure notes the value that a call gives as its argument at a place, where that is a pure
// input. Errors: unknown_call (no function for it, no pure input, or a type that the map does not
// have), chain_refuses (bytes that are no such value, wrong counts), over_budget.
Status decode_pure(const type::Map& map, const SuiTransaction& transaction,
                   const SuiCommand& command, std::size_t argument, type::Tape& tape);

}  // namespace airlock::abi::move
