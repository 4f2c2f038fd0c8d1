// Turns types of modules into types of a map: generic structs are written out for the arguments
// that they are used with, each once, whatever contains them.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/abi/move/module.h"
#include "engine/abi/type/builder.h"

namespace airlock::abi::move {

// A part of a type, whatever module it came from; what it contains follows it.
struct Part {
  std::uint16_t kind = 0;  // TokenKind
  std::uint16_t count = 0;
  std::uint16_t results = 0;
  std::uint16_t index = 0;  // which type parameter, or which struct
};
using Parts = std::vector<Part>;

class Resolver {
 public:
  Resolver(std::span<const Module> modules, type::Builder& builder);

  // Errors: ambiguous (a module twice, at = which), bad_module (what defines a foreign struct),
  // too_many.
  Status gather();
  // type returns the map's type for the type at a token. Errors: bad_type, too_many.
  Result<std::uint32_t> type(std::size_t module, std::uint32_t token);
  // definition returns the map's type for a struct with its own parameters.
  Result<std::uint32_t> definition(std::size_t module, std::uint16_t handle);

 private:
  enum class Known : std::uint8_t { no, text, ascii, option, address };
  struct Struct {
    std::string name;
    Known known = Known::no;
    std::size_t module = 0;
    const StructDefinition* definition = nullptr;
    std::size_t parameter_count = 0;
    bool is_explained() const { return definition != nullptr && definition->body != Body::native; }
  };
  // A type on its way: what it contains in place comes first.
  struct Frame {
    Parts parts;
    std::vector<Parts> inner;
    std::vector<std::uint32_t> made;
  };

  Status define(std::size_t module, const StructDefinition& definition);
  Result<std::uint16_t> intern(std::size_t module, std::uint16_t handle);
  static Known known(std::string_view name, std::size_t parameters);
  Result<Parts> convert(std::size_t module, std::uint32_t token, std::span<const Parts> arguments);
  Result<std::uint32_t> resolve(Parts parts);
  Status open(std::vector<Frame>& frames, Parts parts);
  Result<std::vector<Parts>> inner_of(const Parts& parts);
  Result<std::vector<Parts>> fields_of(const Struct& found, std::span<const Parts> arguments);
  std::uint32_t finish(const Frame& frame);
  std::uint32_t finish_struct(const Frame& frame);
  std::uint32_t finish_choice(const Frame& frame, const Struct& found, type::Text name);
  std::string spell(const Parts& parts) const;

  std::span<const Module> modules_;
  type::Builder& builder_;
  std::vector<Struct> structs_;
  std::vector<std::vector<std::uint16_t>> handles_;  // of each module: which struct
  std::unordered_map<std::string, std::uint16_t> by_name_;
  std::unordered_map<std::string, std::uint32_t> resolved_;
  std::unordered_set<std::string> open_;
  std::size_t work_ = 0;
};

}  // namespace airlock::abi::move
