// Descriptors of unknown origin: read either way, and what is refused tolerantly is refused
// strictly.
#include "engine/abi/clear/clear.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace airlock;
  using namespace airlock::abi::clear;
  const std::string_view json = text_of({data, size});
  // Whatever is included is the file itself: it must not go on without end.
  const Include include = [json](const std::string&) -> Result<std::string> {
    return std::string(json);
  };
  const auto tolerant = Descriptor::read(json, "a.json", Reading::tolerant, include);
  const auto strict = Descriptor::read(json, "a.json", Reading::strict, include);
  AIRLOCK_CHECK(tolerant.has_value() || !strict.has_value());
  (void)descriptor_digest(json);
  return 0;
}
