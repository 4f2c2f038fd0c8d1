// From what a policy says of a fee to the strategies that name it.
#pragma once

#include "engine/fee/policy/fields.h"

namespace airlock::fee {

// compile reads a mapping with one strategy, and those inside of it, at most kDepthMax deep.
Read<Owned> compile(Node node);

}  // namespace airlock::fee
