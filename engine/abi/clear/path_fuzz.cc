// Whatever reads as a path has one spelling, and that is read as the same path.
#include "engine/abi/clear/path.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace airlock;
  using namespace airlock::abi::clear;
  const auto path = read_path(text_of({data, size}));
  if (!path || path->steps.empty()) return 0;
  const std::string spelled = spell_path(*path);
  if (spelled.size() > kPathSizeMax) return 0;
  const auto again = read_path(spelled);
  AIRLOCK_CHECK(again.has_value() && spell_path(*again) == spelled);
  return 0;
}
