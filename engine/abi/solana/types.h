// The types of an IDL or a native schema, made types of a map.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/abi/type/builder.h"
#include "host/json/tree.h"

namespace airlock::abi::solana {

inline constexpr std::size_t kInstancesMax = 16'384;     // of named types, generic ones included
inline constexpr std::size_t kOpenMax = 96;              // types within types while one is made
inline constexpr std::uint64_t kExtentMax = 10'485'760;  // of an account on Solana
inline constexpr std::size_t kMembersMax = 4'096;        // of one struct, variants of one enum
inline constexpr std::size_t kArgumentsMax = 16;         // of one generic type

// How lengths, tags and options are written where a type does not say it itself.
struct Rules {
  type::Prefix length = type::Prefix::u32;
  type::Prefix tag = type::Prefix::u8;
  std::uint8_t option_tag = 1;
  bool is_native = false;  // a type may say it itself
};

// Where values of a type lie, which decides how a coption is written: in an account as memory has
// it, in an instruction as SPL Token packs it.
enum class Setting : std::uint8_t { call, stored };

// Makes types; each keeps a place in the builder. The JSON must outlive it.
class Types {
 public:
  Types(type::Builder& builder, Rules rules) : builder_(builder), rules_(rules) {
    environments_.emplace_back();
  }

  // declare makes a definition known: `body` is its struct, enum or type. Errors: bad_abi,
  // ambiguous (the name is taken).
  Status declare(std::string_view name, json::Node definition, json::Node body);
  bool knows(std::string_view name) const { return definitions_.contains(std::string(name)); }
  bool is_ambiguous(std::string_view name) const;

  // Each returns the index of the type. Errors: ambiguous (two have the name), bad_type (unknown,
  // too large, or it contains itself other than through a list or an option), too_many, bad_abi.
  Result<std::uint32_t> make(json::Node type, Setting setting);
  Result<std::uint32_t> make_named(std::string_view name, Setting setting);
  // make_body makes a type that no other can name.
  Result<std::uint32_t> make_body(json::Node definition, json::Node body, Setting setting);
  // make_fields makes a tuple of [{name, type}] or [type].
  Result<std::uint32_t> make_fields(json::Node fields, Setting setting);

 private:
  // What a name within a generic type stands for.
  struct Argument {
    std::string_view name;
    bool is_count = false;
    std::uint32_t value = 0;  // a type, or a number
  };
  using Environment = std::vector<Argument>;

  struct Definition {
    json::Node whole;
    json::Node body;
    bool is_ambiguous = false;
  };

  // What is known of a type beside what the map says.
  struct Facts {
    bool varies = true;         // its values differ in size
    std::uint64_t extent = 0;   // else the bytes of each
    std::uint64_t copies = 1;   // all fixed counts within, multiplied
    std::uint32_t nesting = 0;  // types within
    std::uint32_t alignment = 1;
  };

  struct Scope {
    Setting setting = Setting::call;
    std::size_t environment = 0;
  };

  enum class Kind : std::uint8_t { members, variants, array, full_option, alias, arguments };

  // A type that waits for those within it.
  struct Open {
    Kind kind = Kind::members;
    Scope scope{};
    std::vector<json::Node> children{};
    std::vector<std::uint32_t> made{};
    std::vector<type::Field> fields{};
    std::string key{};  // of a named type: under which it is kept
    type::Text name{};
    std::uint32_t count = 0;  // of an array
    std::uint16_t size = 0;   // Prefix or tag
    const Definition* definition = nullptr;
    std::vector<json::Node> arguments{};  // of a generic type, as they are written
  };

  // The element of a list or option: made when what holds the list stands, so that it may hold it.
  struct Waiting {
    std::uint32_t holder = 0;
    Scope scope{};
    std::vector<json::Node> parts{};  // one, or the key and the value of a map
  };

  // run finishes what is open; `made` is what begin returned.
  Result<std::uint32_t> run(Result<std::uint32_t> made);
  Result<std::uint32_t> settle(std::uint32_t made);
  // begin returns a type that needs no others, or opens it and returns kNone.
  Result<std::uint32_t> begin(json::Node node, Scope scope);
  Result<std::uint32_t> begin_object(json::Node node, Scope scope);
  Result<std::uint32_t> begin_array(json::Node array, Scope scope);
  Result<std::uint32_t> begin_defined(json::Node defined, Scope scope);
  Result<std::uint32_t> begin_generic(std::string_view name, Scope scope);
  Result<std::uint32_t> begin_body(std::string key, const Definition& definition, Scope scope);
  Result<std::uint32_t> begin_list(json::Node node, std::vector<json::Node> parts,
                                   std::uint8_t flags, Scope scope);
  Result<std::uint32_t> begin_option(json::Node element, Scope scope);
  Result<std::uint32_t> begin_coption(json::Node element, Scope scope);
  Result<std::uint32_t> begin_members(std::span<const json::Node> types, Scope scope);
  Result<std::uint32_t> open(Open opened);
  Status add_members(Open& opened, json::Node fields);
  Status add_variants(Open& opened, json::Node variants);
  Result<std::size_t> environment_of(const Open& arguments, std::string& key);
  // finish makes the type whose parts are all made; kNone where it opened another one in its place.
  Result<std::uint32_t> finish(Open done);
  Result<std::uint32_t> finish_tuple(Open& done);
  Result<std::uint32_t> finish_choice(Open& done);
  Result<std::uint32_t> finish_array(const Open& done);
  Result<std::uint32_t> finish_full_option(const Open& done);
  Result<std::uint32_t> add(type::Type type, Facts facts);
  // reserve keeps a place for a list or option whose element is made later.
  Result<std::uint32_t> reserve(type::Type type, Waiting waiting);
  // add_opaque makes the type of what nobody can read but the program itself.
  Result<std::uint32_t> add_opaque(type::Text name);
  Result<std::uint32_t> plain(std::string_view word);
  bool has_hidden_room(const Open& done) const;
  Result<Facts> facts_of_members(const Open& done) const;
  Result<type::Prefix> prefix_in(json::Node node, std::string_view member,
                                 type::Prefix otherwise) const;
  Result<std::uint32_t> count_of(json::Node node, Scope scope) const;

  type::Builder& builder_;
  Rules rules_;
  std::unordered_map<std::string, Definition> definitions_;
  std::deque<Definition> nameless_;
  std::unordered_map<std::string, std::uint32_t> instances_;  // kNone while it is being made
  std::deque<Environment> environments_;                      // the first is empty
  std::vector<Facts> facts_;                                  // by type
  std::vector<Open> open_;
  std::deque<Waiting> waiting_;
};

// joined_docs returns an item's `docs` as one text.
std::string joined_docs(json::Node item);

}  // namespace airlock::abi::solana
