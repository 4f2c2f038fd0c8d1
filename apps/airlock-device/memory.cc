// What a device gives back goes back to the system: a large buffer has a mapping of its own, also
// after the first one was freed, so that the envelopes of two phases never lie side by side in the
// heap. What only the loader read of the program and its libraries goes back before the work
// begins. The highest use of an update is what a small machine must have.
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "apps/airlock-device/commands.h"

namespace airlock::app {
namespace {

// A segment that nobody may write holds what the file holds, and is read again where it is used:
// none is dropped that has relocations of its own, for those are in segments that may be written.
int give_back_what_cannot_change(dl_phdr_info* object, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t from = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const std::uintptr_t to = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
    // Advice: where the kernel does not take it, the pages stay.
    static_cast<void>(madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED));
  }
  return 0;
}

}  // namespace

void keep_memory_small() {
  constexpr int kOwnMappingFrom = 64 << 10;
  constexpr int kSpareAtTheTop = 4 << 10;
  mallopt(M_MMAP_THRESHOLD, kOwnMappingFrom);
  mallopt(M_TOP_PAD, kSpareAtTheTop);
  dl_iterate_phdr(give_back_what_cannot_change, nullptr);
}

}  // namespace airlock::app
