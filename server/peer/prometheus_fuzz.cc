// Any bytes as the answer of a Prometheus: refused with a code, or within the limits of the header.
#include "server/peer/peer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace airlock;
  const auto samples = peer::parse_vector(text_of({data, size}));
  if (!samples) return 0;
  AIRLOCK_CHECK(samples->size() <= peer::kSamplesMax);
  for (const peer::Sample& sample : *samples) {
    AIRLOCK_CHECK(sample.labels.size() <= peer::kLabelsMax);
    if (const auto count = peer::count_of(sample.value)) {
      AIRLOCK_CHECK(*count <= (std::uint64_t{1} << 53));
    }
  }
  return 0;
}
