#include "host/file/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/fs.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace airlock::file {
namespace {

std::atomic<Interruption> g_interruption = nullptr;

Status may(std::string_view operation, const Path& path) {
  const Interruption interruption = g_interruption.load(std::memory_order_relaxed);
  if (interruption == nullptr) return {};
  const Code code = interruption(operation, path);
  if (code != Code::ok) return fail(code);
  return {};
}

std::unexpected<Error> failed() { return fail(code_of(errno), static_cast<std::uint64_t>(errno)); }

Status write_whole(int descriptor, std::uint64_t offset, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t done =
        ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return failed();
    bytes = bytes.subspan(static_cast<std::size_t>(done));
    offset += static_cast<std::uint64_t>(done);
  }
  return {};
}

Status sync_folder(const Path& folder) {
  AIRLOCK_TRY(may("sync folder", folder));
  const int descriptor =
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failed();
  const int result = ::fsync(descriptor);
  const int error_number = errno;
  ::close(descriptor);
  if (result != 0) return fail(code_of(error_number));
  return {};
}

constexpr std::string_view kUnfinished = ".new-";  // and the process, and a number

bool is_unfinished(std::string_view name) {
  const std::size_t at = name.rfind(kUnfinished);
  if (at == std::string_view::npos) return false;
  const std::string_view numbers = name.substr(at + kUnfinished.size());
  return !numbers.empty() && numbers.find_first_not_of("0123456789-") == std::string_view::npos;
}

// A rename would put a file in the place of a device or a pipe that others use.
Status check_place(const Path& path) {
  struct stat found;
  if (::lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISREG(found.st_mode) && !S_ISLNK(found.st_mode)) return fail(Code::not_a_file);
  return {};
}

// A new file beside the one that it shall become.
struct Beside {
  Path path;
  int descriptor = -1;
};

Path name_beside(const Path& path) {
  static std::atomic<unsigned> counter = 0;
  return path.string() + std::string(kUnfinished) + std::to_string(::getpid()) + "-" +
         std::to_string(counter.fetch_add(1));
}

unsigned mode_of(Privacy privacy) { return privacy == Privacy::secret ? 0600 : 0644; }

Result<Beside> open_beside(const Path& path, Privacy privacy) {
  Beside beside = {name_beside(path)};
  AIRLOCK_TRY(may("write", path));
  beside.descriptor =
      ::open(beside.path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode_of(privacy));
  if (beside.descriptor < 0) return failed();
  return beside;
}

Status move_to_place(const Path& beside, const Path& path) {
  Status moved = may("rename", path);
  if (moved && ::rename(beside.c_str(), path.c_str()) != 0) moved = failed();
  if (!moved) {
    ::unlink(beside.c_str());
    return moved;
  }
  return sync_folder(path.parent_path());
}

// Writes the bytes to a new file beside `path`, durably, and returns its name.
Result<Path> write_beside(const Path& path, std::span<const Bytes> parts, Privacy privacy) {
  AIRLOCK_ASSIGN(const Beside beside, open_beside(path, privacy));
  const int descriptor = beside.descriptor;
  Status written;
  std::uint64_t size = 0;
  for (const Bytes part : parts) {
    if (written) written = write_whole(descriptor, size, part);
    size += part.size();
  }
  if (written) written = may("sync", path);
  if (written && ::fsync(descriptor) != 0) written = failed();
  ::close(descriptor);
  if (!written) {
    ::unlink(beside.path.c_str());
    return std::unexpected(written.error());
  }
  return beside.path;
}

}  // namespace

void set_interruption(Interruption interruption) { g_interruption.store(interruption); }

Code code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR: return Code::not_found;
    case EEXIST:
    case ENOTEMPTY: return Code::exists_already;
    case EACCES:
    case EPERM:
    case EROFS: return Code::access_denied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return Code::disk_full;
    case EWOULDBLOCK: return Code::busy;
    case ENOMEM: return Code::no_room;
    case EISDIR: return Code::not_a_file;
    default: return Code::io_failed;
  }
}

