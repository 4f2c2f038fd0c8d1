#include "core/codec/checksum.h"

namespace airlock::codec {

std::uint32_t crc32c(Bytes bytes, std::uint32_t before) {
  constexpr std::uint32_t kReversedPolynomial = 0x82f63b78;
  std::uint32_t crc = ~before;
  for (std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1U) != 0 ? kReversedPolynomial : 0U);
    }
  }
  return ~crc;
}

}  // namespace airlock::codec
