// engine/abi/solana: what Solana's programs are called with, and what they say and keep.
//
// It reads descriptions of programs (idl.h) into type maps: Anchor's IDL of both generations,
// Shank's, and our own schemas of programs that come with the chain; and by such a map it decodes
// instructions, events and accounts (decode.h), encodes calls (encode.h), reads whole messages
// (message.h) and names the accounts of their instructions (accounts.h). It promises that what is
// decoded is what the program would read: nothing is skipped, masked or guessed, and a key that
// only the chain can look up stays unresolved. It never asks the chain, and it never runs a
// program's code.
#pragma once

#include "engine/abi/solana/accounts.h"
#include "engine/abi/solana/decode.h"
#include "engine/abi/solana/encode.h"
#include "engine/abi/solana/idl.h"
#include "engine/abi/solana/message.h"
