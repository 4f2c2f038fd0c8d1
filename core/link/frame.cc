#include "core/link/frame.h"

#include "core/codec/codec.h"

namespace airlock::link {
namespace {

constexpr std::uint8_t kEnd = 0;
constexpr std::uint8_t kFullRun = 0xff;  // no zero follows these bytes

std::array<std::uint8_t, kFrameChecksum> stored(std::uint32_t checksum) {
  std::array<std::uint8_t, kFrameChecksum> bytes;
  for (std::size_t i = 0; i < kFrameChecksum; ++i) {
    bytes[i] = static_cast<std::uint8_t>(checksum >> (24 - 8 * i));
  }
  return bytes;
}

// Writes COBS; the caller has seen to it that there is room.
class CobsWriter {
 public:
  CobsWriter(MutableBytes to, std::size_t begin) : to_(to), run_at_(begin), size_(begin + 1) {}

  void put(std::uint8_t byte) {
    if (byte == kEnd) return end_run();
    to_[size_++] = byte;
    if (size_ - run_at_ == kFullRun) end_run();
  }
  std::size_t finish() {
    to_[run_at_] = static_cast<std::uint8_t>(size_ - run_at_);
    to_[size_++] = kEnd;
    return size_;
  }

 private:
  void end_run() {
    to_[run_at_] = static_cast<std::uint8_t>(size_ - run_at_);
    run_at_ = size_++;
  }

  MutableBytes to_;
  std::size_t run_at_;
  std::size_t size_;
};

}  // namespace

std::uint32_t checksum_of(Bytes message) { return codec::crc32c(message); }

Result<Bytes> encode_frame(Bytes message, MutableBytes to) {
  if (message.size() > kMessageMax) return fail(Code::oversized, message.size());
  if (to.size() < kFrameMax) return fail(Code::no_room, kFrameMax);
  to[0] = kEnd;
  CobsWriter writer(to, 1);
  for (const std::uint8_t byte : message) writer.put(byte);
  for (const std::uint8_t byte : stored(checksum_of(message))) writer.put(byte);
  return Bytes(to).first(writer.finish());
}

void FrameReader::put(std::uint8_t byte) {
  if (size_ == buffer_.size()) {
    spoilt_ = true;
    return;
  }
  buffer_[size_++] = byte;
}

std::optional<Bytes> FrameReader::end() {
  const bool is_whole = !spoilt_ && left_ == 0 && size_ >= kFrameChecksum;
  const std::size_t size = is_whole ? size_ - kFrameChecksum : 0;
  size_ = 0;
  run_ = left_ = 0;
  spoilt_ = false;
  if (!is_whole) return std::nullopt;
  const Bytes message = Bytes(buffer_).first(size);
  const Bytes checksum = Bytes(buffer_).subspan(size, kFrameChecksum);
  if (!equal(checksum, stored(checksum_of(message)))) return std::nullopt;
  return message;
}

std::optional<Bytes> FrameReader::take(std::uint8_t byte) {
  if (byte == kEnd) return end();
  if (left_ > 0) {
    --left_;
    put(byte);
    return std::nullopt;
  }
  if (run_ != 0 && run_ != kFullRun) put(kEnd);
  run_ = byte;
  left_ = static_cast<std::uint8_t>(byte - 1);
  return std::nullopt;
}

}  // namespace airlock::link
