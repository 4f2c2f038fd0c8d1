#include "engine/abi/move/resolver.h"

#include "engine/abi/move/loader.h"
#include "engine/abi/move/type_text.h"

namespace airlock::abi::move {
namespace {

using type::Form;
using type::Type;

constexpr std::size_t kStructsMax = 65'535;
constexpr auto kUleb = static_cast<std::uint16_t>(type::Prefix::uleb);
constexpr std::uint32_t kOpen = type::kNone - 1;  // the type of a term that is on its way

bool is_reference(TokenKind kind) {
  return kind == TokenKind::reference || kind == TokenKind::mutable_reference;
}

bool is_struct(TokenKind kind) {
  return kind == TokenKind::structure || kind == TokenKind::structure_of;
}

std::size_t inner_count(const Token& token) {
  if (token.kind == TokenKind::vector || is_reference(token.kind)) return 1;
  if (token.kind == TokenKind::structure_of || token.kind == TokenKind::function)
    return std::size_t{token.count} + token.results;
  return 0;
}

unsigned bits_of(TokenKind kind) {
  if (kind == TokenKind::u8 || kind == TokenKind::i8) return 8;
  if (kind == TokenKind::u16 || kind == TokenKind::i16) return 16;
  if (kind == TokenKind::u32 || kind == TokenKind::i32) return 32;
  if (kind == TokenKind::u64 || kind == TokenKind::i64) return 64;
  if (kind == TokenKind::u128 || kind == TokenKind::i128) return 128;
  return 256;
}

Type integer(TokenKind kind) {
  Type type;
  type.form = kind >= TokenKind::i8 ? Form::signed_integer : Form::unsigned_integer;
  type.size = static_cast<std::uint16_t>(bits_of(kind));
  type.extent = type.size / 8U;
  return type;
}

}  // namespace

Resolver::Resolver(std::span<const Module> modules, type::Builder& builder)
    : modules_(modules), builder_(builder) {
  leaves_.fill(type::kNone);
  names_.reserve(512);
  waiting_.reserve(16);
  frames_.reserve(4);
}

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
  std::size_t tokens = 0;
  for (std::size_t i = 0; i < modules_.size(); ++i) {
    offsets_.push_back({handles_.size(), tokens});
    tokens += modules_[i].tokens().size();
    for (std::uint16_t handle = 0; handle < modules_[i].structs().size(); ++handle) {
      AIRLOCK_ASSIGN(const std::uint16_t found, intern(i, handle));
      handles_.push_back(found);
    }
  }
  resolved_.resize(tokens, type::kNone);
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
  const std::size_t name_at = names_.size();
  append_struct_name(names_, modules_[module], handle);
  const std::string_view name = std::string_view(names_).substr(name_at);
  const auto next = static_cast<std::uint32_t>(structs_.size());
  const std::uint32_t found = structs_by_name_.find_or_add(
      type::hash_of(name), next,
      [&](std::uint32_t other) { return name_of(structs_[other]) == name; });
  if (found != next) {
    names_.resize(name_at);
    // Two modules that disagree on what a type takes were not compiled together.
    if (structs_[found].parameter_count != own.parameter_count)
      return fail(Code::bad_module, module);
    return static_cast<std::uint16_t>(found);
  }
  if (structs_.size() == kStructsMax) return fail(Code::too_many, structs_.size());
  Struct made;
  made.name_at = static_cast<std::uint32_t>(name_at);
  made.name_size = static_cast<std::uint32_t>(name.size());
  made.known = known(name, own.parameter_count);
  made.parameter_count = own.parameter_count;
  structs_.push_back(made);
  return static_cast<std::uint16_t>(found);
}

Status Resolver::define(std::size_t module, const StructDefinition& definition) {
  const Module& own = modules_[module];
  if (own.structs()[definition.handle].module != own.self()) return fail(Code::bad_module, module);
  Struct& found = structs_[struct_of(module, definition.handle)];
  if (found.definition != nullptr) return fail(Code::ambiguous, module);
  found.definition = &definition;
  found.module = static_cast<std::uint32_t>(module);
  return {};
}

