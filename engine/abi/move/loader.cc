#include "engine/abi/move/loader.h"

#include "core/crypto/crypto.h"
#include "engine/abi/move/attributes.h"
#include "engine/abi/move/resolver.h"
#include "engine/abi/move/tag.h"
#include "engine/abi/move/type_text.h"

namespace airlock::abi::move {
namespace {

using type::EntryKind;

std::array<std::uint8_t, kKeySize> key_of_text(std::string_view text) {
  return crypto::sha256(bytes_of(text)).bytes;
}

class Loader {
 public:
  Loader(std::span<const Module> modules, const Names* names)
      : modules_(modules),
        names_(names),
        builder_("move", type::Order::little, type::AddressForm::hex),
        resolver_(modules, builder_) {}

  Result<type::OwnedMap> load(std::string_view package) {
    builder_.set_name(package);
    add_plain_types();
    AIRLOCK_TRY(resolver_.gather());
    for (std::size_t i = 0; i < modules_.size(); ++i) AIRLOCK_TRY(add_module(i));
    if (names_ != nullptr && named_ != names_->size()) return fail(Code::bad_abi, named_);
    return builder_.finish();
  }

  Result<type::OwnedMap> load_script() {
    builder_.set_name("script");
    add_plain_types();
    AIRLOCK_TRY(resolver_.gather());
    const Module& module = modules_[0];
    type::Entry entry;
    entry.flags = type::kIsEntry;
    entry.parameters = static_cast<std::uint16_t>(module.script_parameters().size());
    AIRLOCK_TRY(add_function(0, "main", module.script_signature(), type::kNone, entry));
    return builder_.finish();
  }

 private:
  void add_plain_types() {
    type::Type type;
    const auto add = [&](type::Form form, unsigned size, std::uint32_t extent) {
      type = {};
      type.form = form;
      type.size = static_cast<std::uint16_t>(size);
      type.extent = extent;
      const std::uint32_t element = builder_.add(type);
      type = {};
      type.form = type::Form::list;
      type.size = static_cast<std::uint16_t>(type::Prefix::uleb);
      type.first = element;
      builder_.add(type);
    };
    add(type::Form::boolean, 0, 1);
    for (const unsigned bits : {16U, 32U, 64U, 128U, 256U})
      add(type::Form::unsigned_integer, bits, bits / 8);
    add(type::Form::address, kAddressSize, kAddressSize);
    add(type::Form::bytes, static_cast<unsigned>(type::Prefix::uleb), 0);
    type = {};
    type.form = type::Form::unsigned_integer;
    type.size = 8;
    type.extent = 1;
    builder_.add(type);
    for (const std::string_view name : {"0x1::string::String", "0x1::ascii::String"}) {
      type = {};
      type.form = type::Form::text;
      type.size = static_cast<std::uint16_t>(type::Prefix::uleb);
      type.flags = name == "0x1::ascii::String" ? type::kIsAscii : 0;
      type.name = builder_.text(name);
      builder_.add(type);
    }
  }

  Status add_module(std::size_t index) {
    const Module& module = modules_[index];
    const auto attributes = read_attributes(module);
    if (!attributes) return fail(Code::bad_module, index);
    std::string id;
    append_module_name(id, module, module.modules()[module.self()]);
    note_ = {};
    for (const FunctionDefinition& function : module.function_definitions()) {
      if (module.functions()[function.handle].module != module.self())
        return fail(Code::bad_module, index);
      if (function.visibility != Visibility::hidden || function.is_entry)
        AIRLOCK_TRY(add_function(index, id, function, *attributes));
    }
    for (const StructDefinition& definition : module.struct_definitions())
      AIRLOCK_TRY(add_struct(index, id, definition, *attributes));
    for (const StructDefinition& definition : module.enum_definitions())
      AIRLOCK_TRY(add_struct(index, id, definition, *attributes));
    for (const ErrorText& error : attributes->errors) add_error(id, error);
    return {};
  }

  Status add_function(std::size_t index, const std::string& id, const FunctionDefinition& function,
                      const Attributes& attributes) {
    const Module& module = modules_[index];
    const FunctionHandle& handle = module.functions()[function.handle];
    const std::string_view name = module.names()[handle.name];
    type::Entry entry;
    entry.parameters = handle.parameter_count;
    if (function.is_entry) entry.flags |= type::kIsEntry;
    if (function.visibility == Visibility::open) entry.flags |= type::kIsPublic;
    if (function.visibility == Visibility::friends) entry.flags |= type::kIsFriend;
    if (attributes.has(name, true, Purpose::view) ||
        attributes.has(name, true, Purpose::legacy_view))
      entry.flags |= type::kIsView;
    entry.name = builder_.text(name);
    entry.note = note_of(id);
    return add_function(index, whole(id, name), handle.parameters, handle.results, entry);
  }

