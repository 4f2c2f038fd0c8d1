#include "engine/abi/clear/typed_data.h"

#include "engine/abi/clear/clear_test.h"
#include "engine/abi/clear/structs.h"

namespace airlock::abi::clear {
namespace {

constexpr std::string_view kMail =
    R"({"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],"Person":[{"name":"name","type":"string"},{"name":"wallet","type":"address"}],"Mail":[{"name":"from","type":"Person"},{"name":"to","type":"Person"},{"name":"contents","type":"string"}]},"primaryType":"Mail","domain":{"name":"Ether Mail","version":"1","chainId":1,"verifyingContract":"0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"},"message":{"from":{"name":"Cow","wallet":"0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},"to":{"name":"Bob","wallet":"0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},"contents":"Hello, Bob!"}})";

std::string hex(const crypto::Digest& digest) {
  std::string text;
  type::append_hex(text, digest.bytes);
  return text;
}

// The example of EIP-712 itself.
TEST(ClearTypedData, HashesTheExampleOfTheStandard) {
  const auto read = TypedData::read(kMail);
  ASSERT_TRUE(read) << name(read.error().code);
  EXPECT_EQ(read->spelling(),
            "Mail(Person from,Person to,string contents)Person(string name,address wallet)");
  EXPECT_EQ(hex(read->type_hash()),
            "0xa0cedeb2dc280ba39b857546d74f5549c3a1d7bdc2dd96bf881f76108e23dac2");
  EXPECT_EQ(hex(read->message_hash()),
            "0xc52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e");
  EXPECT_EQ(hex(read->domain_separator()),
            "0xf2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f");
  EXPECT_EQ(hex(read->digest()),
            "0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");
}

std::string message(std::string_view types, std::string_view values) {
  return R"({"types":{)" + std::string(types) +
         R"(},"primaryType":"A","domain":{"chainId":1},"message":)" + std::string(values) + "}";
}

TEST(ClearTypedData, HandlesTypesThatContainThemselvesThroughLists) {
  constexpr std::string_view kTree =
      R"("A":[{"name":"n","type":"uint8"},{"name":"of","type":"A[]"}])";
  const auto read = TypedData::read(message(kTree, R"({"n":1,"of":[{"n":"0x2","of":[]}]})"));
  ASSERT_TRUE(read) << name(read.error().code);
  EXPECT_EQ(read->spelling(), "A(uint8 n,A[] of)");
  EXPECT_EQ(read->message().member("of")->part(0).member("n")->as_unsigned(), number::U256(2));
  std::string deep = R"({"n":1,"of":[]})";
  for (int i = 0; i < 12; ++i) deep = R"({"n":1,"of":[)" + deep + "]}";
  EXPECT_EQ(TypedData::read(message(kTree, deep)).error().code, Code::too_deep);
  EXPECT_EQ(
      TypedData::read(message(R"("A":[{"name":"a","type":"A"}])", R"({"a":{}})")).error().code,
      Code::bad_type);
}

TEST(ClearTypedData, RefusesTypesAndValuesThatDoNotFit) {
  const auto code = [](std::string_view type, std::string_view value) {
    const auto read =
        TypedData::read(message(R"("A":[{"name":"a","type":")" + std::string(type) + "\"}]",
                                R"({"a":)" + std::string(value) + "}"));
    return read ? Code::ok : read.error().code;
  };
  EXPECT_EQ(code("uint8", "255"), Code::ok);
  EXPECT_EQ(code("uint8", "256"), Code::bad_value);
  EXPECT_EQ(code("uint8", "\"0x100\""), Code::bad_value);
  EXPECT_EQ(code("int8", "-129"), Code::bad_value);
  EXPECT_EQ(code("bool", "1"), Code::bad_value);
  EXPECT_EQ(code("address", "\"0x11\""), Code::bad_value);
  EXPECT_EQ(code("bytes2", "\"0x112233\""), Code::bad_value);
  EXPECT_EQ(code("uint8[2]", "[1]"), Code::bad_value);
  EXPECT_EQ(code("uint7", "1"), Code::bad_type);
  EXPECT_EQ(code("B", "1"), Code::bad_type);
  EXPECT_EQ(code("uint8[4294967295]", "[]"), Code::bad_type);
  EXPECT_EQ(TypedData::read(message(R"("A":[{"name":"a","type":"bool"}])", "{}")).error().code,
            Code::bad_value);
}

TEST(ClearMessage, IsBoundToItsDomainAndToTheHashOfItsType) {
  const auto read = TypedData::read(kMail);
  const auto show = [&read](std::string_view context, std::string_view key) {
    const auto made =
        described(format(key, R"({"path":"to.name","label":"To"})"), Reading::tolerant, context);
    EXPECT_TRUE(made) << name(made.error().code);
    std::vector<type::Node> nodes(16);
    type::Tape tape(nodes);
    return show_message(&*made, *read, std::nullopt, FakeSource(), tape).front();
  };
  constexpr std::string_view kKey =
      "Mail(Person from,Person to,string contents)Person(string name,address wallet)";
  constexpr std::string_view kName = R"("context":{"eip712":{"domain":{"name":"Ether Mail"}}},)";
  EXPECT_EQ(show(kName, kKey).fields[0].value, "Bob");
  EXPECT_TRUE(show(R"("context":{"eip712":{"domain":{"name":"Other"}}},)", kKey)
                  .warnings.has(Warning::not_bound));
  EXPECT_TRUE(show(R"("context":{"eip712":{}},)", kKey).warnings.has(Warning::not_bound));
  EXPECT_TRUE(
      show(
          R"("context":{"eip712":{"domainSeparator":"0xf2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f"}},)",
          kKey)
          .is_clear);
  EXPECT_TRUE(
      show(kName, "Mail(Person from,Person to,string contents)Person(string name,uint256 wallet)")
          .warnings.has(Warning::unknown_call));
}

}  // namespace
}  // namespace airlock::abi::clear
