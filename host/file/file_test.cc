#include "host/file/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "host/file/beside.h"

namespace airlock::file {
namespace {

class Folder : public testing::Test {
 protected:
  Folder() {
    char name[] = "/tmp/airlock-file-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~Folder() override {
    set_interruption(nullptr);
    std::filesystem::remove_all(folder_);
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder_), {}));
  }
  Path folder_;
};

using FileTest = Folder;

TEST_F(FileTest, ReplacesAFileWhole) {
  EXPECT_TRUE(replace(folder_ / "a", bytes_of("old")));
  EXPECT_TRUE(replace(folder_ / "a", bytes_of("new and longer")));
  EXPECT_EQ(text_of(*read(folder_ / "a", 100)), "new and longer");
  EXPECT_EQ(files(), 1u);
}

TEST_F(FileTest, RefusesToReadMoreThanTheLimit) {
  ASSERT_TRUE(replace(folder_ / "a", bytes_of("12345")));
  EXPECT_EQ(read(folder_ / "a", 4).error(), (Error{Code::oversized, 5}));
  EXPECT_EQ(read(folder_ / "b", 4).error().code, Code::not_found);
}

TEST_F(FileTest, NeverWaitsForAPipeThatNobodyWritesTo) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(read(folder_ / "pipe", 4).error().code, Code::not_a_file);
  EXPECT_EQ(read(folder_, 4).error().code, Code::not_a_file);
}

TEST_F(FileTest, ReadsAPipeToItsEndWhereThatIsAskedFor) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  for (const std::size_t limit : {5U, 4U}) {
    std::thread writer([&] {
      const int descriptor = ::open((folder_ / "pipe").c_str(), O_WRONLY);
      EXPECT_EQ(::write(descriptor, "12345", 5), 5);
      ::close(descriptor);
    });
    const Result<Buffer> got = read_stream(folder_ / "pipe", limit);
    writer.join();
    EXPECT_EQ(got ? Code::ok : got.error().code, limit == 5 ? Code::ok : Code::oversized);
  }
}

using NewFolders = Folder;

TEST_F(NewFolders, StandAtTheirPlaceOnlyWhenTheyAreWhole) {
  {
    Result<NewFolder> begun = NewFolder::begin(folder_ / "a/b/");
    ASSERT_TRUE(begun);
    ASSERT_TRUE(create(begun->path() / "one", bytes_of("1")));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "a/b"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "a")) << "what was not committed is gone";
  Result<NewFolder> begun = NewFolder::begin(folder_ / "a/b/");
  ASSERT_TRUE(create(begun->path() / "one", bytes_of("1")));
  ASSERT_TRUE(begun->commit());
  EXPECT_EQ(text_of(*read(folder_ / "a/b/one", 9)), "1");
  EXPECT_EQ(NewFolder::begin(folder_ / "a/b").error().code, Code::exists_already);
  EXPECT_EQ(NewFolder::begin("").error().code, Code::usage);
}

TEST_F(NewFolders, AreMadeByTheFasterOfTwo) {
  Result<NewFolder> one = NewFolder::begin(folder_ / "a");
  Result<NewFolder> other = NewFolder::begin(folder_ / "a");
  ASSERT_TRUE(create(one->path() / "one", bytes_of("1")));
  ASSERT_TRUE(create(other->path() / "other", bytes_of("2")));
  ASSERT_TRUE(other->commit());
  EXPECT_EQ(one->commit().error().code, Code::exists_already);
  EXPECT_TRUE(exists(folder_ / "a/other"));
}

TEST_F(NewFolders, TakeAwayWhatAPowerCutLeftAndNothingOfTheOwners) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Result<NewFolder> left = NewFolder::begin(folder_ / "a");
    ::_exit(left ? 0 : 1);  // no destructor runs
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  EXPECT_EQ(files(), 1U);
  ASSERT_TRUE(make_folders(folder_ / "a.making"));
  ASSERT_TRUE(NewFolder::begin(folder_ / "a"));
  EXPECT_EQ(files(), 1U);
  EXPECT_TRUE(exists(folder_ / "a.making"));
}

