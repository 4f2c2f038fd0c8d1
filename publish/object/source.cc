// C source, for compilers and linkers that take no object of ours.
#include <algorithm>

#include "publish/object/object.h"

namespace airlock::object {
namespace {

constexpr std::size_t kBytesPerLine = 20;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Keywords of C and of C++ to this day, what <stddef.h> defines, and the GNU modes' own. The names
// that belong to the language by their spelling (_Bool, __x) are told by that.
constexpr std::string_view kTaken =
    " NULL alignas alignof and and_eq asm auto bitand bitor bool break case catch char "
    "char16_t char32_t char8_t class co_await co_return co_yield compl concept const "
    "const_cast consteval constexpr constinit continue decltype default delete do double "
    "dynamic_cast else enum explicit export extern false float for friend goto if inline "
    "int linux long main max_align_t mutable namespace new noexcept not not_eq nullptr "
    "nullptr_t offsetof operator or or_eq private protected ptrdiff_t public register "
    "reinterpret_cast requires restrict return short signed size_t sizeof static "
    "static_assert static_cast struct switch template this thread_local throw true try "
    "typedef typeid typename typeof typeof_unqual union unix unsigned using virtual void "
    "volatile wchar_t while xor xor_eq ";

bool is_taken(std::string_view text) {
  const bool reserved =
      text.size() > 1 && text[0] == '_' && (text[1] == '_' || (text[1] >= 'A' && text[1] <= 'Z'));
  return reserved || kTaken.contains(" " + std::string(text) + " ");
}

std::string declarations(const std::string& name) {
  return "#ifdef __cplusplus\nextern \"C\" {\n#endif\n"
         "extern const unsigned char " +
         name +
         "[];\n"
         "extern const size_t " +
         name +
         "_size;\n"
         "#ifdef __cplusplus\n}\n#endif\n";
}

void append_bytes(std::string& text, Bytes content) {
  for (std::size_t i = 0; i < content.size(); ++i) {
    text += std::to_string(content[i]);
    text += ',';
    if (i % kBytesPerLine == kBytesPerLine - 1) text += '\n';
  }
}

}  // namespace

bool is_symbol(std::string_view text) {
  return !text.empty() && text.size() <= kSymbolMax && is_letter(text[0]) && !is_taken(text) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

std::string write_header(std::string_view symbol) {
  AIRLOCK_CHECK(is_symbol(symbol));
  return "/* Made by airlock package embed: a package in a carton (docs/formats/carton.md). */\n"
         "#pragma once\n#include <stddef.h>\n\n" +
         declarations(std::string(symbol));
}

std::string write_c(std::string_view symbol, Bytes content) {
  AIRLOCK_CHECK(is_symbol(symbol));
  const std::string name(symbol);
  std::string text =
      "/* Made by airlock package embed: a package in a carton (docs/formats/carton.md). */\n"
      "#include <stddef.h>\n#ifndef __cplusplus\n#include <stdalign.h>\n#endif\n\n" +
      declarations(name) + "\nalignas(" + std::to_string(carton::kAlignment) +
      ") const unsigned char " + name + "[] = {\n";
  text.reserve(text.size() + content.size() * 4);
  append_bytes(text, content);
  text += "};\nconst size_t " + name + "_size = sizeof " + name + ";\n";
  return text;
}

}  // namespace airlock::object
