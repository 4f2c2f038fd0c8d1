// How a module is read: its directory in module.cc, the entries of its tables in tables.cc, whether
// they fit each other in fitting.cc, and the functions' bodies in code.cc.
#pragma once

#include "engine/abi/move/cursor.h"
#include "engine/abi/move/module.h"

namespace airlock::abi::move {

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

// Reads the entries of tables into a module.
class TableReader {
 public:
  explicit TableReader(Module& module) : module_(module) {}

  Status read(Table table, Cursor& cursor);
  // read_main reads what a script has in place of functions, up to the body.
  FunctionHandle read_main(Cursor& cursor);
  static std::uint16_t index(Cursor& cursor);

 private:
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

  Module& module_;
};

bool tables_fit(const Module& module);

// Reads functions of a module whose other tables are read and checked.
class CodeReader {
 public:
  explicit CodeReader(Module& module);
  void read_functions(Cursor& cursor);
  // read_body passes over a body. `handle` says what its function takes.
  void read_body(Cursor& cursor, const FunctionHandle& handle);

 private:
  void read_function(Cursor& cursor);
  std::size_t read_operands(Cursor& cursor, std::size_t count, std::size_t locals,
                            std::size_t parameters);
  void read_jump_tables(Cursor& cursor, std::size_t code_size, std::size_t switch_count);
  // generic_fits says whether the type arguments of an instance fit a function's parameters.
  bool generic_fits(std::span<const Instance> pool, std::uint64_t index,
                    std::size_t parameters) const;

  Module& module_;
  std::array<std::size_t, 32> pool_sizes_{};
};

}  // namespace airlock::abi::move
