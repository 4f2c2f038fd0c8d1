// host/file: files of a machine with an operating system, so that nothing is ever half-written.
//
// It is for reading with a limit, for replacing a whole file at once (temporary file, fsync,
// rename, fsync of the folder) and for reading and writing places in a file that stays open. It
// promises that after a crash a replaced file holds the old bytes or the new ones, and that every
// failure of the system comes back as a code. Folders are made and removed only where that is
// asked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"

namespace airlock::file {

using Path = std::filesystem::path;
using Buffer = std::vector<std::uint8_t>;

// Who may read a file: secret ones have mode 0600, the others 0644.
enum class Privacy : std::uint8_t { ordinary, secret };

// code_of turns errno into a code: not_found, exists_already, access_denied, disk_full, not_a_file,
// io_failed.
Code code_of(int error_number);

// read reads a whole file of at most `size_max` bytes. Errors: oversized, not_found, io_failed, ..
Result<Buffer> read(const Path& path, std::size_t size_max);

// read_stream does it with whatever can be read to its end, a pipe or a terminal too. It waits
// until whoever writes there ends.
Result<Buffer> read_stream(const Path& path, std::size_t size_max);

// replace makes `path` hold exactly these bytes, durably, or leaves it as it was. A link is
// replaced and not followed; what is neither that nor a regular file is refused (not_a_file), so
// that no device, pipe or folder ever gives way to a file.
Status replace(const Path& path, Bytes bytes, Privacy privacy = Privacy::ordinary);

// replace_by_parts does it with bytes that lie apart, so that nobody has to put them together.
Status replace_by_parts(const Path& path, std::span<const Bytes> parts,
                        Privacy privacy = Privacy::ordinary);

// create is replace for a file that must not exist yet: exists_already otherwise.
Status create(const Path& path, Bytes bytes, Privacy privacy = Privacy::ordinary);

// output_place is where replace shall write what a person asked to have at `path`: links are
// followed, to a file that is not there yet too. Errors: not_a_file where they lead to something
// else than a regular file, not_found where the folder is none.
inline constexpr int kLinksMax = 40;
Result<Path> output_place(const Path& path);

// make_folders creates a folder and those above it, durably; one that is there is fine.
Status make_folders(const Path& path);

// move_folder gives a folder another name, durably; an empty folder of that name is replaced.
Status move_folder(const Path& from, const Path& to);

// remove_file removes a file durably; one that is not there is fine.
Status remove_file(const Path& path);

// remove_unfinished removes from a folder, and those in it, what replace and create leave there
// where their process is killed. The caller sees to it that nobody else is writing there. That a
// file cannot be removed is no error: it is in nobody's way.
void remove_unfinished(const Path& folder);
// unfinished_in names them.
std::vector<Path> unfinished_in(const Path& folder);
// remove_unfinished_of removes what they leave of this one file, in a folder that others use too.
void remove_unfinished_of(const Path& path);

// write: and read; create: made if absent, and no link followed to elsewhere (not_a_file); stream:
// read in one go, and wait for whoever writes.
enum class Access : std::uint8_t { read, write, create, stream };

// A file or block device that stays open. Move-only.
class File {
 public:
  static Result<File> open(const Path& path, Access access);
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  int descriptor() const { return descriptor_; }
  Result<std::uint64_t> size() const;
  // read_at fills `to`; an end of file before that is truncated.
  Status read_at(std::uint64_t offset, MutableBytes to) const;
  Status write_at(std::uint64_t offset, Bytes bytes);
  Status resize(std::uint64_t size);
  Status sync();
  // begin_sync lets the disk begin with a part and waits for nothing; it promises nothing.
  void begin_sync(std::uint64_t offset, std::uint64_t size) const;
  // lock takes the exclusive lock of this file for as long as it is open: busy where another
  // process has it.
  Status lock();

 private:
  friend class NewFile;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

// A file that comes to be whole or not at all, as with replace, and is larger than what one has in
// memory: it is written in its folder without a name, or under another one. Move-only.
class NewFile {
 public:
  // begin: as replace where something else than a file stands at `place`.
  static Result<NewFile> begin(const Path& place, Privacy privacy = Privacy::ordinary);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  File& file() { return file_; }
  // commit moves it to its place, durably.
  Status commit();

 private:
  NewFile(Path place, Path making, File file);
  Path place_;
  Path making_;  // nothing once committed or moved from
  File file_;
};

// Every change that this room makes to a disk asks here first, by the name of the operation
// ("write", "sync", "rename", "sync folder", "remove", "resize"). Tests make the answer an error,
// or end the process, to play a full disk and a crash at each place. nullptr (the default) changes
// nothing.
using Interruption = Code (*)(std::string_view operation, const Path& path);
void set_interruption(Interruption interruption);

// A folder that comes to be whole or not at all: made beside its place, under a hidden name that
// this process holds locked, and moved there when it is complete. What another process left behind
// unfinished is removed when the next one begins. Move-only.
class NewFolder {
 public:
  // begin: exists_already where something else than an empty folder stands at `place`, usage where
  // the place has no name.
  static Result<NewFolder> begin(const Path& place);
  NewFolder(NewFolder&& other) noexcept;
  NewFolder& operator=(NewFolder&&) = delete;
  ~NewFolder();

  const Path& path() const { return making_; }  // where to make what belongs into it
  // commit moves it to its place, durably: exists_already where another was faster.
  Status commit();

 private:
  NewFolder(Path place, Path making, File lock);
  Path place_;
  Path making_;
  std::optional<File> lock_;  // nothing once committed or moved from
};

}  // namespace airlock::file
