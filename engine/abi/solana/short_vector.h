// Solana's compact-u16: seven bits a byte, the least significant first, in the shortest form.
#pragma once

#include "core/base/base.h"

namespace airlock::abi::solana {

struct Short {
  std::uint16_t value = 0;
  std::uint8_t size = 0;  // bytes that it takes
};

// read_short reads the number at the front. Errors: truncated, not_canonical, out_of_range.
constexpr Result<Short> read_short(Bytes data) {
  std::uint32_t value = 0;
  for (std::uint8_t i = 0; i < 3; ++i) {
    if (i == data.size()) return fail(Code::truncated, i);
    value |= (data[i] & 0x7fU) << 7 * i;
    if ((data[i] & 0x80) != 0) continue;
    if (i > 0 && data[i] == 0) return fail(Code::not_canonical, i);
    if (value > 0xffff) return fail(Code::out_of_range, value);
    return Short{static_cast<std::uint16_t>(value), static_cast<std::uint8_t>(i + 1)};
  }
  return fail(Code::out_of_range);
}

}  // namespace airlock::abi::solana
