// Files and block devices as areas, and small things kept whole in a file.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/base.h"
#include "host/file/file.h"

namespace airlock::platform {

// What flash behind a file or a block device erases at once, at the most: a slot is synced in such
// units, since no smaller one is safer.
inline constexpr std::uint64_t kEraseUnit = 4 << 20;

// The file or device that a path leads to, through links and other names of it.
struct Place {
  bool is_block_device = false;
  std::uint64_t device = 0;
  std::uint64_t node = 0;  // 0 for a block device
  friend bool operator==(const Place&, const Place&) = default;
};

// A slot, or a copy of the record, in a file or on a block device. Its size is fixed when opened.
// Small reads in sequence are read ahead; a write drops what was, so that a read after it sees the
// file. Nobody else writes the file meanwhile: the device's lock sees to that.
class FileArea final : public Area {
 public:
  // open takes Access::read or Access::write; what is opened to be read refuses a write
  // (io_failed).
  static Result<FileArea> open(const file::Path& path, file::Access access);

  std::uint64_t size() const override { return size_; }
  Status read(std::uint64_t offset, MutableBytes to) override;
  // erase has nothing to do: a file may be written over.
  Status erase(std::uint64_t offset, std::uint64_t size) override;
  Status write(std::uint64_t offset, Bytes bytes) override;
  Status sync() override;

  // place names the file or device behind the path, so that two paths to one are seen as one.
  Result<Place> place() const;

  // allocated_bytes is what the area takes from its file system already (a file may have holes);
  // all of it on a block device.
  Result<std::uint64_t> allocated_bytes() const;

 private:
  FileArea(file::File file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
  Status check(std::uint64_t offset, std::uint64_t size) const;

  file::File file_;
  std::uint64_t size_;
  // core reads in steps of a small stack buffer; in sequence they are served from here.
  file::Buffer ahead_;
  std::uint64_t ahead_at_ = 0;
  std::uint64_t next_ = UINT64_MAX;  // where a read in sequence would start
};

// A copy of the boot record in a file. One that is missing or too short reads as nothing, so that
// the other copy decides; erase makes it anew, and whoever writes a copy erases it first.
class RecordCopy final : public Area {
 public:
  // open succeeds where there is no copy; it fails where there is one that cannot be opened.
  static Result<RecordCopy> open(const file::Path& path, std::uint64_t size, file::Access access);

  const std::optional<FileArea>& file() const { return file_; }
  std::uint64_t size() const override { return size_; }
  Status read(std::uint64_t offset, MutableBytes to) override;
  Status erase(std::uint64_t offset, std::uint64_t size) override;
  Status write(std::uint64_t offset, Bytes bytes) override;
  Status sync() override;

 private:
  RecordCopy(file::Path path, std::uint64_t size, file::Access access)
      : path_(std::move(path)), size_(size), access_(access) {}
  Status find();

  file::Path path_;
  std::uint64_t size_;
  file::Access access_;
  std::optional<FileArea> file_;
};

// make_area makes a file of this size without content. Errors: exists_already, disk_full, ..
Status make_area(const file::Path& path, std::uint64_t size);

// replace_envelope keeps an envelope in a file, with its length and a checksum in front of it.
Status replace_envelope(const file::Path& path, Bytes envelope);
// stored_size_of is what that takes.
std::uint64_t stored_size_of(Bytes envelope);
// envelope_in returns the envelope in what lies in such a file: wrong_magic, bad_checksum,
// truncated, trailing_bytes.
Result<Bytes> envelope_in(Bytes stored);
// read_envelope reads it back: not_found, and those of envelope_in.
Result<file::Buffer> read_envelope(const file::Path& path);
// file_holds says whether such a file holds exactly this envelope. Errors: not_found, io_failed.
Result<bool> file_holds(const file::Path& path, Bytes envelope);
// is_damage tells an envelope that is gone or not whole from a disk that does not answer, which
// says nothing of what it holds.
bool is_damage(Code code_of_read_envelope);

}  // namespace airlock::platform
