// engine/abi/move: contracts in Move, as Sui and Aptos run them.
//
// It reads compiled modules and scripts (module.h), makes the common type map of a package's
// modules (loader.h), and reads and writes what is sent to them: values in BCS (bcs.h), entry
// payloads of Aptos (aptos.h), programmable transactions of Sui (sui.h). It promises the chain's
// verdict on every byte: what a chain would refuse is never shown as decoded, there is one spelling
// of a value, and bytes after the end are refused. It never runs code, and it never guesses a type:
// what only a module that is not at hand could explain stays bytes.
#pragma once

#include "engine/abi/move/aptos.h"
#include "engine/abi/move/attributes.h"
#include "engine/abi/move/bcs.h"
#include "engine/abi/move/loader.h"
#include "engine/abi/move/module.h"
#include "engine/abi/move/names.h"
#include "engine/abi/move/sui.h"
#include "engine/abi/move/tag.h"
#include "engine/abi/move/type_text.h"