Result<Buffer> read(const Path& path, std::size_t size_max) {
  AIRLOCK_ASSIGN(const File opened, File::open(path, Access::read));
  AIRLOCK_ASSIGN(const std::uint64_t size, opened.size());
  if (size > size_max) return fail(Code::oversized, size);
  Buffer buffer(static_cast<std::size_t>(size));
  AIRLOCK_TRY(opened.read_at(0, buffer));
  return buffer;
}

Result<Buffer> read_stream(const Path& path, std::size_t size_max) {
  AIRLOCK_ASSIGN(const File opened, File::open(path, Access::stream));
  Buffer buffer(size_max + 1);
  std::size_t size = 0;
  while (size <= size_max) {
    const ssize_t done = ::read(opened.descriptor(), buffer.data() + size, buffer.size() - size);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return failed();
    if (done == 0) break;
    size += static_cast<std::size_t>(done);
  }
  if (size > size_max) return fail(Code::oversized, size);
  buffer.resize(size);
  return buffer;
}

Status replace(const Path& path, Bytes bytes, Privacy privacy) {
  return replace_by_parts(path, std::span(&bytes, 1), privacy);
}

Status replace_by_parts(const Path& path, std::span<const Bytes> parts, Privacy privacy) {
  AIRLOCK_TRY(check_place(path));
  AIRLOCK_ASSIGN(const Path beside, write_beside(path, parts, privacy));
  return move_to_place(beside, path);
}

Status create(const Path& path, Bytes bytes, Privacy privacy) {
  AIRLOCK_ASSIGN(const Path beside, write_beside(path, std::span(&bytes, 1), privacy));
  Status linked = may("rename", path);
  if (linked && ::link(beside.c_str(), path.c_str()) != 0) linked = failed();
  ::unlink(beside.c_str());
  if (!linked) return linked;
  return sync_folder(path.parent_path());
}

Result<Path> output_place(const Path& path) {
  struct stat found;
  if (::stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode)) return fail(Code::not_a_file);
  Path place = path;
  for (int links = 0; links < kLinksMax; ++links) {
    std::error_code none;
    const Path target = std::filesystem::read_symlink(place, none);
    if (none) {
      const Path folder = place.parent_path();
      if (!std::filesystem::is_directory(folder.empty() ? "." : folder, none)) {
        return fail(Code::not_found);
      }
      return place;
    }
    place = place.parent_path() / target;
  }
  return fail(Code::not_a_file);
}

namespace {

// A file without a name, where the file system has such: nothing is left of it where the process is
// killed. It gets its name through here.
constexpr std::string_view kOpenFiles = "/proc/self/fd/";

int open_nameless(const Path& folder, Privacy privacy) {
  if (::access(kOpenFiles.data(), X_OK) != 0) return -1;
  return ::open(folder.empty() ? "." : folder.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC,
                mode_of(privacy));
}

}  // namespace

Result<NewFile> NewFile::begin(const Path& place, Privacy privacy) {
  AIRLOCK_TRY(check_place(place));
  if (const int nameless = open_nameless(place.parent_path(), privacy); nameless >= 0) {
    return NewFile(place, Path(), File(nameless));
  }
  AIRLOCK_ASSIGN(Beside beside, open_beside(place, privacy));
  return NewFile(place, std::move(beside.path), File(beside.descriptor));
}

NewFile::NewFile(Path place, Path making, File file)
    : place_(std::move(place)), making_(std::move(making)), file_(std::move(file)) {}

NewFile::NewFile(NewFile&& other) noexcept
    : place_(std::move(other.place_)),
      making_(std::exchange(other.making_, Path())),
      file_(std::move(other.file_)) {}

NewFile::~NewFile() {
  if (!making_.empty()) ::unlink(making_.c_str());
}

Status NewFile::commit() {
  AIRLOCK_TRY(may("sync", place_));
  if (::fsync(file_.descriptor()) != 0) return failed();
  if (making_.empty()) {
    const Path beside = name_beside(place_);
    const std::string open = std::string(kOpenFiles) + std::to_string(file_.descriptor());
    if (::linkat(AT_FDCWD, open.c_str(), AT_FDCWD, beside.c_str(), AT_SYMLINK_FOLLOW) != 0) {
      return failed();
    }
    making_ = beside;
  }
  return move_to_place(std::exchange(making_, Path()), place_);
}

