// A wallet's knowledge, made up for tests, fuzzers and benchmarks.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "engine/abi/clear/internal/compiled.h"
#include "engine/abi/clear/show.h"
#include "engine/abi/type/spelling.h"
#include "host/json/tree.h"

namespace airlock::abi::clear {

class FakeSource : public Source {
 public:
  using Key = std::array<std::uint8_t, kAddressSize>;
  struct KnownToken {
    std::string symbol;
    unsigned decimals;
  };
  struct KnownChain {
    std::string name, symbol;
  };
  struct Deployed {
    std::uint64_t chain_id;
    Key contract, factory;
    std::string event;
    friend bool operator==(const Deployed&, const Deployed&) = default;
  };

  static Key key(std::string_view hex) {
    Key made{};
    copy_into(made, *type::read_hex(hex));
    return made;
  }
  static Key key(Bytes address) {
    Key made{};
    copy_into(made, address);
    return made;
  }

  // add reads what a file of cases provides.
  void add(json::Node provided) {
    each(provided, "tokens", [this](std::string_view address, json::Node token) {
      tokens[key(address)] = {std::string(token.member("symbol")->as_text()),
                              static_cast<unsigned>(token.member("decimals")->as_number())};
    });
    each(provided, "addressNames", [this](std::string_view address, json::Node name) {
      local_names[key(address)] = name.as_text();
    });
    each(provided, "ensNames", [this](std::string_view address, json::Node name) {
      ens_names[key(address)] = name.as_text();
    });
    each(provided, "nftCollectionNames", [this](std::string_view address, json::Node name) {
      collections[key(address)] = name.as_text();
    });
    each(provided, "blockTimestamps", [this](std::string_view height, json::Node time) {
      blocks[std::string(height)] = static_cast<std::int64_t>(time.as_number());
    });
  }

  std::optional<Token> token(std::uint64_t, Bytes address) const override {
    const auto found = tokens.find(key(address));
    if (found == tokens.end()) return std::nullopt;
    return Token{found->second.symbol, found->second.decimals};
  }
  std::optional<Chain> chain(std::uint64_t id) const override {
    const auto found = chains.find(id);
    if (found == chains.end()) return std::nullopt;
    return Chain{found->second.name, found->second.symbol, 18};
  }
  std::optional<Name> name(const NameQuery& query) const override {
    const auto may = [&query](std::uint8_t source) {
      return query.sources == 0 || (query.sources & source) != 0;
    };
    const Key address = key(query.address);
    if (const auto found = local_names.find(address); may(kLocal) && found != local_names.end())
      return Name{found->second, true, true};
    if (const auto found = ens_names.find(address); may(kEns) && found != ens_names.end())
      return Name{found->second, true, false};
    return std::nullopt;
  }
  std::optional<std::string_view> collection(std::uint64_t, Bytes address) const override {
    const auto found = collections.find(key(address));
    if (found == collections.end()) return std::nullopt;
    return std::string_view(found->second);
  }
  std::optional<std::int64_t> block_time(std::uint64_t, const number::U256& height) const override {
    std::string decimal;
    number::append(decimal, height);
    const auto found = blocks.find(decimal);
    if (found == blocks.end()) return std::nullopt;
    return found->second;
  }
  bool is_deployed_by(const FactoryQuery& query) const override {
    const Deployed asked{query.chain_id, key(query.contract), key(query.factory),
                         std::string(query.event)};
    return std::find(deployed.begin(), deployed.end(), asked) != deployed.end();
  }
  const Descriptor* descriptor(std::uint64_t chain_id, Bytes address, Bytes) const override {
    for (const Descriptor* one : descriptors) {
      const auto& bound = one->compiled().deployments;
      if (std::binary_search(bound.begin(), bound.end(),
                             internal::Deployment{chain_id, key(address)}))
        return one;
    }
    return nullptr;
  }

  std::map<Key, KnownToken> tokens;
  std::map<Key, std::string> local_names, ens_names, collections;
  std::map<std::string, std::int64_t> blocks;
  std::vector<Deployed> deployed;
  std::vector<const Descriptor*> descriptors;
  std::map<std::uint64_t, KnownChain> chains = {{1, {"Ethereum", "ETH"}},
                                                {10, {"OP Mainnet", "ETH"}},
                                                {56, {"BNB Smart Chain", "BNB"}},
                                                {137, {"Polygon", "POL"}},
                                                {146, {"Sonic", "S"}},
                                                {250, {"Fantom", "FTM"}},
                                                {8453, {"Base", "ETH"}},
                                                {42161, {"Arbitrum One", "ETH"}},
                                                {43114, {"Avalanche C-Chain", "AVAX"}},
                                                {59144, {"Linea Mainnet", "ETH"}},
                                                {11155111, {"Ethereum Sepolia", "ETH"}}};

 private:
  template <class Add>
  static void each(json::Node provided, std::string_view key, const Add& add) {
    if (const auto found = provided.member(key))
      for (const auto& [name, value] : found->members()) add(name, value);
  }
};

}  // namespace airlock::abi::clear
