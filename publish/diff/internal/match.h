// Where in the base the parts of an image come from.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/base.h"

namespace airlock::diff {

// Bytes of the image that resemble bytes of the base, not all of them equal.
struct Copy {
  std::uint64_t at = 0;  // in the image
  std::uint64_t size = 0;
  std::uint64_t base_at = 0;
};

// find_copies returns the copies in the image's order; they do not overlap. The base has at most
// kBaseSizeMax bytes. Errors: oversized where the suffix array cannot be made.
Result<std::vector<Copy>> find_copies(Bytes image, Bytes base);

}  // namespace airlock::diff
