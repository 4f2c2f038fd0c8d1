#include "engine/abi/evm/transaction.h"

#include <gtest/gtest.h>

#include "tests/fakes/corpus.h"

namespace airlock::abi::evm {
namespace {

using fakes::bytes_of_hex;

const std::string kTo = std::string(38, '1') + "22";

// The bytes of a list of fewer than 56 bytes.
std::string list(const std::string& items) {
  const auto size = static_cast<unsigned>(0xc0 + items.size() / 2);
  constexpr std::string_view kDigits = "0123456789abcdef";
  return std::string{kDigits[size / 16], kDigits[size % 16]} + items;
}

// nonce 1, fee 2, gas 21000, to, value 5, data ab cd
const std::string kLegacy = "010282520894" + kTo + "0582abcd";

TEST(EvmTransaction, ReadsLegacyOnesWithAndWithoutTheirChain) {
  const auto bytes = bytes_of_hex(list(kLegacy));
  const auto old = read_transaction(bytes);
  ASSERT_TRUE(old) << name(old.error().code);
  EXPECT_FALSE(old->chain_id);
  EXPECT_EQ(old->gas_limit, 21000U);
  EXPECT_EQ(old->fee_per_gas_max, number::U256(2));
  EXPECT_EQ(old->value, number::U256(5));
  EXPECT_TRUE(equal(*old->to, bytes_of_hex(kTo)));
  EXPECT_TRUE(equal(old->data, bytes_of_hex("abcd")));
  const auto bound = bytes_of_hex(list(kLegacy + "018080"));
  EXPECT_EQ(read_transaction(bound)->chain_id, 1U);
}

TEST(EvmTransaction, ReadsTypedOnesWithTheirAccessList) {
  const std::string item = "f794" + kTo + "e1a0" + std::string(64, '3');
  const std::string inner = "01018002825208800580";
  const auto fees = bytes_of_hex("02" + list(inner + "c0"));
  const auto read = read_transaction(fees);
  ASSERT_TRUE(read) << name(read.error().code);
  EXPECT_EQ(read->kind, TransactionKind::dynamic_fee);
  EXPECT_EQ(read->chain_id, 1U);
  EXPECT_FALSE(read->to);
  const std::string accessed = "f838" + item, all = "010102825208800580" + accessed;
  const auto lists = bytes_of_hex("01f843" + all);
  ASSERT_EQ(all.size() / 2, 0x43U);
  EXPECT_EQ(read_transaction(lists)->kind, TransactionKind::access_list);
}

// chain 1, nonce 1, tip 0, fee 2, gas 21000, to, value 5, no data, nothing accessed
const std::string kTyped =
    "01018002825208"
    "94" +
    kTo + "0580c0";
const std::string kHash = "a001" + std::string(62, '4');

TEST(EvmTransaction, ReadsTheBlobsThatOneBrings) {
  const std::string inner = kTyped + "07e1" + kHash;
  const auto bytes = bytes_of_hex("03f842" + inner);
  ASSERT_EQ(inner.size() / 2, 0x42U);
  const auto read = read_transaction(bytes);
  ASSERT_TRUE(read) << name(read.error().code);
  EXPECT_EQ(read->kind, TransactionKind::blob);
  EXPECT_EQ(read->value, number::U256(5));
  EXPECT_EQ(read->blob_fee_max, number::U256(7));
  ASSERT_EQ(read->blobs.size(), 1U);
  EXPECT_TRUE(equal(read->blobs[0], bytes_of_hex(kHash.substr(2))));
  const auto none = bytes_of_hex("03" + list(kTyped + "07c0"));
  EXPECT_EQ(read_transaction(none).error().code, Code::chain_refuses);
}

TEST(EvmTransaction, ReadsWhoseCodeAccountsLetRunAsTheirOwn) {
  const std::string one = "da0194" + kTo + "09800101";
  const auto bytes = bytes_of_hex("04f83b" + kTyped + "db" + one);
  const auto read = read_transaction(bytes);
  ASSERT_TRUE(read) << name(read.error().code);
  EXPECT_EQ(read->kind, TransactionKind::set_code);
  ASSERT_EQ(read->authorizations.size(), 1U);
  EXPECT_EQ(read->authorizations[0].chain_id, number::U256(1));
  EXPECT_EQ(read->authorizations[0].nonce, 9U);
  EXPECT_TRUE(equal(read->authorizations[0].address, bytes_of_hex(kTo)));
  const auto none = bytes_of_hex("04" + list(kTyped + "c0"));
  EXPECT_EQ(read_transaction(none).error().code, Code::chain_refuses);
  // Neither of these two makes a contract.
  const auto made = bytes_of_hex("04" + list("01018002825208800580c0db" + one));
  EXPECT_EQ(read_transaction(made).error().code, Code::chain_refuses);
}

TEST(EvmTransaction, SaysOfALaterKindThatItIsUnknown) {
  for (const std::string hex : {"05c0", "00c0", "7fc0"})
    EXPECT_EQ(read_transaction(bytes_of_hex(hex)).error().code, Code::unsupported_version) << hex;
}

TEST(EvmTransaction, RefusesWhatTheChainRefusesToo) {
  const auto code = [](const std::string& hex, Signature signature = Signature::refused) {
    const auto read = read_transaction(bytes_of_hex(hex), signature);
    return read ? Code::ok : read.error().code;
  };
  const std::string rest = "825208" + std::string("94") + kTo + "0580c0";
  EXPECT_EQ(code("02" + list("01010202" + rest)), Code::ok);
  EXPECT_EQ(code("02" + list("01010302" + rest)), Code::chain_refuses) << "a tip above the cap";
  EXPECT_EQ(code("02" + list("80010202" + rest)), Code::chain_refuses) << "chain 0";
  const std::string other = "a002" + kHash.substr(4);
  EXPECT_EQ(code("03f842" + kTyped + "07e1" + kHash), Code::ok);
  EXPECT_EQ(code("03f842" + kTyped + "07e1" + other), Code::chain_refuses) << "no such blob";
  EXPECT_EQ(code("02" + list("01010202" + rest + "010506"), Signature::passed_over), Code::ok);
  EXPECT_EQ(code("02" + list("01010202" + rest + "020506"), Signature::passed_over),
            Code::chain_refuses)
      << "a parity of 2";
}

TEST(EvmTransaction, RefusesWhatIsSignedTrailingOrSpelledAnotherWay) {
  const auto code = [](const std::string& hex) {
    const auto read = read_transaction(bytes_of_hex(hex));
    return read ? Code::ok : read.error().code;
  };
  EXPECT_EQ(code(list(kLegacy)), Code::ok);
  EXPECT_EQ(code(list(kLegacy) + "00"), Code::trailing_bytes);
  EXPECT_EQ(code(list(kLegacy + "010102")),
            Code::chain_refuses);  // signed
  EXPECT_EQ(code(list(kLegacy + "808080")),
            Code::chain_refuses);  // chain 0
  EXPECT_EQ(code(list(kLegacy + "0180")), Code::chain_refuses);
  EXPECT_EQ(code(list("8101" + kLegacy.substr(2))), Code::chain_refuses);  // 01 is its own spelling
  EXPECT_EQ(code(list("00" + kLegacy.substr(2))), Code::chain_refuses);    // a zero is no digits
  EXPECT_EQ(code("f8" + list(kLegacy)), Code::chain_refuses);
  EXPECT_EQ(code(""), Code::chain_refuses);
  EXPECT_EQ(code("03c0"), Code::chain_refuses);
  EXPECT_EQ(code("02" + list("01018002825208800580c1c1c1c0")), Code::chain_refuses);
  EXPECT_EQ(code("ff" + std::string(16, 'f')), Code::chain_refuses);
}

}  // namespace
}  // namespace airlock::abi::evm
