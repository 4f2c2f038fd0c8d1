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

inline pack::Item item(std::string key, std::string_view content) {
  return {std::move(key), {content.begin(), content.end()}};
}

inline constexpr std::string_view kSendFields =
    R"json({"path":"to","label":"To","format":"addressName"},
           {"path":"value","label":"Amount","format":"tokenAmount","params":{"tokenPath":"@.to"}})json";
inline constexpr std::string_view kPermitFields =
    R"json({"path":"spender","label":"Spender","format":"addressName"},
           {"path":"value","label":"Amount","format":"tokenAmount","params":{"tokenPath":"@.to"}})json";
inline constexpr std::string_view kPermitType =
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)";

// A descriptor of one format, of calls or of messages, where it is bound to the token, and what the
// pack knows of that.
inline std::vector<pack::Item> described(std::string_view context, std::string_view format,
                                         std::string_view fields) {
  const std::string file =
      R"json({"$schema":"https://x/erc7730-v2.schema.json","context":{")json" +
      std::string(context) + R"json(":{"deployments":[{"chainId":1,"address":")json" +
      std::string(kToken) +
      R"json("}]}},"metadata":{"owner":"Token"},"display":{"formats":{")json" +
      std::string(format) + R"json(":{"intent":")json" + (context == "eip712" ? "Allow" : "Send") +
      R"json(","fields":[)json" + std::string(fields) + "]}}}}";
  const std::string kind = context == "eip712" ? "typed/" : "clear/";
  return {
      item("file/a.json", file), item(kind + "eip155:1/" + std::string(kToken) + "/a.json", ""),
      item("token/eip155:1/" + std::string(kToken), R"json({"decimals":3,"symbol":"TOK"})json")};
}
inline std::vector<pack::Item> sending_items(
    std::string_view fields = kSendFields,
    std::string_view format = "transfer(address to,uint256 value)") {
  return described("contract", format, fields);
}
inline std::vector<pack::Item> permit_items(std::string_view fields = kPermitFields) {
  return described("eip712", kPermitType, fields);
}

// A permit of the token.
inline std::string permit(std::string_view spender = "0x2222222222222222222222222222222222222222") {
  return R"json({"types":{"EIP712Domain":[{"name":"name","type":"string"},
      {"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],
    "Permit":[{"name":"owner","type":"address"},{"name":"spender","type":"address"},
      {"name":"value","type":"uint256"},{"name":"nonce","type":"uint256"},
      {"name":"deadline","type":"uint256"}]},"primaryType":"Permit",
    "domain":{"name":"Token","chainId":1,"verifyingContract":")json" +
         std::string(kToken) +
         R"json("},"message":{"owner":"0x3333333333333333333333333333333333333333","spender":")json" +
         std::string(spender) + R"json(","value":1500,"nonce":0,"deadline":9}})json";
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

inline Code verdict(const std::vector<pack::Item>& items) {
  const auto judged = judge(*snapshot_of(items), standard_loaders());
  return judged ? Code::ok : judged.error().error.code;
}

// What a pack with these items is refused for, and by which entry.
inline std::string fault(const std::vector<pack::Item>& items) {
  const auto judged = judge(*snapshot_of(items), standard_loaders());
  if (judged) return "ok";
  return std::string(name(judged.error().error.code)) + ' ' + judged.error().key;
}

inline std::string binding_key(std::string_view kind = "clear") {
  return std::string(kind) + "/eip155:1/" + std::string(kToken) + "/a.json";
}

}  // namespace airlock::abi
