#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace airlock::diff {

// common_prefix counts equal bytes at the front of two places, at most `limit`; both hold that
// many. Eight at a time: finding matches is mostly this.
inline std::size_t common_prefix(const std::uint8_t* a, const std::uint8_t* b, std::size_t limit) {
  std::size_t size = 0;
  if constexpr (std::endian::native == std::endian::little) {
    for (; size + 8 <= limit; size += 8) {
      std::uint64_t x = 0;
      std::uint64_t y = 0;
      std::memcpy(&x, a + size, 8);
      std::memcpy(&y, b + size, 8);
      if (x != y) return size + static_cast<std::size_t>(std::countr_zero(x ^ y)) / 8;
    }
  }
  while (size < limit && a[size] == b[size]) ++size;
  return size;
}

}  // namespace airlock::diff
