// engine/abi/evm: what contracts of the EVM are called with, return and log.
//
// It turns a JSON ABI or a signature into a type map (load.h), reads bytes by it as the chain does
// (decode.h), finds the calls within calls (nested.h), writes the bytes of a call (encode.h), and
// reads the transaction around one (transaction.h).
// It promises that nothing which the chain would revert is shown as decoded, that what is not in
// the one form which the chain's own encoder makes is marked, and that no input, data or type,
// costs more than a named budget. It never decides whether an ABI belongs to an address: that is
// what a pack binds. docs/formats/evm-abi.md says what is read and what is refused.
#pragma once

#include "engine/abi/evm/decode.h"
#include "engine/abi/evm/encode.h"
#include "engine/abi/evm/load.h"
#include "engine/abi/evm/nested.h"
#include "engine/abi/evm/transaction.h"
