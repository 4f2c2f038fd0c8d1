// engine/abi: what a wallet knows of the contracts that its owner signs for.
//
// It is for turning a raw call into values, on any chain that a loader is there for, by the pack
// that an update brought: a wallet keeps one Engine, gives each thread a Reader, and swaps the
// snapshot when another pack comes into use. It promises that a reader takes no lock, waits for
// nobody, and sees one version from the beginning of a view to its end; that a pack with any bad
// entry never serves (judge); that what is shown of a call belongs to the contract that is called,
// or is marked as unbound; and that what the chain would refuse is never shown as decoded. It never
// fetches, never signs, and decides nothing about what may be installed.
//
// Keys of a pack's entries, where CHAIN is a CAIP-2 name and ADDRESS is spelled by its loader:
//
//   abi/CHAIN/ADDRESS    the type map of a contract, program or package
//   abi/CHAIN/any        a map for contracts that have none: what it explains is unbound
//   code/CHAIN/ADDRESS   the 32 bytes of the hash of its code, where the map is for that code alone
//   golden/NAME          a case that must be read and shown as stated (golden.h)
//
// and those of known.h: descriptors, tokens, chains, names.
#pragma once

#include "engine/abi/judge.h"
#include "engine/abi/known.h"
#include "engine/abi/loader.h"
#include "engine/abi/snapshot.h"
#include "engine/swap/swap.h"

namespace airlock::abi {

// A call as a wallet is asked to sign it.
struct Call {
  std::string_view chain{};  // "eip155:1", "solana:mainnet", "aptos:1", "sui:mainnet"
  std::string_view
      target{};  // the contract, program or package; may be empty where the data says it
  Bytes data{};
  Bytes code_hash{};  // of the contract's code, where it is known
};

// A call that is to be written.
struct Request {
  std::string_view chain{};
  std::string_view target{};
  std::string_view call{};  // a signature, or a name that one call alone has
};

// What a call says. It views the snapshot, the data and the reader's tape.
struct Decoded {
  const type::Map* map = nullptr;
  const type::Entry* entry = nullptr;
  type::Value arguments;
  bool is_canonical = false;
  bool is_bound = false;  // the map is this contract's own; else it is only a guess by selector
};

// title_of returns what a call is called: its signature, or its name where the chain has none.
std::string_view title_of(const type::Map& map, const type::Entry& entry);

// append_json adds {"call","bound","canonical","arguments"} as JSON; `version` names the pack.
Status append_json(std::string& json, const Decoded& decoded, std::string_view version,
                   type::Shape shape = type::Shape::named);

// A transaction's call on a chain of the EVM, as its owner is shown it.
struct Sending {
  std::uint64_t chain_id = 0;
  Bytes to{};  // 20 bytes
  std::optional<Bytes> from{};
  number::U256 value{};
  Bytes data{};
};

// A message of EIP-712 that its owner is asked to sign.
struct Signing {
  const clear::TypedData& message;
  std::optional<Bytes> from{};  // who is asked: 20 bytes
};

// What explains calls, and where values are noted.
struct Explaining {
  const Snapshot& snapshot;
  Loaders loaders;
  std::span<type::Node> room;
};

// What every thread of a wallet shares.
class Engine {
 public:
  class Reader;
  class View;

  // It begins with the standard loaders, and without a pack.
  Engine();

  // swap publishes a snapshot, which the caller had judged. Readers see it from their next view on.
  void swap(std::unique_ptr<const Snapshot> next);
  // add registers a loader while readers run. Errors: exists_already (of that name).
  Status add(std::shared_ptr<const Loader> loader);
  // reader makes what one thread reads by. Errors: too_many.
  Result<Reader> reader();
  // held returns how many old versions are still read.
  std::size_t held() const { return state_.held(); }

 private:
  // What changes together: nobody sees a new pack with an old list of loaders.
  struct State {
    std::shared_ptr<const Snapshot> snapshot;
    std::vector<std::shared_ptr<const Loader>> loaders;
  };
  std::mutex writers_;
  State latest_;  // of the writers
  swap::Current<State> state_;
};

// One version, for as long as the view lives.
class Engine::View {
 public:
  const Snapshot& snapshot() const { return *pin_->snapshot; }
  std::string_view version() const { return snapshot().version(); }
  // explaining is for carried.h and transaction.h. What was decoded last is gone with the next.
  Explaining explaining() const { return {snapshot(), pin_->loaders, room_}; }
  // decode reads a call. The last one's values are gone with the next. Errors: not_found (nothing
  // describes the contract), expected_otherwise (another code than the map is for), loader_missing,
  // unknown_call, chain_refuses, over_budget, and those of a damaged entry.
  Result<Decoded> decode(const Call& call) const;
  // show says what a transaction or a message is for, on the screen on which it is signed. It
  // always answers.
  clear::Shown show(const Sending& sending) const;
  clear::Shown show(const Signing& signing) const;
  // encode writes the bytes of a call, in canonical form. Errors: not_found, loader_missing,
  // unknown_call, ambiguous, bad_value, over_budget, and those of a damaged entry.
  Result<std::vector<std::uint8_t>> encode(const Request& request, json::Node arguments) const;

 private:
  friend class Reader;
  View(swap::Current<State>::Pin pin, std::span<type::Node> room)
      : pin_(std::move(pin)), room_(room) {}
  swap::Current<State>::Pin pin_;
  std::span<type::Node> room_;
};

// A thread's own: its seat, and the memory of its tape.
class Engine::Reader {
 public:
  View view() { return {seat_.pin(), *room_}; }

 private:
  friend class Engine;
  explicit Reader(swap::Current<State>::Reader seat)
      : seat_(std::move(seat)),
        room_(std::make_unique<std::vector<type::Node>>(type::kTapeNodes)) {}
  swap::Current<State>::Reader seat_;
  std::unique_ptr<std::vector<type::Node>> room_;
};

// decode reads a call by a snapshot and loaders, on a tape over `room`: what View::decode does.
Result<Decoded> decode(const Snapshot& snapshot, Loaders loaders, const Call& call,
                       std::span<type::Node> room);

// show says it by the descriptor that the snapshot has for it, or raw and with a warning.
clear::Shown show(const Snapshot& snapshot, const Sending& sending, std::span<type::Node> room);
clear::Shown show(const Snapshot& snapshot, const Signing& signing, std::span<type::Node> room);

}  // namespace airlock::abi
