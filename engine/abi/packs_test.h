// Packs for the tests of this room.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/abi/abi.h"
#include "engine/abi/evm/evm.h"

namespace airlock::abi {

inline constexpr std::string_view kToken = "0x1111111111111111111111111111111111111111";
inline constexpr std::string_view kTransfer =
    "0xa9059cbb0000000000000000000000002222222222222222222222222222222222222222"
    "00000000000000000000000000000000000000000000000000000000000003e8";

inline std::vector<std::uint8_t> bytes_from(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

// A map of functions, as a pack keeps it.
inline std::vector<std::uint8_t> map_of(std::vector<std::string_view> signatures) {
  const auto map = evm::load_signatures(signatures, "Token");
  EXPECT_TRUE(map);
  return bytes_from((*map)->encoded());
}

inline std::string key_of(std::string_view address = kToken) {
  return "abi/eip155:1/" + std::string(address);
}

inline pack::Item golden(std::string_view name, std::string_view data, std::string_view expect) {
  std::string text = "{\"chain\":\"eip155:1\",\"data\":\"" + std::string(data) +
                     "\",\"expect\":" + std::string(expect) + ",\"target\":\"" +
                     std::string(kToken) + "\"}";
  return {"golden/" + std::string(name), {text.begin(), text.end()}};
}

inline std::vector<pack::Item> token_items(
    std::string_view transfer = "transfer(address to,uint256 value)") {
  return {{key_of(), map_of({transfer, "approve(address spender,uint256 value)"})}};
}

inline std::unique_ptr<const Snapshot> snapshot_of(const std::vector<pack::Item>& items,
                                                   std::string version = "1.0.0") {
  auto file = pack::build(items);
  EXPECT_TRUE(file);
  const Entries entries = pack::Pack::open(*file)->entries();
  auto made = Snapshot::hold(std::move(*file), entries, std::move(version));
  EXPECT_TRUE(made);
  return std::move(*made);
}

}  // namespace airlock::abi
