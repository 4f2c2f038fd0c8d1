#include <chrono>

#include "trust/x509/internal/der.h"

namespace airlock::x509::der {
namespace {

constexpr std::uint8_t kLongTag = 0x1f;
constexpr std::uint8_t kLongLength = 0x80;
constexpr std::size_t kLengthBytesMax = 3;  // 16 MiB, more than any limit of this room
constexpr std::size_t kOidSizeMax = 64;

// Length octets at `at`, which moves behind them (X.690, 10.1).
Result<std::size_t> read_length(Bytes bytes, std::size_t& at) {
  if (at >= bytes.size()) return fail(Code::truncated, at);
  const std::uint8_t first = bytes[at++];
  if (first < kLongLength) return first;
  const std::size_t count = first & 0x7fU;
  if (count == 0 || count > kLengthBytesMax) return fail(Code::not_canonical, at);
  if (bytes.size() - at < count) return fail(Code::truncated, at);
  std::size_t length = 0;
  for (std::size_t i = 0; i < count; ++i) length = length << 8U | bytes[at++];
  const bool shortest = length >= kLongLength && length >> 8U * (count - 1) != 0;
  if (!shortest) return fail(Code::not_canonical, at);
  return length;
}

Result<unsigned> two_digits(Bytes text, std::size_t at) {
  const std::uint8_t tens = text[at];
  const std::uint8_t ones = text[at + 1];
  if (tens < '0' || tens > '9' || ones < '0' || ones > '9') return fail(Code::bad_text, at);
  return (tens - '0') * 10U + (ones - '0');
}

// The fields behind the year, "MMDDHHMMSSZ", which must be a moment that exists.
Result<std::int64_t> time_of(unsigned year, Bytes rest) {
  constexpr std::size_t kSize = 11;
  if (rest.size() != kSize || rest[kSize - 1] != 'Z') return fail(Code::bad_text);
  AIRLOCK_ASSIGN(const unsigned month, two_digits(rest, 0));
  AIRLOCK_ASSIGN(const unsigned day, two_digits(rest, 2));
  AIRLOCK_ASSIGN(const unsigned hour, two_digits(rest, 4));
  AIRLOCK_ASSIGN(const unsigned minute, two_digits(rest, 6));
  AIRLOCK_ASSIGN(const unsigned second, two_digits(rest, 8));
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return fail(Code::out_of_range);
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

Result<std::int64_t> utc_time_of(Bytes content) {
  if (content.size() < 2) return fail(Code::truncated);
  AIRLOCK_ASSIGN(const unsigned year, two_digits(content, 0));
  return time_of(year + (year >= 50 ? 1900 : 2000), content.subspan(2));
}

Status check_oid(Bytes content) {
  if (content.empty() || content.size() > kOidSizeMax) return fail(Code::out_of_range);
  if ((content.back() & 0x80U) != 0) return fail(Code::truncated);
  bool starts = true;
  for (const std::uint8_t byte : content) {
    if (starts && byte == 0x80) return fail(Code::not_canonical);
    starts = (byte & 0x80U) == 0;
  }
  return {};
}

}  // namespace

Result<Element> Reader::next() {
  if (rest_.size() < 2) return fail(Code::truncated);
  const std::uint8_t tag = rest_[0];
  if ((tag & kLongTag) == kLongTag) return fail(Code::wrong_type);
  std::size_t at = 1;
  AIRLOCK_ASSIGN(const std::size_t length, read_length(rest_, at));
  if (rest_.size() - at < length) return fail(Code::truncated);
  const Element element{tag, rest_.subspan(at, length), rest_.first(at + length)};
  rest_ = rest_.subspan(at + length);
  return element;
}

Result<Element> Reader::expect(std::uint8_t tag) {
  if (rest_.empty()) return fail(Code::truncated);
  if (rest_[0] != tag) return fail(Code::wrong_type);
  return next();
}

Result<std::optional<Element>> Reader::optional(std::uint8_t tag) {
  if (!next_is(tag)) return std::nullopt;
  AIRLOCK_ASSIGN(const Element element, next());
  return element;
}

Status Reader::end() const {
  if (!rest_.empty()) return fail(Code::trailing_bytes);
  return {};
}

Result<Reader> Reader::enter(std::uint8_t tag) {
  AIRLOCK_ASSIGN(const Element element, expect(tag));
  return Reader(element.content);
}

Result<bool> Reader::optional_false(std::uint8_t tag) {
  AIRLOCK_ASSIGN(const auto element, optional(tag));
  if (!element) return false;
  AIRLOCK_ASSIGN(const bool value, boolean_of(element->content));
  if (!value) return fail(Code::not_canonical);
  return true;
}

Result<Bytes> Reader::oid() {
  AIRLOCK_ASSIGN(const Element element, expect(kOid));
  AIRLOCK_TRY(check_oid(element.content));
  return element.content;
}

Result<Bytes> Reader::integer() {
  AIRLOCK_ASSIGN(const Element element, expect(kInteger));
  AIRLOCK_TRY(check_integer(element.content));
  return element.content;
}

Result<std::uint32_t> Reader::small() {
  AIRLOCK_ASSIGN(const Bytes content, integer());
  return small_of(content);
}

Result<std::int64_t> Reader::time() {
  AIRLOCK_ASSIGN(const Element element, next());
  if (element.tag == kUtcTime) return utc_time_of(element.content);
  if (element.tag == kGeneralizedTime) return generalized_time_of(element.content);
  return fail(Code::wrong_type);
}

Result<Bytes> Reader::bits() {
  AIRLOCK_ASSIGN(const Element element, expect(kBitString));
  if (element.content.empty()) return fail(Code::truncated);
  if (element.content[0] != 0) return fail(Code::wrong_type);
  return element.content.subspan(1);
}

Result<bool> boolean_of(Bytes content) {
  if (content.size() != 1) return fail(Code::wrong_type);
  if (content[0] != 0 && content[0] != 0xff) return fail(Code::not_canonical);
  return content[0] != 0;
}

Status check_integer(Bytes content) {
  if (content.empty()) return fail(Code::truncated);
  if (content.size() == 1) return {};
  const bool padded = (content[0] == 0 && (content[1] & 0x80U) == 0) ||
                      (content[0] == 0xff && (content[1] & 0x80U) != 0);
  if (padded) return fail(Code::not_canonical);
  return {};
}

Result<std::uint32_t> small_of(Bytes content) {
  AIRLOCK_TRY(check_integer(content));
  if (content.size() > 4 || (content[0] & 0x80U) != 0) return fail(Code::out_of_range);
  std::uint32_t value = 0;
  for (const std::uint8_t byte : content) value = value << 8U | byte;
  return value;
}

Result<std::int64_t> generalized_time_of(Bytes content) {
  if (content.size() < 4) return fail(Code::truncated);
  AIRLOCK_ASSIGN(const unsigned century, two_digits(content, 0));
  AIRLOCK_ASSIGN(const unsigned year, two_digits(content, 2));
  return time_of(century * 100 + year, content.subspan(4));
}

Result<std::uint16_t> named_bits_of(Bytes content) {
  if (content.empty() || content.size() > 3 || content[0] > 7) return fail(Code::wrong_type);
  const unsigned unused = content[0];
  const Bytes bytes = content.subspan(1);
  if (bytes.empty()) {
    if (unused != 0) return fail(Code::not_canonical);
    return std::uint16_t{0};
  }
  // X.690, 11.2.2: no zero bits at the end, so the last bit that counts is set.
  const unsigned last = bytes.back();
  if ((last >> unused & 1U) == 0) return fail(Code::not_canonical);
  if (unused > 0 && (last & ((1U << unused) - 1)) != 0) return fail(Code::not_canonical);
  unsigned named = 0;
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    const unsigned octet = bytes[i / 8];
    if ((octet >> (7 - i % 8) & 1U) != 0) named |= 1U << i;
  }
  return static_cast<std::uint16_t>(named);
}

Result<Reader> open(Bytes bytes, std::uint8_t tag) {
  Reader reader(bytes);
  AIRLOCK_ASSIGN(const Reader inside, reader.enter(tag));
  AIRLOCK_TRY(reader.end());
  return inside;
}

}  // namespace airlock::x509::der
