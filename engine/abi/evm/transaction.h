// What a transaction says: the RLP of what a wallet is asked to sign.
#pragma once

#include <optional>

#include "engine/abi/evm/limits.h"
#include "engine/number/number.h"

namespace airlock::abi::evm {

inline constexpr std::size_t kRlpNestingMax = 3;     // of an access list
inline constexpr std::size_t kRlpItemsMax = 65'536;  // of one, too
inline constexpr std::size_t kTransactionSizeMax = kDataSizeMax + (1 << 20);

enum class TransactionKind : std::uint8_t { legacy = 0, access_list = 1, dynamic_fee = 2 };

// A transaction as a view of its bytes.
struct Transaction {
  TransactionKind kind = TransactionKind::legacy;
  std::optional<std::uint64_t> chain_id{};  // a legacy one of before EIP-155 has none
  std::uint64_t nonce = 0;
  number::U256 fee_per_gas_max{};
  std::uint64_t gas_limit = 0;
  std::optional<Bytes> to{};  // 20 bytes; none makes a contract
  number::U256 value{};
  Bytes data{};
};

// Whether a signature may stand where an unsigned transaction has none. It is not checked.
enum class Signature : std::uint8_t { refused, passed_over };

// read_transaction reads a legacy (six items, or nine with the chain as EIP-155 has it), EIP-2930
// or EIP-1559 transaction. Only the one canonical RLP of it is read. Errors: chain_refuses (at =
// the byte), trailing_bytes, oversized, too_deep, too_many.
Result<Transaction> read_transaction(Bytes encoded, Signature signature = Signature::refused);

}  // namespace airlock::abi::evm
