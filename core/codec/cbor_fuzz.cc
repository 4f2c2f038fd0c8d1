// Any bytes: the CBOR reader either refuses them or writes the very same bytes back; and what it
// reads, libcbor reads as the same values.
#include <cbor.h>

#include <cstring>
#include <vector>

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

using Peers = std::vector<cbor_item_t*>;

// The parts of an item, the first one last.
void push_parts(cbor_item_t* item, Peers& waiting) {
  if (cbor_isa_array(item)) {
    for (std::size_t i = cbor_array_size(item); i-- > 0;)
      waiting.push_back(cbor_array_handle(item)[i]);
  } else if (cbor_isa_map(item)) {
    for (std::size_t i = cbor_map_size(item); i-- > 0;) {
      waiting.push_back(cbor_map_handle(item)[i].value);
      waiting.push_back(cbor_map_handle(item)[i].key);
    }
  } else if (cbor_isa_tag(item)) {
    waiting.push_back(cbor_move(cbor_tag_item(item)));
  }
}

// One head of ours is the peer's.
bool is_same(codec::CborReader& reader, const cbor_item_t* peer) {
  switch (*reader.peek()) {
    case codec::CborType::unsigned_integer:
      return cbor_isa_uint(peer) && cbor_get_int(peer) == *reader.read_unsigned();
    case codec::CborType::negative_integer:
      return cbor_isa_negint(peer) &&
             -1 - static_cast<std::int64_t>(cbor_get_int(peer)) == *reader.read_integer();
    case codec::CborType::bytes:
      return cbor_isa_bytestring(peer) &&
             equal({cbor_bytestring_handle(peer), cbor_bytestring_length(peer)},
                   *reader.read_bytes(SIZE_MAX));
    case codec::CborType::text:
      return cbor_isa_string(peer) && equal({cbor_string_handle(peer), cbor_string_length(peer)},
                                            bytes_of(*reader.read_text(SIZE_MAX)));
    case codec::CborType::array:
      return cbor_isa_array(peer) && cbor_array_size(peer) == *reader.read_array(SIZE_MAX);
    case codec::CborType::map:
      return cbor_isa_map(peer) && cbor_map_size(peer) == *reader.read_map(SIZE_MAX);
    case codec::CborType::tag:
      return cbor_isa_tag(peer) && cbor_tag_value(peer) == *reader.read_tag();
    case codec::CborType::simple: {
      if (!cbor_isa_float_ctrl(peer)) return false;
      if (reader.read_null()) return cbor_is_null(peer);
      return cbor_is_bool(peer) && cbor_get_bool(peer) == *reader.read_bool();
    }
  }
  return false;
}

// What was read whole, from bytes of this size, is what the peer reads of them.
void check_peer(Bytes input, std::size_t size) {
  cbor_load_result loaded{};
  cbor_item_t* root = cbor_load(input.data(), input.size(), &loaded);
  if (loaded.error.code == CBOR_ERR_MEMERROR) return;  // nested deeper than it goes
  const std::size_t at = loaded.error.position;
  if (root == nullptr && at < size && input[at] >= 0xc6 && input[at] <= 0xd4)
    return;  // tags 6 to 20, which it does not read
  AIRLOCK_CHECK(root != nullptr && loaded.read == size);
  codec::CborReader reader(input);
  for (Peers waiting = {root}; !waiting.empty();) {
    cbor_item_t* const peer = waiting.back();
    waiting.pop_back();
    AIRLOCK_CHECK(is_same(reader, peer));
    push_parts(peer, waiting);
  }
  cbor_decref(&root);
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
    check_peer(input, reader.position());
  }
  codec::CborReader skipper(input);
  (void)skipper.skip_item();
  return 0;
}
