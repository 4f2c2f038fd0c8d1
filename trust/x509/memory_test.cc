// What was revoked once, kept in a folder.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "host/file/file.h"
#include "trust/x509/internal/fake_authority.h"
#include "trust/x509/revocation.h"

namespace airlock::x509 {
namespace {

crypto::Digest digest(std::uint8_t first) {
  crypto::Digest made;
  made.bytes[0] = first;
  return made;
}

class FolderMemoryTest : public testing::Test {
 protected:
  // A folder of its own: the same tests may run elsewhere on the machine.
  FolderMemoryTest() {
    std::string name = testing::TempDir() + "/x509_memory_XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~FolderMemoryTest() override {
    file::set_interruption(nullptr);
    std::filesystem::remove_all(folder_);
  }
  std::filesystem::path folder_;
};

TEST_F(FolderMemoryTest, RemembersAcrossProcesses) {
  EXPECT_FALSE(*FolderMemory(folder_).holds(digest(1)));
  ASSERT_TRUE(FolderMemory(folder_).add(digest(1)));
  ASSERT_TRUE(FolderMemory(folder_).add(digest(2)));
  ASSERT_TRUE(FolderMemory(folder_).add(digest(2)));
  EXPECT_TRUE(*FolderMemory(folder_).holds(digest(1)));
  EXPECT_TRUE(*FolderMemory(folder_).holds(digest(2)));
  EXPECT_FALSE(*FolderMemory(folder_).holds(digest(3)));
}

TEST_F(FolderMemoryTest, RefusesEveryFlippedBitAndEveryTruncation) {
  ASSERT_TRUE(FolderMemory(folder_).add(digest(1)));
  const auto path = folder_ / "revoked";
  const auto read = file::read(path, 4096);
  ASSERT_TRUE(read);
  const Buffer& whole = *read;
  for (std::size_t bit = 0; bit < whole.size() * 8; bit += 3) {
    Buffer flipped = whole;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    ASSERT_TRUE(file::replace(path, flipped));
    EXPECT_FALSE(FolderMemory(folder_).holds(digest(1))) << bit;
  }
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    ASSERT_TRUE(file::replace(path, Bytes(whole).first(size)));
    EXPECT_FALSE(FolderMemory(folder_).holds(digest(1))) << size;
  }
}

TEST_F(FolderMemoryTest, KnowsNobodyAsGoodOnceItIsFull) {
  Buffer file = fakes::text_bytes("airlock-revoked-1\n");
  const auto append = [&file](const crypto::Digest& id) {
    file.insert(file.end(), id.bytes.begin(), id.bytes.end());
  };
  const auto write = [&] {
    Buffer whole = file;
    const crypto::Digest check = crypto::sha256(whole);
    whole.insert(whole.end(), check.bytes.begin(), check.bytes.end());
    ASSERT_TRUE(file::replace(folder_ / FolderMemory::kFileName, whole));
  };
  for (std::size_t i = 0; i + 1 < FolderMemory::kEntriesMax; ++i) append(digest(1));
  write();
  FolderMemory memory(folder_);
  EXPECT_FALSE(*memory.holds(digest(2)));
  ASSERT_TRUE(memory.add(digest(2)));
  EXPECT_TRUE(*memory.holds(digest(1)));
  EXPECT_EQ(memory.holds(digest(3)).error().code, Code::too_many);
  EXPECT_EQ(memory.add(digest(3)).error().code, Code::too_many);
}

int operations_left = 0;

TEST_F(FolderMemoryTest, HoldsTheOldListOrTheNewOneAfterACutAtAnyOperation) {
  ASSERT_TRUE(FolderMemory(folder_).add(digest(1)));
  bool was_cut = true;
  for (int cut = 0; was_cut; ++cut) {
    ASSERT_LT(cut, 100);
    operations_left = cut;
    file::set_interruption([](std::string_view, const file::Path&) {
      return operations_left-- > 0 ? Code::ok : Code::io_failed;
    });
    was_cut = !FolderMemory(folder_).add(digest(2));
    file::set_interruption(nullptr);
    const auto held = FolderMemory(folder_).holds(digest(1));
    ASSERT_TRUE(held) << cut;
    EXPECT_TRUE(*held) << cut;
  }
  EXPECT_TRUE(*FolderMemory(folder_).holds(digest(2)));
}

}  // namespace
}  // namespace airlock::x509
