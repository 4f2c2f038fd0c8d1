// What a pack knows beside contracts: descriptors, tokens, chains, names.
//
//   clear/CHAIN/ADDRESS/NAME   the calls of a contract are described by file/NAME
//   typed/CHAIN/ADDRESS/NAME   so are the messages that name it
//   file/NAME                  a descriptor of ERC-7730, or what one includes
//   token/CHAIN/ADDRESS        {"decimals":6,"symbol":"USDC"}, with "collection" of NFTs
//   chain/CHAIN                {"decimals":18,"name":"Ethereum","symbol":"ETH"}
//   name/CHAIN/ADDRESS         what the address is called
#pragma once

#include "engine/abi/clear/clear.h"
#include "engine/abi/snapshot.h"

namespace airlock::abi {

inline constexpr std::size_t kKnownSizeMax = 4096;  // of a token, a chain or a name

// A snapshot as the source of clear signing. Whatever it answers the pack's authors wrote, and the
// pack's quorum signed; what an owner calls an address is not in it.
class Known final : public clear::Source {
 public:
  explicit Known(const Snapshot& snapshot) : snapshot_(snapshot) {}

  std::optional<clear::Token> token(std::uint64_t chain_id, Bytes address) const override;
  std::optional<clear::Chain> chain(std::uint64_t chain_id) const override;
  std::optional<clear::Name> name(const clear::NameQuery& query) const override;
  std::optional<std::string_view> collection(std::uint64_t chain_id, Bytes address) const override;
  std::optional<std::int64_t> block_time(std::uint64_t, const number::U256&) const override {
    return std::nullopt;
  }
  bool is_deployed_by(const clear::FactoryQuery&) const override { return false; }
  const clear::Descriptor* descriptor(std::uint64_t chain_id, Bytes address,
                                      Bytes selector) const override;
  // The same of a message, by the contract that its domain names and by its type.
  const clear::Descriptor* descriptor(const clear::TypedData& message) const;

 private:
  std::optional<json::Node> object_at(const std::string& key) const;
  template <class Fits>
  const clear::Descriptor* find(const std::string& prefix, Fits fits) const;

  const Snapshot& snapshot_;
  // Texts are handed out as views, and hold for as long as this does.
  mutable std::vector<std::unique_ptr<json::Tree>> read_;
};

// chain_id_of returns the number of a chain of the EVM, "eip155:1", or nothing.
std::optional<std::uint64_t> chain_id_of(std::string_view chain);

// What the key of a binding says: clear/CHAIN/ADDRESS/NAME or typed/CHAIN/ADDRESS/NAME.
struct Binding {
  bool is_for_calls = true;
  std::uint64_t chain_id = 0;
  std::array<std::uint8_t, clear::kAddressSize> address{};
  std::string_view place{};  // CHAIN/ADDRESS
  std::string_view name{};   // which may hold slashes
};
// read_binding reads such a key, in its one spelling. Errors: bad_pack.
Result<Binding> read_binding(std::string_view key);
inline bool is_binding(std::string_view key) {
  return key.starts_with("clear/") || key.starts_with("typed/");
}

// check_known reads one of these entries. Errors: bad_pack where it is none; of a binding also
// those of its descriptor, and descriptor_unbound where that is for other contracts.
Status check_known(const Snapshot& snapshot, std::string_view key, Bytes content);

}  // namespace airlock::abi
