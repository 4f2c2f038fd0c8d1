#include <algorithm>

#include "device/fetch/internal/transfer.h"
#include "host/text/text.h"

namespace airlock::fetch {

namespace {

// The gap is read over in parts of this size.
constexpr std::size_t kSkipPart = 4 << 10;

}  // namespace

// A response in progress: where in the payload its next byte lies.
struct PayloadSource::Stream {
  std::unique_ptr<Transfer> transfer;
  std::uint64_t position = 0;
  std::uint64_t wished_end = 0;  // of the range that was asked for

  static Result<std::unique_ptr<Stream>> open(Connection::Wires& wires, const PayloadPlace& place,
                                              std::uint64_t first, std::uint64_t end) {
    const std::string path = "/artifacts/" + text::to_hex(place.digest.bytes);
    AIRLOCK_ASSIGN(auto transfer,
                   Transfer::start(wires, Transfer::Keep::window,
                                   {.path = path,
                                    .body_max = kStreamBufferSize,
                                    .range = ByteRange{first, end - 1, place.size}}));
    return std::make_unique<Stream>(Stream{std::move(transfer), first, end});
  }

  // serves says whether this response will come to `offset` soon.
  bool serves(std::uint64_t offset) const {
    const std::uint64_t end = std::max(wished_end, transfer->end());
    return offset >= position && offset - position <= kSkipMax && offset < end;
  }

  Status read(MutableBytes to) {
    while (!to.empty()) {
      AIRLOCK_TRY(transfer->fill());
      const std::size_t size = std::min(to.size(), transfer->available());
      if (size == 0) return fail(Code::truncated, position);  // the response ends before
      transfer->take(to.first(size));
      to = to.subspan(size);
      position += size;
    }
    return {};
  }

  Status skip_to(std::uint64_t offset) {
    std::array<std::uint8_t, kSkipPart> part;
    while (position < offset) {
      const auto size = std::min<std::uint64_t>(offset - position, part.size());
      AIRLOCK_TRY(read(MutableBytes(part).first(static_cast<std::size_t>(size))));
    }
    return {};
  }
};

Result<PayloadSource> PayloadSource::open(Connection& connection, const PayloadPlace& place,
                                          OnProgress on_progress) {
  if (place.head_size > kHeadSizeMax) return fail(Code::oversized, place.head_size);
  if (place.head_size > place.size || place.size == 0) return fail(Code::out_of_range, place.size);
  return PayloadSource(connection, place, std::move(on_progress));
}

PayloadSource::PayloadSource(Connection& connection, const PayloadPlace& place,
                             OnProgress on_progress)
    : wires_(&connection.wires()), place_(place), on_progress_(std::move(on_progress)) {}
PayloadSource::PayloadSource(PayloadSource&&) noexcept = default;
PayloadSource& PayloadSource::operator=(PayloadSource&&) noexcept = default;
PayloadSource::~PayloadSource() = default;

Status PayloadSource::read(std::uint64_t offset, MutableBytes to) {
  if (offset > place_.size || to.size() > place_.size - offset) {
    return fail(Code::truncated, place_.size);
  }
  std::size_t from_head = 0;
  if (offset < place_.head_size && !to.empty()) {
    from_head = std::min<std::size_t>(to.size(), place_.head_size - offset);
    for (std::size_t at = 0; at < from_head; at += kHeadWindow) {
      const std::size_t part = std::min(kHeadWindow, from_head - at);
      AIRLOCK_TRY(read_head(offset + at, to.subspan(at, part)));
    }
  }
  if (from_head < to.size()) AIRLOCK_TRY(read_body(offset + from_head, to.subspan(from_head)));
  if (on_progress_) on_progress_(offset + to.size(), place_.size);
  return {};
}

// read_head reads at most one window, which is moved where it does not hold all of it.
Status PayloadSource::read_head(std::uint64_t offset, MutableBytes to) {
  if (offset < head_at_ || offset + to.size() > head_at_ + head_.size()) {
    const std::uint64_t end = std::min<std::uint64_t>(offset + kHeadWindow, place_.head_size);
    head_.clear();
    AIRLOCK_ASSIGN(auto stream, Stream::open(*wires_, place_, offset, end));
    Buffer window(static_cast<std::size_t>(end - offset));
    AIRLOCK_TRY(stream->read(window));
    head_ = std::move(window);
    head_at_ = offset;
    // A server without ranges is sending the body already: its response is read on.
    if (stream->transfer->end() > end) stream_ = std::move(stream);
  }
  copy_into(to, Bytes(head_).subspan(static_cast<std::size_t>(offset - head_at_), to.size()));
  return {};
}

Status PayloadSource::read_body(std::uint64_t offset, MutableBytes to) {
  if (!stream_ || !stream_->serves(offset)) {
    stream_.reset();
    AIRLOCK_ASSIGN(stream_, Stream::open(*wires_, place_, offset, place_.size));
  }
  auto done = stream_->skip_to(offset);
  if (done) done = stream_->read(to);
  if (!done) stream_.reset();  // the next read asks anew
  return done;
}

Result<LocalSource> LocalSource::open(const file::Path& path, OnProgress on_progress) {
  AIRLOCK_ASSIGN(file::File file, file::File::open(path, file::Access::read));
  AIRLOCK_ASSIGN(const std::uint64_t size, file.size());
  return LocalSource(std::move(file), size, std::move(on_progress));
}

Status LocalSource::read(std::uint64_t offset, MutableBytes to) {
  AIRLOCK_TRY(file_.read_at(offset, to));
  if (on_progress_) on_progress_(offset + to.size(), size_);
  return {};
}

}  // namespace airlock::fetch
