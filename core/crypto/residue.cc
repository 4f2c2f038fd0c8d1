#include "core/crypto/residue.h"

namespace airlock::crypto::small {

U256 from_big_endian(Bytes bytes) {
  AIRLOCK_CHECK(bytes.size() == 32);
  U256 made;
  for (std::size_t i = 0; i < 32; ++i) {
    made.limbs[i / 4] |= std::uint32_t{bytes[31 - i]} << (i % 4 * 8);
  }
  return made;
}

U256 from_little_endian(Bytes bytes) {
  AIRLOCK_CHECK(bytes.size() == 32);
  U256 made;
  for (std::size_t i = 0; i < 32; ++i) {
    made.limbs[i / 4] |= std::uint32_t{bytes[i]} << (i % 4 * 8);
  }
  return made;
}

}  // namespace airlock::crypto::small
