// Whatever is read as a proof is written as the same bytes.
#include "core/entry/entry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace airlock;
  const Bytes input(data, size);
  const auto proof = entry::Proof::parse(input);
  if (!proof) return 0;
  std::array<std::uint8_t, entry::kProofSizeMax> room;
  const auto encoded = entry::encode(*proof, room);
  AIRLOCK_CHECK(encoded.has_value() && equal(*encoded, input));
  AIRLOCK_CHECK(!entry::check_absent(input, "key", {{}, 1}).has_value());
  return 0;
}
