// What is known about the world outside a call: tokens, chains, names, blocks, other descriptors.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/base.h"
#include "engine/number/number.h"

namespace airlock::abi::clear {

class Descriptor;

struct Token {
  std::string_view symbol;
  unsigned decimals = 0;
};

struct Chain {
  std::string_view name;
  std::string_view symbol;  // of its own currency
  unsigned decimals = 18;
};

// Kinds of addresses, and where names come from, as sets of bits.
inline constexpr std::uint8_t kWallet = 1, kEoa = 2, kContract = 4, kTokenContract = 8,
                              kCollection = 16;
inline constexpr std::uint8_t kLocal = 1, kEns = 2, kOtherSource = 4;

struct NameQuery {
  std::uint64_t chain_id = 0;
  Bytes address;
  std::uint8_t kinds = 0;    // expected ones; 0 = any
  std::uint8_t sources = 0;  // acceptable ones; 0 = any
};

struct Name {
  std::string_view text;
  bool is_expected_kind = true;
  bool is_owners = true;  // the owner of the wallet gave it; else anybody could register it
};

struct FactoryQuery {
  std::uint64_t chain_id = 0;
  Bytes contract;
  Bytes factory;
  std::string_view event;  // the signature of what the factory logs
};

// A wallet answers from its pack and its owner's address book. No answer is an answer: the value
// is then shown raw, with a warning. What is returned must hold until the screens are made.
class Source {
 public:
  virtual ~Source() = default;
  virtual std::optional<Token> token(std::uint64_t chain_id, Bytes address) const = 0;
  virtual std::optional<Chain> chain(std::uint64_t chain_id) const = 0;
  virtual std::optional<Name> name(const NameQuery& query) const = 0;
  virtual std::optional<std::string_view> collection(std::uint64_t chain_id,
                                                     Bytes address) const = 0;
  // block_time returns seconds since 1970.
  virtual std::optional<std::int64_t> block_time(std::uint64_t chain_id,
                                                 const number::U256& height) const = 0;
  // is_deployed_by says whether the factory logged that it made the contract.
  virtual bool is_deployed_by(const FactoryQuery& query) const = 0;
  // descriptor returns what describes a contract's call, for calls inside of others, or nullptr.
  virtual const Descriptor* descriptor(std::uint64_t chain_id, Bytes address,
                                       Bytes selector) const = 0;
};

}  // namespace airlock::abi::clear
