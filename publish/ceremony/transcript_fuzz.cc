#include "publish/ceremony/ceremony.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)airlock::ceremony::audit(text);
  return 0;
}
