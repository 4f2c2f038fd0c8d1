#include "publish/packs/move_toml.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "host/text/text.h"

namespace airlock::packs {
namespace {

constexpr std::size_t kNestingMax = 64;  // of arrays and tables within a value
constexpr std::size_t kPathMax = 256;    // parts of a key with those of the tables around it
constexpr std::string_view kElement = "[]";
constexpr std::uint32_t kScalarMax = 0x10'ffff;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_of_a_key(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; }
bool is_of_a_name(char c) { return is_of_a_key(c) || c == '.'; }
bool is_of_a_word(char c) { return is_of_a_name(c) || c == '+' || c == ':'; }

// A number, a date or a truth begins so; what else it says is for others to judge.
bool is_word(std::string_view word) {
  if (word == "true" || word == "false") return true;
  if (word.starts_with('+') || word.starts_with('-')) word.remove_prefix(1);
  return word == "inf" || word == "nan" || (!word.empty() && is_digit(word[0]));
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<std::string> read() {
    while (at_ < text_.size()) {
      blanks();
      if (peek() == '[') {
        AIRLOCK_TRY(read_header());
      } else if (is_of_a_key(peek()) || peek() == '"' || peek() == '\'') {
        path_.resize(table_size_);
        AIRLOCK_TRY(read_pair());
      }
      AIRLOCK_TRY(end_line());
    }
    if (is_other_) return fail(Code::wrong_type);
    if (!name_) return fail(Code::missing_field);
    return std::move(*name_);
  }

 private:
  struct Open {
    char closing;      // what ends it
    std::size_t path;  // how long its own path is
  };

  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool take(std::string_view token) {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  std::unexpected<Error> wrong() const { return fail(Code::bad_text, line_); }
  Status expect(std::string_view token) {
    if (!take(token)) return wrong();
    return {};
  }
  void blanks() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }
  bool take_newline() {
    if (!take("\n") && !take("\r\n")) return false;
    ++line_;
    return true;
  }
  bool is_control() const {
    const auto c = static_cast<unsigned char>(text_[at_]);
    return (c < 0x20 && c != '\t') || c == 0x7f;
  }
  void comment() {
    if (peek() != '#') return;
    while (at_ < text_.size() && !is_control()) ++at_;
  }
  Status end_line() {
    blanks();
    comment();
    if (at_ < text_.size() && !take_newline()) return wrong();
    return {};
  }
  // Between the elements of an array there may be lines and comments.
  void gap() {
    do {
      blanks();
      comment();
    } while (take_newline());
  }

  Status read_header() {
    const bool is_element = take("[[");
    if (!is_element) AIRLOCK_TRY(expect("["));
    path_.clear();
    AIRLOCK_TRY(read_key());
    AIRLOCK_TRY(expect(is_element ? "]]" : "]"));
    if (is_element) path_.emplace_back(kElement);
    table_size_ = path_.size();
    return {};
  }

  Status read_pair() {
    AIRLOCK_TRY(read_name_of_value());
    open_.clear();
    while (true) {
      AIRLOCK_ASSIGN(bool is_new, read_value());
      bool goes_on = false;
      while (!open_.empty() && !goes_on) {
        AIRLOCK_ASSIGN(goes_on,
                       open_.back().closing == ']' ? next_element(is_new) : next_member(is_new));
        is_new = false;
      }
      if (!goes_on) return {};
    }
  }

  Status read_name_of_value() {
    AIRLOCK_TRY(read_key());
    return expect("=");
  }

  // Reads a value, or what opens one that has parts; says whether it did that.
  Result<bool> read_value() {
    blanks();
    const bool is_name = path_.size() == 2 && path_[0] == "package" && path_[1] == "name";
    if (peek() == '"' || peek() == '\'') {
      AIRLOCK_ASSIGN(std::string text, read_text());
      if (is_name && name_) return wrong();
      if (is_name) name_ = std::move(text);
      return false;
    }
    is_other_ = is_other_ || is_name;
    if (peek() == '[' || peek() == '{') {
      if (open_.size() == kNestingMax) return fail(Code::too_deep, line_);
      open_.push_back({peek() == '[' ? ']' : '}', path_.size()});
      if (peek() == '[') path_.emplace_back(kElement);
      ++at_;
      return true;
    }
    AIRLOCK_TRY(read_word());
    return false;
  }

  // Moves to the next part of what is open; says whether there is one, and else closes it.
  Result<bool> next_element(bool is_first) {
    gap();
    const bool has_comma = !is_first && take(",");
    gap();
    if (take("]")) return close();
    if (!is_first && !has_comma) return wrong();
    return true;
  }
  Result<bool> next_member(bool is_first) {
    blanks();
    if (take("}")) return close();
    if (!is_first) AIRLOCK_TRY(expect(","));
    blanks();
    path_.resize(open_.back().path);
    AIRLOCK_TRY(read_name_of_value());
    return true;
  }
  bool close() {
    path_.resize(open_.back().path);
    open_.pop_back();
    return false;
  }

  // A day and a time of it may have a blank between them.
  Status read_word() {
    const std::size_t from = at_;
    while (is_of_a_word(peek())) ++at_;
    const std::string_view word = text_.substr(from, at_ - from);
    if (!is_word(word)) return wrong();
    const bool is_day = word.size() == 10 && word[4] == '-' && word[7] == '-';
    if (is_day && peek() == ' ' && is_digit(peek(1)))
      for (++at_; is_of_a_word(peek());) ++at_;
    return {};
  }

  // Adds a key to the path, part by part, with the blanks around it.
  Status read_key() {
    do {
      blanks();
      if (path_.size() == kPathMax) return fail(Code::too_deep, line_);
      const std::size_t from = at_;
      while (is_of_a_key(peek())) ++at_;
      if (at_ > from) {
        path_.emplace_back(text_.substr(from, at_ - from));
      } else {
        const bool is_long = peek(1) == peek() && peek(2) == peek();
        if ((peek() != '"' && peek() != '\'') || is_long) return wrong();
        AIRLOCK_ASSIGN(std::string part, read_text());
        path_.push_back(std::move(part));
      }
      blanks();
    } while (take("."));
    return {};
  }

  // Reads a text in one of its four forms.
  Result<std::string> read_text() {
    const char quote = peek();
    const std::string ending(3, quote);
    const bool is_long = take(ending);
    if (!is_long) ++at_;
    if (is_long) take_newline();
    std::string made;
    while (at_ < text_.size()) {
      if (is_long && take(ending)) {
        for (int i = 0; i < 2 && peek() == quote; ++i) made += text_[at_++];
        return made;
      }
      if (!is_long && peek() == quote) {
        ++at_;
        return made;
      }
      if (is_long && take_newline()) {
        made += '\n';
      } else if (is_control()) {
        return wrong();
      } else if (quote == '"' && peek() == '\\') {
        AIRLOCK_TRY(read_escape(made, is_long));
      } else {
        made += text_[at_++];
      }
    }
    return wrong();
  }

  Status read_escape(std::string& made, bool is_long) {
    constexpr std::string_view kLetters = "btnfr\"\\", kMeanings = "\b\t\n\f\r\"\\";
    ++at_;
    const char c = peek();
    if (const std::size_t place = kLetters.find(c); c != '\0' && place != std::string_view::npos) {
      ++at_;
      made += kMeanings[place];
      return {};
    }
    if (c == 'u' || c == 'U') return read_scalar(made, c == 'u' ? 4 : 8);
    // At the end of a line: what follows up to the next letter is not there.
    blanks();
    if (!is_long || !take_newline()) return wrong();
    do blanks();
    while (take_newline());
    return {};
  }

  // Of a character that no name has it is enough to know that it is one.
  Status read_scalar(std::string& made, std::size_t digits) {
    std::uint32_t scalar = 0;
    ++at_;
    for (std::size_t i = 0; i < digits; ++i, ++at_) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      const char c = peek();
      const std::size_t digit =
          kDigits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c | 0x20) : c);
      if (digit == std::string_view::npos) return wrong();
      scalar = scalar << 4 | static_cast<std::uint32_t>(digit);
    }
    const bool is_half = scalar >= 0xd800 && scalar < 0xe000;
    if (scalar > kScalarMax || is_half) return wrong();
    if (scalar < 0x80)
      made += static_cast<char>(scalar);
    else
      made += "\xef\xbf\xbd";
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::vector<std::string> path_;  // of the value that is read, the last header's part first
  std::size_t table_size_ = 0;     // of that part
  std::vector<Open> open_;
  std::optional<std::string> name_;
  bool is_other_ = false;  // the name is no text
};

}  // namespace

Result<std::string> read_package_name(std::string_view text) {
  if (text.size() > kMoveTomlSizeMax) return fail(Code::oversized, text.size());
  if (!text::is_utf8(text)) return fail(Code::bad_text, 1);
  AIRLOCK_ASSIGN(std::string name, Reader(text).read());
  if (name.empty() || name.size() > kPackageNameMax || name.front() == '.' ||
      !std::ranges::all_of(name, is_of_a_name))
    return fail(Code::bad_text);
  return name;
}

}  // namespace airlock::packs
