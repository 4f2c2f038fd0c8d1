// What the abi commands open: a contract in its chain's own format, a type map, or a pack.
#pragma once

#include "apps/airlock/command.h"
#include "engine/abi/abi.h"

namespace airlock::app {

// Options that say what describes a contract.
struct ContractOptions {
  std::vector<std::string> sources;  // an ABI, an IDL, modules, a type map, or a pack
  std::string chain;                 // a loader's chain, where the file does not tell
  std::string to;                    // of a pack: the contract
  std::string keys;                  // of a Solana program without Anchor
  std::string names;                 // of Move's parameters
};
void add_contract_options(CLI::App& command, ContractOptions& options);

// A contract's map and the loader that reads by it. The bytes stay where they are when it moves.
class Contract {
 public:
  // open reads what the options name. Errors name the file.
  static std::expected<Contract, Refusal> open(const ContractOptions& options);
  const abi::type::Map& map() const { return owned_ ? owned_->map() : *in_pack_; }
  const abi::Loader& loader() const { return *loader_; }
  // What explains the calls that one carries: the pack, where it is one.
  abi::Explaining explaining(std::span<abi::type::Node> room) const {
    return {*pack_, loaders_, room};
  }

 private:
  std::vector<std::shared_ptr<const abi::Loader>> loaders_;
  std::unique_ptr<const abi::Snapshot> pack_ = abi::Snapshot::none();
  std::optional<abi::type::OwnedMap> owned_;
  const abi::type::Map* in_pack_ = nullptr;
  const abi::Loader* loader_ = nullptr;
};

// open_pack opens a pack by itself: nobody signed the root that it is held against.
std::expected<std::unique_ptr<const abi::Snapshot>, Refusal> open_pack(const std::string& path);

// about_json is what a refusal of JSON is about; of a number that is too wide, how to write it.
std::string about_json(std::string what, Code code);

// read_typed returns what an argument says: itself, or of @FILE what that holds, or of - standard
// input.
std::expected<std::string, Refusal> read_typed(const std::string& typed);
// read_data reads 0x.. given so.
std::expected<std::vector<std::uint8_t>, Refusal> read_data(const std::string& typed);

}  // namespace airlock::app
