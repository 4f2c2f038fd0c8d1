// The power fails between any two changes of the folder, and then a mirror tries what it can: to
// give old files for new ones, whole or mixed. Afterwards an honest refresh succeeds.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "tests/fakes/signers.h"
#include "trust/tuf/internal/fake_repository.h"

namespace airlock::tuf::internal {
namespace {

using Files = std::map<std::string, Buffer, std::less<>>;
constexpr std::int64_t kNow = FakeRepository::kNow;
constexpr const char* kWanted = "wanted";
constexpr int kCut = 7;  // the status of a process that lost its power

int g_changes_left;

FakeSigner signer(const std::string& name) {
  return fake_signer(fakes::Signer(name, crypto::Algorithm::eddsa));
}

// Which online keys the last root takes back.
using Lost = std::vector<std::string>;

class PowerCut : public testing::TestWithParam<Lost> {
 protected:
  PowerCut() {
    // In memory where there is such a folder: the sweep waits for the disk a thousand times.
    std::string name = std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp";
    name += "/airlock-tuf-cut-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    std::filesystem::create_directories(before());
    // The target stands two delegations down.
    repository.delegate("targets", "team", {signer("team")}, {{"paths", {"*"}}});
    repository.delegate("team", "builds", {signer("builds")}, {{"paths", {"*"}}});
    older_ = published("first", 1);
    old_ = published("second", 2);
    FolderStore store(before());
    EXPECT_TRUE(store.save("root", repository.file("1.root.json")));
    EXPECT_EQ(content(store), "second");
    for (const std::string& role : GetParam()) {
      repository.set_signers(role, {signer("another " + role)});
    }
    if (!GetParam().empty()) repository.next_root();
    new_ = published("third", version());
  }
  ~PowerCut() override { std::filesystem::remove_all(folder_); }

  file::Path before() const { return folder_ / "before"; }
  // Of the last publication. Where the timestamp's key is taken back, versions may begin anew:
  // whoever had it could have raised them.
  static std::int64_t version() {
    return std::ranges::find(GetParam(), "timestamp") == GetParam().end() ? 3 : 1;
  }

  Files published(const char* content, std::int64_t version) {
    for (json::Value* part : {&repository.targets, &repository.snapshot, &repository.timestamp}) {
      (*part)["version"] = version;
    }
    for (auto& [name, part] : repository.delegated) part["version"] = version;
    FakeRepository::add_target_to(repository.delegated["builds"], kWanted, content);
    repository.publish();
    return repository.files;
  }

  // What a client with this store takes for the target's content now: "" where it is refused.
  std::string content(Store& store) {
    const auto found = refresh(store, repository, kNow);
    if (!found) return "";
    const auto target = found->find(kWanted, store, repository);
    if (!target) return "";
    for (const char* each : {"first", "second", "third"}) {
      if (check_target(*target, bytes_of(each))) return each;
    }
    return "unknown";
  }

  // A copy of the folder whose process lost its power at this change of the disk; nothing where it
  // came to its end before.
  std::optional<file::Path> cut_at(int change) {
    file::Path folder = folder_ / std::to_string(change);
    std::filesystem::copy(before(), folder);
    const pid_t child = ::fork();
    if (child == 0) {
      g_changes_left = change;
      file::set_interruption([](std::string_view, const file::Path&) {
        if (g_changes_left-- == 0) ::_exit(kCut);
        return Code::ok;
      });
      FolderStore store(folder);
      ::_exit(content(store) == "third" ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WEXITSTATUS(status) == kCut) return folder;
    EXPECT_EQ(status, 0);
    return std::nullopt;
  }

  // What a client with this state takes from a mirror that serves these files.
  std::string content_from(const Files& files, MemoryStore store) {
    repository.files = files;
    std::string taken = content(store);
    repository.files = new_;
    EXPECT_EQ(content(store), "third") << "what was refused did harm";
    return taken;
  }

  // What a mirror could serve: an older publication, or the newest with one older file in it.
  std::vector<Files> attempts() const {
    std::vector<Files> made = {older_, old_};
    for (const std::string role : {"snapshot", "targets", "team", "builds"}) {
      made.push_back(new_);
      made.back()[std::to_string(version()) + "." + role + ".json"] =
          old_.at("2." + role + ".json");
    }
    made.push_back(new_);
    made.back()["timestamp.json"] = old_.at("timestamp.json");
    return made;
  }

  // The state that a process left in its folder, notes too.
  static MemoryStore state_in(const file::Path& folder) {
    FolderStore disk(folder);
    MemoryStore store;
    for (const char* name : {"", "root", "timestamp", "snapshot", "targets", "team", "builds"}) {
      if (auto file = disk.load(name)) store.files[name] = std::move(*file);
    }
    return store;
  }

  FakeRepository repository{
      {signer("root"), signer("timestamp"), signer("snapshot"), signer("targets")}};
  file::Path folder_;
  Files older_, old_, new_;
};

INSTANTIATE_TEST_SUITE_P(Each, PowerCut,
                         testing::Values(Lost{}, Lost{"timestamp"}, Lost{"snapshot"},
                                         Lost{"timestamp", "snapshot"}),
                         [](const auto& one) {
                           std::string name = "WhereRootTakesBack";
                           for (const std::string& role : one.param) name += "_" + role;
                           return one.param.empty() ? name + "_nothing" : name;
                         });

TEST_P(PowerCut, LosesNothingAtAnyChangeAndBringsNothingOlderBack) {
  int change = 0;
  for (; const auto folder = cut_at(change); ++change) {
    MemoryStore left = state_in(*folder);
    const bool is_told_of_the_third = left.files["timestamp"] == new_.at("timestamp.json");
    for (const Files& files : attempts()) {
      const std::string taken = content_from(files, left);
      EXPECT_NE(taken, "first") << change;
      EXPECT_FALSE(is_told_of_the_third && taken == "second") << change;
    }
    FolderStore store(*folder);  // with whatever else the process left there
    EXPECT_EQ(content(store), "third") << change;
  }
  EXPECT_GE(change, 20) << "five files, each with four changes";
}

}  // namespace
}  // namespace airlock::tuf::internal
