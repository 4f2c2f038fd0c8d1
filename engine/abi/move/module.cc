#include "engine/abi/move/module.h"

#include <algorithm>

#include "engine/abi/move/identifier.h"
#include "engine/abi/move/module_reader.h"
#include "engine/abi/move/token_reader.h"

namespace airlock::abi::move {
namespace {

constexpr std::array<std::uint8_t, 4> kMagic = {0xa1, 0x1c, 0xeb, 0x0b};
constexpr std::uint8_t kSuiMark = 0x05;
constexpr std::uint8_t kAptosMark = 0x0a;
constexpr std::uint64_t kTablesMax = 255;
constexpr std::uint64_t kIndexMax = 65'535;
constexpr std::uint64_t kSizeMax = 0xffff'ffff;
constexpr std::uint64_t kNameSizeMax = 65'535;
constexpr std::uint64_t kAptosNameSizeMax = 255;
constexpr std::uint64_t kBlobSizeMax = 65'535;
constexpr std::uint64_t kMetadataKeySizeMax = 1023;
constexpr std::uint64_t kCountMax = 255;  // of parameters, fields, types of a signature
constexpr std::uint64_t kVariantsMax = 127;
constexpr std::uint64_t kAccessesMax = 64;
constexpr std::uint64_t kAttributesMax = 16;
constexpr std::uint8_t kAbilitiesAll = 0xf;

// The tables, by their numbers in a file. What 0x11 to 0x14 hold is the chain's own.
enum Table : std::uint8_t {
  kModules = 0x1,
  kStructs = 0x2,
  kFunctions = 0x3,
  kFunctionInstances = 0x4,
  kSignatures = 0x5,
  kConstants = 0x6,
  kNames = 0x7,
  kAddresses = 0x8,
  kStructDefinitions = 0xa,
  kStructInstances = 0xb,
  kFunctionDefinitions = 0xc,
  kFields = 0xd,
  kFieldInstances = 0xe,
  kFriends = 0xf,
  kMetadata = 0x10,
  kEnums = 0x11,
  kEnumInstances = 0x12,
  kVariants = 0x13,
  kVariantInstances = 0x14,
};
constexpr std::size_t kTableKinds = 0x15;

// One spelling for a version: a mark of whose it is from 7 on, and none before.
Result<Flavour> flavour_of(std::uint32_t word) {
  if (word == 5 || word == 6) return Flavour::common;
  const std::uint32_t version = word & 0xff'ffff;
  const auto mark = static_cast<std::uint8_t>(word >> 24);
  if (mark == kSuiMark && version == 7) return Flavour::sui;
  if (mark == kAptosMark && version >= 7 && version <= 10) return Flavour::aptos;
  return fail(Code::unsupported_version, word);
}

std::uint16_t index(Cursor& cursor) { return static_cast<std::uint16_t>(cursor.uleb(kIndexMax)); }
std::uint8_t count(Cursor& cursor, std::uint64_t max = kCountMax) {
  return static_cast<std::uint8_t>(cursor.uleb(max));
}

}  // namespace

class ModuleReader {
 public:
  ModuleReader(Module& module, Bytes file) : module_(module), file_(file) {}

  Status read();

 private:
  Status read_head(Cursor& cursor);
  Status read_directory(Cursor& cursor);
  Status read_tables();
  Status read_table(Table table, Cursor& cursor);
  void read_entry(Table table, Cursor& cursor);
  void read_marked_entry(Table table, Cursor& cursor);
  void read_struct(Cursor& cursor);
  void read_function(Cursor& cursor);
  void read_accesses(Cursor& cursor);
  void read_access(Cursor& cursor);
  void read_attributes(Cursor& cursor);
  void read_signature(Cursor& cursor);
  void read_name(Cursor& cursor);
  void read_struct_definition(Cursor& cursor);
  void read_enum(Cursor& cursor);
  void read_fields(Cursor& cursor, std::uint8_t& count, std::uint32_t& first);
  void read_variants(Cursor& cursor, StructDefinition& made);
  std::uint32_t read_parameters(Cursor& cursor, std::uint8_t count, bool with_phantom);
  Status read_end(Cursor& cursor);
  Status check() const;
  bool tokens_fit() const;
  bool definitions_fit() const;
  bool definition_fits(const StructDefinition& definition) const;
  bool members_fit() const;
  bool type_fits(std::uint32_t token, std::size_t parameters) const;
  bool instances_fit(std::span<const Instance> instances, std::size_t pool) const;
  Bytes table(Table table) const { return contents_.subspan(offsets_[table], sizes_[table]); }

