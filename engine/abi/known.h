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
  // descriptor_of_messages returns what describes messages that name this contract, or nullptr.
  const clear::Descriptor* descriptor_of_messages(std::uint64_t chain_id, Bytes address) const;

 private:
  std::optional<json::Node> object_at(const std::string& key) const;
  template <class Fits>
  const clear::Descriptor* find(const std::string& prefix, Fits fits) const;

  const Snapshot& snapshot_;
  // Texts are handed out as views, and hold for as long as this does.
  mutable std::vector<std::unique_ptr<json::Tree>> read_;
};

// check_known reads one of these entries: bad_pack where it is none.
Status check_known(const Snapshot& snapshot, std::string_view key, Bytes content);

}  // namespace airlock::abi
