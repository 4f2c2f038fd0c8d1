// Parameters as they are read, from JSON or from a signature: the types that they make, and their
// canonical spelling. What could exhaust a decoder is refused here, before any call is seen.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/abi/type/builder.h"

namespace airlock::abi::evm::internal {

// What a parameter is called, and by whom.
struct Name {
  std::string_view name;
  std::string_view note;  // the compiler's own word for the type
  bool is_indexed = false;
};

class Parameters {
 public:
  explicit Parameters(type::Builder& builder) : builder_(builder) {}

  // begin begins a list of parameters; end ends it, and returns its tuple. Errors: bad_type.
  void begin();
  Result<std::uint32_t> end();
  // spelling returns the canonical types of the list: "(address,(uint256,bytes)[])".
  std::string_view spelling() const { return spelling_; }

  // open begins a tuple, close ends it; add adds a parameter of any other type. `type` is a name
  // ("uint256"), `arrays` what follows it ("[2][]"). Errors: bad_type, too_deep, bad_abi where the
  // name is none.
  Status open();
  Status close(std::string_view arrays, const Name& name);
  Status add(std::string_view type, std::string_view arrays, const Name& name);

 private:
  // What a decoder may have to hold of one value, beside what the data holds.
  struct Measure {
    std::uint32_t depth = 1;
    std::uint64_t parts = 1;  // values in it that are there whatever the data says
  };

  Status append(std::uint32_t type, std::string_view arrays, const Name& name);
  Result<std::uint32_t> wrap(std::uint32_t element, std::string_view count);
  Result<std::uint32_t> keep(const type::Type& type, Measure measure);
  Result<Measure> measure(std::span<const type::Field> fields) const;
  void note_measure(std::uint32_t type, Measure measure);
  std::uint32_t tuple(std::span<const type::Field> fields, std::string_view name);
  void spell_comma();

  type::Builder& builder_;
  std::vector<std::vector<type::Field>> open_;
  std::vector<Measure> measures_;                // by type
  std::map<std::string, std::uint32_t> tuples_;  // by their name and fields
  std::string spelling_;
};

// leaf_type reads the name of a type without parts. Errors: bad_type.
Result<type::Type> leaf_type(std::string_view name);

}  // namespace airlock::abi::evm::internal
