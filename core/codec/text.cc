#include "core/codec/text.h"

#include <algorithm>
#include <array>
#include <limits>

namespace airlock::codec {
namespace {

// The value of each digit; kNoHexDigit of what is none. Of 100 000 digests the branches of a
// comparison would be guessed wrong every other time.
constexpr std::uint8_t kNoHexDigit = 16;
constexpr std::array<std::uint8_t, 256> kHexValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoHexDigit);
  for (std::uint8_t i = 0; i < 10; ++i) values['0' + i] = i;
  for (std::uint8_t i = 0; i < 6; ++i) values['a' + i] = static_cast<std::uint8_t>(10 + i);
  return values;
}();

constexpr unsigned hex_value_of(char digit) { return kHexValues[static_cast<std::uint8_t>(digit)]; }

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Two digits at a place, or more than 99 where there are none.
constexpr int two_digits(std::string_view text, std::size_t at) {
  constexpr int kNone = 100;
  if (!is_digit(text[at]) || !is_digit(text[at + 1])) return kNone;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

constexpr bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

constexpr int days_in(int month, int year) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && is_leap(year) ? 1 : 0);
}

// Days from 1970-01-01 to a date: years are counted from March, so that the leap day is the last.
constexpr std::int64_t days_from_epoch(int year, int month, int day) {
  constexpr int kYearsOfEra = 400;
  constexpr std::int64_t kDaysOfEra = 146'097;
  constexpr std::int64_t kEpoch = 719'468;  // from 0000-03-01
  const int from_march = month > 2 ? month - 3 : month + 9;
  const int counted = (month > 2 ? year : year - 1) + kYearsOfEra;  // one era up: never negative
  const int of_era = counted % kYearsOfEra;
  const std::int64_t day_of_era =
      of_era * 365 + of_era / 4 - of_era / 100 + (153 * from_march + 2) / 5 + day - 1;
  return (counted / kYearsOfEra - 1) * kDaysOfEra + day_of_era - kEpoch;
}

}  // namespace

Status read_hex(std::string_view text, MutableBytes room) {
  if (text.size() != room.size() * 2) return fail(Code::bad_text, text.size());
  for (std::size_t i = 0; i < room.size(); ++i) {
    const unsigned high = hex_value_of(text[2 * i]);
    const unsigned low = hex_value_of(text[2 * i + 1]);
    if (high == kNoHexDigit) return fail(Code::bad_text, 2 * i);
    if (low == kNoHexDigit) return fail(Code::bad_text, 2 * i + 1);
    room[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return {};
}

Result<std::uint64_t> read_decimal(std::string_view text, std::uint64_t max) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return fail(Code::bad_text);
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return fail(Code::bad_text);
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (digit > max || value > (max - digit) / 10) return fail(Code::out_of_range);
    value = value * 10 + digit;
  }
  return value;
}

Result<std::int64_t> read_time(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  if (text.size() != kForm.size()) return fail(Code::bad_text);
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool fits = kForm[i] == '0' ? is_digit(text[i]) : text[i] == kForm[i];
    if (!fits) return fail(Code::bad_text, i);
  }
  const int year = two_digits(text, 0) * 100 + two_digits(text, 2);
  const int month = two_digits(text, 5), day = two_digits(text, 8);
  const int hour = two_digits(text, 11), minute = two_digits(text, 14);
  const int second = two_digits(text, 17);
  if (month < 1 || month > 12 || day < 1 || day > days_in(month, year) || hour > 23 ||
      minute > 59 || second > 59) {
    return fail(Code::bad_text);
  }
  return ((days_from_epoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
}

bool is_plain_path(std::string_view path) {
  std::size_t size = 0;  // of the present segment, of which `dots` are dots
  std::size_t dots = 0;
  const auto is_segment = [&] { return size > 0 && !(dots == size && dots <= 2); };
  for (const char c : path) {
    if (c < ' ' || c > '~' || c == '\\') return false;
    if (c == '/') {
      if (!is_segment()) return false;
      size = dots = 0;
      continue;
    }
    ++size;
    dots += c == '.' ? 1 : 0;
  }
  return is_segment();
}

}  // namespace airlock::codec
