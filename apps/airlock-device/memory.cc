// What a device gives back goes back to the system: a large buffer has a mapping of its own, also
// after the first one was freed, so that the envelopes of two phases never lie side by side in the
// heap. The highest use of an update is what a small machine must have.
#include <malloc.h>

#include "apps/airlock-device/commands.h"

namespace airlock::app {

void keep_memory_small() {
  constexpr int kOwnMappingFrom = 64 << 10;
  constexpr int kSpareAtTheTop = 4 << 10;
  mallopt(M_MMAP_THRESHOLD, kOwnMappingFrom);
  mallopt(M_TOP_PAD, kSpareAtTheTop);
}

}  // namespace airlock::app
