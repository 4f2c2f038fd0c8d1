// Two copies of any bytes: what is found in them fits into its copy and has its checksum, and what
// is saved next is what is loaded. Plain memory: flash has whole units, and an input any size.
#include <array>

#include "core/bare/pair.h"
#include "tests/fakes/memory.h"

using namespace airlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::size_t half = size / 2;
  fakes::MemoryArea first(std::vector<std::uint8_t>(data, data + half));
  fakes::MemoryArea second(std::vector<std::uint8_t>(data + half, data + size));
  const bare::Pair pair = {&first, &second};
  const bare::Newest before = bare::newest(pair);
  AIRLOCK_CHECK(before.counter == 0 || before.size + bare::kPairHead <= pair[before.copy]->size());
  static std::array<std::uint8_t, 1 << 16> buffer;
  const Result<Bytes> loaded = bare::load(pair, buffer);
  AIRLOCK_CHECK(!loaded || loaded->size() == before.size);
  const Bytes next(data, std::min<std::size_t>(size, 100));
  if (!bare::save(pair, next)) return 0;
  AIRLOCK_CHECK(before.counter == UINT64_MAX || equal(*bare::load(pair, buffer), next));
  return 0;
}
