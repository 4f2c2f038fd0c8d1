#include "publish/packs/move_toml.h"

#include <algorithm>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace airlock::packs {
namespace {

bool is_of_a_name(char c) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_letter || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

}  // namespace

Result<std::string> read_package_name(std::string_view text) {
  if (text.size() > kMoveTomlSizeMax) return fail(Code::oversized, text.size());
  const toml::parse_result read = toml::parse(text);
  if (!read) return fail(Code::bad_text, read.error().source().begin.line);
  const toml::node_view<const toml::node> name = read.table()["package"]["name"];
  if (!name) return fail(Code::missing_field);
  const toml::value<std::string>* found = name.as_string();
  if (found == nullptr) return fail(Code::wrong_type);
  std::string made = found->get();
  if (made.empty() || made.size() > kPackageNameMax || made.front() == '.' ||
      !std::ranges::all_of(made, is_of_a_name))
    return fail(Code::bad_text);
  return made;
}

}  // namespace airlock::packs
