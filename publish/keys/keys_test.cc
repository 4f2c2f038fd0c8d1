#include "publish/keys/keys.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <new>
#include <optional>
#include <type_traits>

#include "publish/keys/internal.h"

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

INSTANTIATE_TEST_SUITE_P(Each, Keys, testing::ValuesIn(crypto::kAlgorithms));

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
  const bool is_read = GetParam() != Algorithm::slh_dsa_sha2_128s;  // from OpenSSL 3.5 on
  for (Door door : {Door::unstated, Door::package, Door::repository}) {
    const SigningKey made = *SigningKey::generate(GetParam(), door);
    const file::Path path = folder_ / ("door-" + std::to_string(static_cast<int>(door)));
    ASSERT_TRUE(made.save(path, passphrase_).has_value());
    const auto opened = SigningKey::open(path, passphrase_);
    ASSERT_TRUE(opened.has_value()) << name(opened.error().code);
    EXPECT_EQ(opened->door(), door);
    if (!is_read) continue;
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
  ASSERT_TRUE(create_public_keys(folder_ / "a.pub", {&made.public_key(), 1}).has_value());
  const auto read = read_public_key(folder_ / "a.pub");
  ASSERT_TRUE(read.has_value()) << name(read.error().code);
  EXPECT_EQ(*read, made.public_key());
}

std::vector<SigningKey> one_of_each() {
  std::vector<SigningKey> made;
  for (Algorithm algorithm : crypto::kAlgorithms) {
    made.push_back(*SigningKey::generate(algorithm, Door::package));
  }
  return made;
}

std::vector<crypto::PublicKey> public_halves(const std::vector<SigningKey>& keys) {
  std::vector<crypto::PublicKey> halves;
  for (const SigningKey& key : keys) halves.push_back(key.public_key());
  return halves;
}

TEST_F(Keys, KeepsASignersKeysInOneFileUnderOnePassphrase) {
  const std::vector<SigningKey> made = one_of_each();
  const auto halves = public_halves(made);
  ASSERT_TRUE(save_keys(folder_ / "a.key", made, passphrase_).has_value());
  ASSERT_TRUE(create_public_keys(folder_ / "a.pub", halves).has_value());
  const auto opened = open_keys(folder_ / "a.key", passphrase_);
  ASSERT_TRUE(opened.has_value()) << name(opened.error().code);
  EXPECT_EQ(public_halves(*opened), halves);
  EXPECT_EQ(*read_public_keys(folder_ / "a.pub"), halves);
  for (const SigningKey& key : *opened) EXPECT_EQ(key.door(), Door::package);
  const Secret wrong = Secret::of(bytes_of("wrong"));
  EXPECT_EQ(open_keys(folder_ / "a.key", wrong).error().code, Code::wrong_passphrase);
}

TEST_F(Keys, TakesNoFileOfSeveralKeysForOneKey) {
  const std::vector<SigningKey> made = one_of_each();
  ASSERT_TRUE(save_keys(folder_ / "a.key", made, passphrase_).has_value());
  ASSERT_TRUE(create_public_keys(folder_ / "a.pub", public_halves(made)).has_value());
  EXPECT_EQ(SigningKey::open(folder_ / "a.key", passphrase_).error().code, Code::too_many);
  EXPECT_EQ(read_public_key(folder_ / "a.pub").error().code, Code::too_many);
}

TEST_F(Keys, RefusesTwoKeysOfOneAlgorithmInAFile) {
  std::vector<SigningKey> two;
  for (int i = 0; i < 2; ++i) two.push_back(*SigningKey::generate(Algorithm::eddsa));
  EXPECT_EQ(save_keys(folder_ / "a.key", two, passphrase_).error().code, Code::duplicate_key);
  std::string pem;
  std::string secrets;
  for (const SigningKey& key : two) {
    pem += *to_pem({&key.public_key(), 1});
    const file::Path path = folder_ / std::to_string(secrets.size());
    ASSERT_TRUE(key.save(path, passphrase_).has_value());
    secrets += text_of(*file::read(path, kKeyFileMax));
  }
  EXPECT_EQ(public_keys_from_pem(pem).error().code, Code::duplicate_key);
  ASSERT_TRUE(file::create(folder_ / "both", bytes_of(secrets)).has_value());
  EXPECT_EQ(open_keys(folder_ / "both", passphrase_).error().code, Code::duplicate_key);
}

// The pair of RFC 9909, appendix C.
constexpr std::string_view kRfcSecret =
    "-----BEGIN PRIVATE KEY-----\n"
    "MFICAQAwCwYJYIZIAWUDBAMUBECiJjvKRYYINlIxYASVI9YhZ3+tkNUetgZ6Mn4N\n"
    "HmSlASuBCex3fKpOHwJMz8+Ul9mRgFCSgPQlavKwevgCibSU\n"
    "-----END PRIVATE KEY-----\n";
constexpr std::string_view kRfcPublic =
    "-----BEGIN PUBLIC KEY-----\n"
    "MDAwCwYJYIZIAWUDBAMUAyEAK4EJ7Hd8qk4fAkzPz5SX2ZGAUJKA9CVq8rB6+AKJ\n"
    "tJQ=\n"
    "-----END PUBLIC KEY-----\n";

// What another tool writes of an open key when the test's passphrase is given to it.
std::string encrypted(std::string_view pem) {
  constexpr std::string_view kWords = "correct horse";
  const MemoryBio from(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const PlainKey plain(PEM_read_bio_PKCS8_PRIV_KEY_INFO(from.get(), nullptr, nullptr, nullptr));
  const EncryptedKey made(PKCS8_encrypt(-1, EVP_aes_256_cbc(), kWords.data(),
                                        static_cast<int>(kWords.size()), nullptr, 0, 1000,
                                        plain.get()));
  const MemoryBio to(BIO_new(BIO_s_mem()));
  EXPECT_EQ(PEM_write_bio_PKCS8(to.get(), made.get()), 1);
  return text_in(to.get());
}

TEST_F(Keys, ReadsAndWritesSlhDsaKeysAsTheRfcDoes) {
  const auto read = public_keys_from_pem(kRfcPublic);
  ASSERT_TRUE(read.has_value()) << name(read.error().code);
  EXPECT_EQ((*read)[0].algorithm, Algorithm::slh_dsa_sha2_128s);
  EXPECT_EQ(*to_pem(*read), kRfcPublic);
  ASSERT_TRUE(file::create(folder_ / "a.key", bytes_of(encrypted(kRfcSecret))).has_value());
  EXPECT_EQ(SigningKey::open(folder_ / "a.key", passphrase_)->public_key(), (*read)[0]);
}

TEST_F(Keys, RefusesAnSlhDsaKeyWhoseRootIsNotThatOfItsSeeds) {
  std::string changed(kRfcSecret);
  changed[changed.find("ECiJj") + 4] = 'k';  // in SK.seed
  ASSERT_TRUE(file::create(folder_ / "a.key", bytes_of(encrypted(changed))).has_value());
  EXPECT_EQ(SigningKey::open(folder_ / "a.key", passphrase_).error().code, Code::bad_key);
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
  EXPECT_EQ(public_keys_from_pem("no key at all").error().code, Code::wrong_magic);
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
