#include <vector>

#include "trust/tuf/internal/canonical.h"

namespace airlock::tuf::internal {
namespace {

using json::Value;

void write_text(std::string& out, const std::string& text) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

void write_scalar(std::string& out, const Value& value) {
  AIRLOCK_CHECK(!value.is_number_float() && !value.is_binary() && !value.is_discarded());
  if (const auto* text = value.get_ptr<const Value::string_t*>()) {
    write_text(out, *text);
  } else {
    out += value.dump();  // null, true, false and integers have one spelling in both forms
  }
}

// A container that is being written, and the next of its elements.
struct Open {
  const Value* value;
  Value::const_iterator next;
};

}  // namespace

std::string canonical(const Value& value) {
  std::string out;
  std::vector<Open> open;  // instead of recursion; at most json::kDepthMax deep
  const auto begin = [&](const Value& item) {
    if (!item.is_structured()) return write_scalar(out, item);
    out.push_back(item.is_object() ? '{' : '[');
    open.push_back({&item, item.begin()});
  };
  begin(value);
  while (!open.empty()) {
    auto& [container, next] = open.back();
    if (next == container->end()) {
      out.push_back(container->is_object() ? '}' : ']');
      open.pop_back();
      continue;
    }
    if (next != container->begin()) out.push_back(',');
    if (container->is_object()) {
      write_text(out, next.key());  // the library keeps members sorted by bytes
      out.push_back(':');
    }
    begin(*next++);
  }
  return out;
}

}  // namespace airlock::tuf::internal
