#include "engine/abi/clear/structs.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace airlock::abi::clear {

using type::Field;
using type::Form;
using type::Type;

namespace {

constexpr std::size_t kTypeNameMax = 256;
constexpr std::size_t kArraysMax = 8;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}
bool is_word(std::string_view text) {
  if (text.empty() || text.size() > kTypeNameMax || !is_letter(text[0])) return false;
  // Types in use have names like "HyperliquidTransaction:Withdraw".
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == ':'; });
}

// Reads a number without leading zeros that fills the text; 0 where it is none, or above `max`.
std::uint32_t count_in(std::string_view digits, std::uint32_t max) {
  std::uint32_t count = 0;
  const char* const end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, count);
  if (error != std::errc() || at != end || digits[0] == '0' || count > max) return 0;
  return count;
}

Result<Type> integer(Form form, std::string_view digits) {
  constexpr std::uint32_t kBitsMax = 256;
  const std::uint32_t bits = digits.empty() ? kBitsMax : count_in(digits, kBitsMax);
  if (bits == 0 || bits % 8 != 0) return fail(Code::bad_type);
  return Type{.form = form, .size = static_cast<std::uint16_t>(bits)};
}

Result<Type> leaf(std::string_view name) {
  constexpr std::string_view kUint = "uint", kInt = "int", kBytes = "bytes";
  if (name == "address") return Type{.form = Form::address, .size = kAddressSize};
  if (name == "bool") return Type{.form = Form::boolean};
  if (name == "string") return Type{.form = Form::text};
  if (name == kBytes) return Type{.form = Form::bytes};
  if (name.starts_with(kUint)) return integer(Form::unsigned_integer, name.substr(kUint.size()));
  if (name.starts_with(kInt)) return integer(Form::signed_integer, name.substr(kInt.size()));
  if (!name.starts_with(kBytes)) return fail(Code::bad_type);
  const std::uint32_t size = count_in(name.substr(kBytes.size()), kWordSize);
  if (size == 0) return fail(Code::bad_type);
  return Type{.form = Form::fixed_bytes, .size = static_cast<std::uint16_t>(size)};
}

// The brackets behind a type, each one's text.
Result<std::vector<std::string_view>> arrays_of(std::string_view type) {
  std::vector<std::string_view> arrays;
  std::string_view rest = type.substr(base_of(type).size());
  while (!rest.empty()) {
    const std::size_t end = rest.find(']');
    if (rest[0] != '[' || end == std::string_view::npos || arrays.size() == kArraysMax)
      return fail(Code::bad_type);
    arrays.push_back(rest.substr(1, end - 1));
    rest.remove_prefix(end + 1);
  }
  return arrays;
}

Status check(const StructMember& member) {
  if (!is_word(member.name) || !is_word(base_of(member.type))) return fail(Code::bad_type);
  AIRLOCK_TRY(arrays_of(member.type));
  return {};
}

// Adds structs to a map, what they contain before them.
class Weaver {
 public:
  Weaver(const Structs& structs, type::Builder& builder) : structs_(structs), builder_(builder) {}

  Result<std::uint32_t> weave(std::string_view name) {
    waiting_.push_back(name);
    // Lists wait for what they list, so that a struct can contain itself through one.
    while (!waiting_.empty()) {
      const std::string_view next = waiting_.back();
      waiting_.pop_back();
      if (!made_.contains(next)) AIRLOCK_TRY(weave_one(next));
    }
    for (const auto& [list, of] : loops_)
      builder_.put(list, Type{.form = Form::list, .first = made_.find(of)->second});
    return made_.find(name)->second;
  }

 private:
  struct Open {
    const Struct* of;
    std::size_t next;
  };

  Status weave_one(std::string_view name) {
    AIRLOCK_TRY(open(name));
    while (!open_.empty()) {
      Open& top = open_.back();
      if (top.next == top.of->members.size()) {
        AIRLOCK_TRY(close());
        continue;
      }
      const std::string_view type = top.of->members[top.next].type;
      const std::string_view base = base_of(type);
      ++top.next;
      const bool is_listed = type.substr(base.size()).starts_with("[]");
      if (!is_listed && structs_.find(base) != nullptr && !made_.contains(base))
        AIRLOCK_TRY(open(base));
    }
    return {};
  }

  Status open(std::string_view name) {
    const Struct* const found = structs_.find(name);
    if (found == nullptr) return fail(Code::bad_type);
    for (const Open& other : open_)
      if (other.of == found) return fail(Code::bad_type);  // it would never end
    open_.push_back({found, 0});
    return {};
  }

  Status close() {
    const Struct& done = *open_.back().of;
    std::vector<Field> fields;
    for (const StructMember& member : done.members) {
      AIRLOCK_ASSIGN(const std::uint32_t made, member_type(member.type));
      fields.push_back({.name = builder_.text(member.name), .type = made});
    }
    const Type tuple{.form = Form::tuple,
                     .name = builder_.text(done.name),
                     .first = builder_.add_fields(fields),
                     .count = static_cast<std::uint32_t>(fields.size())};
    made_.emplace(done.name, builder_.add(tuple));
    open_.pop_back();
    return {};
  }

