// What an Aptos compiler writes beside a module: texts of its errors, and what its functions and
// structs are for (aptos::metadata_v0 and _v1).
#pragma once

#include <string_view>
#include <vector>

#include "engine/abi/move/module.h"

namespace airlock::abi::move {

struct ErrorText {
  std::uint64_t code = 0;
  std::string_view name;
  std::string_view text;
};

// Numbers are those of the file; others are kept as they stand.
enum class Purpose : std::uint8_t {
  legacy_view = 0,
  view = 1,
  resource_group = 2,
  resource_group_member = 3,
  event = 4,
  randomness = 5,
};

struct Attribute {
  std::string_view item;
  bool is_function = false;
  Purpose purpose = Purpose::legacy_view;
};

struct Attributes {
  std::vector<ErrorText> errors;
  std::vector<Attribute> items;

  bool has(std::string_view item, bool is_function, Purpose purpose) const;
};

// read_attributes reads a module's metadata; none is none. Errors: bad_module (at = in the value).
Result<Attributes> read_attributes(const Module& module);

}  // namespace airlock::abi::move
