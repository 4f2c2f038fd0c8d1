// The reader behind Tree: the rules of json.h, for texts that are large and mostly plain.
//
// It is a reader of our own, because metadata is the one text that a device reads by the megabyte:
// strings are handed on as they stand in the text, without a copy of each character. It takes
// exactly what json::parse takes, which json_fuzz holds against the library.
#pragma once

#include <charconv>
#include <string>
#include <string_view>

#include "host/json/json.h"

namespace airlock::json::internal {

// A builder has: null(), boolean(bool), integer(std::int64_t), number(std::uint64_t), text and
// key(std::string_view), open_object(), open_array(), close_object() and close_array(). key and
// close_object answer whether all names of the object so far are different.
template <class Builder>
class Reader {
 public:
  Reader(std::string_view text, Builder& builder, bool takes_nul)
      : text_(text), builder_(builder), takes_nul_(takes_nul) {}

  Status read() {
    AIRLOCK_TRY(value());
    while (depth_ > 0) AIRLOCK_TRY(after_value());
    skip_space();
    return at_ == text_.size() ? Status{} : bad();
  }

 private:
  std::unexpected<Error> bad() const { return fail(Code::bad_json, at_); }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  // One value; of a container its beginning, and what stands first in it.
  Status value() {
    while (true) {
      skip_space();
      switch (peek()) {
        case '{': {
          AIRLOCK_TRY(open(Container::object));
          builder_.open_object();
          skip_space();
          if (peek() == '}') return close();
          AIRLOCK_TRY(name());
          continue;
        }
        case '[': {
          AIRLOCK_TRY(open(Container::array));
          builder_.open_array();
          skip_space();
          if (peek() == ']') return close();
          continue;
        }
        case '"': {
          AIRLOCK_ASSIGN(const std::string_view read, string(takes_nul_));
          builder_.text(read);
          return {};
        }
        default: return scalar();
      }
    }
  }

  Status after_value() {
    skip_space();
    if (!take(',')) return close();
    skip_space();
    if (open_[depth_ - 1] == Container::object) AIRLOCK_TRY(name());
    return value();
  }

  Status name() {
    if (peek() != '"') return bad();
    AIRLOCK_ASSIGN(const std::string_view read, string(false));
    if (!builder_.key(read)) return fail(Code::duplicate_key);
    skip_space();
    return take(':') ? Status{} : bad();
  }

  enum class Container : std::uint8_t { object, array };
  Status open(Container container) {
    if (depth_ == kDepthMax) return fail(Code::too_deep, kDepthMax);
    open_[depth_++] = container;
    ++at_;
    return {};
  }
  Status close() {
    const bool is_object = open_[depth_ - 1] == Container::object;
    if (!take(is_object ? '}' : ']')) return bad();
    --depth_;
    if (!is_object) {
      builder_.close_array();
      return {};
    }
    if (!builder_.close_object()) return fail(Code::duplicate_key);
    return {};
  }

