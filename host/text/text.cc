#include "host/text/text.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

#include "core/codec/codec.h"

namespace airlock::text {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

template <class... Values>
std::string print(const char* format, Values... values) {
  std::array<char, 64> buffer;
  const int size = std::snprintf(buffer.data(), buffer.size(), format, values...);
  return {buffer.data(), static_cast<std::size_t>(size)};
}

// Writes groups of `kBits` bits as characters of an alphabet.
template <unsigned kBits>
std::string to_groups(Bytes bytes, std::string_view alphabet) {
  std::string text;
  std::uint32_t held = 0;
  unsigned held_bits = 0;
  for (std::uint8_t byte : bytes) {
    held = held << 8 | byte;
    held_bits += 8;
    while (held_bits >= kBits) {
      held_bits -= kBits;
      text.push_back(alphabet[held >> held_bits & ((1U << kBits) - 1)]);
    }
  }
  if (held_bits > 0) text.push_back(alphabet[held << (kBits - held_bits) & ((1U << kBits) - 1)]);
  return text;
}

Result<std::int64_t> digits(std::string_view text) {
  if (text.empty() || text.size() > 12) return fail(Code::bad_text);
  std::int64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return fail(Code::bad_text);
    value = value * 10 + (c - '0');
  }
  return value;
}

// How many bytes of a line fit into so many columns, cut at a space where there is one.
std::size_t fitting(std::string_view line, std::size_t columns) {
  std::size_t used = 0, at = 0, space = 0;
  while (at < line.size()) {
    const std::size_t size = std::max<std::size_t>(code_point(line.substr(at)).size, 1);
    used += size == 1 ? 1 : 2;
    if (used > columns) return space > 0 ? space : at;
    if (line[at] == ' ') space = at;
    at += size;
  }
  return at;
}

}  // namespace

std::string to_hex(Bytes bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (std::uint8_t byte : bytes) {
    text.push_back(kHexDigits[byte >> 4]);
    text.push_back(kHexDigits[byte & 15]);
  }
  return text;
}

Result<std::vector<std::uint8_t>> from_hex(std::string_view hex) {
  std::vector<std::uint8_t> bytes(hex.size() / 2);
  AIRLOCK_TRY(codec::read_hex(hex, bytes));
  return bytes;
}

Result<crypto::Digest> digest_from_hex(std::string_view hex) {
  AIRLOCK_ASSIGN(const auto bytes, from_hex(hex));
  return crypto::Digest::from(bytes);
}

std::string short_digest(const crypto::Digest& digest) {
  const std::string hex = to_hex(digest.bytes);
  return hex.substr(0, 4) + " " + hex.substr(4, 4) + " … " + hex.substr(56, 4) + " " +
         hex.substr(60, 4);
}

std::string to_base64(Bytes bytes) {
  std::string text = to_groups<6>(bytes, kBase64);
  while (text.size() % 4 != 0) text.push_back('=');
  return text;
}

Result<std::vector<std::uint8_t>> from_base64(std::string_view text) {
  std::vector<std::uint8_t> room(text.size());
  AIRLOCK_ASSIGN(const Bytes bytes, codec::read_base64(text, room));
  room.resize(bytes.size());
  return room;
}

std::string to_base32(Bytes bytes) { return to_groups<5>(bytes, kBase32); }

std::string percent_encoded(std::string_view text, std::string_view plain) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (plain.find(c) != std::string_view::npos) {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return encoded;
}

std::string human_size(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  return print("%.1f %s", value, kUnits[unit]);
}

std::string human_duration(std::int64_t seconds) {
  const auto count = [](std::int64_t value, const char* unit) {
    return std::to_string(value) + " " + unit;
  };
  if (seconds < 60) return count(seconds, "s");
  if (seconds < 3600) return count(seconds / 60, "min") + " " + count(seconds % 60, "s");
  if (seconds < 86400) return count(seconds / 3600, "h") + " " + count(seconds / 60 % 60, "min");
  return count(seconds / 86400, "d") + " " + count(seconds / 3600 % 24, "h");
}

std::string to_time(std::int64_t unix_seconds) {
  using namespace std::chrono;
  const sys_seconds when{seconds{unix_seconds}};
  const auto day = floor<days>(when);
  const year_month_day date{day};
  const hh_mm_ss clock{when - day};
  return print("%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
               static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
               static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
               static_cast<int>(clock.seconds().count()));
}

Result<std::int64_t> from_time(std::string_view text) { return codec::read_time(text); }

