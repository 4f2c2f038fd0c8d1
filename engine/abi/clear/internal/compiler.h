// Turns the JSON of a merged descriptor into what the formatter needs.
#pragma once

#include <initializer_list>

#include "engine/abi/clear/descriptor.h"
#include "engine/abi/clear/internal/compiled.h"
#include "host/json/json.h"

namespace airlock::abi::clear::internal {

// What the fields of one format are compiled against.
struct Scope {
  const type::Map* map = nullptr;
  std::uint32_t type = 0;             // the tuple that paths begin in
  std::vector<WrittenStep> prefix{};  // of the group around a field
};

// The file, and how strictly it is read: what every part of the compiler needs.
class File {
 public:
  File(const json::Value& root, Reading reading) : root_(root), reading_(reading) {}

  const json::Value& root() const { return root_; }
  bool is_strict() const { return reading_ == Reading::strict; }
  // object returns a member, or nullptr; wrong types are refused.
  static Result<const json::Value*> object(const json::Value& in, const char* key);
  static Result<const json::Value*> array(const json::Value& in, const char* key);
  // text returns a member, or an empty text.
  static Result<std::string_view> text(const json::Value& in, const char* key);
  // only refuses members that the schema does not list, where it is read strictly.
  Status only(const json::Value& in, std::initializer_list<std::string_view> keys) const;
  // at returns what "$.a.b" points at, or nullptr.
  const json::Value* at(std::string_view pointer) const;

 private:
  const json::Value& root_;
  Reading reading_;
};

// literal_of reads a constant; of another kind than text, number or boolean it is none.
Literal literal_of(const json::Value& value);
// address_of reads 0x and 40 digits.
std::optional<Address> address_of(const json::Value& value);
// append_text keeps an author's text, and what is doubtful about it.
std::string kept(const json::Value* text, std::size_t size_max, Warnings& warnings);

// compile_bindings reads `context`; compile_metadata reads `metadata`.
Status compile_bindings(const File& file, Compiled& made);
Status compile_metadata(const File& file, Compiled& made);

// Reads the parameters of fields.
class RuleCompiler {
 public:
  RuleCompiler(const File& file, Compiled& made) : file_(file), made_(made) {}
  // compile reads a field, whose reference is resolved. A path that leads nowhere is bad_path where
  // the file is read strictly, and makes the format broken otherwise.
  Result<Rule> compile(const json::Value& field, const Scope& scope) const;

 private:
  Result<Operand> operand(const json::Value& spec, const Scope& scope) const;
  Result<Operand> path(std::string_view text, const Scope& scope) const;
  Result<Operand> table(const json::Value& spec, const Scope& scope) const;
  Result<Operand> either(const json::Value& params, const char* constant, const char* path,
                         const Scope& scope) const;
  Result<std::vector<Operand>> list(const json::Value& params, const char* key,
                                    const Scope& scope) const;
  Status parameters(Rule& rule, const json::Value& params, const Scope& scope) const;
  Status words(Rule& rule, const json::Value& params) const;
  Status visibility(Rule& rule, const json::Value& field) const;
  Status encryption(Rule& rule, const json::Value& field) const;

  const File& file_;
  Compiled& made_;
};

// compile_format reads one format. Errors: bad_descriptor, bad_path, too_deep, too_many.
Result<CallFormat> compile_format(const File& file, const json::Value& format, const Scope& scope,
                                  Compiled& made);

}  // namespace airlock::abi::clear::internal
