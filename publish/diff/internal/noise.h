// Blocks that no coder shortens, told without trying: what is compressed or encrypted already.
#pragma once

#include "publish/diff/internal/block.h"

namespace airlock::diff {

// is_noise says whether the bytes of a block, and how each differs from those before it, come
// equally often, and next to nothing is repeated. Copies of the facts do not count.
bool is_noise(const BlockInput& input, const BlockRange& range);

}  // namespace airlock::diff
