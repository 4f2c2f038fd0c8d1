// Whatever opens has one form: written again from what it says, it is the same bytes.
#include <cstdlib>
#include <vector>

#include "core/carton/carton.h"

using airlock::carton::Carton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const airlock::Bytes whole(data, size);
  const auto opened = Carton::open(whole);
  if (!opened) return 0;
  std::vector<std::uint8_t> again(size);
  airlock::carton::write_head(opened->part_count(), size, again);
  for (std::size_t i = 0; i < opened->part_count(); ++i) {
    const airlock::carton::Entry entry = opened->entry(i);
    const auto place = airlock::carton::kHeadSize + i * airlock::carton::kEntrySize;
    airlock::carton::write_entry(entry, airlock::MutableBytes(again).subspan(place));
    airlock::copy_into(airlock::MutableBytes(again).subspan(entry.offset),
                       whole.subspan(entry.offset, entry.size));
    if (entry.part == airlock::carton::Part::payload && !opened->payload(entry.name)) std::abort();
  }
  if (!airlock::equal(whole, again)) std::abort();
  if (opened->envelope().empty()) std::abort();
  return opened->log_proof().size() + opened->certificates().size() > size ? 1 : 0;
}
