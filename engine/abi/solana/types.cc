#include "engine/abi/solana/types.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>

namespace airlock::abi::solana {

using type::Form;
using type::kNone;
using type::Prefix;

namespace {

// Lists that a type may be written as, and what is known of their elements.
struct Collection {
  std::string_view word;
  std::uint8_t flags;
};
constexpr std::array<Collection, 5> kCollections{{{"vec", 0},
                                                  {"hashMap", type::kIsMap},
                                                  {"bTreeMap", type::kIsMap},
                                                  {"hashSet", type::kIsSet},
                                                  {"bTreeSet", type::kIsSet}}};

std::vector<json::Node> elements_of(json::Node array) {
  std::vector<json::Node> made;
  for (const json::Node element : array.elements()) made.push_back(element);
  return made;
}

std::optional<Prefix> prefix_named(std::string_view name) {
  if (name == "none") return Prefix::none;
  if (name == "u8") return Prefix::u8;
  if (name == "u16") return Prefix::u16;
  if (name == "u32") return Prefix::u32;
  if (name == "u64") return Prefix::u64;
  if (name == "short_u16") return Prefix::short_u16;
  return std::nullopt;
}

bool says(json::Node node, std::string_view member, std::string_view word) {
  const auto found = node.member(member);
  return found && found->is_text() && found->as_text() == word;
}

}  // namespace

std::string joined_docs(json::Node item) {
  std::string joined;
  const auto docs = item.member("docs");
  if (!docs) return joined;
  if (docs->is_text()) return std::string(docs->as_text());
  if (!docs->is_array()) return joined;
  for (const json::Node line : docs->elements()) {
    if (!line.is_text()) continue;
    if (!joined.empty()) joined += '\n';
    joined += line.as_text();
  }
  return joined;
}

Status Types::declare(std::string_view name, json::Node definition, json::Node body) {
  if (name.empty() || name.size() > type::kNameMax || !body.is_object()) return fail(Code::bad_abi);
  const auto [place, is_new] =
      definitions_.try_emplace(std::string(name), Definition{definition, body});
  if (!is_new) place->second.is_ambiguous = true;
  return {};
}

bool Types::is_ambiguous(std::string_view name) const {
  const auto found = definitions_.find(std::string(name));
  return found != definitions_.end() && found->second.is_ambiguous;
}

Result<std::uint32_t> Types::make(json::Node type, Setting setting) {
  AIRLOCK_ASSIGN(const std::uint32_t made, run(begin(type, {setting, 0})));
  return settle(made);
}

Result<std::uint32_t> Types::make_named(std::string_view name, Setting setting) {
  const auto found = definitions_.find(std::string(name));
  if (found == definitions_.end()) return fail(Code::bad_type);
  if (const auto generics = found->second.whole.member("generics");
      generics && generics->is_array() && generics->count() > 0)
    return fail(Code::bad_type);
  const char place = setting == Setting::call ? 'c' : 's';
  AIRLOCK_ASSIGN(const std::uint32_t made,
                 run(begin_body(place + std::string(name), found->second, {setting, 0})));
  return settle(made);
}

Result<std::uint32_t> Types::make_body(json::Node definition, json::Node body, Setting setting) {
  if (!body.is_object()) return fail(Code::bad_abi);
  nameless_.push_back({definition, body});
  const std::string key = "n" + std::to_string(nameless_.size());
  AIRLOCK_ASSIGN(const std::uint32_t made, run(begin_body(key, nameless_.back(), {setting, 0})));
  return settle(made);
}

Result<std::uint32_t> Types::make_fields(json::Node fields, Setting setting) {
  Open opened{.scope = {setting, 0}};
  AIRLOCK_TRY(add_members(opened, fields));
  AIRLOCK_ASSIGN(const std::uint32_t made, run(open(std::move(opened))));
  return settle(made);
}

Result<std::uint32_t> Types::run(Result<std::uint32_t> made) {
  while (true) {
    if (!made) return made;
    if (*made != kNone) {
      if (open_.empty()) return made;
      open_.back().made.push_back(*made);
    }
    Open& top = open_.back();
    if (top.made.size() == top.children.size()) {
      Open done = std::move(top);
      open_.pop_back();
      made = finish(std::move(done));
      continue;
    }
    const json::Node child = top.children[top.made.size()];
    if (top.kind != Kind::variants) {
      made = begin(child, top.scope);
      continue;
    }
    Open variant{.scope = top.scope};
    if (const auto fields = child.member("fields")) AIRLOCK_TRY(add_members(variant, *fields));
    made = open(std::move(variant));
  }
}

Result<std::uint32_t> Types::settle(std::uint32_t made) {
  while (!waiting_.empty()) {
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    AIRLOCK_ASSIGN(const std::uint32_t element,
                   run(next.parts.size() == 1 ? begin(next.parts[0], next.scope)
                                              : begin_members(next.parts, next.scope)));
    type::Type holder = builder_.at(next.holder);
    holder.first = element;
    builder_.put(next.holder, holder);
  }
  return made;
}

Result<std::uint32_t> Types::open(Open opened) {
  if (open_.size() == kOpenMax) return fail(Code::bad_type);
  open_.push_back(std::move(opened));
  return kNone;
}

Result<std::uint32_t> Types::begin(json::Node node, Scope scope) {
  if (node.is_object()) return begin_object(node, scope);
  if (!node.is_text()) return fail(Code::bad_abi);
  return plain(node.as_text());
}

Result<std::uint32_t> Types::begin_object(json::Node node, Scope scope) {
  for (const Collection& collection : kCollections) {
    const auto within = node.member(collection.word);
    if (!within) continue;
    if (collection.flags != type::kIsMap)
      return begin_list(node, {*within}, collection.flags, scope);
    if (!within->is_array() || within->count() != 2) return fail(Code::bad_abi);
    return begin_list(node, elements_of(*within), collection.flags, scope);
  }
  if (const auto within = node.member("option")) return begin_option(*within, scope);
  if (const auto within = node.member("coption")) return begin_coption(*within, scope);
  if (const auto within = node.member("array")) return begin_array(*within, scope);
  if (const auto within = node.member("defined")) return begin_defined(*within, scope);
  if (const auto within = node.member("generic"); within && within->is_text())
    return begin_generic(within->as_text(), scope);
  if (const auto within = node.member("tuple"); within && within->is_array())
    return begin_members(elements_of(*within), scope);
  // In schemas of ours: bytes or text whose length is written in its own way.
  for (const Form form : {Form::bytes, Form::text}) {
    const auto within = node.member(form == Form::bytes ? "bytes" : "string");
    if (!within || !rules_.is_native) continue;
    AIRLOCK_ASSIGN(const Prefix prefix,
                   prefix_in(node, form == Form::bytes ? "bytes" : "string", rules_.length));
    return add({.form = form, .size = static_cast<std::uint16_t>(prefix)}, {});
  }
  return fail(Code::bad_type);
}

Result<std::uint32_t> Types::begin_members(std::span<const json::Node> types, Scope scope) {
  if (types.size() > kMembersMax) return fail(Code::too_many);
  return open({.scope = scope,
               .children = {types.begin(), types.end()},
               .fields = std::vector<type::Field>(types.size())});
}

Result<std::uint32_t> Types::begin_list(json::Node node, std::vector<json::Node> parts,
                                        std::uint8_t flags, Scope scope) {
  AIRLOCK_ASSIGN(const Prefix prefix, prefix_in(node, "length", rules_.length));
  type::Type list{.form = Form::list, .flags = flags, .size = static_cast<std::uint16_t>(prefix)};
  if (parts.size() == 1 && parts[0].is_text()) {
    AIRLOCK_ASSIGN(list.first, plain(parts[0].as_text()));
    const type::Type& element = builder_.at(list.first);
    const bool is_bytes = flags == 0 && element.form == Form::unsigned_integer && element.size == 8;
    return is_bytes ? add({.form = Form::bytes, .size = list.size}, {}) : add(list, {});
  }
  return reserve(list, {.scope = scope, .parts = std::move(parts)});
}

Result<std::uint32_t> Types::begin_option(json::Node element, Scope scope) {
  type::Type option{.form = Form::option, .size = rules_.option_tag};
  if (element.is_text()) {
    AIRLOCK_ASSIGN(option.first, plain(element.as_text()));
    return add(option, {});
  }
  return reserve(option, {.scope = scope, .parts = {element}});
}

Result<std::uint32_t> Types::begin_coption(json::Node element, Scope scope) {
  // SPL Token packs the COption of an instruction as one byte and what it holds, if anything.
  if (scope.setting == Setting::call) {
    type::Type option{.form = Form::option, .size = 1};
    return reserve(option, {.scope = scope, .parts = {element}});
  }
  return open({.kind = Kind::full_option, .scope = scope, .children = {element}});
}

Result<std::uint32_t> Types::begin_array(json::Node array, Scope scope) {
  if (!array.is_array() || array.count() != 2) return fail(Code::bad_abi);
  const std::vector<json::Node> parts = elements_of(array);
  AIRLOCK_ASSIGN(const std::uint32_t count, count_of(parts[1], scope));
  return open({.kind = Kind::array, .scope = scope, .children = {parts[0]}, .count = count});
}

Result<std::uint32_t> Types::begin_generic(std::string_view name, Scope scope) {
  for (const Argument& argument : environments_[scope.environment])
    if (argument.name == name && !argument.is_count) return argument.value;
  return fail(Code::bad_type);
}

Result<std::uint32_t> Types::begin_defined(json::Node defined, Scope scope) {
  const auto name = defined.is_object() ? defined.member("name") : std::optional(defined);
  if (!name || !name->is_text()) return fail(Code::bad_abi);
  const auto found = definitions_.find(std::string(name->as_text()));
  if (found == definitions_.end()) return fail(Code::bad_type);
  const auto count = [](std::optional<json::Node> list) {
    return list && list->is_array() ? list->count() : 0;
  };
  const auto given = defined.member("generics");
  const std::size_t expected = count(found->second.whole.member("generics"));
  if (count(given) != expected || expected > kArgumentsMax) return fail(Code::bad_type);
  std::string key = (scope.setting == Setting::call ? 'c' : 's') + found->first;
  if (expected == 0) return begin_body(std::move(key), found->second, {scope.setting, 0});
  Open arguments{.kind = Kind::arguments, .scope = scope, .key = std::move(key)};
  arguments.definition = &found->second;
  for (const json::Node argument : given->elements()) {
    arguments.arguments.push_back(argument);
    if (const auto type = argument.member("type")) arguments.children.push_back(*type);
  }
  return open(std::move(arguments));
}

Result<std::uint32_t> Types::begin_body(std::string key, const Definition& definition,
                                        Scope scope) {
  if (definition.is_ambiguous) return fail(Code::ambiguous);
  if (instances_.size() == kInstancesMax) return fail(Code::too_many);
  const auto [instance, is_new] = instances_.try_emplace(key, kNone);
  if (!is_new) {
    if (instance->second == kNone) return fail(Code::bad_type);
    return instance->second;
  }
  Open opened{.scope = scope, .key = std::move(key)};
  opened.definition = &definition;
  const json::Node body = definition.body;
  if (const auto name = definition.whole.member("name"); name && name->is_text())
    opened.name = builder_.text(name->as_text());
  if (says(definition.whole, "serialization", "custom")) {
    AIRLOCK_ASSIGN(instance->second, add_opaque(opened.name));
    return instance->second;
  }
  if (says(body, "kind", "struct")) {
    if (const auto fields = body.member("fields")) AIRLOCK_TRY(add_members(opened, *fields));
  } else if (says(body, "kind", "enum")) {
    AIRLOCK_ASSIGN(const Prefix tag, prefix_in(body, "tag", rules_.tag));
    opened.size = static_cast<std::uint16_t>(tag);
    const auto variants = body.member("variants");
    if (!variants) return fail(Code::bad_abi);
    AIRLOCK_TRY(add_variants(opened, *variants));
  } else {
    const auto alias = body.member(says(body, "kind", "type") ? "alias" : "value");
    if (!alias) return fail(Code::bad_abi);
    opened.kind = Kind::alias;
    opened.children = {*alias};
  }
  return open(std::move(opened));
}

Status Types::add_members(Open& opened, json::Node fields) {
  if (fields.kind() == json::Node::Kind::null) return {};
  if (!fields.is_array()) return fail(Code::bad_abi);
  if (fields.count() > kMembersMax) return fail(Code::too_many);
  for (const json::Node field : fields.elements()) {
    type::Field made;
    const auto type = field.member("type");
    if (const auto name = field.member("name"); type && name && name->is_text())
      made.name = builder_.text(name->as_text());
    if (type) made.note = builder_.text(joined_docs(field));
    if (const auto indexed = field.member("index"))
      made.tag = indexed->kind() == json::Node::Kind::yes ? 1 : 0;
    opened.children.push_back(type ? *type : field);
    opened.fields.push_back(made);
  }
  return {};
}

Status Types::add_variants(Open& opened, json::Node variants) {
  opened.kind = Kind::variants;
  if (!variants.is_array()) return fail(Code::bad_abi);
  const bool is_byte = static_cast<Prefix>(opened.size) == Prefix::u8;
  if (variants.count() > (is_byte ? 256 : kMembersMax)) return fail(Code::too_many);
  std::unordered_set<std::string_view> names;  // by which a call chooses
  for (const json::Node variant : variants.elements()) {
    const auto name = variant.member("name");
    if (!name || !name->is_text() || !names.insert(name->as_text()).second)
      return fail(Code::bad_abi);
    opened.fields.push_back({.name = builder_.text(name->as_text()),
                             .tag = static_cast<std::uint32_t>(opened.fields.size()),
                             .note = builder_.text(joined_docs(variant))});
    opened.children.push_back(variant);
  }
  return {};
}

Result<Prefix> Types::prefix_in(json::Node node, std::string_view member, Prefix otherwise) const {
  const auto found = rules_.is_native ? node.member(member) : std::nullopt;
  if (!found) return otherwise;
  const auto prefix = found->is_text() ? prefix_named(found->as_text()) : std::nullopt;
  if (!prefix) return fail(Code::bad_abi);
  return *prefix;
}

Result<std::uint32_t> Types::count_of(json::Node node, Scope scope) const {
  const auto generic = node.member("generic");
  const json::Node said = generic ? *generic : node;
  std::uint64_t count = 0;
  if (said.kind() == json::Node::Kind::number) {
    count = said.as_number();
  } else {
    if (!said.is_text()) return fail(Code::bad_abi);
    const std::string_view word = said.as_text();
    for (const Argument& argument : environments_[scope.environment])
      if (argument.name == word && argument.is_count) return argument.value;
    const auto read = std::from_chars(word.data(), word.data() + word.size(), count);
    if (word.empty() || read.ec != std::errc() || read.ptr != word.data() + word.size())
      return fail(Code::bad_type);
  }
  if (count > type::kArrayCountMax) return fail(Code::bad_type);
  return static_cast<std::uint32_t>(count);
}

}  // namespace airlock::abi::solana
