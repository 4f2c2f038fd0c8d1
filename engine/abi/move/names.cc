#include "engine/abi/move/names.h"

#include "engine/abi/move/identifier.h"
#include "host/json/tree.h"

namespace airlock::abi::move {

Result<Names> Names::read(std::string_view json) {
  AIRLOCK_ASSIGN(const json::Tree tree, json::Tree::parse(json, kNamesSizeMax));
  if (!tree.root().is_object()) return fail(Code::bad_abi);
  Names made;
  for (const json::Member member : tree.root().members()) {
    const bool is_list = member.value.is_array();
    if (!is_list || member.value.count() > kParameterNamesMax) return fail(Code::bad_abi);
    std::vector<std::string>& names = made.functions_[std::string(member.name)];
    for (const json::Node name : member.value.elements()) {
      if (!name.is_text() || !is_identifier(name.as_text())) return fail(Code::bad_abi);
      for (const std::string& other : names)
        if (other == name.as_text()) return fail(Code::bad_abi);
      names.emplace_back(name.as_text());
    }
  }
  return made;
}

const std::vector<std::string>* Names::of(std::string_view function) const {
  const auto found = functions_.find(function);
  return found == functions_.end() ? nullptr : &found->second;
}

}  // namespace airlock::abi::move