Result<std::uint16_t> read_share(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  constexpr std::uint16_t kShareWhole = 10'000;
  if (text.ends_with('%')) text.remove_suffix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string part(point == std::string_view::npos ? "" : text.substr(point + 1));
  const bool digits = !whole.empty() && whole.size() <= 3 && part.size() <= 2 &&
                      whole.find_first_not_of(kDigits) == std::string_view::npos &&
                      part.find_first_not_of(kDigits) == std::string::npos &&
                      (point == std::string_view::npos || !part.empty());
  if (!digits) return fail(Code::bad_text);
  part.resize(2, '0');
  std::uint32_t share = 0;
  for (const char c : std::string(whole) + part) {
    share = share * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (share > kShareWhole) return fail(Code::out_of_range, share);
  return static_cast<std::uint16_t>(share);
}

Result<std::int64_t> read_duration(std::string_view text) {
  if (text.size() < 2) return fail(Code::bad_text);
  AIRLOCK_ASSIGN(const std::int64_t count, digits(text.substr(0, text.size() - 1)));
  constexpr std::int64_t kDaysMax = 36500;
  std::int64_t unit = 0;
  switch (text.back()) {
    case 's': unit = 1; break;
    case 'm': unit = 60; break;
    case 'h': unit = 3600; break;
    case 'd': unit = 86400; break;
    case 'w': unit = 7 * 86400; break;
    default: return fail(Code::bad_text);
  }
  if (count > kDaysMax * 86400 / unit) return fail(Code::out_of_range);
  return count * unit;
}

CodePoint code_point(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {lead, 0};
  std::uint32_t value = lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<std::uint8_t>(text[i]);
    if ((next & 0xc0) != 0x80) return {lead, 0};
    value = value << 6 | (next & 0x3fU);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  if (value < kSmallest[size] || value > 0x10ffff || surrogate) return {lead, 0};
  return {value, size};
}

// Control characters, what turns the direction of writing, what is drawn as nothing, and spaces
// that are not the one that everybody types. Ascending.
constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 33> kHidden = {
    {{0x00, 0x09},        {0x0b, 0x1f},       {0x7f, 0xa0},       {0xad, 0xad},
     {0x34f, 0x34f},      {0x61c, 0x61c},     {0x115f, 0x1160},   {0x1680, 0x1680},
     {0x17b4, 0x17b5},    {0x180b, 0x180f},   {0x2000, 0x200f},   {0x2028, 0x202f},
     {0x205f, 0x206f},    {0x2800, 0x2800},   {0x3000, 0x3000},   {0x3164, 0x3164},
     {0xe000, 0xf8ff},    {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
     {0xfff0, 0xfffb},    {0xfffe, 0xffff},   {0x13430, 0x1345f}, {0x1bca0, 0x1bca3},
     {0x1d159, 0x1d159},  {0x1d173, 0x1d17a}, {0x1fffe, 0x1ffff}, {0x2fffe, 0x2ffff},
     {0x3fffe, 0x3ffff},  {0xe0000, 0xe0fff}, {0xefffe, 0xeffff}, {0xf0000, 0xfffff},
     {0x100000, 0x10ffff}}};

bool is_hidden(std::uint32_t c) {
  return std::ranges::any_of(
      kHidden, [c](const auto& range) { return c >= range.first && c <= range.second; });
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const CodePoint found = code_point(text);
    if (found.size == 0) return false;
    text.remove_prefix(found.size);
  }
  return true;
}

std::string visible_line(std::string_view text) {
  std::string shown;
  for (const char c : visible(text)) {
    if (c == '\n')
      shown += "\\u{a}";
    else
      shown.push_back(c);
  }
  return shown;
}

std::string visible(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const CodePoint found = code_point(text);
    const std::size_t size = found.size == 0 ? 1 : found.size;
    if (found.size == 0 || is_hidden(found.value)) {
      shown += print(found.size == 0 ? "\\x%02x" : "\\u{%x}", found.value);
    } else {
      shown += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return shown;
}

std::string quoted(std::string_view text, std::size_t columns) {
  constexpr std::string_view kMark = "  | ";
  constexpr std::size_t kRoomMin = 8;
  const std::size_t room = std::max(columns, kMark.size() + kRoomMin) - kMark.size();
  const std::string shown = visible(text);
  std::string block;
  for (std::size_t at = 0; at <= shown.size();) {
    const std::size_t end = std::min(shown.find('\n', at), shown.size());
    const std::string_view line = std::string_view(shown).substr(at, end - at);
    const std::size_t size = fitting(line, room);
    block.append(kMark).append(line.substr(0, size)).push_back('\n');
    at += size < line.size() && line[size] != ' ' ? size : size + 1;
  }
  return block;
}

}  // namespace airlock::text
