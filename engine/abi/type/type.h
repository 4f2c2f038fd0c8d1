// engine/abi/type: what a call says, whatever its chain.
//
// It is the common ground of all chains: the type map (map.h), which tells what bytes mean; the
// tape (tape.h), on which a chain's decoder notes where each value lies, without allocating; the
// value (value.h), which reads both together; and the spellings of values as text and JSON
// (spelling.h). It promises that a value never reads outside its bytes, that a text of unknown
// origin is made harmless before it is shown, and that every output has a limit. It never decodes:
// how values lie in bytes, and what a chain would refuse, is known to the rooms of the chains.
#pragma once

#include "engine/abi/type/map.h"
#include "engine/abi/type/outline.h"
#include "engine/abi/type/spelling.h"
#include "engine/abi/type/tape.h"
#include "engine/abi/type/value.h"
