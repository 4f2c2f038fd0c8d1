// The tables of a module, entry by entry.
#include <algorithm>

#include "engine/abi/move/identifier.h"
#include "engine/abi/move/module_reader.h"
#include "engine/abi/move/token_reader.h"

namespace airlock::abi::move {
namespace {

constexpr std::uint64_t kIndexMax = 65'535;
constexpr std::uint64_t kNameSizeMax = 65'535;
constexpr std::uint64_t kAptosNameSizeMax = 255;
constexpr std::uint64_t kBlobSizeMax = 65'535;
constexpr std::uint64_t kMetadataKeySizeMax = 1023;
constexpr std::uint64_t kCountMax = 255;  // of parameters, fields, types of a signature
constexpr std::uint64_t kVariantsMax = 127;
constexpr std::uint64_t kAccessesMax = 64;
constexpr std::uint64_t kAttributesMax = 16;
constexpr std::uint8_t kAbilitiesAll = 0xf;
constexpr std::uint8_t kDeclared = 2;  // the one kind of enum that Sui has

std::uint8_t count(Cursor& cursor, std::uint64_t max = kCountMax) {
  return static_cast<std::uint8_t>(cursor.uleb(max));
}

}  // namespace

std::uint16_t TableReader::index(Cursor& cursor) {
  return static_cast<std::uint16_t>(cursor.uleb(kIndexMax));
}

Status TableReader::read(Table table, Cursor& cursor) {
  const bool is_marked = table >= kEnums;
  while (!cursor.at_end()) {
    if (is_marked)
      read_marked_entry(table, cursor);
    else
      read_entry(table, cursor);
  }
  return cursor.status();
}

void TableReader::read_entry(Table table, Cursor& cursor) {
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

void TableReader::read_marked_entry(Table table, Cursor& cursor) {
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

std::uint32_t TableReader::read_parameters(Cursor& cursor, std::uint8_t count, bool with_phantom) {
  const auto first = static_cast<std::uint32_t>(module_.parameters_.size());
  for (unsigned i = 0; i < count && !cursor.failed(); ++i) {
    auto abilities = static_cast<std::uint8_t>(cursor.uleb(kAbilitiesAll));
    if (with_phantom && cursor.uleb(1) == 1) abilities |= kPhantom;
    module_.parameters_.push_back(abilities);
  }
  return first;
}

void TableReader::read_struct(Cursor& cursor) {
  StructHandle made;
  made.module = index(cursor);
  made.name = index(cursor);
  made.abilities = static_cast<std::uint8_t>(cursor.uleb(kAbilitiesAll));
  made.parameter_count = count(cursor);
  made.first_parameter = read_parameters(cursor, made.parameter_count, true);
  module_.structs_.push_back(made);
}

void TableReader::read_function(Cursor& cursor) {
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

void TableReader::read_attributes(Cursor& cursor) {
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
void TableReader::read_accesses(Cursor& cursor) {
  const std::uint8_t option = cursor.u8();
  if (option == 1) return;
  if (option != 2) return cursor.stop();
  for (std::uint64_t left = cursor.uleb(kAccessesMax); left > 0 && !cursor.failed(); --left)
    read_access(cursor);
}

void TableReader::read_access(Cursor& cursor) {
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

void TableReader::read_signature(Cursor& cursor) {
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

void TableReader::read_name(Cursor& cursor) {
  const bool is_aptos = module_.flavour_ == Flavour::aptos;
  const std::string_view name =
      text_of(cursor.take(cursor.uleb(is_aptos ? kAptosNameSizeMax : kNameSizeMax)));
  const bool with_dollar = is_aptos && module_.version_ >= 9;
  if (!is_identifier(name, with_dollar) && name != "<SELF>") return cursor.stop();
  module_.names_.push_back(name);
}

void TableReader::read_struct_definition(Cursor& cursor) {
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

void TableReader::read_enum(Cursor& cursor) {
  StructDefinition made;
  made.handle = index(cursor);
  made.body = Body::variants;
  if (cursor.u8() != kDeclared) return cursor.stop();
  read_variants(cursor, made);
  module_.enum_definitions_.push_back(made);
}

void TableReader::read_fields(Cursor& cursor, std::uint8_t& fields, std::uint32_t& first) {
  fields = count(cursor);
  first = static_cast<std::uint32_t>(module_.field_definitions_.size());
  for (unsigned i = 0; i < fields && !cursor.failed(); ++i) {
    const std::uint16_t name = index(cursor);
    module_.field_definitions_.push_back({name, read_token(cursor, module_, module_.tokens_)});
  }
}

void TableReader::read_variants(Cursor& cursor, StructDefinition& made) {
  made.count = count(cursor, kVariantsMax);
  made.first = static_cast<std::uint32_t>(module_.variant_definitions_.size());
  for (unsigned i = 0; i < made.count && !cursor.failed(); ++i) {
    VariantDefinition variant;
    variant.name = index(cursor);
    read_fields(cursor, variant.field_count, variant.first_field);
    module_.variant_definitions_.push_back(variant);
  }
}

FunctionHandle TableReader::read_main(Cursor& cursor) {
  FunctionHandle main;
  main.parameter_count = count(cursor);
  for (unsigned i = 0; i < main.parameter_count && !cursor.failed(); ++i)
    module_.script_parameters_.push_back(static_cast<std::uint8_t>(cursor.uleb(kAbilitiesAll)));
  main.parameters = module_.script_signature_ = index(cursor);
  if (main.parameters >= module_.signatures_.size() ||
      module_.signatures_[main.parameters].parameters > main.parameter_count)
    cursor.stop();
  if (module_.flavour_ == Flavour::aptos && module_.version_ >= 8) read_accesses(cursor);
  return main;
}

}  // namespace airlock::abi::move
