// Functions: their definitions, and their bodies, which have no length before them and are passed
// over operand by operand.
#include <algorithm>

#include "engine/abi/move/module_reader.h"

namespace airlock::abi::move {
namespace {

constexpr std::uint64_t kIndexMax = 65'535;
constexpr std::uint64_t kCodeSizeMax = 65'535;
constexpr std::uint64_t kCountMax = 255;  // of what a function acquires, and of its locals
constexpr std::uint64_t kJumpTablesMax = 127;
constexpr std::size_t kVariantHandlesMax = 1025;  // Sui's instructions name no more
constexpr std::uint8_t kNativeFlag = 2;
constexpr std::uint8_t kEntryFlag = 4;

// What follows an opcode.
enum class Operand : std::uint8_t {
  unknown,
  none,
  u8,
  u16,
  u32,
  u64,
  u128,
  u256,
  branch,
  local,
  constant,
  field,
  field_instance,
  function,
  function_instance,
  struct_definition,
  struct_instance,
  signature,
  signature_count,  // and a u64
  // Sui
  variant,
  variant_instance,
  jump_table,
  // Aptos
  variant_field,
  variant_field_instance,
  struct_variant,
  struct_variant_instance,
  closure,
  closure_instance,
};

using Operands = std::array<Operand, 256>;

constexpr void set(Operands& operands, unsigned first, unsigned last, Operand operand) {
  for (unsigned code = first; code <= last; ++code) operands[code] = operand;
}

constexpr Operands common_operands(std::uint32_t version) {
  Operands all{};
  set(all, 0x01, 0x02, Operand::none);
  set(all, 0x03, 0x05, Operand::branch);
  set(all, 0x06, 0x06, Operand::u64);
  set(all, 0x07, 0x07, Operand::constant);
  set(all, 0x08, 0x09, Operand::none);
  set(all, 0x0a, 0x0e, Operand::local);
  set(all, 0x0f, 0x10, Operand::field);
  set(all, 0x11, 0x11, Operand::function);
  set(all, 0x12, 0x13, Operand::struct_definition);
  set(all, 0x14, 0x28, Operand::none);
  set(all, 0x29, 0x2d, Operand::struct_definition);
  set(all, 0x2e, 0x30, Operand::none);
  set(all, 0x31, 0x31, Operand::u8);
  set(all, 0x32, 0x32, Operand::u128);
  set(all, 0x33, 0x35, Operand::none);
  set(all, 0x36, 0x37, Operand::field_instance);
  set(all, 0x38, 0x38, Operand::function_instance);
  set(all, 0x39, 0x3f, Operand::struct_instance);
  set(all, 0x40, 0x40, Operand::signature_count);
  set(all, 0x41, 0x45, Operand::signature);
  set(all, 0x46, 0x46, Operand::signature_count);
  set(all, 0x47, 0x47, Operand::signature);
  if (version < 6) return all;
  set(all, 0x48, 0x48, Operand::u16);
  set(all, 0x49, 0x49, Operand::u32);
  set(all, 0x4a, 0x4a, Operand::u256);
  set(all, 0x4b, 0x4d, Operand::none);
  return all;
}

constexpr Operands sui_operands() {
  Operands all = common_operands(7);
  set(all, 0x4e, 0x4e, Operand::variant);
  set(all, 0x4f, 0x4f, Operand::variant_instance);
  set(all, 0x50, 0x52, Operand::variant);
  set(all, 0x53, 0x55, Operand::variant_instance);
  set(all, 0x56, 0x56, Operand::jump_table);
  return all;
}

constexpr Operands aptos_operands(std::uint32_t version) {
  Operands all = common_operands(version);
  set(all, 0x4e, 0x4f, Operand::variant_field);
  set(all, 0x50, 0x51, Operand::variant_field_instance);
  for (unsigned code = 0x52; code <= 0x57; code += 2) {
    all[code] = Operand::struct_variant;
    all[code + 1] = Operand::struct_variant_instance;
  }
  if (version < 8) return all;
  set(all, 0x58, 0x58, Operand::closure);
  set(all, 0x59, 0x59, Operand::closure_instance);
  set(all, 0x5a, 0x5a, Operand::signature);
  if (version < 9) return all;
  set(all, 0x5b, 0x5b, Operand::u8);
  set(all, 0x5c, 0x5c, Operand::u16);
  set(all, 0x5d, 0x5d, Operand::u32);
  set(all, 0x5e, 0x5e, Operand::u64);
  set(all, 0x5f, 0x5f, Operand::u128);
  set(all, 0x60, 0x60, Operand::u256);
  set(all, 0x61, 0x67, Operand::none);
  if (version >= 10) set(all, 0x68, 0x68, Operand::none);
  return all;
}

constexpr Operands kVersion5 = common_operands(5);
constexpr Operands kVersion6 = common_operands(6);
constexpr Operands kSui = sui_operands();
constexpr std::array<Operands, 4> kAptos = {aptos_operands(7), aptos_operands(8), aptos_operands(9),
                                            aptos_operands(10)};

const Operands& operands_of(const Module& module) {
  switch (module.flavour()) {
    case Flavour::sui: return kSui;
    case Flavour::aptos: return kAptos[module.version() - 7];
    case Flavour::common: break;
  }
  return module.version() == 5 ? kVersion5 : kVersion6;
}

}  // namespace

CodeReader::CodeReader(Module& module) : module_(module) {
  const auto set_size = [this](Operand operand, std::size_t size) {
    pool_sizes_[static_cast<std::size_t>(operand)] = size;
  };
  set_size(Operand::constant, module.constants_.size());
  set_size(Operand::field, module.fields_.size());
  set_size(Operand::field_instance, module.field_instances_.size());
  set_size(Operand::function, module.functions_.size());
  set_size(Operand::function_instance, module.function_instances_.size());
  set_size(Operand::struct_definition, module.struct_definitions_.size());
  set_size(Operand::struct_instance, module.struct_instances_.size());
  set_size(Operand::signature, module.signatures_.size());
  set_size(Operand::signature_count, module.signatures_.size());
  set_size(Operand::variant, std::min(module.variants_.size(), kVariantHandlesMax));
  set_size(Operand::variant_instance,
           std::min(module.variant_instances_.size(), kVariantHandlesMax));
  set_size(Operand::variant_field, module.variant_fields_.size());
  set_size(Operand::variant_field_instance, module.variant_field_instances_.size());
  set_size(Operand::struct_variant, module.variants_.size());
  set_size(Operand::struct_variant_instance, module.struct_variant_instances_.size());
  set_size(Operand::closure, module.functions_.size());
  set_size(Operand::closure_instance, module.function_instances_.size());
}

void CodeReader::read_functions(Cursor& cursor) {
  while (!cursor.at_end()) read_function(cursor);
}

void CodeReader::read_function(Cursor& cursor) {
  FunctionDefinition made;
  made.handle = static_cast<std::uint16_t>(cursor.uleb(kIndexMax));
  const std::uint8_t visibility = cursor.u8();
  std::uint8_t flags = cursor.u8();
  if (visibility != 0 && visibility != 1 && visibility != 3) return cursor.stop();
  made.visibility = static_cast<Visibility>(visibility);
  made.is_entry = (flags & kEntryFlag) != 0;
  made.is_native = (flags & kNativeFlag) != 0;
  if ((flags & ~(kEntryFlag | kNativeFlag)) != 0) return cursor.stop();
  if (made.handle >= module_.functions_.size()) return cursor.stop();
  made.acquired_count = static_cast<std::uint8_t>(cursor.uleb(kCountMax));
  made.first_acquired = static_cast<std::uint32_t>(module_.acquired_.size());
  for (unsigned i = 0; i < made.acquired_count && !cursor.failed(); ++i) {
    const std::uint64_t index = cursor.uleb(kIndexMax);
    if (index >= module_.struct_definitions_.size()) return cursor.stop();
    module_.acquired_.push_back(static_cast<std::uint16_t>(index));
  }
  if (!made.is_native) read_body(cursor, module_.functions_[made.handle]);
  if (!cursor.failed()) module_.function_definitions_.push_back(made);
}

void CodeReader::read_body(Cursor& cursor, const FunctionHandle& handle) {
  const std::uint64_t locals = cursor.uleb(kIndexMax);
  if (locals >= module_.signatures_.size()) return cursor.stop();
  const Signature& own = module_.signatures_[locals];
  const std::size_t local_count = own.count + module_.signatures_[handle.parameters].count;
  if (local_count > kCountMax || own.parameters > handle.parameter_count) return cursor.stop();
  const auto count = static_cast<std::size_t>(cursor.uleb(kCodeSizeMax));
  const std::size_t switch_count =
      read_operands(cursor, count, local_count, handle.parameter_count);
  if (module_.flavour_ == Flavour::sui) read_jump_tables(cursor, count, switch_count);
}

bool CodeReader::generic_fits(std::span<const Instance> pool, std::uint64_t index,
                              std::size_t parameters) const {
  return module_.signatures_[pool[index].arguments].parameters <= parameters;
}

// Returns one more than the largest jump table that is named.
std::size_t CodeReader::read_operands(Cursor& cursor, std::size_t count, std::size_t locals,
                                      std::size_t parameters) {
  const Operands& operands = operands_of(module_);
  std::size_t switch_count = 0;
  for (std::size_t i = 0; i < count && !cursor.failed(); ++i) {
    const Operand operand = operands[cursor.u8()];
    if (operand == Operand::none) continue;
    bool good = true;
    std::uint64_t index = 0;
    if (operand >= Operand::constant && operand != Operand::jump_table) {
      index = cursor.uleb(kIndexMax);
      if (index >= pool_sizes_[static_cast<std::size_t>(operand)]) {
        cursor.stop();
        return 0;
      }
    }
    switch (operand) {
      case Operand::unknown: good = false; break;
      case Operand::none:
      case Operand::constant:
      case Operand::field:
      case Operand::function:
      case Operand::struct_definition:
      case Operand::variant:
      case Operand::variant_field:
      case Operand::struct_variant: break;
      case Operand::u8: cursor.take(1); break;
      case Operand::u16: cursor.take(2); break;
      case Operand::u32: cursor.take(4); break;
      case Operand::u64: cursor.take(8); break;
      case Operand::u128: cursor.take(16); break;
      case Operand::u256: cursor.take(32); break;
      case Operand::branch: good = cursor.uleb(kIndexMax) < count; break;
      case Operand::local: good = cursor.uleb(kCountMax) < locals; break;
      case Operand::jump_table:
        switch_count = std::max<std::size_t>(switch_count, cursor.uleb(kJumpTablesMax) + 1);
        break;
      case Operand::signature_count: cursor.take(8); [[fallthrough]];
      case Operand::signature: good = module_.signatures_[index].parameters <= parameters; break;
      case Operand::field_instance:
        good = generic_fits(module_.field_instances_, index, parameters);
        break;
      case Operand::struct_instance:
        good = generic_fits(module_.struct_instances_, index, parameters);
        break;
      case Operand::variant_instance: {
        const std::uint16_t owner = module_.variant_instances_[index].owner;
        good = generic_fits(module_.enum_instances_, owner, parameters);
        break;
      }
      case Operand::variant_field_instance:
        good = generic_fits(module_.variant_field_instances_, index, parameters);
        break;
      case Operand::struct_variant_instance:
        good = generic_fits(module_.struct_variant_instances_, index, parameters);
        break;
      case Operand::closure: cursor.uleb(UINT64_MAX); break;
      case Operand::closure_instance: cursor.uleb(UINT64_MAX); [[fallthrough]];
      case Operand::function_instance:
        good = generic_fits(module_.function_instances_, index, parameters);
        break;
    }
    if (!good) cursor.stop();
  }
  return switch_count;
}

void CodeReader::read_jump_tables(Cursor& cursor, std::size_t code_size, std::size_t switch_count) {
  const std::uint64_t count = cursor.uleb(kJumpTablesMax);
  if (switch_count > count) return cursor.stop();
  for (std::uint64_t i = 0; i < count && !cursor.failed(); ++i) {
    const std::uint64_t owner = cursor.uleb(kIndexMax);
    const std::uint64_t branches = cursor.uleb(kJumpTablesMax);
    if (cursor.u8() != 1 || owner >= module_.enum_definitions_.size() ||
        branches != module_.enum_definitions_[owner].count)
      return cursor.stop();
    for (std::uint64_t branch = 0; branch < branches && !cursor.failed(); ++branch)
      if (cursor.uleb(kIndexMax) >= code_size) return cursor.stop();
  }
}

}  // namespace airlock::abi::move
