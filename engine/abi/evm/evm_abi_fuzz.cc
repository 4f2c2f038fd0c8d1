// Any bytes as a JSON ABI: refused, or a map that holds together, is the same when it is made
// again, and whose signatures are read back as themselves.
#include "engine/abi/evm/evm.h"

using namespace airlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json = text_of(Bytes(data, size));
  const auto made = abi::evm::load(json, "fuzz");
  if (!made) return 0;
  const abi::type::Map& map = made->map();
  AIRLOCK_CHECK(abi::evm::check(map));
  AIRLOCK_CHECK(equal(abi::evm::load(json, "fuzz")->map().encoded(), map.encoded()));
  for (const abi::type::Entry& entry : map.entries()) {
    if (entry.kind != abi::type::EntryKind::error) continue;
    const std::string_view types = map.text(entry.signature).substr(entry.name.size);
    const std::array<std::string_view, 1> list = {types};
    if (types.size() > abi::evm::kSignatureSizeMax) continue;
    const auto again = abi::evm::load_signatures(list, "fuzz");
    AIRLOCK_CHECK(again && (*again)->text((*again)->entries()[0].signature) == types);
  }
  return 0;
}
