#include "core/carton/carton.h"

#include <algorithm>

namespace airlock::carton {
namespace {

constexpr std::size_t kMagicName = 3;  // the fourth byte is the version

constexpr std::size_t kCountAt = 4;
constexpr std::size_t kSizeAt = 8;

constexpr std::size_t kPartAt = 0;
constexpr std::size_t kZerosAt = 1;
constexpr std::size_t kOffsetAt = 8;
constexpr std::size_t kEntrySizeAt = 16;
constexpr std::size_t kNameAt = 24;

std::uint64_t read_number(Bytes from) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : from) value = value << 8 | byte;
  return value;
}

void write_number(std::uint64_t value, MutableBytes to) {
  for (std::size_t i = to.size(); i-- > 0; value >>= 8) to[i] = static_cast<std::uint8_t>(value);
}

bool is_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

Bytes raw_entry(Bytes whole, std::size_t index) {
  return whole.subspan(kHeadSize + index * kEntrySize, kEntrySize);
}

Entry read_entry(Bytes from) {
  Entry entry;
  entry.part = static_cast<Part>(from[kPartAt]);
  entry.offset = read_number(from.subspan(kOffsetAt, 8));
  entry.size = read_number(from.subspan(kEntrySizeAt, 8));
  copy_into(entry.name.bytes, from.subspan(kNameAt, Digest::kSize));
  return entry;
}

// Parts of one kind are there once, but for payloads, which are told apart by their names.
bool follows(const Entry& before, const Entry& next) {
  if (next.part != before.part) return before.part < next.part;
  return next.part == Part::payload && before.name < next.name;
}

Status check_part(Bytes raw, std::size_t index) {
  if (raw[kPartAt] == 0 || raw[kPartAt] > static_cast<std::uint8_t>(Part::payload)) {
    return fail(Code::unknown_field, index);
  }
  const Entry entry = read_entry(raw);
  const bool has_name = !entry.name.is_zero();
  const bool is_plain = is_zero(raw.subspan(kZerosAt, kOffsetAt - kZerosAt));
  if (!is_plain || entry.size == 0 || has_name != (entry.part == Part::payload)) {
    return fail(Code::not_canonical, index);
  }
  return {};
}

// Each part begins where the one before it ends, but for the zeros that align it.
Result<std::uint64_t> check_place(Bytes whole, const Entry& entry, std::uint64_t end) {
  const std::uint64_t begin = aligned(end);
  if (entry.offset != begin) return fail(Code::not_canonical);
  if (begin > whole.size() || entry.size > whole.size() - begin) return fail(Code::truncated);
  const auto from = static_cast<std::size_t>(end);
  if (!is_zero(whole.subspan(from, static_cast<std::size_t>(begin - end)))) {
    return fail(Code::not_canonical);
  }
  return begin + entry.size;
}

Result<std::size_t> read_head(Bytes whole) {
  if (whole.size() < kMagic.size()) return fail(Code::truncated, whole.size());
  if (!equal(whole.first(kMagicName), Bytes(kMagic).first(kMagicName))) {
    return fail(Code::wrong_magic);
  }
  if (whole[kMagicName] != kMagic[kMagicName]) return fail(Code::unsupported_version);
  if (whole.size() < kHeadSize) return fail(Code::truncated, whole.size());
  const std::uint64_t size = read_number(whole.subspan(kSizeAt, 8));
  if (size > whole.size()) return fail(Code::truncated, whole.size());
  if (size < whole.size()) return fail(Code::trailing_bytes, size);
  const std::uint64_t count = read_number(whole.subspan(kCountAt, 4));
  if (count > kPartsMax) return fail(Code::too_many, kPartsMax);
  if (count == 0) return fail(Code::missing_field);
  if (whole.size() < kHeadSize + count * kEntrySize) return fail(Code::truncated, whole.size());
  return static_cast<std::size_t>(count);
}

}  // namespace

void write_head(std::size_t parts, std::uint64_t size, MutableBytes to) {
  copy_into(to, kMagic);
  write_number(parts, to.subspan(kCountAt, 4));
  write_number(size, to.subspan(kSizeAt, 8));
}

void write_entry(const Entry& entry, MutableBytes to) {
  std::fill_n(to.begin(), kEntrySize, std::uint8_t{0});
  to[kPartAt] = static_cast<std::uint8_t>(entry.part);
  write_number(entry.offset, to.subspan(kOffsetAt, 8));
  write_number(entry.size, to.subspan(kEntrySizeAt, 8));
  copy_into(to.subspan(kNameAt), entry.name.bytes);
}

Result<Carton> Carton::open(Bytes whole) {
  AIRLOCK_ASSIGN(const std::size_t count, read_head(whole));
  std::uint64_t end = kHeadSize + count * kEntrySize;
  Entry before;
  for (std::size_t i = 0; i < count; ++i) {
    AIRLOCK_TRY(check_part(raw_entry(whole, i), i));
    const Entry entry = read_entry(raw_entry(whole, i));
    if (i == 0 && entry.part != Part::envelope) return fail(Code::missing_field);
    if (i > 0 && !follows(before, entry)) return fail(Code::not_canonical, i);
    const Result<std::uint64_t> next = check_place(whole, entry, end);
    if (!next) return fail(next.error().code, i);
    end = *next;
    before = entry;
  }
  if (end != whole.size()) return fail(Code::trailing_bytes, end);
  return Carton(whole, count);
}

Entry Carton::entry(std::size_t index) const {
  AIRLOCK_CHECK(index < count_);
  return read_entry(raw_entry(whole_, index));
}

Bytes Carton::bytes_of_entry(std::size_t index) const {
  const Entry found = entry(index);
  return whole_.subspan(static_cast<std::size_t>(found.offset),
                        static_cast<std::size_t>(found.size));
}

Bytes Carton::only(Part part) const {
  for (std::size_t i = 0; i < count_; ++i) {
    if (entry(i).part == part) return bytes_of_entry(i);
  }
  return {};
}

Result<Bytes> Carton::payload(const Digest& digest) const {
  for (std::size_t i = 0; i < count_; ++i) {
    const Entry found = entry(i);
    if (found.part == Part::payload && found.name == digest) return bytes_of_entry(i);
  }
  return fail(Code::not_found);
}

}  // namespace airlock::carton
