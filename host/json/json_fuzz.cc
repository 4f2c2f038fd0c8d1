// Any bytes: the JSON reader either refuses them or reads back exactly what it writes.
#include "host/json/json.h"

using namespace airlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = json::parse(text_of(Bytes(data, size)), 1 << 16);
  if (!value) return 0;
  const std::string written = json::write(*value);
  const auto again = json::parse(written, written.size());
  AIRLOCK_CHECK(again && *again == *value);
  return 0;
}
