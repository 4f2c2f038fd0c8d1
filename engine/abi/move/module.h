// A compiled Move module or script, read where it lies: versions 5 to 10, as Sui and as Aptos write
// them (docs/formats/move.md).
//
// Module::read checks all of it once, as both chains' own readers do, and more: no bytes after the
// end, and one spelling of the version, so that two files are never the same module. From then on
// every index leads somewhere. Bodies of functions are passed over, each operand checked. Names in
// it are the author's: attacker text, although of few letters.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"

namespace airlock::abi::move {

inline constexpr std::size_t kAddressSize = 32;
inline constexpr std::size_t kModuleSizeMax = 1 << 20;
inline constexpr std::size_t kTokenDepthMax = 256;
using Address = std::array<std::uint8_t, kAddressSize>;

// Versions 5 and 6 do not say whose they are, and mean the same to both.
enum class Flavour : std::uint8_t { common, sui, aptos };
enum class Kind : std::uint8_t { module, script };

// Abilities, as bits.
inline constexpr std::uint8_t kCopy = 1;
inline constexpr std::uint8_t kDrop = 2;
inline constexpr std::uint8_t kStore = 4;
inline constexpr std::uint8_t kKey = 8;
inline constexpr std::uint8_t kPhantom = 0x80;  // beside a type parameter's constraints

// What a type is made of. Numbers are those of the file.
enum class TokenKind : std::uint8_t {
  boolean = 1,
  u8 = 2,
  u64 = 3,
  u128 = 4,
  address = 5,
  reference = 6,
  mutable_reference = 7,
  structure = 8,  // index: a struct handle
  parameter = 9,  // index: which type parameter
  vector = 10,
  structure_of = 11,  // index: a struct handle; count: its arguments
  signer = 12,
  u16 = 13,
  u32 = 14,
  u256 = 15,
  function = 16,  // count: parameters; results
  i8 = 17,
  i16 = 18,
  i32 = 19,
  i64 = 20,
  i128 = 21,
  i256 = 22,
};

inline constexpr std::size_t kTokenKinds = 23;

// A part of a type; what it contains follows it.
struct Token {
  TokenKind kind = TokenKind::boolean;
  std::uint8_t abilities = 0;  // of a function's value
  std::uint8_t count = 0;
  std::uint8_t results = 0;
  std::uint16_t index = 0;
  std::uint32_t end = 0;  // the token after the last one that belongs to this one
};

struct Signature {
  std::uint32_t first = 0;       // token
  std::uint16_t count = 0;       // of types
  std::uint32_t parameters = 0;  // one more than the largest type parameter in it
};
struct ModuleHandle {
  std::uint16_t address = 0;
  std::uint16_t name = 0;
};
struct StructHandle {
  std::uint16_t module = 0;
  std::uint16_t name = 0;
  std::uint8_t abilities = 0;
  std::uint8_t parameter_count = 0;
  std::uint32_t first_parameter = 0;
};
struct FunctionHandle {
  std::uint16_t module = 0;
  std::uint16_t name = 0;
  std::uint16_t parameters = 0;  // a signature, as `results` is
  std::uint16_t results = 0;
  std::uint8_t parameter_count = 0;  // of type parameters
  std::uint32_t first_parameter = 0;
};
// A generic thing and the signature of its type arguments.
struct Instance {
  std::uint16_t of = 0;
  std::uint16_t arguments = 0;
};
// A field or a variant of a definition.
struct Member {
  std::uint16_t owner = 0;
  std::uint16_t place = 0;
};
struct VariantField {
  std::uint16_t owner = 0;
  std::uint16_t place = 0;
  std::uint32_t first_variant = 0;
  std::uint8_t variant_count = 0;
};
struct Constant {
  std::uint32_t type = 0;  // token
  Bytes data;
};
struct Metadata {
  Bytes key;
  Bytes value;
};
struct FieldDefinition {
  std::uint16_t name = 0;
  std::uint32_t type = 0;  // token
};
struct VariantDefinition {
  std::uint16_t name = 0;
  std::uint8_t field_count = 0;
  std::uint32_t first_field = 0;
};
enum class Body : std::uint8_t { native = 1, fields = 2, variants = 3 };
struct StructDefinition {
  std::uint16_t handle = 0;
  Body body = Body::native;
  std::uint8_t count = 0;   // of fields or variants
  std::uint32_t first = 0;  // field or variant
};
enum class Visibility : std::uint8_t { hidden = 0, open = 1, friends = 3 };
struct FunctionDefinition {
  std::uint16_t handle = 0;
  Visibility visibility = Visibility::hidden;
  bool is_entry = false;
  bool is_native = false;
  std::uint8_t acquired_count = 0;
  std::uint32_t first_acquired = 0;
};

// A checked module, as a view: the bytes must outlive it.
class Module {
 public:
  // Errors: oversized, wrong_magic, unsupported_version (at = the word), trailing_bytes,
  // bad_module (at = where).
  static Result<Module> read(Bytes file, Kind kind = Kind::module);

