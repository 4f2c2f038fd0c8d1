// Any bytes: the JSON reader either refuses them, or reads what the library's own reader reads, and
// reads back exactly what it writes.
#include "host/json/json.h"

using namespace airlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(Bytes(data, size));
  const auto value = json::parse(text, 1 << 16);
  if (!value) return 0;
  AIRLOCK_CHECK(json::Value::parse(text, nullptr, false) == *value);
  const std::string written = json::write(*value);
  const auto again = json::parse(written, written.size());
  AIRLOCK_CHECK(again && *again == *value);
  return 0;
}
