// engine/abi/clear: what a person can trust of a call or a message, before signing it.
//
// It reads descriptors of ERC-7730 (descriptor.h) and messages of EIP-712 (typed_data.h), formats
// what is signed by them with what a wallet knows (source.h), and shows it (show.h) as screens,
// which become pages of a small display, lines of a terminal or JSON (render.h).
// It promises that nothing is formatted by a descriptor that is not bound to it, that whatever an
// author, a token or a name wrote is harmless as text, that what is not resolved is shown raw with
// a warning, and that every input, loop and output has a limit. It never hides what the descriptor
// does not hide, never guesses, and never decides whether to sign.
// docs/formats/clear-signing.md says what is read, refused and shown raw.
#pragma once

#include "engine/abi/clear/descriptor.h"
#include "engine/abi/clear/digest.h"
#include "engine/abi/clear/render.h"
#include "engine/abi/clear/show.h"
