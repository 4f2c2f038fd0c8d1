#include "core/codec/codec.h"

#include <gtest/gtest.h>

#include <vector>

namespace airlock::codec {
namespace {

std::vector<std::uint8_t> hex(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(
        static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

TEST(CborReader, ReadsTheIntegersOfRfc8949AppendixA) {
  const struct {
    const char* encoding;
    std::uint64_t value;
  } kCases[] = {{"00", 0},
                {"17", 23},
                {"1818", 24},
                {"1903e8", 1000},
                {"1a000f4240", 1000000},
                {"1bffffffffffffffff", UINT64_MAX}};
  for (const auto& c : kCases) {
    const auto bytes = hex(c.encoding);
    CborReader reader(bytes);
    EXPECT_EQ(*reader.read_unsigned(), c.value);
    EXPECT_TRUE(reader.finish());
  }
}

TEST(CborReader, RefusesEveryLongerFormOfAnInteger) {
  for (const char* longer :
       {"1800", "1817", "190017", "1900ff", "1a0000ffff", "1b00000000ffffffff"}) {
    const auto bytes = hex(longer);
    EXPECT_EQ(CborReader(bytes).read_unsigned().error().code, Code::not_canonical) << longer;
  }
}

TEST(CborReader, RefusesIndefiniteLengthsFloatsAndUnknownSimpleValues) {
  for (const char* refused :
       {"5fff", "9fff", "bfff", "ff", "f90000", "fb0000000000000000", "f7", "e0", "f820"}) {
    const auto bytes = hex(refused);
    EXPECT_FALSE(CborReader(bytes).skip_item()) << refused;
  }
}

TEST(CborReader, RefusesATruncatedItemAndStaysWhereItWas_KeepKey_2018) {
  const auto bytes = hex("58200102");
  CborReader reader(bytes);
  EXPECT_EQ(reader.read_bytes(100).error().code, Code::truncated);
  EXPECT_EQ(reader.position(), 0u);
  EXPECT_EQ(reader.read_bytes(31).error().code, Code::oversized);
}

TEST(CborReader, RefusesTextThatIsNotUtf8OrHoldsControls) {
  for (const char* bad : {"61ff", "62c328", "63eda080", "6100", "611b", "64f4908080", "62c285"}) {
    const auto bytes = hex(bad);
    EXPECT_EQ(CborReader(bytes).read_text(10).error().code, Code::bad_text) << bad;
  }
  const auto good = hex("64f09f9880");
  EXPECT_TRUE(CborReader(good).read_text(10));
}

TEST(CborReader, SkipsDeepItemsOnlyToItsLimit) {
  std::vector<std::uint8_t> nested(kCborDepthMax + 8, 0x81);
  nested.push_back(0x00);
  EXPECT_EQ(CborReader(nested).skip_item().error().code, Code::too_deep);
  const std::vector<std::uint8_t> shallow = {0x81, 0x82, 0x01, 0xa1, 0x01, 0x41, 0xaa};
  CborReader reader(shallow);
  EXPECT_EQ(reader.skip_item()->size(), shallow.size());
}

TEST(CborReader, DoesNotBelieveAHugeCount) {
  const auto bytes = hex("9bffffffffffffffff");
  EXPECT_FALSE(CborReader(bytes).skip_item());
  const auto map = hex("bb8000000000000001");
  EXPECT_FALSE(CborReader(map).skip_item());
}

TEST(CborReader, TakesNoHugeMapForTheOneThatItIsWhenDoubled) {
  const auto none = hex("bb8000000000000000");
  EXPECT_EQ(CborReader(none).skip_item().error().code, Code::truncated);
  const auto one = hex("bb80000000000000010102");
  EXPECT_EQ(CborReader(one).skip_item().error().code, Code::truncated);
}

TEST(CborMapReader, RefusesKeysThatRepeatOrDescend) {
  const auto repeated = hex("a201000100");
  CborReader first(repeated);
  auto map = *CborMapReader::enter(first, 4);
  EXPECT_EQ(*map.next_key(), 1);
  EXPECT_TRUE(first.read_unsigned());
  EXPECT_EQ(map.next_key().error().code, Code::duplicate_key);

  const auto descending = hex("a202000100");
  CborReader second(descending);
  auto other = *CborMapReader::enter(second, 4);
  EXPECT_TRUE(other.next_key());
  EXPECT_TRUE(second.read_unsigned());
  EXPECT_EQ(other.next_key().error().code, Code::not_canonical);
}

TEST(CborMapReader, OrdersNegativeKeysAfterPositiveOnes) {
  const auto bytes = hex("a301000020002100");
  CborReader reader(bytes);
  const auto fine = hex("a3010020002100");
  CborReader ordered(fine);
  auto map = *CborMapReader::enter(ordered, 4);
  for (std::int64_t expected : {1, -1, -2}) {
    EXPECT_EQ(*map.next_key(), expected);
    EXPECT_TRUE(ordered.read_unsigned());
  }
  EXPECT_TRUE(map.done());
}

// A key that 32 bits do not hold is not the field of its lower half.
TEST(CborFields, TakeNoFarKeyForANearOne) {
  const std::int64_t far = std::int64_t{1} << 32;
  for (const std::int64_t key : {far + 1, std::int64_t{INT64_MAX}, -far + 1, -far - 1}) {
    std::array<std::uint8_t, 32> buffer;
    CborWriter writer(buffer);
    writer.write_map(1);
    writer.write_integer(key);
    writer.write_null();
    CborReader reader(*writer.finish());
    CborFields fields(reader, 1);
    ASSERT_TRUE(fields.next());
    EXPECT_EQ(fields.key(), kFarKey) << key;
    fields.took(reader.read_null());
    EXPECT_FALSE(fields.next());
    EXPECT_TRUE(fields.finish());
    EXPECT_EQ(fields.seen(), 0U);
  }
}

TEST(CborMapWriter, PutsTheNumberOfEntriesIntoTheHead) {
  std::array<std::uint8_t, 64> buffer;
  CborWriter writer(buffer);
  {
    CborMapWriter outer(writer);
    outer.key(1).write_bool(true);
    {
      CborMapWriter inner(outer.key(2));
      for (int key = 0; key < 23; ++key) inner.key(key).write_unsigned(0);
    }
    outer.key(-1).write_null();
  }
  CborReader reader(*writer.finish());
  EXPECT_EQ(*reader.read_map(SIZE_MAX), 3U);
  EXPECT_EQ(*reader.read_integer(), 1);
  EXPECT_TRUE(*reader.read_bool());
  EXPECT_EQ(*reader.read_integer(), 2);
  EXPECT_EQ(*reader.read_map(SIZE_MAX), 23U);
  for (int i = 0; i < 46; ++i) EXPECT_TRUE(reader.read_integer());
  EXPECT_EQ(*reader.read_integer(), -1);
  EXPECT_TRUE(reader.read_null());
  EXPECT_TRUE(reader.finish());
}

TEST(CborMapWriter, SaysWhatItNeedsWhereThereIsNoRoomForItsHead) {
  CborWriter writer({});
  {
    CborMapWriter(writer).key(1).write_null();
  }
  EXPECT_EQ(writer.finish().error().code, Code::no_room);
  EXPECT_EQ(writer.finish().error().at, 3U);
}

TEST(CborWriter, WritesWhatTheReaderReadsBack) {
  std::array<std::uint8_t, 128> buffer;
  CborWriter writer(buffer);
  writer.write_array(8);
  for (std::uint64_t value : {0ULL, 23ULL, 24ULL, 255ULL, 256ULL, 65536ULL, 1ULL << 32}) {
    writer.write_unsigned(value);
  }
  writer.write_integer(-500);
  const Bytes encoded = *writer.finish();
  CborReader reader(encoded);
  EXPECT_EQ(*reader.read_array(8), 8u);
  for (std::uint64_t value : {0ULL, 23ULL, 24ULL, 255ULL, 256ULL, 65536ULL, 1ULL << 32}) {
    EXPECT_EQ(*reader.read_unsigned(), value);
  }
  EXPECT_EQ(*reader.read_integer(), -500);
  EXPECT_TRUE(reader.finish());
}

TEST(CborWriter, RefusesToOverflowAndSaysWhatItNeeds) {
  std::array<std::uint8_t, 4> buffer;
  CborWriter writer(buffer);
  writer.write_text("longer than four");
  const auto finished = writer.finish();
  EXPECT_EQ(finished.error(), (Error{Code::no_room, 17}));
}

}  // namespace
}  // namespace airlock::codec
