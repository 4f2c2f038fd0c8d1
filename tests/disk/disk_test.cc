// What a disk may have forgotten, file by file.
#include "tests/disk/disk.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

namespace airlock::disk {
namespace {

using fakes::Cut;

class Forgetting : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "airlock-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    ASSERT_TRUE(file::replace(folder_ / "file", bytes_of("old")));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Every content that "file" may have after a cut in this work; "(none)" where it is gone.
  template <class Work>
  std::set<std::string> left_by(Work work) {
    const Recorder recorder(folder_, {});
    work();
    watch_nobody();
    std::set<std::string> contents;
    visit_cuts(recorder,
               {[](std::uint64_t) { return true; },
                [&](const Place&, const State& state) {
                  const auto found = state.find((folder_ / "file").string());
                  contents.insert(found == state.end()
                                      ? "(none)"
                                      : std::string(found->second.begin(), found->second.end()));
                }});
    return contents;
  }

  Path folder_;
};

TEST_F(Forgetting, LeavesTheOldFileOrTheNewOneWhereItIsReplaced) {
  const auto replace = [&] { EXPECT_TRUE(file::replace(folder_ / "file", bytes_of("new"))); };
  EXPECT_EQ(left_by(replace), (std::set<std::string>{"old", "new"}));
}

TEST_F(Forgetting, LeavesAnythingWhereAFileIsNamedBeforeItIsSynced) {
  const auto replace = [&] {
    const Path beside = folder_ / "beside";
    file::File made = *file::File::open(beside, file::Access::create);
    EXPECT_TRUE(made.write_at(0, bytes_of("new")));
    EXPECT_EQ(::rename(beside.c_str(), (folder_ / "file").c_str()), 0);
    EXPECT_TRUE(made.sync());
  };
  const std::set<std::string> left = left_by(replace);
  EXPECT_TRUE(left.contains("")) << "the name without the bytes";
  EXPECT_TRUE(left.contains("old"));
  EXPECT_TRUE(left.contains("new"));
}

TEST_F(Forgetting, TearsWhatIsWrittenInPlace) {
  const auto write = [&] {
    file::File opened = *file::File::open(folder_ / "file", file::Access::write);
    EXPECT_TRUE(opened.write_at(0, bytes_of("1234")));
    EXPECT_TRUE(opened.sync());
  };
  const std::set<std::string> left = left_by(write);
  EXPECT_TRUE(left.contains("old"));
  EXPECT_TRUE(left.contains("1234"));
  EXPECT_TRUE(left.contains("12d")) << "half of it";
}

TEST_F(Forgetting, BringsBackWhatWasRemovedAndNotSynced) {
  const auto remove = [&] { EXPECT_TRUE(file::remove_file(folder_ / "file")); };
  EXPECT_EQ(left_by(remove), (std::set<std::string>{"old", "(none)"}));
}

TEST_F(Forgetting, IsRestoredToAnyState) {
  const std::string path = (folder_ / "file").string();
  const std::string other = (folder_ / "other").string();
  restore(folder_, {{other, {1, 2, 3}}});
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(*file::read(other, 9), (Buffer{1, 2, 3}));
  restore(folder_, {{other, {4}}, {path, {}}});
  EXPECT_EQ(*file::read(other, 9), (Buffer{4}));
  EXPECT_EQ(file::read(path, 9)->size(), 0U);
}

}  // namespace
}  // namespace airlock::disk
