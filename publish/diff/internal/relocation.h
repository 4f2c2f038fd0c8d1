// By how much an image was linked away from its base.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace airlock::diff {

// relocation_of returns the number that makes most changes of words the shift of a segment, once it
// is taken from them, modulo 2^32: what an image's addresses are more than its base's. 0 where none
// explains half of what no relocation does. Shifts are image minus base, those of most bytes
// first. Whether the words are addresses at all is for others to tell.
std::uint32_t relocation_of(std::vector<std::uint32_t> changes,
                            std::span<const std::uint32_t> shifts);

}  // namespace airlock::diff
