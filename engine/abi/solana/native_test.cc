#include "engine/abi/solana/fixture.h"

#include <gtest/gtest.h>

namespace airlock::abi::solana {
namespace {

const std::string kOnes(64, '1');
constexpr std::string_view kOnesKey = "29d2S7vB453rNYFdR5Ycwt7y9haRT5fwVwL9zTmBhfV2";

TEST(Native, SystemIsBincodeWithATagOfFourBytes) {
  const auto map = native("system");
  EXPECT_EQ(read(map.map(), hex("0200000040420f0000000000")), R"(transfer {"lamports":"1000000"})");
  EXPECT_EQ(read(map.map(), hex("0b000000"
                                "0100000000000000"
                                "0200000000000000"
                                "6869" +
                                kOnes)),
            R"(transfer_with_seed {"lamports":"1","from_seed":"hi","from_owner":")" +
                std::string(kOnesKey) + "\"}");
  EXPECT_EQ(read(map.map(), hex("0200000040420f000000000000")), "trailing_bytes");
  EXPECT_EQ(read(map.map(), hex("ff000000")), "unknown_call");
}

TEST(Native, StakeHasOptionsAndEnums) {
  const auto map = native("stake");
  EXPECT_EQ(read(map.map(), hex("06000000"
                                "010a00000000000000"
                                "00"
                                "00")),
            R"(set_lockup {"unix_timestamp":{"some":"10"},"epoch":null,"custodian":null})");
  EXPECT_EQ(read(map.map(), hex("0a000000"
                                "01000000")),
            R"(authorize_checked {"role":{"variant":"Withdrawer","fields":null}})");
  EXPECT_EQ(read(map.map(), hex("0a000000"
                                "02000000")),
            "chain_refuses");
  EXPECT_EQ(read(map.map(), hex("05000000")), "deactivate []");
}

TEST(Native, TokenPacksItsOptionsInOneByteAndItsAccountsInFull) {
  const auto map = native("token");
  EXPECT_EQ(read(map.map(), hex("0c"
                                "0100000000000000"
                                "09")),
            R"(transfer_checked {"amount":"1","decimals":"9"})");
  EXPECT_EQ(
      read(map.map(), hex("06"
                          "02"
                          "00")),
      R"(set_authority {"role":{"variant":"AccountOwner","fields":null},"new_authority":null})");
  EXPECT_EQ(read(map.map(), hex("18"
                                "312e35")),
            R"(ui_amount_to_amount {"ui_amount":"1.5"})");
  const auto mint = *map->find_named(type::EntryKind::account, "Mint");
  EXPECT_EQ(map->types()[mint->input].extent, 82U);
  const auto account = *map->find_named(type::EntryKind::account, "Account");
  EXPECT_EQ(map->types()[account->input].extent, 165U);
  const auto multisig = *map->find_named(type::EntryKind::account, "Multisig");
  EXPECT_EQ(map->types()[multisig->input].extent, 355U);
}

TEST(Native, Token2022ReachesItsExtensionsByTwoTags) {
  const auto map = native("token_2022");
  EXPECT_EQ(read(map.map(), hex("1a01"
                                "0100000000000000"
                                "06"
                                "0200000000000000")),
            R"(transfer_checked_with_fee {"amount":"1","decimals":"6","fee":"2"})");
  EXPECT_EQ(read(map.map(), hex("1d"
                                "0700"
                                "0800")),
            R"(reallocate {"extensions":["7","8"]})");
  EXPECT_EQ(read(map.map(), hex("1d"
                                "07")),
            "chain_refuses");
  EXPECT_EQ(read(map.map(), hex("1b05"
                                "0500000000000000"
                                "02")),
            R"(confidential_deposit {"amount":"5","decimals":"2"})");
  EXPECT_EQ(read(map.map(), hex("1b05")), "chain_refuses");
  EXPECT_EQ(read(map.map(), hex("1b63")), "unknown_call");
  EXPECT_EQ(
      read(map.map(), hex("dde9312db5cadcc8"
                          "03"
                          "0100000061"
                          "0100000062")),
      R"(update_token_metadata_field {"field":{"variant":"Key","fields":["a"]},"value":"b"})");
}

TEST(Native, TokensBatchHoldsInstructionsToTheEndOfTheData) {
  for (const char* program : {"token", "token_2022"}) {
    const auto map = native(program);
    EXPECT_EQ(
        read(map.map(), hex("ff"
                            "0301"
                            "11"
                            "0200")),
        R"(batch {"instructions":[{"number_of_accounts":"3","data":"0x11"},{"number_of_accounts":"2","data":"0x"}]})");
    EXPECT_EQ(read(map.map(), hex("ff")), R"(batch {"instructions":[]})");
    EXPECT_EQ(read(map.map(), hex("ff0302"
                                  "11")),
              "chain_refuses");
    EXPECT_EQ(read(map.map(), hex("2d"
                                  "01"
                                  "0700000000000000")),
              R"(unwrap_lamports {"amount":{"some":"7"}})");
    EXPECT_EQ(read(map.map(), hex("2d00")), R"(unwrap_lamports {"amount":null})");
  }
}

TEST(Native, AssociatedTokenCreatesWhereItIsGivenNothing) {
  const auto map = native("associated_token");
  EXPECT_EQ(read(map.map(), {}), "create_by_empty_data []");
  EXPECT_EQ(read(map.map(), hex("01")), "create_idempotent []");
  EXPECT_EQ(read(map.map(), hex("03")), "trailing_bytes");
}

TEST(Native, ComputeBudgetAndMemo) {
  EXPECT_EQ(read(native("compute_budget").map(), hex("02"
                                                     "400d0300")),
            R"(set_compute_unit_limit {"units":"200000"})");
  EXPECT_EQ(read(native("memo").map(), hex("6869")), R"(memo {"text":"hi"})");
  EXPECT_EQ(read(native("memo").map(), hex("ff")), "chain_refuses");
}

TEST(Native, EveryCallWithoutArgumentsIsChosenByItsTag) {
  for (const char* program :
       {"system", "stake", "token", "token_2022", "associated_token", "compute_budget", "memo"}) {
    const auto map = native(program);
    EXPECT_FALSE(map->entries().empty());
    for (const type::Entry& entry : map->entries()) {
      if (entry.kind != type::EntryKind::function || map->types()[entry.input].count > 0) continue;
      EXPECT_EQ(read(map.map(), map->bytes(entry.key)), std::string(map->text(entry.name)) + " []");
    }
  }
}

TEST(Native, ASchemaSaysHowLengthsAreWritten) {
  const auto map = loaded(R"({"schema":"airlock-native-1","name":"x","encoding":"borsh",
    "types":[{"name":"E","type":{"kind":"enum","tag":"u16","variants":[{"name":"A"}]}}],
    "instructions":[{"name":"call","tag":0,"args":[{"name":"a","type":{"vec":"u16","length":"short_u16"}},
    {"name":"b","type":{"bytes":"u8"}},{"name":"c","type":{"defined":"E"}},
    {"name":"d","type":{"vec":"u8","length":"none"}}]}]})");
  EXPECT_EQ(read(map.map(), hex("00"
                                "010500"
                                "02aabb"
                                "0000"
                                "cc")),
            R"(call {"a":["5"],"b":"0xaabb","c":{"variant":"A","fields":null},"d":"0xcc"})");
  EXPECT_EQ(read(map.map(), hex("00"
                                "81000500"
                                "00"
                                "0000")),
            "chain_refuses");
}

TEST(Native, ASchemaOfAnUnknownEncodingIsRefused) {
  EXPECT_EQ(load(R"({"schema":"airlock-native-1","name":"x","encoding":"scale"})").error().code,
            Code::bad_abi);
  EXPECT_EQ(load(R"({"schema":"airlock-native-1","name":"x","encoding":"borsh",
      "instructions":[{"name":"a","tag":256}]})")
                .error()
                .code,
            Code::bad_abi);
}

}  // namespace
}  // namespace airlock::abi::solana
