#include "publish/packs/packs.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace airlock::packs {
namespace {

constexpr std::string_view kErc20 =
    R"json([{"type":"function","name":"transfer","stateMutability":"nonpayable",
         "inputs":[{"name":"to","type":"address"},{"name":"value","type":"uint256"}],
         "outputs":[{"name":"","type":"bool"}]}])json";
constexpr std::string_view kCase =
    R"json({"name":"transfer","chain":"eip155:1","target":"0x1111111111111111111111111111111111111111",
        "data":"0xa9059cbb000000000000000000000000222222222222222222222222222222222222222200000000000000000000000000000000000000000000000000000000000003e8",
        "expect":{"call":"transfer(address,uint256)",
    "bound" : true,
    "canonical" : true,
    "arguments" : {"to" : "0x2222222222222222222222222222222222222222", "value" : "1000"}
}
})json";
constexpr std::string_view kContract =
    R"json({"chain":"eip155:1","address":"0x1111111111111111111111111111111111111111","source":"erc20.json"})json";

class PacksTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "airlock-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    ASSERT_TRUE(file::replace(folder_ / "erc20.json", bytes_of(kErc20)));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Answer<Gathered> gather(std::string_view contracts, std::string_view golden = "") {
    const std::string list =
        "{\"contracts\":[" + std::string(contracts) + "],\"golden\":[" + std::string(golden) + "]}";
    EXPECT_TRUE(file::replace(folder_ / "pack.json", bytes_of(list)));
    return packs::gather(folder_ / "pack.json");
  }

  Path folder_;
};

TEST_F(PacksTest, GatherWhatTheListNames) {
  const auto made = gather(kContract, kCase);
  ASSERT_TRUE(made) << made.error().about;
  EXPECT_EQ(made->maps, 1U);
  EXPECT_EQ(made->golden_cases, 1U);
  EXPECT_EQ(made->entries.count, 2U);
}

TEST_F(PacksTest, AreTheSameBytesWhateverTheOrderOfTheList) {
  const std::string other =
      R"json({"chain":"eip155:10","address":"0x3333333333333333333333333333333333333333","source":"erc20.json"})json";
  const auto one = gather(std::string(kContract) + "," + other);
  const auto two = gather(other + "," + std::string(kContract));
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->file, two->file);
}

TEST_F(PacksTest, NameTheFileOrThePlaceThatIsWrong) {
  const auto missing = gather(
      R"json({"chain":"eip155:1","address":"0x1111111111111111111111111111111111111111","source":"gone.json"})json");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().error.code, Code::not_found);
  EXPECT_NE(missing.error().about.find("gone.json"), std::string::npos);
  const auto spelled =
      gather(R"json({"chain":"eip155:1","address":"0x12","source":"erc20.json"})json");
  EXPECT_EQ(spelled.error().about, "contracts[0].address");
  const auto chain =
      gather(R"json({"chain":"bitcoin:1","address":"any","source":"erc20.json"})json");
  EXPECT_EQ(chain.error().error.code, Code::loader_missing);
  const auto twice = gather(std::string(kContract) + "," + std::string(kContract));
  EXPECT_EQ(twice.error().error.code, Code::duplicate_key);
}

TEST_F(PacksTest, HoldDescriptorsWithWhatTheyIncludeAndWhatTheyNeed) {
  constexpr std::string_view kDescriptor = R"json({"$schema":"https://x/erc7730-v2.schema.json",
    "includes":"common.json","context":{"contract":{"deployments":[
      {"chainId":1,"address":"0x1111111111111111111111111111111111111111"}]}},
    "metadata":{"owner":"Token"},"display":{"formats":{"transfer(address to,uint256 value)":{"intent":"Send",
      "fields":[{"path":"to","label":"To","format":"addressName"},
                {"path":"value","label":"Amount","format":"tokenAmount","params":{"tokenPath":"@.to"}}]}}}})json";
  ASSERT_TRUE(file::replace(folder_ / "send.json", bytes_of(kDescriptor)));
  ASSERT_TRUE(file::replace(folder_ / "common.json",
                            bytes_of(R"json({"$schema":"https://x/erc7730-v2.schema.json"})json")));
  const std::string list = R"json({"descriptors":["send.json"],
    "tokens":[{"chain":"eip155:1","address":"0x1111111111111111111111111111111111111111","symbol":"TOK","decimals":3}],
    "names":[{"chain":"eip155:1","address":"0x2222222222222222222222222222222222222222","name":"Treasury"}]})json";
  ASSERT_TRUE(file::replace(folder_ / "pack.json", bytes_of(list)));
  const auto made = packs::gather(folder_ / "pack.json");
  ASSERT_TRUE(made) << made.error().about << " " << name(made.error().error.code);
  const auto snapshot = abi::Snapshot::hold(made->file, made->entries, "1.0.0");
  const auto to = *abi::type::read_hex("0x1111111111111111111111111111111111111111");
  const auto data = *abi::type::read_hex(
      "0xa9059cbb0000000000000000000000002222222222222222222222222222222222222222"
      "00000000000000000000000000000000000000000000000000000000000003e8");
  std::vector<abi::type::Node> room(1024);
  const auto shown = abi::show(**snapshot, {.chain_id = 1, .to = to, .data = data}, room);
  ASSERT_TRUE(shown.front().is_clear);
  EXPECT_EQ(shown.front().intent, "Send");
  ASSERT_EQ(shown.front().fields.size(), 2U);
  EXPECT_EQ(shown.front().fields[1].value, "1 TOK");
  EXPECT_NE(shown.front().fields[0].value.find("Treasury"), std::string::npos);
  const auto elsewhere = abi::show(**snapshot, {.chain_id = 10, .to = to, .data = data}, room);
  EXPECT_FALSE(elsewhere.front().is_clear) << "bound to another chain";
}