  Status add_function(std::size_t index, std::string_view id, std::uint16_t parameters,
                      std::uint32_t results, type::Entry entry) {
    signature_ = id;
    for (unsigned i = 0; i < entry.parameters; ++i)
      signature_.append(i == 0 ? "<T" : ", T").append(std::to_string(i));
    if (entry.parameters > 0) signature_ += '>';
    signature_ += '(';
    const std::vector<std::string>* names = names_ != nullptr ? names_->of(id) : nullptr;
    if (names != nullptr) ++named_;
    AIRLOCK_ASSIGN(entry.input, tuple(index, parameters, names, &signature_));
    signature_ += ')';
    if (results != type::kNone) {
      AIRLOCK_ASSIGN(entry.output,
                     tuple(index, static_cast<std::uint16_t>(results), nullptr, nullptr));
    }
    entry.kind = EntryKind::function;
    if (entry.name.size == 0) entry.name = builder_.text(id);
    entry.key = builder_.bytes(key_of_text(id));
    entry.signature = builder_.text(signature_);
    builder_.add(entry);
    return {};
  }

  // The name of the module that is being added.
  type::Text note_of(const std::string& id) {
    if (note_.size == 0) note_ = builder_.text(id);
    return note_;
  }

  // The name of something in a module, until the next one is asked for.
  std::string_view whole(std::string_view id, std::string_view name) {
    whole_ = id;
    return whole_.append("::").append(name);
  }

  Result<std::uint32_t> tuple(std::size_t index, std::uint16_t at,
                              const std::vector<std::string>* names, std::string* text) {
    const Module& module = modules_[index];
    const Signature& signature = module.signatures()[at];
    if (names != nullptr && names->size() != signature.count) return fail(Code::bad_abi, index);
    fields_.clear();
    std::uint32_t token = signature.first;
    for (unsigned i = 0; i < signature.count; ++i) {
      AIRLOCK_ASSIGN(const TermId term, resolver_.resolve(index, token));
      type::Field field;
      field.type = resolver_.type_of(term);
      if (names != nullptr) field.name = builder_.text((*names)[i]);
      field.note = resolver_.spell(term);
      if (text != nullptr) text->append(i == 0 ? "" : ", ").append(builder_.view(field.note));
      fields_.push_back(field);
      token = module.tokens()[token].end;
    }
    type::Type made;
    made.form = type::Form::tuple;
    made.count = signature.count;
    made.first = builder_.add_fields(fields_);
    return builder_.add(made);
  }

  Status add_struct(std::size_t index, const std::string& id, const StructDefinition& definition,
                    const Attributes& attributes) {
    if (definition.body == Body::native) return {};
    const Module& module = modules_[index];
    const StructHandle& handle = module.structs()[definition.handle];
    const std::string_view name = module.names()[handle.name];
    type::Entry entry;
    entry.kind = EntryKind::record;
    if ((handle.abilities & kKey) != 0) entry.kind = EntryKind::account;
    if (attributes.has(name, false, Purpose::event)) entry.kind = EntryKind::event;
    entry.parameters = handle.parameter_count;
    entry.name = builder_.text(name);
    entry.note = note_of(id);
    const std::string_view own = whole(id, name);
    entry.key = builder_.bytes(key_of_text(own));
    AIRLOCK_ASSIGN(entry.input, resolver_.definition(index, definition.handle));
    const type::Text spelled = builder_.at(entry.input).name;
    entry.signature = spelled.size > 0 ? spelled : builder_.text(own);
    builder_.add(entry);
    return {};
  }

  void add_error(const std::string& id, const ErrorText& error) {
    type::Entry entry;
    entry.kind = EntryKind::error;
    entry.name = builder_.text(error.name.substr(0, type::kNameMax));
    const std::string_view own = whole(id, std::to_string(error.code));
    entry.key = builder_.bytes(key_of_text(own));
    entry.signature = builder_.text(own);
    entry.note = builder_.text(error.text);
    builder_.add(entry);
  }

  std::span<const Module> modules_;
  const Names* names_;
  type::Builder builder_;
  Resolver resolver_;
  std::size_t named_ = 0;
  type::Text note_{};
  // Kept from one use to the next for their room alone.
  std::string signature_, whole_;
  std::vector<type::Field> fields_;
};

}  // namespace

Result<type::OwnedMap> load(std::span<const Bytes> files, std::string_view package,
                            const Names* names) {
  if (files.empty() || files.size() > kModulesMax) return fail(Code::too_many, files.size());
  std::vector<Module> modules;
  modules.reserve(files.size());
  for (const Bytes file : files) {
    AIRLOCK_ASSIGN(Module module, Module::read(file));
    modules.push_back(std::move(module));
  }
  std::string name(package);
  if (name.empty()) append_module_name(name, modules[0], modules[0].modules()[modules[0].self()]);
  return Loader(modules, names).load(name);
}

Result<type::OwnedMap> load_script(Bytes script) {
  AIRLOCK_ASSIGN(const Module module, Module::read(script, Kind::script));
  return Loader({&module, 1}, nullptr).load_script();
}

std::array<std::uint8_t, kKeySize> key_of(Bytes address, std::string_view module,
                                          std::string_view name) {
  std::string text;
  append_short_address(text, address);
  text.append("::").append(module).append("::").append(name);
  return key_of_text(text);
}

const type::Entry* find_function(const type::Map& map, Bytes address, std::string_view module,
                                 std::string_view name) {
  return map.find(type::EntryKind::function, key_of(address, module, name));
}

Result<const type::Entry*> find_named(const type::Map& map, std::string_view name) {
  if (const type::Entry* found = map.find(EntryKind::function, key_of_text(name))) return found;
  return map.find_named(EntryKind::function, name);
}

}  // namespace airlock::abi::move
