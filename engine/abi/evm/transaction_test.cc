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
