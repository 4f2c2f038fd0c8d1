// Any bytes: what decodes as a boot record encodes to a record that decodes to the same.
#include "core/slot/frame.h"
#include "core/slot/slot.h"

using namespace airlock;

namespace {

void check(Bytes encoded) {
  const Result<slot::Record> record = slot::decode_record(encoded);
  if (!record) return;
  std::uint8_t buffer[slot::kRecordSizeMax];
  const Result<Bytes> again = slot::encode_record(*record, MutableBytes(buffer));
  AIRLOCK_CHECK(again.has_value());
  const Result<slot::Record> back = slot::decode_record(*again);
  AIRLOCK_CHECK(back.has_value() && *back == *record);
}

}  // namespace

// A checksum would stop nearly every input at the door, so the same bytes are tried as a body too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check(Bytes(data, size));
  static std::uint8_t framed[1 << 12];
  const MutableBytes room = slot::body_room(MutableBytes(framed));
  if (size > room.size()) return 0;
  copy_into(room, Bytes(data, size));
  check(*slot::seal(MutableBytes(framed), {'A', 'L', 'B', 'R'}, size));
  return 0;
}
