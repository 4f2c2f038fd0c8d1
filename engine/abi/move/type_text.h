// Types of a module as people write them: `&mut 0x1::coin::Coin<T0>`.
#pragma once

#include <string>

#include "engine/abi/move/module.h"

namespace airlock::abi::move {

// TypeText adds a type part by part, each before what it contains.
class TypeText {
 public:
  explicit TypeText(std::string& text) : text_(text) {}
  // name: of a structure, the whole one; index: of a type parameter.
  void add(const Token& part, std::string_view name);

 private:
  struct Open {
    TokenKind kind;
    std::uint16_t done, count, results;
  };
  bool opens(const Token& part);
  void close();

  std::string& text_;
  std::array<Open, kTokenDepthMax> open_;  // most types have no parts: not cleared for each
  std::size_t depth_ = 0;
};

// append_type adds the type that begins at a token.
void append_type(std::string& text, const Module& module, std::uint32_t token);
// append_struct_name adds the address, module and name of a struct, and append_module_name those of
// a module.
void append_struct_name(std::string& text, const Module& module, std::uint16_t handle);
void append_module_name(std::string& text, const Module& module, const ModuleHandle& handle);

}  // namespace airlock::abi::move
