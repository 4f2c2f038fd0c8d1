// Frames: where a message begins and ends on a wire that drops, adds and changes bytes.
//
// A message with its checksum is coded by COBS (Cheshire and Baker, 1999), so that it holds no
// zero, and a zero ends it. Whatever was lost before a zero costs the frame in which it was lost
// and nothing behind it; no length is ever believed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/base/base.h"

namespace airlock::link {

inline constexpr std::size_t kMessageMax = 1152;  // kFetchMax, and what stands around it
inline constexpr std::size_t kFrameChecksum = 4;
inline constexpr std::size_t kCobsRun = 254;  // bytes that one byte of COBS stands before, at most
// On the wire: the zero before it, COBS, the zero that ends it.
inline constexpr std::size_t kFrameMax =
    1 + kMessageMax + kFrameChecksum + (kMessageMax + kFrameChecksum) / kCobsRun + 1 + 1;

// checksum_of is what a frame carries of its message.
std::uint32_t checksum_of(Bytes message);

// encode_frame writes a message as it goes over the wire, behind a zero that ends whatever noise
// came before. Errors: oversized, no_room.
Result<Bytes> encode_frame(Bytes message, MutableBytes to);

// Takes a wire byte by byte, and passes over all that is no whole frame.
class FrameReader {
 public:
  // take answers the message that this byte ends. It is there until the next take.
  std::optional<Bytes> take(std::uint8_t byte);

 private:
  void put(std::uint8_t byte);
  std::optional<Bytes> end();

  std::array<std::uint8_t, kMessageMax + kFrameChecksum> buffer_;
  std::size_t size_ = 0;
  std::uint8_t run_ = 0;   // the last byte of COBS; 0: none yet
  std::uint8_t left_ = 0;  // bytes that it still stands before
  bool spoilt_ = false;    // longer than any frame
};

}  // namespace airlock::link