Status make_folders(const Path& path) {
  Path so_far;
  for (const Path& part : path.lexically_normal()) {
    so_far /= part;
    if (so_far.empty() || so_far.filename().empty() || ::mkdir(so_far.c_str(), 0755) == 0) {
      continue;
    }
    struct stat found;
    if (errno != EEXIST || ::stat(so_far.c_str(), &found) != 0) return failed();
    if (!S_ISDIR(found.st_mode)) return fail(Code::exists_already);
  }
  return sync_folder(path.lexically_normal().parent_path());
}

Status move_folder(const Path& from, const Path& to) {
  AIRLOCK_TRY(may("rename", to));
  if (::rename(from.c_str(), to.c_str()) != 0) return failed();
  return sync_folder(to.parent_path());
}

Status remove_file(const Path& path) {
  AIRLOCK_TRY(may("remove", path));
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed();
  return sync_folder(path.parent_path());
}

std::vector<Path> unfinished_in(const Path& folder) {
  std::vector<Path> found;
  std::error_code error;
  for (auto entry = std::filesystem::recursive_directory_iterator(folder, error);
       !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code unknown;
    const bool is_file = entry->is_regular_file(unknown) && !entry->is_symlink(unknown);
    if (is_file && is_unfinished(entry->path().filename().string())) found.push_back(entry->path());
  }
  return found;
}

void remove_unfinished(const Path& folder) {
  for (const Path& path : unfinished_in(folder)) ::unlink(path.c_str());
}

void remove_unfinished_of(const Path& path) {
  std::error_code error;
  const std::string start = path.filename().string() + std::string(kUnfinished);
  for (auto entry = std::filesystem::directory_iterator(path.parent_path(), error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(start) && is_unfinished(name)) ::unlink(entry->path().c_str());
  }
}

Result<File> File::open(const Path& path, Access access) {
  const bool reads_only = access == Access::read || access == Access::stream;
  int flags = O_CLOEXEC | (reads_only ? O_RDONLY : O_RDWR);
  if (access == Access::create) flags |= O_CREAT | O_NOFOLLOW;
  // A pipe that nobody writes to is refused, not waited for.
  if (access != Access::stream) flags |= O_NONBLOCK;
  const int descriptor = ::open(path.c_str(), flags, 0644);
  if (descriptor < 0 && access == Access::create && errno == ELOOP) return fail(Code::not_a_file);
  if (descriptor < 0) return failed();
  return File(descriptor);
}

File::File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::uint64_t> File::size() const {
  struct stat found;
  if (::fstat(descriptor_, &found) != 0) return failed();
  if (S_ISREG(found.st_mode)) return static_cast<std::uint64_t>(found.st_size);
  std::uint64_t size = 0;
  if (!S_ISBLK(found.st_mode)) return fail(Code::not_a_file);
  if (::ioctl(descriptor_, BLKGETSIZE64, &size) != 0) return failed();
  return size;
}

Status File::read_at(std::uint64_t offset, MutableBytes to) const {
  while (!to.empty()) {
    const ssize_t done = ::pread(descriptor_, to.data(), to.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return failed();
    if (done == 0) return fail(Code::truncated, offset);
    to = to.subspan(static_cast<std::size_t>(done));
    offset += static_cast<std::uint64_t>(done);
  }
  return {};
}

Status File::write_at(std::uint64_t offset, Bytes bytes) {
  AIRLOCK_TRY(may("write", {}));
  return write_whole(descriptor_, offset, bytes);
}

Status File::resize(std::uint64_t size) {
  AIRLOCK_TRY(may("resize", {}));
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) return failed();
  return {};
}

void File::begin_sync(std::uint64_t offset, std::uint64_t size) const {
  ::sync_file_range(descriptor_, static_cast<off64_t>(offset), static_cast<off64_t>(size),
                    SYNC_FILE_RANGE_WRITE);
}

Status File::sync() {
  AIRLOCK_TRY(may("sync", {}));
  if (::fdatasync(descriptor_) != 0) return failed();
  return {};
}

Status File::lock() {
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) return failed();
  return {};
}

}  // namespace airlock::file
