// The calls that a call carries: of a multicall, a Safe, a router.
//
// A carrier is known by its canonical signature, so that what it carries is as sure as the map that
// has the signature: bind it to the address first. A carried call is decoded inside its own slice:
// what it says can lie nowhere else. What no map describes, what the chain would refuse and what is
// over the budget stays there as raw bytes, marked with the reason; nothing is left out silently.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "engine/abi/evm/decode.h"

namespace airlock::abi::evm {

inline constexpr std::size_t kCallsMax = 256;      // carried, at all depths together
inline constexpr std::uint32_t kCallDepthMax = 8;  // calls within calls
inline constexpr std::size_t kRefusedMax = 16;     // of them, before the rest is left raw
inline constexpr std::size_t kPathHopsMax = 16;

// How the contract of a carried call is reached.
enum class CallKind : std::uint8_t { call, delegate_call, self, command };

// One call, and where it was found. Its values are a type::Value of the map, the tape's nodes,
// `data` and decoded.node, where `status` is ok.
struct Call {
  CallKind kind = CallKind::call;
  // Else why the data is raw: unknown_call, chain_refuses, over_budget; of a command also
  // not_canonical, because routers read theirs less strictly than solc does.
  Code status = Code::ok;
  std::uint32_t parent = type::kNone;  // the place of the call that carries it
  std::uint32_t depth = 0;
  bool may_fail = false;  // a command that the router lets fail
  Bytes data;             // a slice of the whole
  Bytes target;           // 20 bytes, or empty: the contract of the parent
  Bytes value;            // 32 bytes, or empty: none
  const type::Map* map = nullptr;
  Decoded decoded;
};

// FindMap returns the map of the contract at an address, or nullptr. The map must outlive what is
// decoded with it.
using FindMap = std::function<const type::Map*(Bytes address)>;

// What was found: the calls, the outermost first, each after its parent.
struct Calls {
  std::span<const Call> all;
  bool is_whole = true;  // false where a limit or the room stopped it: there may be more
};

// decode_nested decodes a call and those that it carries, into the caller's room. Errors: those of
// decode_call, of the outermost call alone.
Result<Calls> decode_nested(const type::Map& map, Bytes data, const FindMap& find, type::Tape& tape,
                            std::span<Call> room);

// A path of Uniswap V3: tokens with the fee of the pool between each two, packed.
class Path {
 public:
  // read refuses what is no whole path of 1 to kPathHopsMax hops. Errors: chain_refuses.
  static Result<Path> read(Bytes packed);
  std::size_t hops() const { return (packed_.size() - kTokenSize) / kHopSize; }
  Bytes token(std::size_t place) const { return packed_.subspan(place * kHopSize, kTokenSize); }
  std::uint32_t fee(std::size_t hop) const;  // in millionths

 private:
  static constexpr std::size_t kTokenSize = 20;
  static constexpr std::size_t kHopSize = 23;
  explicit Path(Bytes packed) : packed_(packed) {}
  Bytes packed_;
};

}  // namespace airlock::abi::evm