// What a token contains stands behind it: read backwards, it lies on the stack when its token
// comes, the first part on top.
Result<TermId> Resolver::convert(std::size_t module, std::uint32_t token,
                                 std::span<const TermId> arguments) {
  const auto tokens = modules_[module].tokens();
  stack_.clear();
  for (std::uint32_t i = tokens[token].end; i > token; --i) {
    const Token& from = tokens[i - 1];
    const bool is_given = from.kind == TokenKind::parameter && from.index < arguments.size();
    const TermId term = is_given ? arguments[from.index] : compose(module, from);
    if (terms_[term].size > kTypePartsMax || terms_[term].depth > kTokenDepthMax)
      return fail(Code::bad_type, module);
    stack_.push_back(term);
  }
  AIRLOCK_TRY(count_work(module, stack_.back()));
  return stack_.back();
}

TermId& Resolver::leaf(std::size_t module, const Token& token) {
  if (token.kind == TokenKind::structure) return structs_[struct_of(module, token.index)].plain;
  return leaves_[static_cast<std::size_t>(token.kind)];
}

TermId Resolver::compose(std::size_t module, const Token& token) {
  const std::size_t count = inner_count(token);
  if (count == 0 && token.kind != TokenKind::parameter && token.kind != TokenKind::function) {
    TermId& known = leaf(module, token);
    if (known == type::kNone) {
      const bool has_index = token.kind == TokenKind::structure;
      const std::uint16_t index = has_index ? struct_of(module, token.index) : token.index;
      known = terms_.make(token.kind, token.results, index, {});
    }
    return known;
  }
  inner_.assign(stack_.rbegin(), stack_.rbegin() + static_cast<std::ptrdiff_t>(count));
  stack_.resize(stack_.size() - count);
  const std::uint16_t index = is_struct(token.kind) ? struct_of(module, token.index) : token.index;
  return terms_.make(token.kind, token.results, index, inner_);
}

Status Resolver::count_work(std::size_t module, TermId term) {
  work_ += terms_[term].size;
  if (work_ > kTypeWorkMax) return fail(Code::bad_type, module);
  return {};
}

Result<TermId> Resolver::resolve(std::size_t module, std::uint32_t token) {
  TermId& known = resolved_[offsets_[module].tokens + token];
  if (known != type::kNone) {
    AIRLOCK_TRY(count_work(module, known));
    return known;
  }
  AIRLOCK_ASSIGN(const TermId term, convert(module, token, {}));
  AIRLOCK_TRY(make(term));
  known = term;
  return term;
}

Result<std::uint32_t> Resolver::definition(std::size_t module, std::uint16_t handle) {
  const StructHandle& own = modules_[module].structs()[handle];
  inner_.clear();
  for (std::uint16_t i = 0; i < own.parameter_count; ++i)
    inner_.push_back(terms_.make(TokenKind::parameter, 0, i, {}));
  const TokenKind kind = own.parameter_count == 0 ? TokenKind::structure : TokenKind::structure_of;
  const TermId term = terms_.make(kind, 0, struct_of(module, handle), inner_);
  AIRLOCK_TRY(make(term));
  return terms_[term].type;
}

Status Resolver::make(TermId root) {
  if (terms_[root].type != type::kNone) return {};
  frames_.clear();
  waiting_.clear();
  AIRLOCK_TRY(open(root));
  while (!frames_.empty()) {
    Frame& top = frames_.back();
    if (top.next < top.end) {
      const TermId inner = waiting_[top.next];
      const std::uint32_t type = terms_[inner].type;
      if (type == type::kNone || type == kOpen)
        AIRLOCK_TRY(open(inner));
      else
        ++top.next;
      continue;
    }
    const std::uint32_t finished = finish(top);
    terms_[top.term].type = finished;
    waiting_.resize(top.first);
    frames_.pop_back();
    if (builder_.type_count() > type::kTypesMax) return fail(Code::too_many, type::kTypesMax);
  }
  return {};
}

Status Resolver::open(TermId term) {
  const bool contains_itself = terms_[term].type == kOpen;
  if (contains_itself || frames_.size() == type::kNestingMax)
    return fail(Code::bad_type, frames_.size());
  terms_[term].type = kOpen;
  const auto first = static_cast<std::uint32_t>(waiting_.size());
  AIRLOCK_TRY(wait_for_inner(term));
  frames_.push_back({term, first, first, static_cast<std::uint32_t>(waiting_.size())});
  return {};
}

