#include "engine/abi/clear/author_text.h"

#include <algorithm>
#include <array>
#include <vector>

#include "host/text/text.h"

namespace airlock::abi::clear {
namespace {

constexpr std::string_view kCut = "[..]";

// Alphabets whose letters are taken for Latin ones.
enum class Script : std::uint8_t { none, latin, other };

struct Range {
  std::uint32_t first, last;
};
constexpr std::array<Range, 25> kOthers = {{{0x0131, 0x0131},      // i without its dot
                                            {0x0237, 0x0237},      // j without its dot
                                            {0x0250, 0x036f},      // phonetic, modifiers, marks
                                            {0x2070, 0x209f},      // raised and lowered
                                            {0x20d0, 0x20ff},      // marks for symbols
                                            {0x2150, 0x218f},      // numerals
                                            {0x2460, 0x24ff},      // in circles
                                            {0x2c60, 0x2c7f},      // more of Latin
                                            {0xa640, 0xa69f},      // more of Cyrillic
                                            {0xa720, 0xa7ff},      // still more of Latin
                                            {0xab30, 0xab6f},      // letters of dialects
                                            {0x10400, 0x1044f},    // Deseret
                                            {0x1f100, 0x1f1ff},    // in squares
                                            {0x0370, 0x03ff},      // Greek
                                            {0x0400, 0x052f},      // Cyrillic
                                            {0x0530, 0x058f},      // Armenian
                                            {0x10a0, 0x10ff},      // Georgian
                                            {0x13a0, 0x13ff},      // Cherokee
                                            {0x1400, 0x167f},      // Canadian syllabics
                                            {0x1d00, 0x1dbf},      // phonetic
                                            {0x2100, 0x214f},      // letters as symbols
                                            {0x2c80, 0x2cff},      // Coptic
                                            {0xa4d0, 0xa4ff},      // Lisu
                                            {0xff00, 0xffef},      // full width
                                            {0x1d400, 0x1d7ff}}};  // mathematical

bool is_ascii_letter(std::uint32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

Script script_of(std::uint32_t c) {
  for (const Range& range : kOthers)
    if (c >= range.first && c <= range.last) return Script::other;
  if (is_ascii_letter(c) || (c >= 0xc0 && c <= 0x24f)) return Script::latin;
  return Script::none;
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// A text of those letters alone looks like a Latin one too, so they count even by themselves.
bool has_look_alikes(std::string_view text) {
  while (!text.empty()) {
    const text::CodePoint found = text::code_point(text);
    if (found.size > 1 && script_of(found.value) == Script::other) return true;
    text.remove_prefix(std::max<std::size_t>(found.size, 1));
  }
  return false;
}

// The longest front of whole characters.
std::string_view front(std::string_view text, std::size_t size_max) {
  if (text.size() <= size_max) return text;
  constexpr unsigned kTopBits = 0xc0, kContinues = 0x80;
  std::size_t size = size_max;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & kTopBits) == kContinues) --size;
  return text.substr(0, size);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool passes_for_value(std::string_view word) {
  if (word.starts_with("0x") || word.starts_with("0X")) return true;
  for (std::size_t i = 1; i + 1 < word.size(); ++i) {
    if (word[i] != '.') continue;
    if (!is_digit(word[i - 1]) || !is_digit(word[i + 1])) return true;  // name.eth, not 1.5
  }
  return false;
}

constexpr std::array<std::string_view, 12> kBetweenValues = {
    "to", "for", "from", "on", "by", "and", "at", "until", "with", "of", "in", "via"};

// The words of a text that is one line, with one space between two of them; none where it is not.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  if (text.size() > kNameSizeMax || text::visible_line(text) != text) return words;
  while (true) {
    const std::size_t space = text.find(' ');
    if (text.empty() || space == 0) return {};
    words.push_back(text.substr(0, space));
    if (space == std::string_view::npos) return words;
    text.remove_prefix(space + 1);
  }
}

// Characters beyond ASCII that a symbol may hold. Digits and numerals of other alphabets, raised,
// lowered, full or in circles, stand in none of these ranges, nor do points between digits.
constexpr std::array<Range, 14> kSymbolLetters = {{{0x00a2, 0x00a5},  // currencies
                                                   {0x00c0, 0x00d6},  // Latin
                                                   {0x00d8, 0x00f6},
                                                   {0x00f8, 0x024f},
                                                   {0x0386, 0x0386},  // Greek
                                                   {0x0388, 0x03ff},
                                                   {0x0400, 0x0481},  // Cyrillic
                                                   {0x048a, 0x052f},
                                                   {0x20a0, 0x20c0},      // currencies
                                                   {0x3041, 0x3096},      // Hiragana
                                                   {0x30a1, 0x30fa},      // Katakana
                                                   {0x4e00, 0x9fff},      // Chinese
                                                   {0xac00, 0xd7a3},      // Hangul
                                                   {0x1f300, 0x1f64f}}};  // pictures
constexpr std::array<std::uint32_t, 15> kChineseNumerals = {
    0x4e00, 0x4e8c, 0x4e09, 0x56db, 0x4e94, 0x516d, 0x4e03, 0x516b,  // one to eight
    0x4e5d, 0x5341, 0x767e, 0x5343, 0x4e07, 0x842c, 0x5104};         // to a hundred million

bool is_symbol_letter(std::uint32_t c) {
  if (std::ranges::find(kChineseNumerals, c) != kChineseNumerals.end()) return false;
  return std::ranges::any_of(
      kSymbolLetters, [c](const Range& range) { return c >= range.first && c <= range.last; });
}

// Words that go on with the amount before them: "1 thousand USDC", "1 USDC to Bob" of "to Bob".
constexpr std::array<std::string_view, 12> kMagnitudes = {
    "k", "m", "b", "t", "bn", "hundred", "thousand", "million", "billion", "trillion", "mn", "x"};

bool goes_on(std::string_view word) {
  std::string lower(word);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return std::ranges::find(kMagnitudes, lower) != kMagnitudes.end() ||
         std::ranges::find(kBetweenValues, lower) != kBetweenValues.end();
}

// A word of a symbol has a letter in it, begins with one, a digit or "$", and never with three
// digits, which would be the end of the number before it.
bool is_word_of_symbol(std::string_view word) {
  constexpr std::size_t kDigitsMax = 2;
  std::size_t digits = 0;
  while (digits < word.size() && is_digit(word[digits])) ++digits;
  if (digits > kDigitsMax) return false;
  bool has_letter = false;
  for (std::size_t at = 0; at < word.size();) {
    const text::CodePoint found = text::code_point(word.substr(at));
    const bool is_ascii = found.size == 1 && found.value < 0x80;
    const bool is_letter = is_ascii ? is_ascii_letter(found.value) : is_symbol_letter(found.value);
    if (!is_ascii && !is_letter) return false;
    const bool may_begin = is_letter || word[at] == '$' || is_digit(word[at]);
    if (at == 0 && !may_begin) return false;
    has_letter = has_letter || is_letter;
    at += std::max<std::size_t>(found.size, 1);
  }
  return has_letter;
}

// An address, whole or shortened as people write it: "0x5aAe..eAed".
bool passes_for_address(std::string_view word) {
  constexpr std::size_t kHexMin = 4, kBaseMin = 32;
  constexpr std::string_view kHex = "0123456789abcdefABCDEF";
  const auto is_plain_character = [](char c) {
    return is_digit(c) || is_ascii_letter(static_cast<unsigned char>(c));
  };
  while (!word.empty() && !is_plain_character(word.back())) word.remove_suffix(1);
  while (!word.empty() && !is_plain_character(word.front())) word.remove_prefix(1);
  const bool is_hex = word.starts_with("0x") || word.starts_with("0X");
  if (is_hex) return std::min(word.find_first_not_of(kHex, 2), word.size()) >= 2 + kHexMin;
  return word.size() >= kBaseMin && std::ranges::all_of(word, is_plain_character);
}

}  // namespace

bool is_symbol(std::string_view text) {
  const std::vector<std::string_view> words = words_of(text);
  const bool is_alone = words.size() == 1;
  return !words.empty() && std::ranges::all_of(words, [is_alone](std::string_view word) {
    return is_word_of_symbol(word) && (is_alone || !goes_on(word));
  });
}

bool is_name(std::string_view text) {
  const std::vector<std::string_view> words = words_of(text);
  return !words.empty() && std::ranges::none_of(words, passes_for_address);
}

Warnings append_harmless(std::string& to, std::string_view text, std::size_t size_max) {
  Warnings warnings;
  const std::string_view kept = front(text, size_max);
  if (is_plain(kept)) {
    to += kept;
  } else {
    const std::string shown = text::visible_line(kept);
    if (shown != kept) warnings.add(Warning::escaped);
    if (has_look_alikes(kept)) warnings.add(Warning::look_alike);
    to += shown;
  }
  if (kept.size() < text.size()) {
    to += kCut;
    warnings.add(Warning::shortened);
  }
  return warnings;
}

bool fits_sentence(std::string_view text) {
  if (text.empty() || text.size() > kWordMax || !is_plain(text)) return false;
  bool is_first = true;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    if (word.empty() || passes_for_value(word)) return false;
    const bool is_between =
        std::find(kBetweenValues.begin(), kBetweenValues.end(), word) != kBetweenValues.end();
    if (is_between && (is_first || space < text.size())) return false;
    if (text.find_first_of("\"'(){}:;,") != std::string_view::npos) return false;
    is_first = false;
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return true;
}

}  // namespace airlock::abi::clear
