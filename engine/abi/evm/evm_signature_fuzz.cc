// Any bytes as a signature: refused, or its canonical spelling is read as the same function.
#include "engine/abi/evm/evm.h"

using namespace airlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::array<std::string_view, 1> one = {text_of(Bytes(data, size))};
  const auto made = abi::evm::load_signatures(one, "fuzz");
  if (!made) return 0;
  AIRLOCK_CHECK(abi::evm::check(made->map()));
  const abi::type::Entry& entry = (*made)->entries()[0];
  one[0] = (*made)->text(entry.signature);
  if (one[0].size() > abi::evm::kSignatureSizeMax) return 0;
  const auto again = abi::evm::load_signatures(one, "fuzz");
  AIRLOCK_CHECK(again);
  const abi::type::Entry& same = (*again)->entries()[0];
  AIRLOCK_CHECK((*again)->text(same.signature) == one[0]);
  AIRLOCK_CHECK(equal((*again)->bytes(same.key), (*made)->bytes(entry.key)));
  return 0;
}
