// The 32 bytes that everything in the EVM is made of. All of these read a whole word.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>

#include "engine/abi/evm/limits.h"

namespace airlock::abi::evm::internal {

// differs gathers the bits in which the first `count` bytes (below 33) differ from a fill.
inline std::uint64_t differs(const std::uint8_t* bytes, std::size_t count, std::uint64_t fill) {
  std::uint64_t found = 0, part = 0;
  for (; count >= 8; count -= 8, bytes += 8) {
    std::memcpy(&part, bytes, 8);
    found |= part ^ fill;
  }
  for (std::size_t i = 0; i < count; ++i) found |= bytes[i] ^ (fill & 0xff);
  return found;
}

inline bool is_zero(const std::uint8_t* bytes, std::size_t count) {
  return differs(bytes, count, 0) == 0;
}

// is_sign_extended says whether the first `count` bytes repeat the sign of the one behind them.
inline bool is_sign_extended(const std::uint8_t* bytes, std::size_t count) {
  if (count == 0) return true;
  return differs(bytes, count, (bytes[count] & 0x80U) != 0 ? ~std::uint64_t{0} : 0) == 0;
}

// small reads a number below 2^64, or nothing where the word says more.
inline std::optional<std::uint64_t> small(const std::uint8_t* word) {
  if (!is_zero(word, kWordSize - 8)) return std::nullopt;
  std::uint64_t value = 0;
  std::memcpy(&value, word + kWordSize - 8, 8);
  return __builtin_bswap64(value);
}

inline std::size_t padded(std::size_t size) {
  return (size + kWordSize - 1) / kWordSize * kWordSize;
}

}  // namespace airlock::abi::evm::internal