  Module& module_;
  Bytes file_;
  Bytes contents_;
  std::array<std::uint32_t, kTableKinds> offsets_{};
  std::array<std::uint32_t, kTableKinds> sizes_{};
};

Result<Module> Module::read(Bytes file, Kind kind) {
  if (file.size() > kModuleSizeMax) return fail(Code::oversized, file.size());
  Module module;
  module.kind_ = kind;
  AIRLOCK_TRY(ModuleReader(module, file).read());
  return module;
}

Status ModuleReader::read() {
  Cursor cursor(file_, Code::bad_module);
  AIRLOCK_TRY(read_head(cursor));
  AIRLOCK_TRY(read_directory(cursor));
  AIRLOCK_TRY(read_tables());
  AIRLOCK_TRY(check());
  AIRLOCK_TRY(read_end(cursor));
  if (!cursor.at_end()) return fail(Code::trailing_bytes, cursor.at());
  return {};
}

Status ModuleReader::read_head(Cursor& cursor) {
  if (!equal(cursor.take(kMagic.size()), kMagic)) return fail(Code::wrong_magic);
  const std::uint32_t word = cursor.u32();
  AIRLOCK_TRY(cursor.status());
  AIRLOCK_ASSIGN(module_.flavour_, flavour_of(word));
  module_.version_ = word & 0xff'ffff;
  return {};
}

// Tables cover their contents from the front without a gap, each once, in any order.
Status ModuleReader::read_directory(Cursor& cursor) {
  struct Place {
    std::uint32_t offset, size, kind;
  };
  std::array<Place, kTableKinds> places{};
  std::size_t found = 0;
  const std::uint64_t tables = cursor.uleb(kTablesMax);
  for (std::uint64_t i = 0; i < tables && !cursor.failed(); ++i) {
    const std::uint8_t kind = cursor.u8();
    const auto offset = static_cast<std::uint32_t>(cursor.uleb(kSizeMax));
    const auto size = static_cast<std::uint32_t>(cursor.uleb(kSizeMax));
    const bool known = kind != 0 && kind != 9 && kind < kTableKinds;
    if (!known || size == 0 || sizes_[kind] != 0) return fail(Code::bad_module, cursor.at());
    if (kind >= kEnums && module_.flavour_ == Flavour::common)
      return fail(Code::bad_module, cursor.at());
    offsets_[kind] = offset;
    sizes_[kind] = size;
    places[found++] = {offset, size, kind};
  }
  AIRLOCK_TRY(cursor.status());
  const auto used = std::span(places).first(found);
  std::ranges::sort(used, {}, &Place::offset);
  std::uint64_t end = 0;
  for (const Place& place : used) {
    if (place.offset != end) return fail(Code::bad_module, place.offset);
    end += place.size;
  }
  contents_ = cursor.take(end);
  return cursor.status();
}

Status ModuleReader::read_tables() {
  module_.addresses_ = table(kAddresses);
  if (module_.addresses_.size() % kAddressSize != 0)
    return fail(Code::bad_module, offsets_[kAddresses]);
  constexpr std::array<Table, 17> kOrder = {
      kModules, kStructs,         kFunctions, kFunctionInstances, kSignatures,      kConstants,
      kNames,   kStructInstances, kFields,    kFieldInstances,    kFriends,         kMetadata,
      kEnums,   kEnumInstances,   kVariants,  kStructDefinitions, kVariantInstances};
  module_.tokens_.reserve(sizes_[kSignatures] + sizes_[kStructDefinitions] / 2);
  module_.signatures_.reserve(sizes_[kSignatures] / 2);
  module_.names_.reserve(sizes_[kNames] / 8);
  module_.functions_.reserve(sizes_[kFunctions] / 5);
  module_.function_definitions_.reserve(module_.functions_.capacity());
  for (const Table kind : kOrder) {
    if (sizes_[kind] == 0) continue;
    Cursor cursor(table(kind), Code::bad_module, offsets_[kind]);
    AIRLOCK_TRY(read_table(kind, cursor));
  }
  return {};
}

Status ModuleReader::read_table(Table table, Cursor& cursor) {
  const bool is_marked = table >= kEnums;
  while (!cursor.at_end()) {
    if (is_marked)
      read_marked_entry(table, cursor);
    else
      read_entry(table, cursor);
  }
  return cursor.status();
}

void ModuleReader::read_entry(Table table, Cursor& cursor) {
  const auto pair = [&cursor](auto& list) {
    const std::uint16_t first = index(cursor);
    list.push_back({first, index(cursor)});
  };
  switch (table) {
    case kModules: return pair(module_.modules_);
    case kFriends: return pair(module_.friends_);
    case kFunctionInstances: return pair(module_.function_instances_);
    case kStructInstances: return pair(module_.struct_instances_);
    case kFieldInstances: return pair(module_.field_instances_);
    case kStructs: return read_struct(cursor);
    case kFunctions: return read_function(cursor);
    case kSignatures: return read_signature(cursor);
    case kNames: return read_name(cursor);
    case kStructDefinitions: return read_struct_definition(cursor);
    case kFields: {
      const std::uint16_t owner = index(cursor);
      module_.fields_.push_back({owner, static_cast<std::uint16_t>(cursor.uleb(kCountMax))});
      return;
    }
    case kConstants: {
      const std::uint32_t type = read_token(cursor, module_, module_.tokens_);
      module_.constants_.push_back({type, cursor.take(cursor.uleb(kBlobSizeMax))});
      return;
    }
    case kMetadata: {
      const Bytes key = cursor.take(cursor.uleb(kMetadataKeySizeMax));
      module_.metadata_.push_back({key, cursor.take(cursor.uleb(kBlobSizeMax))});
      return;
    }
    case kAddresses:
    case kFunctionDefinitions:
    case kEnums:
    case kEnumInstances:
    case kVariants:
    case kVariantInstances: break;
  }
  cursor.stop();
}

void ModuleReader::read_marked_entry(Table table, Cursor& cursor) {
  const bool is_sui = module_.flavour_ == Flavour::sui;
  if (is_sui && table == kEnums) return read_enum(cursor);
  const std::uint16_t first = index(cursor);
  if (is_sui) {
    if (table == kEnumInstances) return module_.enum_instances_.push_back({first, index(cursor)});
    const auto tag = static_cast<std::uint16_t>(cursor.uleb(kVariantsMax));
    auto& list = table == kVariants ? module_.variants_ : module_.variant_instances_;
    return list.push_back({first, tag});
  }
  if (table == kEnumInstances)
    return module_.variant_field_instances_.push_back({first, index(cursor)});
  if (table == kVariantInstances)
    return module_.struct_variant_instances_.push_back({first, index(cursor)});
  if (table == kVariants)
    return module_.variants_.push_back(
        {first, static_cast<std::uint16_t>(cursor.uleb(kVariantsMax))});
  VariantField made{first, static_cast<std::uint16_t>(cursor.uleb(kCountMax)),
                    static_cast<std::uint32_t>(module_.variant_places_.size()),
                    count(cursor, kVariantsMax)};
  for (unsigned i = 0; i < made.variant_count; ++i)
    module_.variant_places_.push_back(count(cursor, kVariantsMax));
  module_.variant_fields_.push_back(made);
}

std::uint32_t ModuleReader::read_parameters(Cursor& cursor, std::uint8_t count, bool with_phantom) {
  const auto first = static_cast<std::uint32_t>(module_.parameters_.size());
  for (unsigned i = 0; i < count && !cursor.failed(); ++i) {
    auto abilities = static_cast<std::uint8_t>(cursor.uleb(kAbilitiesAll));
    if (with_phantom && cursor.uleb(1) == 1) abilities |= kPhantom;
    module_.parameters_.push_back(abilities);
  }
  return first;
}

void ModuleReader::read_struct(Cursor& cursor) {
  StructHandle made;
  made.module = index(cursor);
  made.name = index(cursor);
  made.abilities = static_cast<std::uint8_t>(cursor.uleb(kAbilitiesAll));
  made.parameter_count = count(cursor);
  made.first_parameter = read_parameters(cursor, made.parameter_count, true);
  module_.structs_.push_back(made);
}

void ModuleReader::read_function(Cursor& cursor) {
  FunctionHandle made;
  made.module = index(cursor);
  made.name = index(cursor);
  made.parameters = index(cursor);
  made.results = index(cursor);
  made.parameter_count = count(cursor);
  made.first_parameter = read_parameters(cursor, made.parameter_count, false);
  if (module_.flavour_ == Flavour::aptos) {
    read_accesses(cursor);
    if (module_.version_ >= 8) read_attributes(cursor);
  }
  module_.functions_.push_back(made);
}

void ModuleReader::read_attributes(Cursor& cursor) {
  for (std::uint64_t left = cursor.uleb(kAttributesMax); left > 0 && !cursor.failed(); --left) {
    const std::uint8_t attribute = cursor.u8();
    if (attribute < 1 || attribute > (module_.version_ >= 10 ? 9 : 2)) return cursor.stop();
    // From 10 on: the function packs, unpacks, tests or borrows; but for whole structs it says
    // what.
    const bool has_operand = attribute == 4 || attribute >= 6;
    if (has_operand) cursor.u16();
  }
}

// An option is 1 for nothing, 2 before something, as a truth is 1 for no and 2 for yes.
void ModuleReader::read_accesses(Cursor& cursor) {
  const std::uint8_t option = cursor.u8();
  if (option == 1) return;
  if (option != 2) return cursor.stop();
  for (std::uint64_t left = cursor.uleb(kAccessesMax); left > 0 && !cursor.failed(); --left)
    read_access(cursor);
}

void ModuleReader::read_access(Cursor& cursor) {
  const std::uint8_t kind = cursor.u8(), negated = cursor.u8(), resource = cursor.u8();
  if (kind < 1 || kind > 3 || negated < 1 || negated > 2 || resource < 1 || resource > 5)
    return cursor.stop();
  if (resource > 1) index(cursor);
  if (resource == 5) index(cursor);  // and the signature of its arguments
  const std::uint8_t address = cursor.u8();
  if (address < 1 || address > 3) return cursor.stop();
  if (address == 2) index(cursor);
  if (address < 3) return;
  count(cursor);
  const std::uint8_t option = cursor.u8();
  if (option < 1 || option > 2) return cursor.stop();
  if (option == 2) index(cursor);
}

void ModuleReader::read_signature(Cursor& cursor) {
  Signature made;
  made.first = static_cast<std::uint32_t>(module_.tokens_.size());
  made.count = count(cursor);
  for (unsigned i = 0; i < made.count && !cursor.failed(); ++i)
    read_token(cursor, module_, module_.tokens_);
  for (const Token& token : std::span(module_.tokens_).subspan(made.first))
    if (token.kind == TokenKind::parameter)
      made.parameters = std::max<std::uint32_t>(made.parameters, token.index + 1U);
  module_.signatures_.push_back(made);
}

void ModuleReader::read_name(Cursor& cursor) {
  const bool is_aptos = module_.flavour_ == Flavour::aptos;
  const std::string_view name =
      text_of(cursor.take(cursor.uleb(is_aptos ? kAptosNameSizeMax : kNameSizeMax)));
  const bool with_dollar = is_aptos && module_.version_ >= 9;
  if (!is_identifier(name, with_dollar) && name != "<SELF>") return cursor.stop();
  module_.names_.push_back(name);
}

void ModuleReader::read_struct_definition(Cursor& cursor) {
  StructDefinition made;
  made.handle = index(cursor);
  const std::uint8_t body = cursor.u8();
  const bool may_vary = module_.flavour_ == Flavour::aptos;
  if (body < 1 || body > (may_vary ? 3 : 2)) return cursor.stop();
  made.body = static_cast<Body>(body);
  if (made.body == Body::fields) read_fields(cursor, made.count, made.first);
  if (made.body == Body::variants) read_variants(cursor, made);
  module_.struct_definitions_.push_back(made);
}

void ModuleReader::read_enum(Cursor& cursor) {
  StructDefinition made;
  made.handle = index(cursor);
  made.body = Body::variants;
  if (cursor.u8() != 1) return cursor.stop();
  read_variants(cursor, made);
  module_.enum_definitions_.push_back(made);
}

void ModuleReader::read_fields(Cursor& cursor, std::uint8_t& fields, std::uint32_t& first) {
  fields = count(cursor);
  first = static_cast<std::uint32_t>(module_.field_definitions_.size());
  for (unsigned i = 0; i < fields && !cursor.failed(); ++i) {
    const std::uint16_t name = index(cursor);
    module_.field_definitions_.push_back({name, read_token(cursor, module_, module_.tokens_)});
  }
}

void ModuleReader::read_variants(Cursor& cursor, StructDefinition& made) {
  made.count = count(cursor, kVariantsMax);
  made.first = static_cast<std::uint32_t>(module_.variant_definitions_.size());
  for (unsigned i = 0; i < made.count && !cursor.failed(); ++i) {
    VariantDefinition variant;
    if (module_.flavour_ == Flavour::sui) variant.owner = index(cursor);
    variant.name = index(cursor);
    read_fields(cursor, variant.field_count, variant.first_field);
    module_.variant_definitions_.push_back(variant);
  }
}

Status ModuleReader::read_end(Cursor& cursor) {
  Cursor functions(table(kFunctionDefinitions), Code::bad_module, offsets_[kFunctionDefinitions]);
  CodeReader code(module_);
  if (module_.kind_ == Kind::module) {
    module_.self_ = index(cursor);
    if (module_.self_ >= module_.modules_.size()) cursor.stop();
    AIRLOCK_TRY(cursor.status());
    code.read_functions(functions);
    return functions.status();
  }
  for (const Table kind :
       {kStructDefinitions, kStructInstances, kFunctionDefinitions, kFields, kFieldInstances,
        kFriends, kEnums, kEnumInstances, kVariants, kVariantInstances})
    if (sizes_[kind] != 0) return fail(Code::bad_module, offsets_[kind]);
  FunctionHandle main;
  main.parameter_count = count(cursor);
  for (unsigned i = 0; i < main.parameter_count && !cursor.failed(); ++i)
    module_.script_parameters_.push_back(static_cast<std::uint8_t>(cursor.uleb(kAbilitiesAll)));
  main.parameters = module_.script_signature_ = index(cursor);
  if (main.parameters >= module_.signatures_.size() ||
      module_.signatures_[main.parameters].parameters > main.parameter_count)
    cursor.stop();
  if (module_.flavour_ == Flavour::aptos && module_.version_ >= 8) read_accesses(cursor);
  if (!cursor.failed()) code.read_body(cursor, main);
  return cursor.status();
}

Status ModuleReader::check() const {
  const auto& m = module_;
  const std::size_t names = m.names_.size(), signatures = m.signatures_.size();
  const auto module_fits = [&](const ModuleHandle& handle) {
    return handle.address < m.address_count() && handle.name < names;
  };
  if (m.kind_ == Kind::module && m.modules_.empty()) return fail(Code::bad_module);
  bool good =
      std::ranges::all_of(m.modules_, module_fits) && std::ranges::all_of(m.friends_, module_fits);
  for (const StructHandle& handle : m.structs_)
    good = good && handle.module < m.modules_.size() && handle.name < names;
  for (const FunctionHandle& handle : m.functions_)
    good = good && handle.module < m.modules_.size() && handle.name < names &&
           handle.parameters < signatures && handle.results < signatures &&
           m.signatures_[handle.parameters].parameters <= handle.parameter_count &&
           m.signatures_[handle.results].parameters <= handle.parameter_count;
  good = good && instances_fit(m.function_instances_, m.functions_.size()) &&
         instances_fit(m.struct_instances_, m.struct_definitions_.size()) &&
         instances_fit(m.field_instances_, m.fields_.size()) &&
         instances_fit(m.enum_instances_, m.enum_definitions_.size()) &&
         instances_fit(m.variant_field_instances_, m.variant_fields_.size()) &&
         instances_fit(m.struct_variant_instances_, m.variants_.size());
  if (!good || !tokens_fit() || !definitions_fit() || !members_fit())
    return fail(Code::bad_module, file_.size());
  return {};
}

bool ModuleReader::instances_fit(std::span<const Instance> instances, std::size_t pool) const {
  return std::ranges::all_of(instances, [&](const Instance& instance) {
    return instance.of < pool && instance.arguments < module_.signatures_.size();
  });
}

bool ModuleReader::tokens_fit() const {
  return std::ranges::all_of(module_.tokens_, [this](const Token& token) {
    if (token.kind != TokenKind::structure && token.kind != TokenKind::structure_of) return true;
    return token.index < module_.structs_.size() &&
           module_.structs_[token.index].parameter_count == token.count;
  });
}

bool ModuleReader::type_fits(std::uint32_t token, std::size_t parameters) const {
  const auto& tokens = module_.tokens_;
  for (std::uint32_t i = token; i < tokens[token].end; ++i)
    if (tokens[i].kind == TokenKind::parameter && tokens[i].index >= parameters) return false;
  return true;
}

bool ModuleReader::definition_fits(const StructDefinition& definition) const {
  if (definition.handle >= module_.structs_.size()) return false;
  const std::size_t parameters = module_.structs_[definition.handle].parameter_count;
  const auto field_fits = [&](const FieldDefinition& field) {
    return field.name < module_.names_.size() && type_fits(field.type, parameters);
  };
  if (definition.body != Body::variants)
    return std::ranges::all_of(module_.fields_of(definition), field_fits);
  if (definition.count == 0 && module_.flavour_ == Flavour::aptos) return false;
  for (const VariantDefinition& variant : module_.variants_of(definition)) {
    if (variant.name >= module_.names_.size()) return false;
    if (module_.flavour_ == Flavour::sui && variant.owner >= module_.enum_definitions_.size())
      return false;
    if (!std::ranges::all_of(module_.fields_of(variant), field_fits)) return false;
  }
  return true;
}

bool ModuleReader::definitions_fit() const {
  const auto fits = [this](const StructDefinition& definition) {
    return definition_fits(definition);
  };
  return std::ranges::all_of(module_.struct_definitions_, fits) &&
         std::ranges::all_of(module_.enum_definitions_, fits);
}

bool ModuleReader::members_fit() const {
  const auto& m = module_;
  for (const Member& field : m.fields_) {
    if (field.owner >= m.struct_definitions_.size()) return false;
    const StructDefinition& owner = m.struct_definitions_[field.owner];
    if (owner.body != Body::fields || field.place >= owner.count) return false;
  }
  const bool is_sui = m.flavour_ == Flavour::sui;
  const auto& owners = is_sui ? m.enum_definitions_ : m.struct_definitions_;
  const auto has_variant = [&owners](std::size_t owner, std::size_t place) {
    return owner < owners.size() && owners[owner].body == Body::variants &&
           place < owners[owner].count;
  };
  for (const Member& variant : m.variants_)
    if (!has_variant(variant.owner, variant.place)) return false;
  for (const Member& variant : m.variant_instances_)
    if (variant.owner >= m.enum_instances_.size() ||
        !has_variant(m.enum_instances_[variant.owner].of, variant.place))
      return false;
  for (const VariantField& field : m.variant_fields_) {
    if (field.owner >= owners.size()) return false;
    for (unsigned i = 0; i < field.variant_count; ++i) {
      const std::uint8_t place = m.variant_places_[field.first_variant + i];
      if (!has_variant(field.owner, place)) return false;
      const StructDefinition& owner = owners[field.owner];
      if (field.place >= m.variants_of(owner)[place].field_count) return false;
    }
  }
  return true;
}

std::span<const FieldDefinition> Module::fields_of(const StructDefinition& definition) const {
  if (definition.body != Body::fields) return {};
  return std::span(field_definitions_).subspan(definition.first, definition.count);
}

std::span<const VariantDefinition> Module::variants_of(const StructDefinition& definition) const {
  if (definition.body != Body::variants) return {};
  return std::span(variant_definitions_).subspan(definition.first, definition.count);
}

}  // namespace airlock::abi::move
