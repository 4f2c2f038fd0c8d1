// The frame around what a device stores: magic, length, body, checksum.
//
// The boot record and the journal share it, so that a torn or damaged copy is told from a whole one
// in one place. It guards against accidents, never against attackers.
//
//   0  4  magic, four ASCII letters
//   4  2  length of the body, big-endian
//   6  n  the body
//   .  4  CRC-32C of all bytes before, big-endian
#pragma once

#include <array>
#include <cstdint>

#include "core/base/base.h"

namespace airlock::slot {

using Magic = std::array<std::uint8_t, 4>;

inline constexpr std::size_t kFrameHead = 6;
inline constexpr std::size_t kFrameChecksum = 4;
inline constexpr std::size_t kFrameOverhead = kFrameHead + kFrameChecksum;

// body_room returns where in the buffer the body belongs; write it there, then seal. Empty where
// the buffer is too small for any body.
MutableBytes body_room(MutableBytes buffer);

// seal completes the frame around the `body_size` bytes that stand in body_room, and returns all of
// it. Errors: no_room.
Result<Bytes> seal(MutableBytes buffer, const Magic& magic, std::size_t body_size);

// unseal returns the body of a frame that begins at the start of `stored`; what follows the frame
// (the rest of a flash unit) is ignored. Errors: truncated, wrong_magic, bad_checksum.
Result<Bytes> unseal(Bytes stored, const Magic& magic);

}  // namespace airlock::slot