TEST_F(FileTest, CreatesOnlyWhatIsNotThere) {
  EXPECT_TRUE(create(folder_ / "a", bytes_of("first"), Privacy::secret));
  EXPECT_EQ(create(folder_ / "a", bytes_of("second")).error().code, Code::exists_already);
  EXPECT_EQ(text_of(*read(folder_ / "a", 100)), "first");
  EXPECT_EQ(std::filesystem::status(folder_ / "a").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

std::string g_stop_at;

TEST_F(FileTest, RemovesWhatAKilledProcessLeftAndNothingElse) {
  std::filesystem::create_directories(folder_ / "a/b.new-1-2");
  for (const char* name : {"kept", "a/x.new", "a/x.new-", "a/x.new-1-2.json", "a/new-1-2"}) {
    ASSERT_TRUE(create(folder_ / name, bytes_of("x"))) << name;
  }
  for (const char* name : {"x.new-1-0", "a/b.new-1-2/y.json.new-4194304-17"}) {
    ASSERT_TRUE(create(folder_ / name, bytes_of("x"))) << name;
  }
  remove_unfinished(folder_);
  for (const char* name : {"kept", "a/x.new", "a/x.new-", "a/x.new-1-2.json", "a/new-1-2"}) {
    EXPECT_TRUE(std::filesystem::exists(folder_ / name)) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x.new-1-0"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "a/b.new-1-2"));
  remove_unfinished(folder_ / "none");
}

TEST_F(FileTest, RemovesWhatWasToBecomeOneFileAndNothingBesideIt) {
  std::filesystem::create_directories(folder_ / "below");
  for (const char* name :
       {"a", "a.new-", "a.new-1x", "b.new-1-0", "aa.new-1-0", "below/a.new-1-0"}) {
    ASSERT_TRUE(create(folder_ / name, bytes_of("kept"))) << name;
  }
  for (const char* name : {"a.new-1-0", "a.new-4194304-17"}) {
    ASSERT_TRUE(create(folder_ / name, bytes_of("x"))) << name;
  }
  remove_unfinished_of(folder_ / "a");
  for (const char* name :
       {"a", "a.new-", "a.new-1x", "b.new-1-0", "aa.new-1-0", "below/a.new-1-0"}) {
    EXPECT_TRUE(exists(folder_ / name)) << name;
  }
  EXPECT_EQ(files(), 6U);
  remove_unfinished_of(folder_ / "none" / "a");
}

TEST_F(FileTest, MakesNoFileWhereALinkLeads) {
  std::filesystem::create_symlink(folder_ / "elsewhere", folder_ / "lock");
  EXPECT_EQ(File::open(folder_ / "lock", Access::create).error().code, Code::not_a_file);
  EXPECT_FALSE(exists(folder_ / "elsewhere"));
}

TEST_F(FileTest, ReplacesALinkAndNotWhatItLeadsTo) {
  ASSERT_TRUE(replace(folder_ / "elsewhere", bytes_of("old")));
  std::filesystem::create_symlink("elsewhere", folder_ / "a");
  ASSERT_TRUE(replace(folder_ / "a", bytes_of("new")));
  EXPECT_FALSE(std::filesystem::is_symlink(folder_ / "a"));
  EXPECT_EQ(text_of(*read(folder_ / "elsewhere", 100)), "old");
  std::filesystem::create_directory(folder_ / "b");
  EXPECT_EQ(replace(folder_ / "b", bytes_of("new")).error().code, Code::not_a_file);
  EXPECT_EQ(files(), 3U);
}

TEST_F(FileTest, TellsMemoryThatEndedFromADiskThatFailed) {
  EXPECT_EQ(code_of(ENOMEM), Code::no_room);
  EXPECT_EQ(code_of(EIO), Code::io_failed);
}

TEST_F(FileTest, NeverPutsAFileInThePlaceOfAPipeOrADevice) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(replace(folder_ / "pipe", bytes_of("new")).error().code, Code::not_a_file);
  EXPECT_EQ(NewFile::begin(folder_ / "pipe").error().code, Code::not_a_file);
  EXPECT_EQ(output_place(folder_ / "pipe").error().code, Code::not_a_file);
  EXPECT_TRUE(std::filesystem::is_fifo(folder_ / "pipe"));
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileTest, FollowsTheLinksThatAPersonNamesForAnOutput) {
  ASSERT_TRUE(replace(folder_ / "file", bytes_of("old")));
  std::filesystem::create_symlink("file", folder_ / "one");
  std::filesystem::create_symlink(folder_ / "one", folder_ / "two");
  std::filesystem::create_symlink("none", folder_ / "dangling");
  std::filesystem::create_symlink("/dev/null", folder_ / "device");
  std::filesystem::create_symlink("loop", folder_ / "loop");
  EXPECT_EQ(*output_place(folder_ / "two"), folder_ / "file");
  EXPECT_EQ(*output_place(folder_ / "dangling"), folder_ / "none");
  EXPECT_EQ(output_place(folder_ / "device").error().code, Code::not_a_file);
  EXPECT_EQ(output_place(folder_ / "loop").error().code, Code::not_a_file);
  EXPECT_EQ(output_place(folder_).error().code, Code::not_a_file);
  EXPECT_EQ(output_place(folder_ / "none/file").error().code, Code::not_found);
}

using NewFiles = Folder;

TEST_F(NewFiles, StandAtTheirPlaceOnlyWhenTheyAreWhole) {
  ASSERT_TRUE(replace(folder_ / "a", bytes_of("old")));
  {
    Result<NewFile> begun = NewFile::begin(folder_ / "a");
    ASSERT_TRUE(begun);
    ASSERT_TRUE(begun->file().write_at(0, bytes_of("new")));
  }
  EXPECT_EQ(text_of(*read(folder_ / "a", 9)), "old");
  EXPECT_EQ(files(), 1U) << "what was not committed is gone";
  Result<NewFile> begun = NewFile::begin(folder_ / "a");
  ASSERT_TRUE(begun->file().write_at(2, bytes_of("w")));
  ASSERT_TRUE(begun->file().write_at(0, bytes_of("ne")));
  ASSERT_TRUE(begun->commit());
  EXPECT_EQ(text_of(*read(folder_ / "a", 9)), "new");
  EXPECT_EQ(files(), 1U);
}

TEST_F(NewFiles, LeaveNothingOfAProcessThatIsKilled) {
  const int nameless = ::open(folder_.c_str(), O_RDWR | O_TMPFILE, 0600);
  if (nameless < 0) GTEST_SKIP() << "this file system has no files without a name";
  ::close(nameless);
  const pid_t child = ::fork();
  if (child == 0) {
    Result<NewFile> begun = NewFile::begin(folder_ / "a");
    ::_exit(begun && begun->file().write_at(0, bytes_of("new")) ? 0 : 1);  // no destructor runs
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(files(), 0U);
}

TEST_F(NewFiles, KeepTheOldBytesWhereTheyCannotBeMoved) {
  ASSERT_TRUE(replace(folder_ / "a", bytes_of("old")));
  for (const char* operation : {"sync", "rename"}) {
    g_stop_at = operation;
    {
      Result<NewFile> begun = NewFile::begin(folder_ / "a", Privacy::secret);
      ASSERT_TRUE(begun->file().write_at(0, bytes_of("new")));
      set_interruption([](std::string_view name, const Path&) {
        return name == g_stop_at ? Code::disk_full : Code::ok;
      });
      EXPECT_EQ(begun->commit().error().code, Code::disk_full);
      set_interruption(nullptr);
    }
    EXPECT_EQ(text_of(*read(folder_ / "a", 100)), "old") << operation;
    EXPECT_EQ(files(), 1U) << operation;
  }
}

TEST_F(FileTest, KeepsTheOldBytesWhereAnyOperationFails) {
  ASSERT_TRUE(replace(folder_ / "a", bytes_of("old")));
  for (const char* operation : {"write", "sync", "rename"}) {
    g_stop_at = operation;
    set_interruption([](std::string_view name, const Path&) {
      return name == g_stop_at ? Code::disk_full : Code::ok;
    });
    EXPECT_EQ(replace(folder_ / "a", bytes_of("new")).error().code, Code::disk_full);
    set_interruption(nullptr);
    EXPECT_EQ(text_of(*read(folder_ / "a", 100)), "old") << operation;
    EXPECT_EQ(files(), 1u) << operation;
  }
}

TEST_F(FileTest, ReadsAndWritesPlacesOfAnOpenFile) {
  auto file = File::open(folder_ / "slot", Access::create);
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->resize(100));
  EXPECT_TRUE(file->write_at(98, bytes_of("zz")));
  std::array<std::uint8_t, 3> end;
  EXPECT_EQ(file->read_at(98, end).error().code, Code::truncated);
  EXPECT_TRUE(file->read_at(97, end));
  EXPECT_EQ(end[2], 'z');
}

TEST_F(FileTest, GivesTheLockToOneHolderOnly) {
  auto first = File::open(folder_ / "lock", Access::create);
  auto second = File::open(folder_ / "lock", Access::create);
  EXPECT_TRUE(first->lock());
  EXPECT_EQ(second->lock().error().code, Code::busy);
}

TEST_F(FileTest, MakesFoldersButNotOverAFile) {
  EXPECT_TRUE(make_folders(folder_ / "x/y/z"));
  EXPECT_TRUE(make_folders(folder_ / "x/y/z"));
  ASSERT_TRUE(replace(folder_ / "f", {}));
  EXPECT_FALSE(make_folders(folder_ / "f/g"));
}

// What lay at a place whenever something was synced: "file old" is a file while the old bytes did.
Path g_place;
std::vector<std::string> g_synced;

TEST_F(FileTest, SyncsTheBytesBeforeTheyTakeTheirPlaceAndTheFolderAfter) {
  ASSERT_TRUE(replace(folder_ / "a", bytes_of("old")));
  g_place = folder_ / "a";
  ASSERT_TRUE(replace(folder_ / "a", bytes_of("new")));
  g_place.clear();
  EXPECT_EQ(g_synced, (std::vector<std::string>{"file old", "folder new"}));
}

TEST(Beside, IsTheFolderOfTheProgramThatAsks) {
  const Path tests = beside_this_program("host_file_test");
  std::error_code none;
  EXPECT_TRUE(std::filesystem::equivalent(tests, "/proc/self/exe", none));
  EXPECT_EQ(beside_this_program("other"), tests.parent_path() / "other");
}

}  // namespace
}  // namespace airlock::file

// Takes the place of the C library's, which says nothing of when it is called.
extern "C" int fsync(int descriptor) {
  namespace file = airlock::file;
  if (!file::g_place.empty()) {
    struct stat found;
    ::fstat(descriptor, &found);
    const auto there = file::read(file::g_place, 100);
    file::g_synced.push_back((S_ISDIR(found.st_mode) ? "folder " : "file ") +
                             std::string(airlock::text_of(*there)));
  }
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}
