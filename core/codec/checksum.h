// A checksum against accidents (torn writes, flipped bits), never against attackers.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"

namespace airlock::codec {

// crc32c returns the CRC-32C (Castagnoli, RFC 3720 appendix B.4) of the bytes, which go on after
// those whose checksum is `before`.
std::uint32_t crc32c(Bytes bytes, std::uint32_t before = 0);

}  // namespace airlock::codec
