#include "core/codec/base64.h"

#include <gtest/gtest.h>

#include <array>

namespace airlock::codec {
namespace {

std::string_view decoded(std::string_view text) {
  static std::array<std::uint8_t, 64> room;
  const Result<Bytes> read = read_base64(text, room);
  return read ? text_of(*read) : "refused";
}

// RFC 4648, section 10.
TEST(Base64, ReadsTheVectorsOfTheStandard) {
  EXPECT_EQ(decoded(""), "");
  EXPECT_EQ(decoded("Zg=="), "f");
  EXPECT_EQ(decoded("Zm8="), "fo");
  EXPECT_EQ(decoded("Zm9v"), "foo");
  EXPECT_EQ(decoded("Zm9vYg=="), "foob");
  EXPECT_EQ(decoded("Zm9vYmE="), "fooba");
  EXPECT_EQ(decoded("Zm9vYmFy"), "foobar");
  EXPECT_EQ(decoded("+/+/"), "\xfb\xff\xbf");
}

TEST(Base64, RefusesEverySecondSpelling) {
  for (const char* bad : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v=", "=",
                          "====", "Z===", "Zg==Zg==", "Zm 9", "Zm-_", "Zm9\n", "Z=g="}) {
    EXPECT_EQ(decoded(bad), "refused") << bad;
    EXPECT_FALSE(check_base64(bad)) << bad;
  }
}

TEST(Base64, WritesNothingBehindItsRoom) {
  std::array<std::uint8_t, 2> room{};
  EXPECT_EQ(read_base64("Zm9v", room).error().code, Code::no_room);
  EXPECT_TRUE(read_base64("Zm8=", room));
}

}  // namespace
}  // namespace airlock::codec
