// A shelf that reads is written and reads as the same.
#include "device/apply/shelf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace airlock;
  const auto shelf = apply::decode_shelf({data, size});
  if (!shelf) return 0;
  std::array<std::uint8_t, apply::kShelfSizeMax> room;
  const auto encoded = apply::encode_shelf(*shelf, room);
  AIRLOCK_CHECK(encoded.has_value());
  const auto again = apply::decode_shelf(*encoded);
  AIRLOCK_CHECK(again.has_value() && again->editions == shelf->editions);
  return 0;
}
