// Whole transactions on screens, as their owner reads them before signing.
//
// Of the EVM that is the screen of its call, with whose code an account is to run as its own, what
// a contract is made of, and a warning where the transaction holds on every chain. Of the other
// chains it is all that read_transaction says, each instruction of Solana on a screen of its own,
// where the accounts have their names.
#pragma once

#include "engine/abi/abi.h"
#include "engine/abi/evm/transaction.h"

namespace airlock::abi {

// show_transaction always answers of what can be read. Errors: those of read_transaction.
Result<clear::Shown> show_transaction(const Explaining& by, std::string_view chain, Bytes data);

// show_unread shows what cannot be read as a transaction: its bytes, and why.
clear::Shown show_unread(std::string_view chain, Bytes data, Code why);

// show_evm shows one of the EVM. `chain` is the one that was asked for, in case that it names none.
clear::Shown show_evm(const Explaining& by, std::string_view chain, const evm::Transaction& read);

}  // namespace airlock::abi
