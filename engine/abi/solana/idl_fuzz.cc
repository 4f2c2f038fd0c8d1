// Any text as an IDL: refused with a code, or a map that is the same bytes again.
#include "engine/abi/solana/solana.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace airlock;
  const std::string_view json = text_of({data, size});
  (void)abi::solana::address_of(json);
  for (const auto keys : {abi::solana::Keys::anchor, abi::solana::Keys::tag_u8}) {
    const auto map = abi::solana::load(json, keys);
    if (!map) continue;
    const auto again = abi::solana::load(json, keys);
    AIRLOCK_CHECK(again && equal((*map)->encoded(), (*again)->encoded()));
  }
  return 0;
}