  Result<std::uint32_t> member_type(std::string_view type) {
    const std::string_view base = base_of(type);
    AIRLOCK_ASSIGN(const auto arrays, arrays_of(type));
    std::size_t at = 0;
    std::uint32_t made = 0;
    if (const auto found = made_.find(base); found != made_.end()) {
      made = found->second;
    } else if (structs_.find(base) != nullptr) {
      made = builder_.reserve();
      loops_.emplace_back(made, base);
      waiting_.push_back(base);
      at = 1;
    } else {
      AIRLOCK_ASSIGN(const Type kind, leaf(base));
      made = builder_.add(kind);
    }
    for (; at < arrays.size(); ++at) {
      if (arrays[at].empty()) {
        made = builder_.add(Type{.form = Form::list, .first = made});
        continue;
      }
      const std::uint32_t count = count_in(arrays[at], type::kArrayCountMax);
      if (count == 0) return fail(Code::bad_type);
      made = builder_.add(Type{.form = Form::array, .first = made, .count = count});
    }
    return made;
  }

  const Structs& structs_;
  type::Builder& builder_;
  std::vector<Open> open_;
  std::map<std::string, std::uint32_t, std::less<>> made_;
  std::vector<std::string_view> waiting_;
  std::vector<std::pair<std::uint32_t, std::string_view>> loops_;
};

}  // namespace

std::string_view base_of(std::string_view type) { return type.substr(0, type.find('[')); }

const Struct* Structs::find(std::string_view name) const {
  for (const Struct& one : structs_)
    if (one.name == name) return &one;
  return nullptr;
}

Status Structs::add(Struct made) {
  if (!is_word(made.name) || leaf(made.name) || find(made.name) != nullptr)
    return fail(Code::bad_type, structs_.size());
  if (made.members.size() > kMembersMax) return fail(Code::too_many, structs_.size());
  for (std::size_t i = 0; i < made.members.size(); ++i) {
    AIRLOCK_TRY(check(made.members[i]));
    for (std::size_t j = 0; j < i; ++j)
      if (made.members[j].name == made.members[i].name)
        return fail(Code::bad_type, structs_.size());
  }
  if (structs_.size() == kStructsMax) return fail(Code::too_many, structs_.size());
  structs_.push_back(std::move(made));
  return {};
}

void Structs::replace(Struct made) {
  for (Struct& one : structs_)
    if (one.name == made.name) one = std::move(made);
}

Result<Structs> Structs::read(json::Node types) {
  if (!types.is_object()) return fail(Code::bad_type);
  Structs structs;
  for (const auto& [name, members] : types.members()) {
    if (!members.is_array() || members.count() > kMembersMax) return fail(Code::bad_type);
    Struct made{std::string(name), {}};
    for (const json::Node member : members.elements()) {
      const auto type = json::text(member, "type", kTypeNameMax);
      const auto called = json::text(member, "name", kTypeNameMax);
      if (!type || !called) return fail(Code::bad_type);
      made.members.push_back({std::string(*type), std::string(*called)});
    }
    AIRLOCK_TRY(structs.add(std::move(made)));
  }
  return structs;
}

Result<Structs> Structs::read_spelling(std::string_view spelling) {
  if (spelling.size() > kTypeSpellingMax) return fail(Code::oversized, spelling.size());
  Structs structs;
  while (!spelling.empty()) {
    const std::size_t open = spelling.find('('), close = spelling.find(')');
    if (close == std::string_view::npos || open > close) return fail(Code::bad_type);
    Struct made{std::string(spelling.substr(0, open)), {}};
    std::string_view list = spelling.substr(open + 1, close - open - 1);
    spelling.remove_prefix(close + 1);
    while (!list.empty()) {
      const std::size_t comma = std::min(list.find(','), list.size());
      const std::string_view one = list.substr(0, comma);
      const std::size_t space = one.find(' ');
      if (space == std::string_view::npos || comma + 1 == list.size()) return fail(Code::bad_type);
      made.members.push_back(
          {std::string(one.substr(0, space)), std::string(one.substr(space + 1))});
      list.remove_prefix(std::min(comma + 1, list.size()));
    }
    AIRLOCK_TRY(structs.add(std::move(made)));
  }
  if (structs.structs_.empty()) return fail(Code::bad_type);
  return structs;
}

Result<std::string> Structs::spell(std::string_view name) const {
  const Struct* const primary = find(name);
  if (primary == nullptr) return fail(Code::bad_type);
  std::vector<const Struct*> order{primary};
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (const StructMember& member : order[i]->members) {
      const Struct* const found = find(base_of(member.type));
      if (found == nullptr && !leaf(base_of(member.type))) return fail(Code::bad_type);
      if (found != nullptr && std::find(order.begin(), order.end(), found) == order.end())
        order.push_back(found);
    }
  }
  std::sort(order.begin() + 1, order.end(),
            [](const Struct* a, const Struct* b) { return a->name < b->name; });
  std::string spelling;
  for (const Struct* one : order) {
    spelling += one->name + '(';
    for (const StructMember& member : one->members) {
      if (&member != &one->members.front()) spelling += ',';
      spelling += member.type + ' ' + member.name;
    }
    spelling += ')';
    if (spelling.size() > kTypeSpellingMax) return fail(Code::oversized, spelling.size());
  }
  return spelling;
}

Result<std::uint32_t> Structs::build(std::string_view name, type::Builder& builder) const {
  return Weaver(*this, builder).weave(name);
}

}  // namespace airlock::abi::clear
