// SLH-DSA held against another implementation, npm's @noble/post-quantum: what is signed there is
// verified here, and the other way round. tools/peers.sh installs it and says where it lies
// (AIRLOCK_PEERS); without it the test is skipped.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "core/crypto/crypto.h"
#include "publish/keys/slh_dsa.h"

namespace airlock::keys {
namespace {

constexpr int kMessages = 6;

file::Buffer bytes(std::size_t size, int seed) {
  file::Buffer made(size);
  for (std::size_t i = 0; i < size; ++i) {
    made[i] = crypto::sha256(bytes_of(std::to_string(seed) + "/" + std::to_string(i))).bytes[0];
  }
  return made;
}

class Peer : public testing::Test {
 protected:
  Peer()
      : folder_(std::filesystem::temp_directory_path() /
                ("airlock-peer-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~Peer() override { std::filesystem::remove_all(folder_); }

  file::Path path(int n, const char* end) const { return folder_ / (std::to_string(n) + end); }
  file::Buffer read(int n, const char* end) const {
    return file::read(path(n, end), 1 << 20).value();
  }
  void write(int n, const char* end, Bytes content) const {
    ASSERT_TRUE(file::create(path(n, end), content).has_value());
  }

  file::Path folder_;
};

TEST_F(Peer, NobleAndThisRoomMakeTheSameKeysAndAcceptEachOthersSignatures) {
  const char* modules = std::getenv("AIRLOCK_PEERS");
  if (modules == nullptr) GTEST_SKIP() << "tools/peers.sh runs it";
  for (int n = 0; n < kMessages; ++n) {
    const file::Buffer seeds = bytes(slh_dsa::kSeedsSize, n);
    const file::Buffer message = bytes(static_cast<std::size_t>(n) * 37, 100 + n);
    const Secret secret = slh_dsa::derive(seeds);
    write(n, ".seeds", seeds);
    write(n, ".message", message);
    write(n, ".key", slh_dsa::public_half(secret.view()));
    write(n, ".signature", slh_dsa::sign(secret.view(), std::array{Bytes(message)}));
  }
  const std::string ask = "node tools/slh_dsa_peer.mjs " + folder_.string() + " " + modules;
  ASSERT_EQ(std::system(ask.c_str()), 0);
  for (int n = 0; n < kMessages; ++n) {
    EXPECT_EQ(text_of(read(n, ".verdicts")), "100") << n;
    EXPECT_EQ(read(n, ".peer-key"), read(n, ".key")) << n;
    EXPECT_EQ(read(n, ".peer-signature"), read(n, ".signature")) << n;
    const auto key =
        crypto::make_public_key(crypto::Algorithm::slh_dsa_sha2_128s, read(n, ".peer-key"));
    const file::Buffer message = read(n, ".message"), hedged = read(n, ".peer-hedged");
    const std::array parts = {Bytes(message)};
    EXPECT_TRUE(crypto::verify(*key, parts, hedged)) << n;
    file::Buffer flipped = hedged;
    flipped[static_cast<std::size_t>(n) * 1301] ^= 0x10;
    EXPECT_FALSE(crypto::verify(*key, parts, flipped)) << n;
  }
}

}  // namespace
}  // namespace airlock::keys
