// The two ways to the same CRC-32C: bit by bit, and by tables. Private to the room.
//
// Both take and return the register as it stands between two bytes, which is not yet turned over.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/bytes.h"

namespace airlock::codec::checksum {

constexpr std::uint32_t by_bits(Bytes bytes, std::uint32_t crc) {
  constexpr std::uint32_t kReversedPolynomial = 0x82f63b78;
  for (std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1U) != 0 ? kReversedPolynomial : 0U);
    }
  }
  return crc;
}

// Eight bytes at once: kTables[n] holds what each byte does to the register when n bytes of zero
// follow it.
inline constexpr std::size_t kStep = 8;
using Tables = std::array<std::array<std::uint32_t, 256>, kStep>;

constexpr Tables make_tables() {
  Tables made{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    constexpr std::array<std::uint8_t, 1> kZero{};
    std::uint32_t crc = byte;
    for (auto& table : made) {
      crc = by_bits(kZero, crc);
      table[byte] = crc;
    }
  }
  return made;
}
inline constexpr Tables kTables = make_tables();

inline std::uint32_t by_tables(Bytes bytes, std::uint32_t crc) {
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= kStep; left -= kStep, at += kStep) {
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < kStep; ++i) {
      const std::uint32_t before = i < 4 ? crc >> (8 * i) & 0xff : 0;
      next ^= kTables[kStep - 1 - i][at[i] ^ before];
    }
    crc = next;
  }
  for (; left > 0; --left, ++at) crc = (crc >> 8) ^ kTables[0][(crc ^ *at) & 0xff];
  return crc;
}

}  // namespace airlock::codec::checksum
