// Any bytes: the JSON reader either refuses them or reads back exactly what it writes, and both of
// its trees hold the same.
#include "host/json/json.h"
#include "host/json/tree.h"

using namespace airlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(Bytes(data, size));
  const auto value = json::parse(text, 1 << 16);
  const auto tree = json::Tree::parse(text, 1 << 16);
  AIRLOCK_CHECK(value.has_value() == tree.has_value());
  if (!value) return 0;
  AIRLOCK_CHECK(json::value_of(tree->root()) == *value);
  const std::string written = json::write(*value);
  const auto again = json::parse(written, written.size());
  AIRLOCK_CHECK(again && *again == *value);
  return 0;
}
