// What a chain's room offers to the engine: one face for all of them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/abi/type/builder.h"
#include "engine/abi/type/type.h"

namespace airlock::abi {

// A call that was read: an entry of the map, and the node of the tape that holds its arguments.
struct Reading {
  const type::Entry* entry = nullptr;
  std::uint32_t node = 0;
  bool is_canonical = false;
};

// A contract in its chain's own format, and what its files do not say themselves.
struct Source {
  std::string_view name{};
  std::vector<Bytes> files{};  // one; of a Move package its modules
  std::string_view keys{};     // of a Solana program: "anchor" (the default), "tag_u8", "tag_u32"
  Bytes names{};               // of a Move package: the names of parameters, which modules lack
};

// What other bytes than a call's are read as.
enum class Subject : std::uint8_t {
  output,   // what a function returned: `name` says which
  error,    // what a reverted call returned
  event,    // a log: topics first where the chain has them
  account,  // what a program keeps
};
struct Question {
  Subject subject = Subject::output;
  Bytes data{};
  std::size_t topics = 0;   // of 32 bytes each, at the front of `data`
  std::string_view name{};  // of the entry, where the bytes do not choose it
};

// One chain's formats. It has no state, so that one serves every thread.
class Loader {
 public:
  virtual ~Loader() = default;

  virtual std::string_view name() const = 0;  // as maps name their loader: "evm"
  // chains returns the namespaces of CAIP-2 that are its: "eip155".
  virtual std::span<const std::string_view> chains() const = 0;

  // load turns the chain's own format into a map. Errors: those of the format.
  virtual Result<type::OwnedMap> load(const Source& source) const = 0;
  // check says whether a map that came in a pack is one that load could have made.
  virtual Status check(const type::Map& map) const = 0;

  // read decodes a call. Errors: unknown_call, chain_refuses, over_budget, ..
  virtual Result<Reading> read(const type::Map& map, Bytes data, type::Tape& tape) const = 0;
  // read_other decodes something else. Errors: unknown_call also for what the chain does not have.
  virtual Result<Reading> read_other(const type::Map& map, const Question& question,
                                     type::Tape& tape) const = 0;
  // write encodes one; what is written is read as the same values.
  virtual Result<std::vector<std::uint8_t>> write(const type::Map& map, const type::Entry& entry,
                                                  json::Node arguments) const = 0;

  // address spells an address as keys of a pack do. Errors: bad_value.
  virtual Result<std::string> address(std::string_view text) const = 0;
  // target_of returns the contract that the data itself names; not_found where it names none.
  virtual Result<std::string> target_of(Bytes data) const = 0;
};

using Loaders = std::span<const std::shared_ptr<const Loader>>;

// loader_of returns the loader of a chain, "eip155:1". Errors: loader_missing.
Result<const Loader*> loader_of(Loaders loaders, std::string_view chain);

// The loaders of this build: evm, solana, move.
std::vector<std::shared_ptr<const Loader>> standard_loaders();

}  // namespace airlock::abi