// Adds what has to be there before a type: what it contains in place.
Status Resolver::wait_for_inner(TermId term) {
  const TokenKind kind = terms_[term].kind;
  const auto inner = terms_.inner(term);
  const bool is_bytes = kind == TokenKind::vector && terms_[inner[0]].kind == TokenKind::u8;
  if (is_bytes || (!is_reference(kind) && kind != TokenKind::vector && !is_struct(kind))) return {};
  const Struct* found = is_struct(kind) ? &structs_[terms_[term].index] : nullptr;
  if (found == nullptr || found->known == Known::option) {
    waiting_.insert(waiting_.end(), inner.begin(), inner.end());
    return {};
  }
  if (found->known != Known::no || !found->is_explained()) return {};
  arguments_.assign(inner.begin(), inner.end());
  const Module& module = modules_[found->module];
  AIRLOCK_TRY(wait_for_fields(*found, module.fields_of(*found->definition)));
  for (const VariantDefinition& variant : module.variants_of(*found->definition))
    AIRLOCK_TRY(wait_for_fields(*found, module.fields_of(variant)));
  return {};
}

Status Resolver::wait_for_fields(const Struct& found, std::span<const FieldDefinition> fields) {
  for (const FieldDefinition& field : fields) {
    AIRLOCK_ASSIGN(const TermId term, convert(found.module, field.type, arguments_));
    waiting_.push_back(term);
  }
  return {};
}

std::uint32_t Resolver::finish(const Frame& frame) {
  Type type;
  const TokenKind kind = terms_[frame.term].kind;
  const bool is_alone = frame.first == frame.end;
  if (is_struct(kind)) return finish_struct(frame);
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
    type.first = terms_[frame.term].index;
    type.name = spell(frame.term);
  } else if (is_reference(kind)) {
    type.form = Form::reference;
    type.flags = kind == TokenKind::reference ? 0 : type::kIsMutable;
    type.first = made(frame, 0);
  } else if (kind == TokenKind::vector) {
    type.form = is_alone ? Form::bytes : Form::list;
    type.size = kUleb;
    if (!is_alone) type.first = made(frame, 0);
  } else if (kind == TokenKind::function) {
    type.form = Form::instance;
    type.name = spell(frame.term);
  } else {
    type = integer(kind);
  }
  return builder_.add(type);
}

std::uint32_t Resolver::finish_struct(const Frame& frame) {
  const Struct& found = structs_[terms_[frame.term].index];
  Type type;
  type.name = spell(frame.term);
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
      type.first = made(frame, 0);
      return builder_.add(type);
    case Known::no: break;
  }
  const bool is_open = !found.is_explained();
  if (!is_open && found.definition->body == Body::variants)
    return finish_choice(frame, found, type.name);
  type.size = 0;
  type.form = is_open ? Form::instance : Form::tuple;
  fields_.clear();
  if (!is_open) {
    const Module& module = modules_[found.module];
    for (const FieldDefinition& field : module.fields_of(*found.definition))
      fields_.push_back(
          {builder_.text(module.names()[field.name]), made(frame, fields_.size()), 0, {}});
  }
  type.count = static_cast<std::uint32_t>(fields_.size());
  type.first = builder_.add_fields(fields_);
  return builder_.add(type);
}

std::uint32_t Resolver::finish_choice(const Frame& frame, const Struct& found, type::Text name) {
  const Module& module = modules_[found.module];
  std::vector<type::Field> variants;
  std::size_t next = 0;
  for (const VariantDefinition& variant : module.variants_of(*found.definition)) {
    fields_.clear();
    for (const FieldDefinition& field : module.fields_of(variant))
      fields_.push_back({builder_.text(module.names()[field.name]), made(frame, next++), 0, {}});
    Type inner;
    inner.form = Form::tuple;
    inner.count = static_cast<std::uint32_t>(fields_.size());
    inner.first = builder_.add_fields(fields_);
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

type::Text Resolver::spell(TermId root) {
  if (terms_[root].spelled.size > 0) return terms_[root].spelled;
  text_.clear();
  TypeText text(text_);
  stack_.assign(1, root);
  while (!stack_.empty()) {
    const Term& term = terms_[stack_.back()];
    const auto inner = terms_.inner(stack_.back());
    stack_.pop_back();
    Token token;
    token.kind = term.kind;
    token.count = static_cast<std::uint8_t>(term.count - term.results);
    token.results = term.results;
    token.index = term.index;
    text.add(token, is_struct(term.kind) ? name_of(structs_[term.index]) : std::string_view());
    stack_.insert(stack_.end(), inner.rbegin(), inner.rend());
  }
  return terms_[root].spelled = builder_.text(text_);
}

}  // namespace airlock::abi::move
