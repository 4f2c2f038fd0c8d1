// Any text as a schema of a native program. What loads is called with nothing but each tag.
#include "engine/abi/solana/solana.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace airlock;
  static std::vector<abi::type::Node> room(1024);
  const auto map = abi::solana::load(text_of({data, size}));
  if (!map) return 0;
  for (const abi::type::Entry& entry : (*map)->entries()) {
    abi::type::Tape tape(room);
    const auto read = abi::solana::decode_as(map->map(), entry, (*map)->bytes(entry.key), tape);
    AIRLOCK_CHECK(!read || read->used == entry.key.size);
  }
  return 0;
}
