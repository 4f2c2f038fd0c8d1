// Big-endian numbers of any size.
#pragma once

#include "core/base/base.h"

namespace airlock::delta::internal {

inline void write_number(std::uint64_t value, MutableBytes to) {
  for (std::size_t i = to.size(); i-- > 0; value >>= 8) to[i] = static_cast<std::uint8_t>(value);
}
inline std::uint64_t read_number(Bytes from) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : from) value = value << 8 | byte;
  return value;
}

}  // namespace airlock::delta::internal
