#include "device/platform/area.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/codec/codec.h"
#include "core/package/package.h"

namespace airlock::platform {
namespace {

constexpr std::array<std::uint8_t, 4> kMagic = {'A', 'L', 'E', 'V'};
constexpr std::size_t kHeadSize = 12;  // magic, length, checksum
constexpr std::uint64_t kStatBlockSize = 512;
constexpr std::size_t kReadAhead = 64 << 10;
// The disk begins with so much while more is decoded, so that a sync has little left to wait for.
constexpr std::uint64_t kWriteBehind = 1 << 20;
constexpr std::size_t kComparePart = 4 << 10;

void put_number(MutableBytes to, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) to[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

std::uint32_t number(Bytes from) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | from[i];
  return value;
}

using Head = std::array<std::uint8_t, kHeadSize>;

// What stands in front of an envelope.
Head head_of(Bytes envelope) {
  Head head;
  const MutableBytes to(head);
  copy_into(to, kMagic);
  put_number(to.subspan(4), static_cast<std::uint32_t>(envelope.size()));
  put_number(to.subspan(8), codec::crc32c(envelope));
  return head;
}

}  // namespace

Result<FileArea> FileArea::open(const file::Path& path, file::Access access) {
  AIRLOCK_ASSIGN(file::File opened, file::File::open(path, access));
  AIRLOCK_ASSIGN(const std::uint64_t size, opened.size());
  return FileArea(std::move(opened), size);
}

Status FileArea::check(std::uint64_t offset, std::uint64_t size) const {
  if (offset > size_ || size > size_ - offset) return fail(Code::out_of_range, offset);
  return {};
}

Status FileArea::read(std::uint64_t offset, MutableBytes to) {
  AIRLOCK_TRY(check(offset, to.size()));
  const bool in_sequence = offset == next_;
  next_ = offset + to.size();
  const auto held = [&] {
    return offset >= ahead_at_ && offset + to.size() <= ahead_at_ + ahead_.size();
  };
  if (!held()) {
    if (!in_sequence || to.size() >= kReadAhead) return file_.read_at(offset, to);
    ahead_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kReadAhead, size_ - offset)));
    ahead_at_ = offset;
    const Status filled = file_.read_at(offset, ahead_);
    if (!filled) ahead_.clear();
    AIRLOCK_TRY(filled);
  }
  copy_into(to, Bytes(ahead_).subspan(static_cast<std::size_t>(offset - ahead_at_), to.size()));
  return {};
}

Status FileArea::erase(std::uint64_t offset, std::uint64_t size) {
  ahead_.clear();
  return check(offset, size);
}

Status FileArea::write(std::uint64_t offset, Bytes bytes) {
  AIRLOCK_TRY(check(offset, bytes.size()));
  ahead_.clear();
  AIRLOCK_TRY(file_.write_at(offset, bytes));
  const std::uint64_t end = (offset + bytes.size()) / kWriteBehind * kWriteBehind;
  if (end > offset) file_.begin_sync(end - kWriteBehind, kWriteBehind);
  return {};
}

Status FileArea::sync() { return file_.sync(); }

Result<Place> FileArea::place() const {
  struct stat found;
  if (::fstat(file_.descriptor(), &found) != 0) return fail(file::code_of(errno));
  // Two nodes may name one block device, so the node does not count there.
  if (S_ISBLK(found.st_mode)) return Place{true, found.st_rdev, 0};
  return Place{false, found.st_dev, found.st_ino};
}

Result<std::uint64_t> FileArea::allocated_bytes() const {
  struct stat found;
  if (::fstat(file_.descriptor(), &found) != 0) return fail(file::code_of(errno));
  if (!S_ISREG(found.st_mode)) return size_;
  return std::min(size_, static_cast<std::uint64_t>(found.st_blocks) * kStatBlockSize);
}

Result<RecordCopy> RecordCopy::open(const file::Path& path, std::uint64_t size,
                                    file::Access access) {
  RecordCopy copy(path, size, access);
  AIRLOCK_TRY(copy.find());
  return copy;
}

