#include "core/package/items.h"

#include "core/codec/codec.h"

namespace airlock::package {

template <>
std::string_view take_item(Bytes& items) {
  codec::CborReader reader(items);
  const Result<std::string_view> text = reader.read_text(items.size());
  AIRLOCK_CHECK(text.has_value());
  items = items.subspan(reader.position());
  return *text;
}

}  // namespace airlock::package
