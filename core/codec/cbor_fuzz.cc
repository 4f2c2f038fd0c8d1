// Any bytes: the CBOR reader either refuses them or writes the very same bytes back.
#include <cstring>

#include "core/codec/codec.h"

using namespace airlock;

namespace {

// Copies one item head by head; returns false where the reader refuses.
bool copy_items(codec::CborReader& reader, codec::CborWriter& writer) {
  std::size_t pending = 1;
  for (; pending > 0; --pending) {
    const auto type = reader.peek();
    if (!type) return false;
    switch (*type) {
      case codec::CborType::unsigned_integer: {
        const auto value = reader.read_unsigned();
        if (!value) return false;
        writer.write_unsigned(*value);
        break;
      }
      case codec::CborType::negative_integer: {
        const auto value = reader.read_integer();
        if (!value) return false;
        writer.write_integer(*value);
        break;
      }
      case codec::CborType::bytes: {
        const auto value = reader.read_bytes(SIZE_MAX);
        if (!value) return false;
        writer.write_bytes(*value);
        break;
      }
      case codec::CborType::text: {
        const auto value = reader.read_text(SIZE_MAX);
        if (!value) return false;
        writer.write_text(*value);
        break;
      }
      case codec::CborType::array: {
        const auto count = reader.read_array(1000);
        if (!count) return false;
        writer.write_array(*count);
        pending += *count;
        break;
      }
      case codec::CborType::map: {
        const auto count = reader.read_map(1000);
        if (!count) return false;
        writer.write_map(*count);
        pending += *count * 2;
        break;
      }
      case codec::CborType::tag: {
        const auto tag = reader.read_tag();
        if (!tag) return false;
        writer.write_tag(*tag);
        ++pending;
        break;
      }
      case codec::CborType::simple: {
        if (reader.read_null()) {
          writer.write_null();
        } else if (const auto flag = reader.read_bool()) {
          writer.write_bool(*flag);
        } else {
          return false;
        }
        break;
      }
    }
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::uint8_t output[1 << 16];
  const Bytes input(data, std::min<std::size_t>(size, sizeof output));
  codec::CborReader reader(input);
  codec::CborWriter writer{MutableBytes(output)};
  if (copy_items(reader, writer)) {
    const auto written = writer.finish();
    AIRLOCK_CHECK(written && equal(*written, input.first(reader.position())));
  }
  codec::CborReader skipper(input);
  (void)skipper.skip_item();
  return 0;
}
