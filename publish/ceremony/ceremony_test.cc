#include "publish/ceremony/ceremony.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "host/text/text.h"

namespace airlock::ceremony {
namespace {

using crypto::Algorithm;

class Ceremony : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("ceremony-" + std::to_string(getpid()) + "-" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  file::Path path() const { return folder_ / "transcript"; }
  std::string text() const {
    const auto bytes = file::read(path(), kTranscriptSizeMax);
    return bytes ? std::string(bytes->begin(), bytes->end()) : std::string();
  }

  // Three entries, sealed by these keys.
  std::string written(std::initializer_list<const keys::SigningKey*> seals) {
    auto transcript = Transcript::begin(path());
    EXPECT_TRUE(transcript);
    for (const std::string event : {"shown", "compared", "signed"}) {
      EXPECT_TRUE(transcript->note(
          {event, "2026-11-25T22:00:00Z", {{"digest", std::string(64, 'a')}, {"note", "ä \"\n"}}}));
    }
    for (const keys::SigningKey* key : seals) EXPECT_TRUE(transcript->seal(*key));
    return text();
  }

  std::filesystem::path folder_;
  keys::SigningKey edwards_ = *keys::SigningKey::generate(Algorithm::eddsa);
  keys::SigningKey bitcoin_ = *keys::SigningKey::generate(Algorithm::es256k);
};

TEST_F(Ceremony, IsReadAsItWasWritten) {
  const auto audited = audit(written({&edwards_, &bitcoin_}));
  ASSERT_TRUE(audited) << name(audited.error().code);
  ASSERT_EQ(audited->entries.size(), 3U);
  EXPECT_EQ(audited->entries[1].event, "compared");
  EXPECT_EQ(audited->entries[1].facts.at("note"), "ä \"\n");
  ASSERT_EQ(audited->sealed_by.size(), 2U);
  EXPECT_EQ(audited->sealed_by[0], edwards_.public_key());
  EXPECT_EQ(audited->sealed_by[1], bitcoin_.public_key());
}

TEST_F(Ceremony, IsOnTheDiskAfterEachEntry) {
  auto transcript = Transcript::begin(path());
  ASSERT_TRUE(transcript->note({"shown", "2026-11-25T22:00:00Z", {}}));
  EXPECT_TRUE(text().contains("shown"));
  EXPECT_FALSE(text().contains("signed"));
}

TEST_F(Ceremony, NeverWritesOverAnotherTranscript) {
  const std::string first = written({&edwards_});
  const auto second = Transcript::begin(path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::exists_already);
  EXPECT_EQ(text(), first);
}

TEST_F(Ceremony, IsRefusedWhereAnyBitWasChanged) {
  const std::string whole = written({&edwards_});
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bent = whole;
      bent[at] = static_cast<char>(bent[at] ^ (1 << bit));
      EXPECT_FALSE(audit(bent)) << "byte " << at << " bit " << bit;
    }
  }
}

TEST_F(Ceremony, IsRefusedWhereItWasCut) {
  const std::string whole = written({&edwards_});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(audit(whole.substr(0, size))) << size;
  }
  EXPECT_FALSE(audit(whole.substr(whole.find('\n') + 1)));
}

TEST_F(Ceremony, IsRefusedWhereALineWasTakenOutOrAdded) {
  const std::string whole = written({&edwards_});
  const std::size_t second = whole.find('\n') + 1;
  const std::size_t third = whole.find('\n', second) + 1;
  EXPECT_FALSE(audit(whole.substr(0, second) + whole.substr(third)));
  EXPECT_FALSE(audit(whole + whole.substr(second, third - second)));
  const auto twice = audit(whole + whole);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, Code::bad_transcript);
}

// Whoever holds no key can still compute what a line has to bind.
TEST_F(Ceremony, IsRefusedWhereAnEntryFollowsASeal) {
  const std::string whole = written({&edwards_});
  const std::string previous = text::to_hex(crypto::sha256(bytes_of(whole)).bytes);
  const auto audited =
      audit(whole + R"({"event":"compared","facts":{"with":"Mallory"},"previous":")" + previous +
            R"(","time":"2026-11-25T22:00:00Z"})" + "\n");
  ASSERT_FALSE(audited);
  EXPECT_EQ(audited.error(), (Error{Code::bad_transcript, 5}));
}

TEST_F(Ceremony, IsNotAuditedWithoutASeal) {
  const auto audited = audit(written({}));
  ASSERT_FALSE(audited);
  EXPECT_EQ(audited.error().code, Code::transcript_unsealed);
}

// A seal of one transcript under another one's entries.
TEST_F(Ceremony, IsRefusedWithTheSealOfAnother) {
  const std::string one = written({&edwards_});
  std::filesystem::remove(path());
  auto transcript = Transcript::begin(path());
  ASSERT_TRUE(transcript->note({"shown", "2026-11-25T23:00:00Z", {}}));
  const std::string other = text();
  const std::size_t seal = one.rfind('\n', one.size() - 2) + 1;
  EXPECT_FALSE(audit(other + one.substr(seal)));
}

// What a QR code says is read back by hand: its three corners, and its size for 64 characters.
TEST(QrCode, IsASquareWithThreeCorners) {
  const auto drawn = qr_code(std::string(64, 'a'));
  ASSERT_TRUE(drawn);
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < drawn->size();) {
    const std::size_t end = drawn->find('\n', from);
    lines.push_back(drawn->substr(from, end - from));
    from = end + 1;
  }
  // Version 5 has 37 modules: with the margins of four 45, two rows to a line.
  ASSERT_EQ(lines.size(), 23U);
  const std::string margin = "████";
  EXPECT_TRUE(lines[1].starts_with(margin + margin));
  EXPECT_TRUE(lines[2].starts_with(margin + " ▄▄▄▄▄ "));
  EXPECT_TRUE(lines[2].ends_with(" ▄▄▄▄▄ " + margin));
}

TEST(QrCode, HoldsNoMoreThanItsLimit) {
  EXPECT_EQ(qr_code(std::string(513, 'a')).error().code, Code::oversized);
}

}  // namespace
}  // namespace airlock::ceremony
