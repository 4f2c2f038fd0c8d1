#include "core/crypto/keccak.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <string>
#include <vector>

namespace airlock::crypto {
namespace {

std::string hex_of(const Digest& digest) {
  std::string hex;
  for (const std::uint8_t byte : digest.bytes) {
    hex.push_back("0123456789abcdef"[byte >> 4]);
    hex.push_back("0123456789abcdef"[byte & 15]);
  }
  return hex;
}

TEST(Keccak, MakesTheSelectorsAndTopicsThatEverybodyKnows) {
  EXPECT_EQ(hex_of(keccak256({})),
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(hex_of(keccak256(bytes_of("Transfer(address,address,uint256)"))),
            "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
}

TEST(Keccak, IsNotTheHashOfTheStandard) {
  EXPECT_NE(keccak256(bytes_of("abc")), sha3_256(bytes_of("abc")));
}

TEST(Keccak, HashesAnyLengthAsTheLibraryDoesWithThePaddingOfTheStandard) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t size = 0; size < 600; ++size) {
    Digest expected;
    unsigned written = 0;
    ASSERT_EQ(EVP_Digest(bytes.data(), bytes.size(), expected.bytes.data(), &written,
                         EVP_sha3_256(), nullptr),
              1);
    ASSERT_EQ(sha3_256(bytes), expected) << size;
    bytes.push_back(static_cast<std::uint8_t>(size * 37 + 11));
  }
}

}  // namespace
}  // namespace airlock::crypto
