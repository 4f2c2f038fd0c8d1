#include "publish/keys/keys.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <new>
#include <optional>
#include <type_traits>

namespace {
// A secret's memory, and whether a part of it was still there when it was given back.
const std::uint8_t* g_watched = nullptr;
std::optional<bool> g_was_wiped;
}  // namespace

void operator delete[](void* made) noexcept {
  if (made != nullptr && made == g_watched) {
    g_was_wiped = g_watched[0] == 0 && g_watched[5] == 0;
    g_watched = nullptr;
  }
  std::free(made);
}
void operator delete[](void* made, std::size_t) noexcept { operator delete[](made); }
void* operator new[](std::size_t size) {
  void* made = std::malloc(size);
  if (made == nullptr) std::abort();
  return made;
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size); }

namespace airlock::keys {
namespace {

using crypto::Algorithm;

class Keys : public testing::TestWithParam<Algorithm> {
 protected:
  Keys() {
    folder_ =
        std::filesystem::temp_directory_path() / ("airlock-keys-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    ::unsetenv(kPassphraseVariable);
  }
  ~Keys() override { std::filesystem::remove_all(folder_); }

  file::Path folder_;
  Secret passphrase_ = Secret::of(bytes_of("correct horse"));
};

INSTANTIATE_TEST_SUITE_P(Both, Keys, testing::Values(Algorithm::eddsa, Algorithm::es256k));

TEST_P(Keys, SignsWhatTheDevicesCodeVerifies) {
  const SigningKey key = *SigningKey::generate(GetParam());
  const std::array parts = {bytes_of("one part"), bytes_of("and another")};
  const Signature signature = *key.sign(parts);
  const std::array whole = {bytes_of("one partand another")};
  EXPECT_TRUE(crypto::verify(key.public_key(), whole, signature).has_value());
  const std::array other = {bytes_of("another message")};
  EXPECT_EQ(crypto::verify(key.public_key(), other, signature).error().code, Code::bad_signature);
}

TEST_P(Keys, SignsTheSameMessageTheSameWay) {
  const SigningKey key = *SigningKey::generate(GetParam());
  const std::array message = {bytes_of("message")};
  EXPECT_EQ(*key.sign(message), *key.sign(message));
}

TEST_P(Keys, OpensWhatItSaved) {
  const SigningKey made = *SigningKey::generate(GetParam());
  ASSERT_TRUE(made.save(folder_ / "a.key", passphrase_).has_value());
  const auto opened = SigningKey::open(folder_ / "a.key", passphrase_);
  ASSERT_TRUE(opened.has_value()) << name(opened.error().code);
  EXPECT_EQ(opened->public_key(), made.public_key());
  const std::array message = {bytes_of("message")};
  EXPECT_EQ(*opened->sign(message), *made.sign(message));
}

TEST_P(Keys, KeepsTheDoorInTheFileThatOpensslStillReads) {
  for (Door door : {Door::unstated, Door::package, Door::repository}) {
    const SigningKey made = *SigningKey::generate(GetParam(), door);
    const file::Path path = folder_ / ("door-" + std::to_string(static_cast<int>(door)));
    ASSERT_TRUE(made.save(path, passphrase_).has_value());
    const auto opened = SigningKey::open(path, passphrase_);
    ASSERT_TRUE(opened.has_value()) << name(opened.error().code);
    EXPECT_EQ(opened->door(), door);
    const std::string read = "openssl pkey -passin 'pass:correct horse' -pubout -in " +
                             path.string() + " -out " + path.string() + ".pub";
    ASSERT_EQ(std::system(read.c_str()), 0);
    EXPECT_EQ(*read_public_key(path.string() + ".pub"), made.public_key());
  }
}

TEST_F(Keys, KnowNoDoorWhereAnotherToolMadeTheFile) {
  ASSERT_EQ(std::system(("openssl genpkey -algorithm ed25519 -aes-256-cbc "
                         "-pass 'pass:correct horse' -out " +
                         (folder_ / "anna.key").string() + " 2>/dev/null")
                            .c_str()),
            0);
  EXPECT_EQ(SigningKey::open(folder_ / "anna.key", passphrase_)->door(), Door::unstated);
}

TEST_P(Keys, LeavesOnlyEncryptedSecretsOnDiskForTheOwnerAlone) {
  const SigningKey made = *SigningKey::generate(GetParam());
  ASSERT_TRUE(made.save(folder_ / "a.key", passphrase_).has_value());
  struct stat found{};
  ASSERT_EQ(::stat((folder_ / "a.key").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U);
  const file::Buffer bytes = *file::read(folder_ / "a.key", kKeyFileMax);
  EXPECT_TRUE(text_of(bytes).starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
  EXPECT_EQ(text_of(bytes).find("correct horse"), std::string_view::npos);
}

TEST_P(Keys, RefusesAWrongPassphrase) {
  const SigningKey made = *SigningKey::generate(GetParam());
  ASSERT_TRUE(made.save(folder_ / "a.key", passphrase_).has_value());
  const auto opened = SigningKey::open(folder_ / "a.key", Secret::of(bytes_of("wrong")));
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, Code::wrong_passphrase);
}

TEST_P(Keys, NeverOverwritesAKey) {
  const SigningKey made = *SigningKey::generate(GetParam());
  ASSERT_TRUE(made.save(folder_ / "a.key", passphrase_).has_value());
  EXPECT_EQ(made.save(folder_ / "a.key", passphrase_).error().code, Code::exists_already);
}

TEST_P(Keys, KeepsAPublicKeyThroughItsFile) {
  const SigningKey made = *SigningKey::generate(GetParam());
  ASSERT_TRUE(create_public_key(folder_ / "a.pub", made.public_key()).has_value());
  const auto read = read_public_key(folder_ / "a.pub");
  ASSERT_TRUE(read.has_value()) << name(read.error().code);
  EXPECT_EQ(*read, made.public_key());
}

TEST_F(Keys, RefusesAnEmptyPassphrase) {
  const SigningKey made = *SigningKey::generate(Algorithm::eddsa);
  EXPECT_EQ(made.save(folder_ / "a.key", Secret(0)).error().code, Code::no_passphrase);
}

TEST_F(Keys, RefusesAKeyThatLiesOpen) {
  ASSERT_EQ(std::system(("openssl genpkey -algorithm ed25519 -out " +
                         (folder_ / "open.key").string() + " 2>/dev/null")
                            .c_str()),
            0);
  EXPECT_EQ(SigningKey::open(folder_ / "open.key", passphrase_).error().code, Code::wrong_magic);
}

TEST_F(Keys, RefusesPublicKeysOfOtherTypes) {
  const std::string command = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 " +
                              std::string("2>/dev/null | openssl pkey -pubout -out ") +
                              (folder_ / "p256.pub").string();
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(read_public_key(folder_ / "p256.pub").error().code, Code::key_too_weak);
  EXPECT_EQ(public_key_from_pem("no key at all").error().code, Code::wrong_magic);
}

// At a terminal of its own: OpenSSL would ask there, and wait.
TEST_F(Keys, NeverAsksForAPassphraseWhereAPublicKeyIsMeant) {
  const SigningKey made = *SigningKey::generate(crypto::Algorithm::eddsa);
  ASSERT_TRUE(made.save(folder_ / "a.key", passphrase_).has_value());
  int screen = -1;
  const pid_t child = ::forkpty(&screen, nullptr, nullptr, nullptr);
  if (child == 0) {
    ::alarm(10);
    ::_exit(read_public_key(folder_ / "a.key").error().code == Code::wrong_magic ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(screen);
  EXPECT_EQ(status, 0);
}

TEST_F(Keys, TakesThePassphraseFromAPipe) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  const std::string command = "echo correct horse > " + (folder_ / "pipe").string() + " &";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const auto read = read_passphrase({.file = folder_ / "pipe", .subject = "a key"});
  EXPECT_EQ(text_of(read.value().view()), "correct horse");
}

TEST_F(Keys, TakesThePassphraseFromTheFirstLineOfAFile) {
  ASSERT_TRUE(file::create(folder_ / "words", bytes_of("correct horse\r\nmore\n")).has_value());
  const auto read = read_passphrase({.file = folder_ / "words", .subject = "a key"});
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(text_of(read->view()), "correct horse");
}

TEST_F(Keys, TakesThePassphraseFromTheEnvironmentWhereNoFileIsNamed) {
  ::setenv(kPassphraseVariable, "from outside", 1);
  const auto read = read_passphrase({.file = std::nullopt, .subject = "a key"});
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(text_of(read->view()), "from outside");
  ::setenv(kPassphraseVariable, "", 1);
  const auto empty = read_passphrase({.file = std::nullopt, .subject = "a key"});
  EXPECT_EQ(empty.error().code, Code::no_passphrase);
  ::unsetenv(kPassphraseVariable);
}

TEST_F(Keys, WipesWhatASecretNoLongerHolds) {
  Secret secret = Secret::of(bytes_of("abcdef"));
  const Bytes before = secret.view();
  secret.shorten(2);
  EXPECT_EQ(text_of(secret.view()), "ab");
  EXPECT_EQ(before[3], 0);
  static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_constructible_v<SigningKey>);
}

TEST_F(Keys, WipesASecretBeforeItsMemoryIsGivenBack) {
  {
    const Secret secret = Secret::of(bytes_of("abcdef"));
    g_watched = secret.view().data();
  }
  EXPECT_EQ(g_was_wiped, true);
  g_was_wiped.reset();
  Secret secret = Secret::of(bytes_of("abcdef"));
  g_watched = secret.view().data();
  secret = Secret::of(bytes_of("another"));
  EXPECT_EQ(g_was_wiped, true);
}

}  // namespace
}  // namespace airlock::keys