Status RecordCopy::find() {
  Result<FileArea> found = FileArea::open(path_, access_);
  if (!found && found.error().code == Code::not_found) return {};
  if (!found) return std::unexpected(found.error());
  if (found->size() >= size_) file_.emplace(std::move(*found));
  return {};
}

Status RecordCopy::read(std::uint64_t offset, MutableBytes to) {
  if (!file_) return fail(Code::not_found);
  return file_->read(offset, to);
}

Status RecordCopy::erase(std::uint64_t offset, std::uint64_t size) {
  if (!file_ && access_ == file::Access::write) {
    AIRLOCK_TRY(file::remove_file(path_));
    AIRLOCK_TRY(make_area(path_, size_));
    AIRLOCK_TRY(find());
  }
  if (!file_) return fail(Code::storage_failed);
  return file_->erase(offset, size);
}

Status RecordCopy::write(std::uint64_t offset, Bytes bytes) {
  if (!file_) return fail(Code::not_found);
  return file_->write(offset, bytes);
}

Status RecordCopy::sync() {
  if (!file_) return fail(Code::not_found);
  return file_->sync();
}

Status make_area(const file::Path& path, std::uint64_t size) {
  AIRLOCK_TRY(file::create(path, {}));
  AIRLOCK_ASSIGN(file::File made, file::File::open(path, file::Access::write));
  AIRLOCK_TRY(made.resize(size));
  return made.sync();
}

Status replace_envelope(const file::Path& path, Bytes envelope) {
  if (envelope.size() > package::kEnvelopeSizeMax) return fail(Code::oversized, envelope.size());
  const Head head = head_of(envelope);
  return file::replace_by_parts(path, std::array{Bytes(head), envelope});
}

std::uint64_t stored_size_of(Bytes envelope) { return kHeadSize + envelope.size(); }

Result<Bytes> envelope_in(Bytes stored) {
  if (stored.size() < kHeadSize) return fail(Code::truncated, stored.size());
  const Bytes head = stored.first(kHeadSize);
  const Bytes envelope = stored.subspan(kHeadSize);
  if (!equal(head.first(4), kMagic)) return fail(Code::wrong_magic);
  const std::uint32_t size = number(head.subspan(4));
  if (envelope.size() < size) return fail(Code::truncated, size);
  if (envelope.size() > size) return fail(Code::trailing_bytes, size);
  if (codec::crc32c(envelope) != number(head.subspan(8))) return fail(Code::bad_checksum);
  return envelope;
}

Result<file::Buffer> read_envelope(const file::Path& path) {
  AIRLOCK_ASSIGN(file::Buffer stored, file::read(path, kHeadSize + package::kEnvelopeSizeMax));
  AIRLOCK_TRY(envelope_in(stored));
  stored.erase(stored.begin(), stored.begin() + kHeadSize);
  return stored;
}

Result<bool> file_holds(const file::Path& path, Bytes envelope) {
  AIRLOCK_ASSIGN(const file::File stored, file::File::open(path, file::Access::read));
  AIRLOCK_ASSIGN(const std::uint64_t size, stored.size());
  if (size != stored_size_of(envelope)) return false;
  Head head;
  AIRLOCK_TRY(stored.read_at(0, head));
  if (!equal(head, head_of(envelope))) return false;
  std::array<std::uint8_t, kComparePart> part;
  for (std::size_t at = 0; at < envelope.size(); at += part.size()) {
    const Bytes wanted = envelope.subspan(at, std::min(part.size(), envelope.size() - at));
    const MutableBytes found = MutableBytes(part).first(wanted.size());
    AIRLOCK_TRY(stored.read_at(kHeadSize + at, found));
    if (!equal(found, wanted)) return false;
  }
  return true;
}

bool is_damage(Code code_of_read_envelope) {
  constexpr std::array kDamage = {Code::not_found,   Code::oversized,      Code::truncated,
                                  Code::wrong_magic, Code::trailing_bytes, Code::bad_checksum};
  return std::ranges::find(kDamage, code_of_read_envelope) != kDamage.end();
}

}  // namespace airlock::platform
