#include <string>
#include <vector>

#include "engine/abi/evm/internal/signature.h"

namespace airlock::abi::evm::internal {

using type::Form;
using type::Type;

namespace {

constexpr std::uint16_t kFunctionSize = 24;

// Reads the text along the types. What is open is kept in a list, and each step takes a character.
class Speller {
 public:
  Speller(std::string_view text, const type::Map& map, Hashes hashes)
      : rest_(text), map_(map), hashes_(hashes) {}

  bool spells(std::uint32_t tuple) {
    if (!take("(")) return false;
    open_.push_back({tuple, 0, ""});
    while (!open_.empty()) {
      Open& top = open_.back();
      const auto fields = map_.fields_of(map_.types()[top.tuple]);
      if (top.next == fields.size()) {
        if (!take(")") || !take(top.arrays)) return false;
        open_.pop_back();
        continue;
      }
      if (top.next > 0 && !take(",")) return false;
      if (!enter(fields[top.next++].type)) return false;
    }
    return rest_.empty();
  }

 private:
  struct Open {
    std::uint32_t tuple;
    std::size_t next;
    std::string arrays;  // behind its parenthesis
  };

  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  bool enter(std::uint32_t index) {
    std::string arrays;
    const Type* type = &map_.types()[index];
    while (type->form == Form::list || type->form == Form::array) {
      const std::string count = type->form == Form::array ? std::to_string(type->count) : "";
      arrays.insert(0, '[' + count + ']');
      type = &map_.types()[type->first];
    }
    if (type->form == Form::hash) return hashes_ == Hashes::allowed && skip_type();
    if (type->form != Form::tuple) return take_leaf(*type) && take(arrays);
    if (!take("(")) return false;
    open_.push_back({static_cast<std::uint32_t>(type - map_.types().data()), 0, std::move(arrays)});
    return true;
  }

  bool take_leaf(const Type& type) {
    if (type.form == Form::address) return take("address");
    if (type.form == Form::boolean) return take("bool");
    if (type.form == Form::text) return take("string");
    if (type.form == Form::bytes) return take("bytes");
    const std::string size = std::to_string(type.size);
    if (type.form == Form::unsigned_integer) return take("uint" + size);
    if (type.form == Form::signed_integer) return take("int" + size);
    if (type.form != Form::fixed_bytes) return false;
    return take("bytes" + size) || (type.size == kFunctionSize && take("function"));
  }

  // A type of which a log has the hash alone: to the next comma that is not within it.
  bool skip_type() {
    std::size_t deep = 0, at = 0;
    for (; at < rest_.size(); ++at) {
      const char c = rest_[at];
      if (deep == 0 && (c == ',' || c == ')')) break;
      if (c == '(') ++deep;
      if (c == ')') --deep;
    }
    rest_.remove_prefix(at);
    return at > 0;
  }

  std::string_view rest_;
  const type::Map& map_;
  Hashes hashes_;
  std::vector<Open> open_;
};

}  // namespace

bool spells(std::string_view text, const type::Map& map, std::uint32_t tuple, Hashes hashes) {
  if (tuple == type::kNone) return text.empty() || text == "()";
  return Speller(text, map, hashes).spells(tuple);
}

}  // namespace airlock::abi::evm::internal