  Status scalar() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("true") || rest.starts_with("false")) {
      builder_.boolean(rest[0] == 't');
      at_ += rest[0] == 't' ? 4U : 5U;
      return {};
    }
    if (rest.starts_with("null")) {
      builder_.null();
      at_ += 4;
      return {};
    }
    return number(rest);
  }

  // What follows an integer that is none of ours, a fraction or more digits, is found by whoever
  // expects a comma or an end.
  Status number(std::string_view rest) {
    const bool is_negative = rest.starts_with('-');
    const char* const first = rest.data() + (is_negative ? 1 : 0);
    const char* const last = rest.data() + rest.size();
    if (first == last || *first < '0' || *first > '9') return bad();
    const char* end = first + 1;
    if (*first != '0') {
      while (end < last && *end >= '0' && *end <= '9') ++end;
    }
    // A fraction or an exponent makes it none of ours, however wide it is.
    const bool is_whole = end == last || (*end != '.' && *end != 'e' && *end != 'E');
    const auto wide = [&] { return is_whole ? fail(Code::out_of_range, at_) : bad(); };
    const std::size_t size = static_cast<std::size_t>(end - rest.data());
    if (!is_negative) {
      std::uint64_t value = 0;
      if (std::from_chars(first, end, value).ec != std::errc()) return wide();
      at_ += size;
      builder_.number(value);
      return {};
    }
    std::int64_t value = 0;
    if (std::from_chars(rest.data(), end, value).ec != std::errc()) return wide();
    if (value == 0) return bad();
    at_ += size;
    builder_.integer(value);
    return {};
  }

  // A string's content: a part of the text where it is plain, else what was decoded of it.
  Result<std::string_view> string(bool takes_nul) {
    const std::size_t start = ++at_;
    while (at_ < text_.size() && is_plain(text_[at_])) ++at_;
    if (peek() == '"') return text_.substr(start, at_++ - start);
    decoded_.assign(text_, start, at_ - start);
    while (!take('"')) {
      if (at_ >= text_.size()) return bad();
      AIRLOCK_TRY(is_plain(text_[at_]) ? plain() : peek() == '\\' ? escape(takes_nul) : utf8());
    }
    return decoded_;
  }

  static bool is_plain(char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
  }

  Status plain() {
    decoded_.push_back(text_[at_++]);
    return {};
  }

  Status escape(bool takes_nul) {
    ++at_;
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (const std::size_t which = kNames.find(peek()); which != kNames.npos) {
      decoded_.push_back(kMeanings[which]);
      ++at_;
      return {};
    }
    AIRLOCK_ASSIGN(std::uint32_t unit, utf16_unit());
    if (unit == 0 && !takes_nul) return bad();
    constexpr std::uint32_t kHigh = 0xd800, kLow = 0xdc00, kEnd = 0xe000;
    if (unit >= kLow && unit < kEnd) return bad();
    if (unit >= kHigh && unit < kLow) {
      if (!take('\\')) return bad();
      AIRLOCK_ASSIGN(const std::uint32_t low, utf16_unit());
      if (low < kLow || low >= kEnd) return bad();
      unit = 0x10000 + ((unit - kHigh) << 10) + (low - kLow);
    }
    put_utf8(unit);
    return {};
  }

  Result<std::uint32_t> utf16_unit() {
    if (!take('u')) return bad();
    constexpr std::size_t kDigits = 4;
    const std::string_view digits = text_.substr(at_, kDigits);
    std::uint32_t unit = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
    if (digits.size() != kDigits || error != std::errc() || end != digits.data() + kDigits) {
      return bad();
    }
    at_ += kDigits;
    return unit;
  }

  void put_utf8(std::uint32_t code) {
    const auto put = [this](std::uint32_t byte) { decoded_.push_back(static_cast<char>(byte)); };
    const auto put_tail = [&](unsigned shift) { put(0x80 | ((code >> shift) & 0x3f)); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xc0 | code >> 6);
      put_tail(0);
    } else if (code < 0x10000) {
      put(0xe0 | code >> 12);
      put_tail(6);
      put_tail(0);
    } else {
      put(0xf0 | code >> 18);
      put_tail(12);
      put_tail(6);
      put_tail(0);
    }
  }

  // One character outside ASCII, in its one encoding (RFC 3629, section 4).
  Status utf8() {
    const auto byte = [this](std::size_t i) {
      return at_ + i < text_.size() ? static_cast<std::uint8_t>(text_[at_ + i]) : 0U;
    };
    const unsigned lead = byte(0);
    std::size_t tail = 0;
    if (lead >= 0xc2 && lead <= 0xdf) tail = 1;
    if (lead >= 0xe0 && lead <= 0xef) tail = 2;
    if (lead >= 0xf0 && lead <= 0xf4) tail = 3;
    if (tail == 0) return bad();
    const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < low || byte(1) > high) return bad();
    for (std::size_t i = 2; i <= tail; ++i) {
      if (byte(i) < 0x80 || byte(i) > 0xbf) return bad();
    }
    decoded_.append(text_, at_, tail + 1);
    at_ += tail + 1;
    return {};
  }

  std::string_view text_;
  Builder& builder_;
  bool takes_nul_;
  std::size_t at_ = 0;
  Container open_[kDepthMax] = {};
  std::size_t depth_ = 0;
  std::string decoded_;
};

}  // namespace airlock::json::internal
