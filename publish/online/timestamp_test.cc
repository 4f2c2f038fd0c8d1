#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "publish/online/online.h"
#include "trust/tuf/tuf.h"

namespace airlock::online {
namespace {

constexpr std::int64_t kNow = 1'790'000'000;
constexpr std::int64_t kDay = 86'400;

using release::RoleSigner;
using Type = keys::RepositoryKey::Type;

int operations_left = 0;
Code stop_after(std::string_view, const Path&) {
  return operations_left-- > 0 ? Code::ok : Code::io_failed;
}

// A repository whose second root lists the present timestamp key and two that are to come.
class TimestampKeys : public testing::Test {
 protected:
  TimestampKeys() {
    folder_ = std::filesystem::temp_directory_path() /
              ("airlock-timestamp-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(keys() / "next");
    const RoleSigner present = make(keys() / "repo-timestamp");
    EXPECT_TRUE(
        release::init_repository(repository(), {root_, targets_, snapshot_, present.half}, kNow));
    listed_ = {present.half, make(keys() / "next/a").half, make(keys() / "next/b").half};
    make(keys() / "next/c");  // which root does not list
    write_root();
    EXPECT_TRUE(release::renew_timestamp(repository(), {&present, 1}, kDay, kNow));
  }
  ~TimestampKeys() override {
    file::set_interruption(nullptr);
    std::filesystem::remove_all(folder_);
  }

  static RoleSigner in_memory() {
    return *release::role_signer(*keys::RepositoryKey::generate(Type::p256), "in memory");
  }
  RoleSigner make(const Path& stem) const {
    return *release::make_role_key(stem, Type::ed25519, passphrase_);
  }

  void write_root() const {
    const tuf::RootDraft draft{2,
                               kNow + 700 * kDay,
                               {{root_.half}, 1},
                               {listed_, 1},
                               {{snapshot_.half}, 1},
                               {{targets_.half}, 1}};
    const std::string part = *tuf::draft_root(draft);
    const keys::Signature signature = *root_.key.sign(bytes_of(*tuf::message_of(part)));
    const std::string file = *tuf::join(part, {{root_.half.id, signature}});
    ASSERT_TRUE(file::replace(repository() / "metadata/2.root.json", bytes_of(file)));
  }

  Answer<TimestampChange> change(std::int64_t now = kNow + 3 * kDay) const {
    return change_timestamp_key({repository(), keys(), kDay, now}, passphrase_);
  }
  // What signs now, and whether a device accepts that.
  std::string present() const {
    const Buffer pem = *file::read(keys() / "repo-timestamp.pub", keys::kKeyFileMax);
    return tuf::key_from_pem(text_of(pem))->id;
  }
  Answer<void> sign_again() const {
    const Path path = keys() / "repo-timestamp.key";
    auto key = keys::RepositoryKey::open(path, passphrase_);
    if (!key) return Refusal::of(key.error(), path.string());
    const RoleSigner signer = *release::role_signer(std::move(*key), path.string());
    return release::renew_timestamp(repository(), {&signer, 1}, kDay, kNow + 3 * kDay);
  }
  static Buffer in(const Path& folder, const std::string& stem) {
    return *file::read(folder / "timestamp" / (stem + ".key"), keys::kKeyFileMax);
  }
  Buffer secret() const { return in(folder_, "repo-timestamp"); }

  Path keys() const { return folder_ / "timestamp"; }
  Path repository() const { return folder_ / "repo"; }

  std::filesystem::path folder_;
  keys::Secret passphrase_ = keys::Secret::of(bytes_of(std::string_view("words")));
  RoleSigner root_ = in_memory(), targets_ = in_memory(), snapshot_ = in_memory();
  std::vector<tuf::PublicKey> listed_;
};

TEST_F(TimestampKeys, ChangeToTheNextThatRootLists) {
  const auto first = change();
  ASSERT_TRUE(first) << first.error().about;
  EXPECT_EQ(first->name, "a");
  EXPECT_EQ(first->left, 1U);
  EXPECT_EQ(first->unlisted, 1U);
  EXPECT_EQ(present(), listed_[1].id);
  EXPECT_TRUE(sign_again());
  const auto second = change();
  ASSERT_TRUE(second);
  EXPECT_EQ(present(), listed_[2].id);
  EXPECT_EQ(second->left, 0U);
}

TEST_F(TimestampKeys, AreLeftWhereRootListsNoOther) {
  ASSERT_TRUE(change() && change());
  const auto third = change();
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().error.code, Code::no_next_key);
  EXPECT_EQ(third.error().about, (keys() / "next").string());
  EXPECT_EQ(present(), listed_[2].id);
  EXPECT_TRUE(sign_again());
}

TEST_F(TimestampKeys, AreAsOldAsTheirPlace) {
  EXPECT_FALSE(timestamp_age(keys()).since);
  ASSERT_TRUE(change(kNow + 3 * kDay));
  EXPECT_EQ(timestamp_age(keys()).since.value_or(0), kNow + 3 * kDay);
  ASSERT_TRUE(file::replace(keys() / "since", bytes_of(std::string_view("yesterday"))));
  EXPECT_TRUE(is_due(timestamp_age(keys()), 3 * kDay, kNow));
}

TEST_F(TimestampKeys, AreNotChangedByAWrongPassphrase) {
  const keys::Secret wrong = keys::Secret::of(bytes_of(std::string_view("others")));
  const auto refused = change_timestamp_key({repository(), keys(), kDay, kNow}, wrong);
  EXPECT_EQ(refused.error().error.code, Code::wrong_passphrase);
  EXPECT_EQ(present(), listed_[0].id);
}

TEST_F(TimestampKeys, SignAfterACutAtAnyOperation) {
  std::filesystem::copy(folder_, Path(folder_) += "-before",
                        std::filesystem::copy_options::recursive);
  const Path before = Path(folder_) += "-before";
  for (int cut = 0;; ++cut) {
    ASSERT_LT(cut, 100);
    std::filesystem::remove_all(folder_);
    std::filesystem::copy(before, folder_, std::filesystem::copy_options::recursive);
    operations_left = cut;
    file::set_interruption(&stop_after);
    const bool done = change().has_value();
    file::set_interruption(nullptr);
    ASSERT_TRUE(secret() == in(before, "repo-timestamp") || secret() == in(before, "next/a"))
        << "cut " << cut;
    if (done) break;
    const Buffer kept = secret();
    const auto again = change();
    ASSERT_TRUE(again) << "cut " << cut << ": " << again.error().about;
    ASSERT_NE(secret(), kept) << "cut " << cut;
    ASSERT_NE(secret(), in(before, "repo-timestamp")) << "cut " << cut;
  }
  std::filesystem::remove_all(before);
}

}  // namespace
}  // namespace airlock::online
