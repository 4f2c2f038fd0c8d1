// Compiled modules of one package as a type map.
//
// Functions that a transaction or another module can reach become entries, and so do structs and
// enums; generic structs once for each way in which they are used. Modules explain each other; a
// type of a module that is not given is an `instance`, which nothing can decode. A few types of the
// standard libraries are known by name: String and ascii::String are texts, Option is an option,
// Object<T>, ID and UID are addresses.
#pragma once

#include <string_view>

#include "engine/abi/move/module.h"
#include "engine/abi/move/names.h"
#include "engine/abi/type/builder.h"

namespace airlock::abi::move {

inline constexpr std::size_t kModulesMax = 512;
inline constexpr std::size_t kTypePartsMax = 1024;      // of one type with all that it contains
inline constexpr std::size_t kTypeWorkMax = 1'000'000;  // parts that are looked at for one map
inline constexpr std::size_t kKeySize = 32;

// load makes the map. Errors: those of Module::read; bad_module (a definition of another module, or
// metadata that breaks its format; at = the module), bad_type (a type that contains itself, or is
// too large), too_many, bad_abi (names that do not fit), ambiguous (a module or name twice).
Result<type::OwnedMap> load(std::span<const Bytes> modules, std::string_view package = {},
                            const Names* names = nullptr);
// load_script makes the map of a script: one function, "main". Errors: those of load.
Result<type::OwnedMap> load_script(Bytes script);

// key_of returns what chooses an entry: the SHA-256 of `0x1::module::name`.
std::array<std::uint8_t, kKeySize> key_of(Bytes address, std::string_view module,
                                          std::string_view name);
// find_function returns the entry of a function, or nullptr.
const type::Entry* find_function(const type::Map& map, Bytes address, std::string_view module,
                                 std::string_view name);
// find_named returns a function by `0x1::module::name`, by its signature, or by its name where one
// alone has it. Errors: unknown_call, ambiguous.
Result<const type::Entry*> find_named(const type::Map& map, std::string_view name);

}  // namespace airlock::abi::move
