#include "core/codec/checksum.h"

#include "core/codec/checksum_ways.h"

namespace airlock::codec {
namespace {

// On bare metal code and tables are small before they are quick.
constexpr bool kHasRoom = __STDC_HOSTED__ == 1;

}  // namespace

std::uint32_t crc32c(Bytes bytes, std::uint32_t before) {
  if constexpr (kHasRoom) {
    return ~checksum::by_tables(bytes, ~before);
  } else {
    return ~checksum::by_bits(bytes, ~before);
  }
}

}  // namespace airlock::codec
