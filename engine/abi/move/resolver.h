// Turns types of modules into types of a map: generic structs are written out for the arguments
// that they are used with, each once, whatever contains them.
#pragma once

#include <string>
#include <vector>

#include "engine/abi/move/module.h"
#include "engine/abi/move/term.h"
#include "engine/abi/type/builder.h"

namespace airlock::abi::move {

class Resolver {
 public:
  Resolver(std::span<const Module> modules, type::Builder& builder);

  // Errors: ambiguous (a module twice, at = which), bad_module (what defines a foreign struct),
  // too_many.
  Status gather();
  // resolve returns the type at a token as a term, whose type of the map is made. Errors: bad_type,
  // too_many.
  Result<TermId> resolve(std::size_t module, std::uint32_t token);
  // definition returns the map's type for a struct with its own parameters. Errors: as resolve.
  Result<std::uint32_t> definition(std::size_t module, std::uint16_t handle);
  std::uint32_t type_of(TermId term) const { return terms_[term].type; }
  // spell keeps how people write the type.
  type::Text spell(TermId term);

 private:
  enum class Known : std::uint8_t { no, text, ascii, option, address };
  struct Struct {
    std::uint32_t name_at = 0;  // in names_
    std::uint32_t name_size = 0;
    Known known = Known::no;
    std::uint8_t parameter_count = 0;
    std::uint32_t module = 0;
    TermId plain = type::kNone;  // without arguments, where it was asked for
    const StructDefinition* definition = nullptr;
    bool is_explained() const { return definition != nullptr && definition->body != Body::native; }
  };
  // A type on its way: what it contains in place, from `first` on in waiting_, comes first.
  struct Frame {
    TermId term = 0;
    std::uint32_t first = 0;
    std::uint32_t next = 0;
    std::uint32_t end = 0;
  };
  // Where the handles and the tokens of a module begin among those of all.
  struct Offsets {
    std::size_t handles = 0;
    std::size_t tokens = 0;
  };

  Status define(std::size_t module, const StructDefinition& definition);
  Result<std::uint16_t> intern(std::size_t module, std::uint16_t handle);
  std::uint16_t& struct_of(std::size_t module, std::uint16_t handle) {
    return handles_[offsets_[module].handles + handle];
  }
  std::string_view name_of(const Struct& found) const {
    return std::string_view(names_).substr(found.name_at, found.name_size);
  }
  static Known known(std::string_view name, std::size_t parameters);
  Result<TermId> convert(std::size_t module, std::uint32_t token,
                         std::span<const TermId> arguments);
  TermId compose(std::size_t module, const Token& token);
  TermId& leaf(std::size_t module, const Token& token);
  Status count_work(std::size_t module, TermId term);
  Status make(TermId term);
  Status open(TermId term);
  Status wait_for_inner(TermId term);
  Status wait_for_fields(const Struct& found, std::span<const FieldDefinition> fields);
  std::uint32_t finish(const Frame& frame);
  std::uint32_t finish_struct(const Frame& frame);
  std::uint32_t finish_choice(const Frame& frame, const Struct& found, type::Text name);
  std::uint32_t made(const Frame& frame, std::size_t place) const {
    return terms_[waiting_[frame.first + place]].type;
  }

  std::span<const Module> modules_;
  type::Builder& builder_;
  std::string names_;
  std::vector<Struct> structs_;
  type::Places structs_by_name_;
  std::vector<Offsets> offsets_;        // of each module
  std::vector<std::uint16_t> handles_;  // which struct
  std::vector<TermId> resolved_;        // of each token that was asked for
  Terms terms_;
  std::array<TermId, kTokenKinds> leaves_;  // of kinds without parts, where one was asked for
  std::size_t work_ = 0;
  std::vector<Frame> frames_;
  std::vector<TermId> waiting_;
  // Kept from one use to the next for their room alone.
  std::vector<TermId> stack_, inner_, arguments_;
  std::vector<type::Field> fields_;
  std::string text_;
};

}  // namespace airlock::abi::move
