#include "core/codec/checksum.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "core/codec/checksum_ways.h"

namespace airlock::codec {
namespace {

// Appendix B.4.
TEST(Checksum, HasTheValuesOfRfc3720) {
  EXPECT_EQ(crc32c(std::vector<std::uint8_t>(32, 0)), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::vector<std::uint8_t>(32, 0xff)), 0x62a8ab43U);
  std::vector<std::uint8_t> ascending(32);
  std::vector<std::uint8_t> descending(32);
  for (std::uint8_t i = 0; i < 32; ++i) {
    ascending[i] = i;
    descending[31U - i] = i;
  }
  EXPECT_EQ(crc32c(ascending), 0x46dd794eU);
  EXPECT_EQ(crc32c(descending), 0x113fdb5cU);
  const std::array<std::uint8_t, 48> read_command = {
      0x01, 0xc0, 0, 0,    0, 0, 0, 0,    0,    0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0,
      0,    0,    0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0,    0};
  EXPECT_EQ(crc32c(read_command), 0xd9963a56U);
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283U);
}

TEST(Checksum, IsTheSameBitByBitAndByTables) {
  std::mt19937 random(3720);
  std::vector<std::uint8_t> bytes(300);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  for (std::size_t from = 0; from < 2 * checksum::kStep; ++from) {
    for (std::size_t size = 0; from + size <= bytes.size(); ++size) {
      const Bytes part = Bytes(bytes).subspan(from, size);
      const auto before = static_cast<std::uint32_t>(random());
      ASSERT_EQ(checksum::by_tables(part, before), checksum::by_bits(part, before))
          << size << " bytes from " << from;
    }
  }
}

TEST(Checksum, GoesOnWhereverItWasLeft) {
  std::vector<std::uint8_t> bytes(100);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * i);
  const std::uint32_t whole = crc32c(bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(crc32c(Bytes(bytes).subspan(cut), crc32c(Bytes(bytes).first(cut))), whole) << cut;
  }
}

}  // namespace
}  // namespace airlock::codec
