// The types of an EIP-712 message: as its JSON lists them, or as encodeType spells them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/crypto/sha256.h"
#include "engine/abi/clear/limits.h"
#include "engine/abi/type/builder.h"
#include "host/json/tree.h"

namespace airlock::abi::clear {

struct StructMember {
  std::string type;
  std::string name;
};

struct Struct {
  std::string name;
  std::vector<StructMember> members;
};

// A set of structs with different names.
class Structs {
 public:
  // read takes the `types` of a message. Errors: bad_type, too_many, oversized.
  static Result<Structs> read(json::Node types);
  // read_spelling takes "Mail(Person from,string text)Person(string name)", the primary type first.
  static Result<Structs> read_spelling(std::string_view spelling);

  // add keeps one more. Errors: bad_type, too_many (at = which).
  Status add(Struct made);
  // replace puts one in the place of that of the same name.
  void replace(Struct made);

  const std::vector<Struct>& all() const { return structs_; }
  const Struct* find(std::string_view name) const;

  // spell writes encodeType of a struct: it, and then all that it contains by name. Errors:
  // bad_type where a type is missing, oversized.
  Result<std::string> spell(std::string_view name) const;

  // build adds a struct and all that it contains to a map, and returns its type. A struct may
  // contain itself through a list alone: any other has no value that ends. Errors: bad_type.
  Result<std::uint32_t> build(std::string_view name, type::Builder& builder) const;

 private:
  std::vector<Struct> structs_;
};

// base_of returns the type without its arrays: "Person" of "Person[2][]".
std::string_view base_of(std::string_view type);

}  // namespace airlock::abi::clear
