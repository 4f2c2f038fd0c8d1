// The C++ face.
#include <gtest/gtest.h>

#include "engine/embed/airlock/abi.hpp"
#include "engine/embed/packs_test.h"

namespace airlock::embed {
namespace {

Committed committed_of(const Packed& pack) {
  return {{pack.root.begin(), pack.root.end()}, pack.count, pack.version};
}

Call call_of(const airlock_abi_call& call) {
  return {call.chain, call.target, {call.data, call.data + call.data_size}, {}};
}

TEST(Face, LoadsDecodesAndWrites) {
  auto engine = Engine::make();
  ASSERT_TRUE(engine);
  const Packed pack = token_pack("1.0.0");
  ASSERT_TRUE(engine->load(pack.file, committed_of(pack)));
  auto reader = engine->reader();
  ASSERT_TRUE(reader);
  const auto json = reader->decode(call_of(transfer()));
  ASSERT_TRUE(json);
  EXPECT_NE(json->find("\"value\":\"1000\""), std::string::npos);
  EXPECT_EQ(*reader->pack_version(), "1.0.0");
  const auto data = reader->encode({"eip155:1", std::string(kToken), "transfer(address,uint256)",
                                    "[\"0x2222222222222222222222222222222222222222\",1000]"});
  ASSERT_TRUE(data);
  EXPECT_EQ(*data, call_of(transfer()).data);
}

TEST(Face, SaysWhyAndWhoIsToBlame) {
  auto engine = Engine::make();
  auto items = token_items();
  items.push_back(golden("wrong", kTransfer, "[]"));
  const Packed pack = packed(items, "1.0.0");
  const auto refused = engine->load(pack.file, committed_of(pack));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().name(), "wrong_type");
  EXPECT_EQ(refused.error().key, "golden/wrong");
  EXPECT_EQ(refused.error().text(), explain(Code::wrong_type));
}

TEST(Face, LetsReadersOutliveTheirEngineAndMove) {
  auto engine = Engine::make();
  const Packed pack = token_pack("1.0.0");
  ASSERT_TRUE(engine->load(pack.file, committed_of(pack)));
  auto made = engine->reader();
  Reader reader = std::move(*made);
  {
    const Engine gone = std::move(*engine);
  }
  EXPECT_TRUE(reader.decode(call_of(transfer())));
  EXPECT_EQ(made->decode(call_of(transfer())).error().code, AIRLOCK_ABI_MISSING_FIELD)
      << "what was moved away is refused";
}

TEST(Face, ProvesEntriesAndTheirAbsence) {
  auto engine = Engine::make();
  const Packed pack = token_pack("1.0.0");
  const Committed committed = committed_of(pack);
  ASSERT_TRUE(engine->load(pack.file, committed));
  auto reader = engine->reader();
  const auto entry = reader->read_entry(key_of());
  ASSERT_TRUE(entry);
  EXPECT_TRUE(entry->is_there);
  EXPECT_TRUE(check_present(committed, key_of(), *entry));
  const auto none = reader->read_entry(kAbsent);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->is_there);
  EXPECT_TRUE(check_absent(committed, kAbsent, *none));
  EXPECT_FALSE(check_absent(committed, key_of(), *none));
}

TEST(Face, ShowsCallsAndMessages) {
  auto engine = Engine::make();
  const Packed pack = described_pack("1.0.0");
  ASSERT_TRUE(engine->load(pack.file, committed_of(pack)));
  auto reader = engine->reader();
  Sending sent{"eip155:1", std::string(kToken), "", "0", call_of(transfer()).data};
  const auto screen = reader->show(sent);
  ASSERT_TRUE(screen) << screen.error().name();
  EXPECT_NE(screen->find("1 TOK"), std::string::npos);
  sent.from = std::string("0x\0", 3);
  EXPECT_EQ(reader->show(sent).error().code, AIRLOCK_ABI_BAD_TEXT);
  const auto message =
      reader->show_message({permit(), std::string(kToken)}, {AIRLOCK_ABI_LINES, 80});
  ASSERT_TRUE(message) << message.error().name();
  EXPECT_NE(message->text.find("| Amount: 1.5 TOK"), std::string::npos) << message->text;
  EXPECT_EQ(message->digest.size(), 32U);
  EXPECT_EQ(reader->show_message({"{", ""}).error().code, AIRLOCK_ABI_BAD_JSON);
}

// C would read such a text as less than it is, and so as another one.
TEST(Face, RefusesATextWithANulInside) {
  auto engine = Engine::make();
  const Packed pack = token_pack("1.0.0");
  ASSERT_TRUE(engine->load(pack.file, committed_of(pack)));
  auto reader = engine->reader();
  auto call = call_of(transfer());
  call.target += std::string("\0evil", 5);
  EXPECT_EQ(reader->decode(call).error().code, AIRLOCK_ABI_BAD_TEXT);
  EXPECT_EQ(reader->read_transaction(call.target, {}).error().code, AIRLOCK_ABI_BAD_TEXT);
  EXPECT_EQ(reader->read_transaction("bitcoin:main", {}).error().code, AIRLOCK_ABI_LOADER_MISSING);
  EXPECT_EQ(reader->read_entry(key_of() + '\0').error().code, AIRLOCK_ABI_BAD_TEXT);
  EXPECT_EQ(engine->load_file(std::string("a\0b", 3), committed_of(pack)).error().code,
            AIRLOCK_ABI_BAD_TEXT);
  Committed short_root = committed_of(pack);
  short_root.root.pop_back();
  EXPECT_EQ(engine->load(pack.file, short_root).error().code, AIRLOCK_ABI_OUT_OF_RANGE);
}

}  // namespace
}  // namespace airlock::embed