  std::uint32_t version() const { return version_; }
  Flavour flavour() const { return flavour_; }
  Kind kind() const { return kind_; }
  std::uint16_t self() const { return self_; }  // a module handle; of a script none

  std::span<const ModuleHandle> modules() const { return modules_; }
  std::span<const ModuleHandle> friends() const { return friends_; }
  std::span<const StructHandle> structs() const { return structs_; }
  std::span<const FunctionHandle> functions() const { return functions_; }
  std::span<const Instance> function_instances() const { return function_instances_; }
  std::span<const Instance> struct_instances() const { return struct_instances_; }
  std::span<const Member> fields() const { return fields_; }
  std::span<const Instance> field_instances() const { return field_instances_; }
  std::span<const Constant> constants() const { return constants_; }
  std::span<const Metadata> metadata() const { return metadata_; }
  std::span<const StructDefinition> struct_definitions() const { return struct_definitions_; }
  std::span<const FunctionDefinition> function_definitions() const { return function_definitions_; }
  // Sui keeps enums in a table of their own; Aptos among the structs.
  std::span<const StructDefinition> enum_definitions() const { return enum_definitions_; }
  std::span<const Instance> enum_instances() const { return enum_instances_; }
  std::span<const Member> variants() const { return variants_; }
  std::span<const Member> variant_instances() const { return variant_instances_; }
  std::span<const Signature> signatures() const { return signatures_; }
  std::span<const std::string_view> names() const { return names_; }
  std::span<const Token> tokens() const { return tokens_; }
  std::size_t address_count() const { return addresses_.size() / kAddressSize; }

  Bytes address(std::uint16_t index) const {
    return addresses_.subspan(index * kAddressSize, kAddressSize);
  }
  // parameters_of returns abilities, a struct's with kPhantom.
  std::span<const std::uint8_t> parameters_of(const StructHandle& handle) const {
    return std::span(parameters_).subspan(handle.first_parameter, handle.parameter_count);
  }
  std::span<const std::uint8_t> parameters_of(const FunctionHandle& handle) const {
    return std::span(parameters_).subspan(handle.first_parameter, handle.parameter_count);
  }
  std::span<const FieldDefinition> fields_of(const StructDefinition& definition) const;
  std::span<const VariantDefinition> variants_of(const StructDefinition& definition) const;
  std::span<const FieldDefinition> fields_of(const VariantDefinition& variant) const {
    return std::span(field_definitions_).subspan(variant.first_field, variant.field_count);
  }
  std::span<const std::uint16_t> acquired_by(const FunctionDefinition& function) const {
    return std::span(acquired_).subspan(function.first_acquired, function.acquired_count);
  }
  // Of a script: its type parameters' abilities, and the signature of its parameters.
  std::span<const std::uint8_t> script_parameters() const { return script_parameters_; }
  std::uint16_t script_signature() const { return script_signature_; }

 private:
  friend class ModuleReader;
  friend class TableReader;
  friend class Fitting;
  friend class CodeReader;
  Module() = default;

  std::uint32_t version_ = 0;
  Flavour flavour_ = Flavour::common;
  Kind kind_ = Kind::module;
  std::uint16_t self_ = 0;
  std::uint16_t script_signature_ = 0;
  Bytes addresses_;
  std::vector<ModuleHandle> modules_, friends_;
  std::vector<StructHandle> structs_;
  std::vector<FunctionHandle> functions_;
  std::vector<Instance> function_instances_, struct_instances_, field_instances_, enum_instances_;
  std::vector<Instance> variant_field_instances_, struct_variant_instances_;
  std::vector<Member> fields_, variants_, variant_instances_;
  std::vector<VariantField> variant_fields_;
  std::vector<Constant> constants_;
  std::vector<Metadata> metadata_;
  std::vector<StructDefinition> struct_definitions_, enum_definitions_;
  std::vector<FieldDefinition> field_definitions_;
  std::vector<VariantDefinition> variant_definitions_;
  std::vector<FunctionDefinition> function_definitions_;
  std::vector<Signature> signatures_;
  std::vector<Token> tokens_;
  std::vector<std::string_view> names_;
  std::vector<std::uint8_t> parameters_, script_parameters_, variant_places_;
  std::vector<std::uint16_t> acquired_;
};

}  // namespace airlock::abi::move
