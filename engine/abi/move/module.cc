#include "engine/abi/move/module.h"

#include <algorithm>

#include "engine/abi/move/module_reader.h"

namespace airlock::abi::move {
namespace {

constexpr std::array<std::uint8_t, 4> kMagic = {0xa1, 0x1c, 0xeb, 0x0b};
constexpr std::uint8_t kSuiMark = 0x05;
constexpr std::uint8_t kAptosMark = 0x0a;
constexpr std::uint64_t kTablesMax = 255;
constexpr std::uint64_t kSizeMax = 0xffff'ffff;

// One spelling for a version: a mark of whose it is from 7 on, and none before.
Result<Flavour> flavour_of(std::uint32_t word) {
  if (word == 5 || word == 6) return Flavour::common;
  const std::uint32_t version = word & 0xff'ffff;
  const auto mark = static_cast<std::uint8_t>(word >> 24);
  if (mark == kSuiMark && version == 7) return Flavour::sui;
  if (mark == kAptosMark && version >= 7 && version <= 10) return Flavour::aptos;
  return fail(Code::unsupported_version, word);
}

}  // namespace

class ModuleReader {
 public:
  ModuleReader(Module& module, Bytes file) : module_(module), file_(file), tables_(module) {}

  Status read();

 private:
  Status read_head(Cursor& cursor);
  Status read_directory(Cursor& cursor);
  Status read_tables();
  void make_room();
  Status read_end(Cursor& cursor);
  Bytes table(Table table) const { return contents_.subspan(offsets_[table], sizes_[table]); }

  Module& module_;
  Bytes file_;
  TableReader tables_;
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
  if (!tables_fit(module_)) return fail(Code::bad_module, file_.size());
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
  make_room();
  for (const Table kind : kOrder) {
    if (sizes_[kind] == 0) continue;
    Cursor cursor(table(kind), Code::bad_module, offsets_[kind]);
    AIRLOCK_TRY(tables_.read(kind, cursor));
  }
  return {};
}

// Room for what most modules have, so that lists do not grow step by step: an entry takes so many
// bytes at least.
void ModuleReader::make_room() {
  const auto reserve = [this](auto& list, Table table, std::size_t size) {
    list.reserve(sizes_[table] / size);
  };
  reserve(module_.modules_, kModules, 2);
  reserve(module_.friends_, kFriends, 2);
  reserve(module_.structs_, kStructs, 4);
  reserve(module_.functions_, kFunctions, 5);
  reserve(module_.function_definitions_, kFunctions, 5);
  reserve(module_.function_instances_, kFunctionInstances, 2);
  reserve(module_.struct_instances_, kStructInstances, 2);
  reserve(module_.field_instances_, kFieldInstances, 2);
  reserve(module_.fields_, kFields, 2);
  reserve(module_.struct_definitions_, kStructDefinitions, 3);
  reserve(module_.field_definitions_, kStructDefinitions, 2);
  reserve(module_.signatures_, kSignatures, 2);
  reserve(module_.names_, kNames, 8);
  reserve(module_.constants_, kConstants, 4);
  module_.parameters_.reserve(16);
  module_.tokens_.reserve(sizes_[kSignatures] + sizes_[kStructDefinitions] / 2);
}

Status ModuleReader::read_end(Cursor& cursor) {
  Cursor functions(table(kFunctionDefinitions), Code::bad_module, offsets_[kFunctionDefinitions]);
  CodeReader code(module_);
  if (module_.kind_ == Kind::module) {
    module_.self_ = TableReader::index(cursor);
    if (module_.self_ >= module_.modules_.size()) cursor.stop();
    AIRLOCK_TRY(cursor.status());
    code.read_functions(functions);
    return functions.status();
  }
  for (const Table kind :
       {kStructDefinitions, kStructInstances, kFunctionDefinitions, kFields, kFieldInstances,
        kFriends, kEnums, kEnumInstances, kVariants, kVariantInstances})
    if (sizes_[kind] != 0) return fail(Code::bad_module, offsets_[kind]);
  const FunctionHandle main = tables_.read_main(cursor);
  if (!cursor.failed()) code.read_body(cursor, main);
  return cursor.status();
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
