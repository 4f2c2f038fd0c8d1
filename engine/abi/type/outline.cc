#include "engine/abi/type/outline.h"

#include <vector>

#include "engine/abi/type/spelling.h"
#include "host/text/text.h"

namespace airlock::abi::type {
namespace {

bool has_parts(Value value) {
  const Form form = value.form();
  return form == Form::list || form == Form::array || form == Form::tuple || form == Form::choice ||
         form == Form::option;
}

// What stands in the line of a value that has parts of its own below it.
std::string summary_of(Value value) {
  const std::uint32_t count = value.count();
  switch (value.form()) {
    case Form::choice: return text::visible_line(value.map().text(value.variant().name));
    case Form::option: return count == 0 ? "none" : "some";
    case Form::list:
    case Form::array: return std::to_string(count) + (count == 1 ? " element" : " elements");
    case Form::tuple: return text::visible_line(value.map().text(value.type().name));
    case Form::boolean:
    case Form::unsigned_integer:
    case Form::signed_integer:
    case Form::floating:
    case Form::address:
    case Form::fixed_bytes:
    case Form::bytes:
    case Form::text:
    case Form::hash:
    case Form::parameter:
    case Form::instance:
    case Form::reference:
    case Form::signer: break;
  }
  return {};
}

std::string name_of(Value owner, std::uint32_t place) {
  if (owner.form() == Form::tuple) {
    const std::string_view name = owner.map().text(owner.field_of(place).name);
    if (!name.empty()) return text::visible_line(name);
  }
  if (owner.form() == Form::choice || owner.form() == Form::option) return "";
  return std::to_string(place);
}

}  // namespace

Status append_outline(std::string& text, Value value, std::size_t size_max) {
  struct Open {
    Value value;
    Parts::Iterator at, end;
    std::uint32_t place = 0;
  };
  std::vector<Open> open = {{value, value.parts().begin(), value.parts().end()}};
  while (!open.empty()) {
    Open& top = open.back();
    if (top.at == top.end) {
      open.pop_back();
      continue;
    }
    const Value part = *top.at;
    ++top.at;
    text.append(2 * open.size(), ' ');
    const std::string name = name_of(top.value, top.place++);
    text += name;
    if (!name.empty()) text += ": ";
    if (has_parts(part)) {
      text += summary_of(part);
      open.push_back({part, part.parts().begin(), part.parts().end()});
    } else {
      AIRLOCK_TRY(append_plain(text, part, size_max));
    }
    while (text.ends_with(' ')) text.pop_back();
    text += '\n';
    if (text.size() > size_max) return fail(Code::over_budget, text.size());
  }
  return {};
}

}  // namespace airlock::abi::type
