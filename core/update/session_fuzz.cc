// Any bytes: what decodes as a journal encodes to one that decodes to the same, and the session
// can be resumed.
#include "core/slot/frame.h"
#include "core/update/update.h"

using namespace airlock;

namespace {

void check(Bytes encoded) {
  const Result<update::Session> session = update::decode_session(encoded);
  if (!session) return;
  std::uint8_t buffer[update::kSessionSizeMax];
  const Result<Bytes> again = update::encode_session(*session, MutableBytes(buffer));
  AIRLOCK_CHECK(again.has_value());
  const Result<update::Session> back = update::decode_session(*again);
  AIRLOCK_CHECK(back.has_value() && *back == *session);
  update::Event resumed;
  resumed.type = update::Event::Type::resumed;
  AIRLOCK_CHECK(update::step(*session, resumed).session == *session);
}

}  // namespace

// A checksum would stop nearly every input at the door, so the same bytes are tried as a body too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check(Bytes(data, size));
  static std::uint8_t framed[1 << 12];
  const MutableBytes room = slot::body_room(MutableBytes(framed));
  if (size > room.size()) return 0;
  copy_into(room, Bytes(data, size));
  check(*slot::seal(MutableBytes(framed), {'A', 'L', 'J', 'N'}, size));
  return 0;
}
