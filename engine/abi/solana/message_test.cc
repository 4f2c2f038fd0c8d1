#include "engine/abi/solana/message.h"

#include <gtest/gtest.h>

#include "engine/abi/solana/fixture.h"

namespace airlock::abi::solana {
namespace {

std::string key(char digit) { return std::string(64, digit); }

// One signer, a writable key, the system program; one transfer.
std::string legacy(std::string_view head = "010001", std::string_view program = "02",
                   std::string_view accounts = "020001", std::string_view third = "") {
  return std::string(head) + "03" + key('1') + key('2') +
         (third.empty() ? key('0') : std::string(third)) + key('9') + "01" + std::string(program) +
         std::string(accounts) + "0c" + "0200000040420f0000000000";
}

std::string v0(std::string_view tables, std::string_view accounts = "020003") {
  return "80" + legacy("010001", "02", accounts) + std::string(tables);
}

std::string code_of(const std::string& digits, Framing framing = Framing::message) {
  const Buffer bytes = hex(digits);
  const auto message = Message::read(bytes, framing);
  return message ? "ok" : std::string(name(message.error().code));
}

TEST(Message, OfTheLegacyFormIsReadWithItsRights) {
  const Buffer bytes = hex(legacy());
  const auto message = Message::read(bytes, Framing::message);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->version(), Version::legacy);
  EXPECT_EQ(text::to_hex(message->blockhash()), key('9'));
  ASSERT_EQ(message->key_count(), 3U);
  EXPECT_TRUE(message->key(0).is_signer && message->key(0).is_writable);
  EXPECT_TRUE(!message->key(1).is_signer && message->key(1).is_writable);
  EXPECT_FALSE(message->key(2).is_writable);
  ASSERT_EQ(message->instruction_count(), 1U);
  EXPECT_EQ(read(native("system").map(), (*message->begin()).data),
            R"(transfer {"lamports":"1000000"})");
}

TEST(Message, IsReadWithItsSignaturesBeforeIt) {
  const std::string signature(128, '7');
  EXPECT_EQ(code_of("01" + signature + legacy(), Framing::transaction), "ok");
  EXPECT_EQ(code_of("02" + signature + signature + legacy(), Framing::transaction), "out_of_range");
  const Buffer framed = hex("01" + signature + legacy()), bare = hex(legacy());
  EXPECT_EQ(Message::read_any(framed)->signatures().size(), kSignatureSize);
  EXPECT_TRUE(Message::read_any(bare)->signatures().empty());
  EXPECT_FALSE(Message::read_any(hex("01")));
}

TEST(Message, LeavesKeysOfALookUpTableUnresolved) {
  const Buffer bytes = hex(v0("01" + key('a') + "0105" +
                              "0206"
                              "07"));
  const auto message = Message::read(bytes, Framing::message);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->version(), Version::v0);
  ASSERT_EQ(message->key_count(), 6U);
  const MessageKey first = message->key(3), last = message->key(5);
  EXPECT_FALSE(first.is_known());
  EXPECT_EQ(text::to_hex(first.table), key('a'));
  EXPECT_EQ(first.place, 5);
  EXPECT_TRUE(first.is_writable);
  EXPECT_EQ(last.place, 7);
  EXPECT_FALSE(last.is_writable);
}

TEST(Message, ThatAValidatorRefusesIsRefused) {
  EXPECT_EQ(code_of(legacy("000000")), "out_of_range");                  // nobody signs
  EXPECT_EQ(code_of(legacy("010100")), "out_of_range");                  // nobody can pay
  EXPECT_EQ(code_of(legacy("010003")), "out_of_range");                  // more keys than there are
  EXPECT_EQ(code_of(legacy("010001", "00")), "out_of_range");            // the payer is no program
  EXPECT_EQ(code_of(legacy("010001", "03")), "out_of_range");            // no such program
  EXPECT_EQ(code_of(legacy("010001", "02", "020003")), "out_of_range");  // no such account
  EXPECT_EQ(code_of(legacy("010001", "02", "020001", key('1'))), "duplicate_key");
  EXPECT_EQ(code_of(legacy("010001", "02", "82000001")), "not_canonical");
  EXPECT_EQ(code_of(legacy() + "00"), "trailing_bytes");
  EXPECT_EQ(code_of("81" + legacy()), "unsupported_version");
  EXPECT_EQ(code_of(v0("01" + key('a') + "0000")), "out_of_range");  // a table for nothing
  EXPECT_EQ(code_of(v0("01" + key('a') +
                       "0105"
                       "0105")),
            "duplicate_key");
  EXPECT_EQ(code_of(v0("00")), "out_of_range");
  EXPECT_EQ(code_of(std::string(2 * (kMessageSizeMax + 1), '0')), "oversized");
}

TEST(Message, ThatIsCutAnywhereIsRefused) {
  const Buffer whole = hex(v0("01" + key('a') +
                              "0105"
                              "00"));
  ASSERT_TRUE(Message::read(whole, Framing::message));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(Message::read(Bytes(whole).first(size), Framing::message)) << size;
}

TEST(Accounts, AreNamedByTheirPlaceWithWhatIsKnownOfThem) {
  const auto map =
      loaded(R"({"instructions":[{"name":"call","discriminator":[2],"args":[{"name":"a",
      "type":{"array":["u8",11]}}],"accounts":[{"name":"payer","signer":true,"writable":true},
      {"name":"looked_up","writable":true},{"name":"maybe","optional":true},
      {"name":"other","signer":true,"address":"11111111111111111111111111111113"},{"name":"gone"}]}]})");
  const Buffer bytes = hex(v0("01" + key('a') +
                                  "0105"
                                  "00",
                              "0400030201"));
  const auto message = Message::read(bytes, Framing::message);
  ASSERT_TRUE(message);
  const Instruction call = *message->begin();
  const auto& entry = *map->find_at_front(type::EntryKind::function, call.data);
  ASSERT_EQ(account_count(map.map(), entry, call), 5U);
  const auto at = [&](std::size_t place) {
    return named_account(map.map(), entry, *message, call, place);
  };
  EXPECT_EQ(at(0).name, "payer");
  EXPECT_EQ(at(0).presence, Presence::given);
  EXPECT_FALSE(at(0).lacks_rights);
  EXPECT_EQ(at(1).presence, Presence::unresolved);
  EXPECT_EQ(at(2).presence, Presence::left_out);
  EXPECT_TRUE(at(3).is_unexpected && at(3).lacks_rights);
  EXPECT_EQ(at(4).presence, Presence::missing);
}

}  // namespace
}  // namespace airlock::abi::solana
