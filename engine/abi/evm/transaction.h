// What a transaction says: the RLP of what a wallet is asked to sign.
#pragma once

#include <optional>
#include <vector>

#include "engine/abi/evm/limits.h"
#include "engine/number/number.h"

namespace airlock::abi::evm {

inline constexpr std::size_t kRlpNestingMax = 3;     // of an access list
inline constexpr std::size_t kRlpItemsMax = 65'536;  // of one, too
inline constexpr std::size_t kTransactionSizeMax = kDataSizeMax + (1 << 20);

inline constexpr std::size_t kBlobsMax = 64;
inline constexpr std::size_t kAuthorizationsMax = 1024;

// As the first byte says it; the old form has none.
enum class TransactionKind : std::uint8_t {
  legacy = 0,
  access_list = 1,
  dynamic_fee = 2,
  blob = 3,      // EIP-4844
  set_code = 4,  // EIP-7702
};

// An account lets the code at an address run as its own. Who signed it is not checked.
struct Authorization {
  number::U256 chain_id{};  // 0: on every chain
  Bytes address{};          // 20 bytes
  std::uint64_t nonce = 0;
};

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
  number::U256 blob_fee_max{};  // of each unit of the gas of blobs
  std::vector<Bytes> blobs{};   // 32 bytes each: the hashes of what it brings along
  std::vector<Authorization> authorizations{};
};

// Whether a signature may stand where an unsigned transaction has none. It is not checked.
enum class Signature : std::uint8_t { refused, passed_over };

// read_transaction reads a legacy (six items, or nine with the chain as EIP-155 has it), EIP-2930,
// EIP-1559, EIP-4844 or EIP-7702 transaction. Only the one canonical RLP of it is read. Errors:
// chain_refuses (at = the byte), trailing_bytes, oversized, too_deep, too_many; of a later kind,
// which a chain may take, unsupported_version (at = the kind).
Result<Transaction> read_transaction(Bytes encoded, Signature signature = Signature::refused);

}  // namespace airlock::abi::evm
