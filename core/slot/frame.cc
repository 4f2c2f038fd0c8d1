#include "core/slot/frame.h"

#include "core/codec/codec.h"

namespace airlock::slot {
namespace {

constexpr std::size_t kBodyMax = 0xffff;

void put_checksum(MutableBytes to, std::uint32_t checksum) {
  for (std::size_t i = 0; i < kFrameChecksum; ++i) {
    to[i] = static_cast<std::uint8_t>(checksum >> (24 - 8 * i));
  }
}

std::uint32_t read_checksum(Bytes from) {
  std::uint32_t checksum = 0;
  for (std::size_t i = 0; i < kFrameChecksum; ++i) checksum = checksum << 8 | from[i];
  return checksum;
}

}  // namespace

MutableBytes body_room(MutableBytes buffer) {
  if (buffer.size() < kFrameOverhead) return {};
  return buffer.subspan(kFrameHead, buffer.size() - kFrameOverhead);
}

Result<Bytes> seal(MutableBytes buffer, const Magic& magic, std::size_t body_size) {
  const std::size_t size = kFrameOverhead + body_size;
  if (body_size > kBodyMax || buffer.size() < size) return fail(Code::no_room, size);
  copy_into(buffer, magic);
  buffer[4] = static_cast<std::uint8_t>(body_size >> 8);
  buffer[5] = static_cast<std::uint8_t>(body_size);
  const std::size_t checked = kFrameHead + body_size;
  put_checksum(buffer.subspan(checked), codec::crc32c(buffer.first(checked)));
  return Bytes(buffer.first(size));
}

Result<Bytes> unseal(Bytes stored, const Magic& magic) {
  if (stored.size() < kFrameOverhead) return fail(Code::truncated, stored.size());
  if (!equal(stored.first(magic.size()), magic)) return fail(Code::wrong_magic);
  const auto body_size = static_cast<std::size_t>(stored[4] << 8 | stored[5]);
  if (stored.size() - kFrameOverhead < body_size) return fail(Code::truncated, stored.size());
  const std::size_t checked = kFrameHead + body_size;
  if (read_checksum(stored.subspan(checked)) != codec::crc32c(stored.first(checked))) {
    return fail(Code::bad_checksum);
  }
  return stored.subspan(kFrameHead, body_size);
}

}  // namespace airlock::slot