TEST_F(PacksTest, NameTheIncludedFileThatIsMissingAndWhoIncludesIt) {
  ASSERT_TRUE(file::replace(
      folder_ / "send.json",
      bytes_of(
          R"json({"$schema":"https://x/erc7730-v2.schema.json","includes":"common.json"})json")));
  ASSERT_TRUE(
      file::replace(folder_ / "pack.json", bytes_of(R"json({"descriptors":["send.json"]})json")));
  const auto made = packs::gather(folder_ / "pack.json");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().error.code, Code::not_found);
  EXPECT_EQ(made.error().about, (folder_ / "common.json").string() + ", which " +
                                    (folder_ / "send.json").string() + " includes");
}

// A wallet looks by the contract.
TEST_F(PacksTest, HoldNoDescriptorThatNoWalletWouldFind) {
  constexpr std::string_view kDescriptor = R"json({"$schema":"https://x/erc7730-v2.schema.json",
    "context":{"eip712":{"domain":{"name":"Token"}}},"metadata":{"owner":"Token"},
    "display":{"formats":{"Vote(uint256 id)":{"intent":"Vote","fields":[{"path":"id","label":"Id"}]}}}})json";
  std::string bound(kDescriptor);
  bound.replace(
      bound.find("\"name\":\"Token\""), 14,
      R"json("chainId":1,"verifyingContract":"0x1111111111111111111111111111111111111111")json");
  ASSERT_TRUE(file::replace(folder_ / "vote.json", bytes_of(kDescriptor)));
  ASSERT_TRUE(file::replace(folder_ / "bound.json", bytes_of(bound)));
  const auto gathered = [this](std::string_view list) {
    EXPECT_TRUE(file::replace(folder_ / "pack.json", bytes_of(list)));
    return packs::gather(folder_ / "pack.json");
  };
  const auto made = gathered(R"json({"descriptors":["vote.json"]})json");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().error.code, Code::descriptor_unbound);
  EXPECT_EQ(made.error().about, "descriptors[0]");
  // A domain that names chain and contract is a place.
  EXPECT_TRUE(gathered(R"json({"descriptors":["bound.json"]})json"));
}

TEST_F(PacksTest, AreNotMadeWhereAWalletWouldRefuseThem) {
  std::string wrong(kCase);
  wrong.replace(wrong.find("\"1000\""), 6, "\"1001\"");
  const auto made = gather(kContract, wrong);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().error.code, Code::golden_case_failed);
  EXPECT_NE(made.error().about.find("golden/transfer"), std::string::npos);
}

TEST_F(PacksTest, RefuseAListWithWhatTheyDoNotKnow) {
  ASSERT_TRUE(file::replace(folder_ / "pack.json", bytes_of("{\"contract\":[]}")));
  EXPECT_EQ(packs::gather(folder_ / "pack.json").error().error.code, Code::unknown_field);
}

// A wrong name for what binds a map to its code would bind it to none, and nobody would notice.
TEST_F(PacksTest, RefuseAMemberThatNobodyReadsAndAChainThatIsNone) {
  const auto refused = [this](std::string_view list) {
    EXPECT_TRUE(file::replace(folder_ / "pack.json", bytes_of(list)));
    const auto made = packs::gather(folder_ / "pack.json");
    return made ? std::string("ok")
                : std::string(name(made.error().error.code)) + ' ' + made.error().about;
  };
  const std::string address = R"("address":"0x1111111111111111111111111111111111111111")";
  const std::string contract = R"({"contracts":[{"chain":"eip155:1",)" + address +
                               R"(,"source":"token.json","codehash":"0x11"}]})";
  EXPECT_EQ(refused(contract), "unknown_field contracts[0].codehash");
  EXPECT_EQ(
      refused(R"({"tokens":[{"chain":"eip155:1",)" + address + R"(,"symbol":"TOK","decimal":3}]})"),
      "unknown_field tokens[0].decimal");
  EXPECT_EQ(refused(R"({"chains":[{"chain":"eip155:1","sign":"ETH"}]})"),
            "unknown_field chains[0].sign");
  EXPECT_EQ(refused(R"({"names":[{"chain":"eip155:1",)" + address + R"(,"title":"T"}]})"),
            "unknown_field names[0].title");
  for (const std::string_view chain : {"eip155", "eip155:", "eip155:01", "eip155:x"}) {
    const std::string named = R"({"chain":")" + std::string(chain) + "\",";
    EXPECT_TRUE(refused(R"({"tokens":[)" + named + address + R"(,"symbol":"T","decimals":3}]})")
                    .starts_with("bad_value tokens[0].chain"))
        << chain;
    EXPECT_TRUE(refused(R"({"chains":[)" + named + R"("name":"E","symbol":"ETH","decimals":18}]})")
                    .starts_with("bad_value chains[0].chain"))
        << chain;
  }
}

}  // namespace
}  // namespace airlock::packs
