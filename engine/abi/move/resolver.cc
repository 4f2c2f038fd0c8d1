#include "engine/abi/move/resolver.h"

#include "engine/abi/move/loader.h"
#include "engine/abi/move/type_text.h"

namespace airlock::abi::move {
namespace {

using type::Form;
using type::Type;

constexpr std::size_t kStructsMax = 65'535;
constexpr auto kUleb = static_cast<std::uint16_t>(type::Prefix::uleb);

std::string key_of(const Parts& parts) {
  return {reinterpret_cast<const char*>(parts.data()), parts.size() * sizeof(Part)};
}

TokenKind kind_of(const Part& part) { return static_cast<TokenKind>(part.kind); }

bool is_reference(TokenKind kind) {
  return kind == TokenKind::reference || kind == TokenKind::mutable_reference;
}

std::size_t inner_count(const Part& part) {
  const TokenKind kind = kind_of(part);
  if (kind == TokenKind::vector || is_reference(kind)) return 1;
  if (kind == TokenKind::structure_of || kind == TokenKind::function)
    return std::size_t{part.count} + part.results;
  return 0;
}

// The parts of a type that lie directly in it.
std::vector<Parts> split(const Parts& parts) {
  std::vector<Parts> inner;
  std::size_t at = 1;
  for (std::size_t i = inner_count(parts[0]); i > 0; --i) {
    const std::size_t from = at;
    for (std::size_t open = 1; open > 0; --open) open += inner_count(parts[at++]);
    inner.emplace_back(parts.begin() + static_cast<std::ptrdiff_t>(from),
                       parts.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return inner;
}

unsigned bits_of(TokenKind kind) {
  if (kind == TokenKind::u8 || kind == TokenKind::i8) return 8;
  if (kind == TokenKind::u16 || kind == TokenKind::i16) return 16;
  if (kind == TokenKind::u32 || kind == TokenKind::i32) return 32;
  if (kind == TokenKind::u64 || kind == TokenKind::i64) return 64;
  if (kind == TokenKind::u128 || kind == TokenKind::i128) return 128;
  return 256;
}

bool is_byte(const Parts& parts) { return kind_of(parts[0]) == TokenKind::u8; }

Type integer(TokenKind kind) {
  Type type;
  type.form = kind >= TokenKind::i8 ? Form::signed_integer : Form::unsigned_integer;
  type.size = static_cast<std::uint16_t>(bits_of(kind));
  type.extent = type.size / 8U;
  return type;
}

}  // namespace

Resolver::Resolver(std::span<const Module> modules, type::Builder& builder)
    : modules_(modules), builder_(builder), handles_(modules.size()) {}

Resolver::Known Resolver::known(std::string_view name, std::size_t parameters) {
  if (parameters == 0) {
    if (name == "0x1::string::String") return Known::text;
    if (name == "0x1::ascii::String") return Known::ascii;
    if (name == "0x2::object::ID" || name == "0x2::object::UID") return Known::address;
  }
  if (parameters == 1) {
    if (name == "0x1::option::Option") return Known::option;
    if (name == "0x1::object::Object") return Known::address;
  }
  return Known::no;
}

Status Resolver::gather() {
  for (std::size_t i = 0; i < modules_.size(); ++i)
    for (std::uint16_t handle = 0; handle < modules_[i].structs().size(); ++handle) {
      AIRLOCK_ASSIGN(const std::uint16_t found, intern(i, handle));
      handles_[i].push_back(found);
    }
  for (std::size_t i = 0; i < modules_.size(); ++i) {
    for (const StructDefinition& definition : modules_[i].struct_definitions())
      AIRLOCK_TRY(define(i, definition));
    for (const StructDefinition& definition : modules_[i].enum_definitions())
      AIRLOCK_TRY(define(i, definition));
  }
  return {};
}

Result<std::uint16_t> Resolver::intern(std::size_t module, std::uint16_t handle) {
  const StructHandle& own = modules_[module].structs()[handle];
  std::string name;
  append_struct_name(name, modules_[module], handle);
  const auto [place, is_new] = by_name_.try_emplace(name);
  if (!is_new) {
    // Two modules that disagree on what a type takes were not compiled together.
    if (structs_[place->second].parameter_count != own.parameter_count)
      return fail(Code::bad_module, module);
    return place->second;
  }
  if (structs_.size() == kStructsMax) return fail(Code::too_many, structs_.size());
  place->second = static_cast<std::uint16_t>(structs_.size());
  Struct made;
  made.known = known(name, own.parameter_count);
  made.name = std::move(name);
  made.parameter_count = own.parameter_count;
  structs_.push_back(std::move(made));
  return place->second;
}

Status Resolver::define(std::size_t module, const StructDefinition& definition) {
  const Module& own = modules_[module];
  if (own.structs()[definition.handle].module != own.self()) return fail(Code::bad_module, module);
  Struct& found = structs_[handles_[module][definition.handle]];
  if (found.definition != nullptr) return fail(Code::ambiguous, module);
  found.definition = &definition;
  found.module = module;
  return {};
}

Result<Parts> Resolver::convert(std::size_t module, std::uint32_t token,
                                std::span<const Parts> arguments) {
  const auto tokens = modules_[module].tokens();
  Parts made;
  for (std::uint32_t i = token; i < tokens[token].end; ++i) {
    const Token& from = tokens[i];
    if (from.kind == TokenKind::parameter && from.index < arguments.size()) {
      const Parts& argument = arguments[from.index];
      made.insert(made.end(), argument.begin(), argument.end());
    } else {
      Part part{static_cast<std::uint16_t>(from.kind), from.count, from.results, from.index};
      if (from.kind == TokenKind::structure || from.kind == TokenKind::structure_of)
        part.index = handles_[module][from.index];
      made.push_back(part);
    }
    if (made.size() > kTypePartsMax) return fail(Code::bad_type, module);
  }
  work_ += made.size();
  if (work_ > kTypeWorkMax) return fail(Code::bad_type, module);
  return made;
}

Result<std::uint32_t> Resolver::type(std::size_t module, std::uint32_t token) {
  AIRLOCK_ASSIGN(Parts parts, convert(module, token, {}));
  return resolve(std::move(parts));
}

Result<std::uint32_t> Resolver::definition(std::size_t module, std::uint16_t handle) {
  const StructHandle& own = modules_[module].structs()[handle];
  Parts parts;
  const TokenKind kind = own.parameter_count == 0 ? TokenKind::structure : TokenKind::structure_of;
  parts.push_back(
      {static_cast<std::uint16_t>(kind), own.parameter_count, 0, handles_[module][handle]});
  for (std::uint16_t i = 0; i < own.parameter_count; ++i)
    parts.push_back({static_cast<std::uint16_t>(TokenKind::parameter), 0, 0, i});
  return resolve(std::move(parts));
}

Result<std::uint32_t> Resolver::resolve(Parts parts) {
  const std::string whole = key_of(parts);
  std::vector<Frame> frames;
  if (!resolved_.contains(whole)) AIRLOCK_TRY(open(frames, std::move(parts)));
  while (!frames.empty()) {
    Frame& top = frames.back();
    if (top.made.size() < top.inner.size()) {
      const auto found = resolved_.find(key_of(top.inner[top.made.size()]));
      if (found != resolved_.end())
        top.made.push_back(found->second);
      else
        AIRLOCK_TRY(open(frames, top.inner[top.made.size()]));
      continue;
    }
    const std::string key = key_of(top.parts);
    resolved_.emplace(key, finish(top));
    open_.erase(key);
    frames.pop_back();
    if (builder_.type_count() > type::kTypesMax) return fail(Code::too_many, type::kTypesMax);
  }
  return resolved_.at(whole);
}

Status Resolver::open(std::vector<Frame>& frames, Parts parts) {
  if (frames.size() == type::kNestingMax) return fail(Code::bad_type, frames.size());
  if (!open_.insert(key_of(parts)).second) return fail(Code::bad_type, frames.size());
  AIRLOCK_ASSIGN(auto inner, inner_of(parts));
  frames.push_back({std::move(parts), std::move(inner), {}});
  return {};
}

Result<std::vector<Parts>> Resolver::inner_of(const Parts& parts) {
  const TokenKind kind = kind_of(parts[0]);
  auto inner = split(parts);
  if (is_reference(kind)) return inner;
  if (kind == TokenKind::vector) {
    if (is_byte(inner[0])) inner.clear();
    return inner;
  }
  if (kind != TokenKind::structure && kind != TokenKind::structure_of) return std::vector<Parts>{};
  const Struct& found = structs_[parts[0].index];
  if (found.known == Known::option) return inner;
  if (found.known != Known::no || !found.is_explained()) return std::vector<Parts>{};
  return fields_of(found, inner);
}

Result<std::vector<Parts>> Resolver::fields_of(const Struct& found,
                                               std::span<const Parts> arguments) {
  const Module& module = modules_[found.module];
  std::vector<Parts> made;
  const auto add = [&](std::span<const FieldDefinition> fields) -> Status {
    for (const FieldDefinition& field : fields) {
      AIRLOCK_ASSIGN(Parts parts, convert(found.module, field.type, arguments));
      made.push_back(std::move(parts));
    }
    return {};
  };
  AIRLOCK_TRY(add(module.fields_of(*found.definition)));
  for (const VariantDefinition& variant : module.variants_of(*found.definition))
    AIRLOCK_TRY(add(module.fields_of(variant)));
  return made;
}

std::uint32_t Resolver::finish(const Frame& frame) {
  Type type;
  const TokenKind kind = kind_of(frame.parts[0]);
  if (kind == TokenKind::structure || kind == TokenKind::structure_of) return finish_struct(frame);
  if (kind == TokenKind::boolean) {
    type.form = Form::boolean;
    type.extent = 1;
  } else if (kind == TokenKind::address) {
    type.form = Form::address;
    type.extent = type.size = kAddressSize;
  } else if (kind == TokenKind::signer) {
    type.form = Form::signer;
  } else if (kind == TokenKind::parameter) {
    type.form = Form::parameter;
    type.first = frame.parts[0].index;
    type.name = builder_.text(spell(frame.parts));
  } else if (is_reference(kind)) {
    type.form = Form::reference;
    type.flags = kind == TokenKind::reference ? 0 : type::kIsMutable;
    type.first = frame.made[0];
  } else if (kind == TokenKind::vector) {
    type.form = frame.made.empty() ? Form::bytes : Form::list;
    type.size = kUleb;
    if (!frame.made.empty()) type.first = frame.made[0];
  } else if (kind == TokenKind::function) {
    type.form = Form::instance;
    type.name = builder_.text(spell(frame.parts));
  } else {
    type = integer(kind);
  }
  return builder_.add(type);
}

std::uint32_t Resolver::finish_struct(const Frame& frame) {
  const Struct& found = structs_[frame.parts[0].index];
  Type type;
  type.name = builder_.text(spell(frame.parts));
  type.size = kUleb;
  switch (found.known) {
    case Known::text: type.form = Form::text; return builder_.add(type);
    case Known::ascii:
      type.form = Form::text;
      type.flags = type::kIsAscii;
      return builder_.add(type);
    case Known::address:
      type.form = Form::address;
      type.extent = type.size = kAddressSize;
      return builder_.add(type);
    case Known::option:
      type.form = Form::option;
      type.size = 1;
      type.first = frame.made[0];
      return builder_.add(type);
    case Known::no: break;
  }
  const bool is_open = !found.is_explained();
  if (!is_open && found.definition->body == Body::variants)
    return finish_choice(frame, found, type.name);
  type.size = 0;
  type.form = is_open ? Form::instance : Form::tuple;
  std::vector<type::Field> fields;
  if (!is_open) {
    const Module& module = modules_[found.module];
    for (const FieldDefinition& field : module.fields_of(*found.definition))
      fields.push_back(
          {builder_.text(module.names()[field.name]), frame.made[fields.size()], 0, {}});
  }
  type.count = static_cast<std::uint32_t>(fields.size());
  type.first = builder_.add_fields(fields);
  return builder_.add(type);
}

std::uint32_t Resolver::finish_choice(const Frame& frame, const Struct& found, type::Text name) {
  const Module& module = modules_[found.module];
  std::vector<type::Field> variants;
  std::size_t next = 0;
  for (const VariantDefinition& variant : module.variants_of(*found.definition)) {
    std::vector<type::Field> fields;
    for (const FieldDefinition& field : module.fields_of(variant))
      fields.push_back({builder_.text(module.names()[field.name]), frame.made[next++], 0, {}});
    Type inner;
    inner.form = Form::tuple;
    inner.count = static_cast<std::uint32_t>(fields.size());
    inner.first = builder_.add_fields(fields);
    const auto tag = static_cast<std::uint32_t>(variants.size());
    variants.push_back({builder_.text(module.names()[variant.name]), builder_.add(inner), tag, {}});
  }
  Type type;
  type.form = Form::choice;
  type.size = kUleb;
  type.name = name;
  type.count = static_cast<std::uint32_t>(variants.size());
  type.first = builder_.add_fields(variants);
  return builder_.add(type);
}

std::string Resolver::spell(const Parts& parts) const {
  std::string made;
  TypeText text(made);
  for (const Part& part : parts) {
    Token token;
    token.kind = kind_of(part);
    token.count = static_cast<std::uint8_t>(part.count);
    token.results = static_cast<std::uint8_t>(part.results);
    token.index = part.index;
    const bool is_struct =
        token.kind == TokenKind::structure || token.kind == TokenKind::structure_of;
    text.add(token, is_struct ? std::string_view(structs_[part.index].name) : std::string_view());
  }
  return made;
}

}  // namespace airlock::abi::move
