// Whole transactions, as their owner signs them.
#pragma once

#include "engine/abi/abi.h"

namespace airlock::abi {

// read_transaction reads one of the EVM, Solana, Aptos or Sui, signed or not, and each call in it
// by a snapshot, as JSON (docs/formats/transaction.md). A call that nothing explains, or that the
// chain would refuse, is a "warning" beside its bytes: the rest is read all the same. `chain` is
// "eip155:1", or "eip155" where the transaction itself is to say which; `by.room` is written over.
// Errors: expected_otherwise (it is for another chain), loader_missing, and those of the chain's
// transactions.
Result<json::Value> read_transaction(const Explaining& by, std::string_view chain, Bytes data);

}  // namespace airlock::abi
