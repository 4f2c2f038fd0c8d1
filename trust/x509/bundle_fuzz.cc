// Any bytes as a bundle: read, and then written back the same, or refused; its chains can be made,
// whatever the certificates are.
#include "trust/x509/x509.h"

using namespace airlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(data, size);
  const auto bundle = x509::Bundle::parse(input);
  if (!bundle || input.empty()) return 0;
  const auto again = bundle->encode();
  AIRLOCK_CHECK(again && equal(*again, input));
  for (std::size_t i = 0; i < bundle->leaves.size(); ++i) {
    const auto chain = bundle->chain_of(i);
    AIRLOCK_CHECK(!chain || (!chain->empty() && chain->size() <= x509::kChainMax));
  }
  return 0;
}
