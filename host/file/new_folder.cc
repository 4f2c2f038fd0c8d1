#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <utility>

#include "host/file/file.h"

namespace airlock::file {
namespace {

constexpr int kNamesTriedMax = 100;

// "wallet" and "wallet/" are one folder; the second has no file name to add to.
Result<Path> plain(const Path& place) {
  if (place.empty()) return fail(Code::usage);
  std::error_code error;
  const Path whole = std::filesystem::absolute(place, error).lexically_normal();
  if (error) return fail(code_of(error.value()));
  Path named = whole.has_filename() ? whole : whole.parent_path();
  if (!named.has_filename()) return fail(Code::exists_already);  // the root of the file system
  return named;
}

std::string beginning_of(const Path& place) { return "." + place.filename().string() + ".making-"; }

// A lock on the folder itself, which ends with the process that made it.
Result<File> lock_folder(const Path& folder) {
  AIRLOCK_ASSIGN(File opened, File::open(folder, Access::read));
  AIRLOCK_TRY(opened.lock());
  return opened;
}

// The other may have been removed between being made and being locked.
bool is_still_there(const Path& folder, const File& opened) {
  struct stat named;
  struct stat held;
  return ::stat(folder.c_str(), &named) == 0 && ::fstat(opened.descriptor(), &held) == 0 &&
         named.st_ino == held.st_ino && named.st_dev == held.st_dev;
}

void remove_abandoned(const Path& place) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(place.parent_path(), error)) {
    if (!entry.path().filename().string().starts_with(beginning_of(place))) continue;
    if (!lock_folder(entry.path())) continue;  // somebody is at work in it
    std::filesystem::remove_all(entry.path(), error);
  }
}

}  // namespace

NewFolder::NewFolder(Path place, Path making, File lock)
    : place_(std::move(place)), making_(std::move(making)), lock_(std::move(lock)) {}

NewFolder::NewFolder(NewFolder&& other) noexcept
    : place_(std::move(other.place_)),
      making_(std::move(other.making_)),
      lock_(std::exchange(other.lock_, std::nullopt)) {}

NewFolder::~NewFolder() {
  if (!lock_) return;
  std::error_code ignored;
  std::filesystem::remove_all(making_, ignored);
}

Result<NewFolder> NewFolder::begin(const Path& place) {
  static std::atomic<unsigned> counter = 0;
  AIRLOCK_ASSIGN(const Path folder, plain(place));
  std::error_code error;
  if (std::filesystem::exists(folder, error) && !std::filesystem::is_empty(folder, error)) {
    return fail(Code::exists_already);
  }
  AIRLOCK_TRY(make_folders(folder.parent_path()));
  remove_abandoned(folder);
  for (int tried = 0; tried < kNamesTriedMax; ++tried) {
    const Path making = folder.parent_path() / (beginning_of(folder) + std::to_string(::getpid()) +
                                                "-" + std::to_string(counter.fetch_add(1)));
    if (::mkdir(making.c_str(), 0755) != 0) {
      if (errno == EEXIST) continue;
      return fail(code_of(errno));
    }
    Result<File> lock = lock_folder(making);
    if (lock && is_still_there(making, *lock)) return NewFolder(folder, making, std::move(*lock));
  }
  return fail(Code::busy);
}

Status NewFolder::commit() {
  AIRLOCK_CHECK(lock_);
  AIRLOCK_TRY(move_folder(making_, place_));
  lock_.reset();
  return {};
}

}  // namespace airlock::file
