#include "core/link/frame.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/fakes/memory.h"

namespace airlock::link {
namespace {

using Buffer = std::vector<std::uint8_t>;

Buffer framed(Bytes message) {
  std::array<std::uint8_t, kFrameMax> frame;
  const auto encoded = encode_frame(message, frame);
  EXPECT_TRUE(encoded);
  return Buffer(encoded->begin(), encoded->end());
}

// All messages that a reader finds in what goes over the wire.
std::vector<Buffer> read_all(FrameReader& reader, Bytes wire) {
  std::vector<Buffer> found;
  for (const std::uint8_t byte : wire) {
    if (const auto message = reader.take(byte))
      found.emplace_back(message->begin(), message->end());
  }
  return found;
}

Buffer patterned(std::size_t size, int kind) {
  if (kind == 0) return fakes::noise(size, static_cast<std::uint32_t>(size));
  return Buffer(size, static_cast<std::uint8_t>(kind == 1 ? 0 : 0xff));
}

TEST(Frame, ComesBackWhateverItHolds) {
  FrameReader reader;
  for (int kind = 0; kind < 3; ++kind) {
    for (const std::size_t size :
         {0UZ, 1UZ, 249UZ, 250UZ, 251UZ, 254UZ, 255UZ, 508UZ, kMessageMax}) {
      const Buffer message = patterned(size, kind);
      const Buffer wire = framed(message);
      EXPECT_LE(wire.size(), kFrameMax);
      EXPECT_EQ(std::count(wire.begin() + 1, wire.end() - 1, 0), 0);
      EXPECT_EQ(read_all(reader, wire), std::vector<Buffer>{message}) << size << " of " << kind;
    }
  }
}

TEST(Frame, IsPassedOverWhereAnyByteIsLostAddedOrChanged) {
  const Buffer message = {1, 0, 2, 0, 0, 3, 255, 4};
  const Buffer whole = framed(message), next = framed(Buffer{7, 7});
  for (std::size_t at = 1; at + 1 < whole.size(); ++at) {
    for (int what = 0; what < 3; ++what) {
      Buffer wire = whole;
      const auto place = wire.begin() + static_cast<std::ptrdiff_t>(at);
      if (what == 0) wire.erase(place);
      if (what == 1) wire.insert(place, 0x55);
      if (what == 2) *place ^= 0x10;
      wire.insert(wire.end(), next.begin(), next.end());
      FrameReader reader;
      EXPECT_EQ(read_all(reader, wire), std::vector<Buffer>({{7, 7}})) << at << " " << what;
    }
  }
}

TEST(Frame, IsFoundBehindNoiseThatIsLongerThanAnyFrame) {
  FrameReader reader;
  Buffer wire = fakes::noise(5 * kFrameMax, 1);
  std::ranges::replace(wire, std::uint8_t{0}, std::uint8_t{1});
  const Buffer frame = framed(Buffer{9});
  wire.insert(wire.end(), frame.begin(), frame.end());
  EXPECT_EQ(read_all(reader, wire), std::vector<Buffer>({{9}}));
}

TEST(Frame, IsNoneWhereMoreFollowsThanTheLongestFrameHolds) {
  // Whole in its first bytes, checksum and all; and one byte longer than any frame.
  Buffer wire = framed(Buffer(kMessageMax, 0xff));
  const std::size_t last_run = (kMessageMax + kFrameChecksum) / kCobsRun;
  ++wire[1 + last_run * (kCobsRun + 1)];
  wire.insert(wire.end() - 1, 0x11);
  FrameReader reader;
  EXPECT_TRUE(read_all(reader, wire).empty());
}

TEST(Frame, IsNoneWhereItIsLongerThanItsLimit) {
  std::array<std::uint8_t, kFrameMax> frame;
  EXPECT_EQ(encode_frame(Buffer(kMessageMax + 1), frame).error().code, Code::oversized);
  EXPECT_EQ(encode_frame(Buffer(1), MutableBytes(frame).first(20)).error().code, Code::no_room);
}

}  // namespace
}  // namespace airlock::link
