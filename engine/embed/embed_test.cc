// The C ABI, as a program in C uses it.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/embed/airlock_abi.h"
#include "engine/embed/packs_test.h"
#include "host/file/file.h"

namespace airlock::embed {
namespace {

class Embedded : public Seated {
 protected:
  // Decodes the transfer and returns the JSON, or the error's name.
  std::string decode(airlock_abi_call call = transfer()) {
    airlock_abi_text json{};
    const int code = airlock_abi_decode(reader_, &call, &json);
    if (code == AIRLOCK_ABI_OK) return {json.text, json.size};
    EXPECT_STREQ(json.text, "");
    return airlock_abi_error_name(code);
  }
};

TEST_F(Embedded, DecodesByThePackThatWasLoaded) {
  EXPECT_EQ(decode(), "not_found");
  ASSERT_EQ(load(token_pack("1.0.0")), AIRLOCK_ABI_OK);
  EXPECT_EQ(decode(),
            "{\"call\":\"transfer(address,uint256)\",\"bound\":true,\"canonical\":true,"
            "\"version\":\"1.0.0\",\"arguments\":{\"to\":\"0x22222222222222222222222222222222"
            "22222222\",\"value\":\"1000\"}}");
  airlock_abi_text version{};
  ASSERT_EQ(airlock_abi_pack_version(reader_, &version), AIRLOCK_ABI_OK);
  EXPECT_STREQ(version.text, "1.0.0");
}

TEST_F(Embedded, LoadsAPackFromAFile) {
  const Packed pack = token_pack("1.0.0");
  const auto committed = pack.committed();
  const std::string path = ::testing::TempDir() + "embed_test.pack";
  ASSERT_TRUE(file::replace(path, pack.file));
  EXPECT_EQ(airlock_abi_load_file(engine_, path.c_str(), &committed, nullptr), AIRLOCK_ABI_OK);
  EXPECT_NE(decode().find("transfer"), std::string::npos);
  EXPECT_TRUE(file::remove_file(path));
  EXPECT_NE(decode().find("transfer"), std::string::npos) << "the file is still mapped";
  EXPECT_EQ(airlock_abi_load_file(engine_, path.c_str(), &committed, nullptr),
            AIRLOCK_ABI_NOT_FOUND);
}

TEST_F(Embedded, KeepsTheOldPackWhereTheNewOneIsNotTheCommittedOne) {
  ASSERT_EQ(load(token_pack("1.0.0")), AIRLOCK_ABI_OK);
  Packed other = token_pack("1.1.0");
  other.root[0] ^= 1;
  EXPECT_EQ(load(other), AIRLOCK_ABI_ENTRY_MISMATCH);
  Packed fewer = token_pack("1.1.0");
  fewer.count = 0;
  EXPECT_EQ(load(fewer), AIRLOCK_ABI_ENTRY_MISMATCH);
  Packed nameless = token_pack("one");
  EXPECT_EQ(load(nameless), AIRLOCK_ABI_BAD_SEMVER);
  EXPECT_NE(decode().find("\"version\":\"1.0.0\""), std::string::npos);
}

TEST_F(Embedded, KeepsTheOldPackWhereTheNewOneIsCutAnywhere) {
  ASSERT_EQ(load(token_pack("1.0.0")), AIRLOCK_ABI_OK);
  const Packed whole = token_pack("1.1.0");
  for (std::size_t size = 0; size < whole.file.size(); size += 7) {
    Packed cut = whole;
    cut.file.resize(size);
    EXPECT_NE(load(cut), AIRLOCK_ABI_OK) << size;
  }
  EXPECT_NE(decode().find("\"version\":\"1.0.0\""), std::string::npos);
}

TEST_F(Embedded, SaysWhichEntryOfAPackIsToBlame) {
  ASSERT_EQ(load(token_pack("1.0.0")), AIRLOCK_ABI_OK);
  auto items = token_items();
  items.push_back(golden("of-another-amount", kTransfer, "{}"));
  airlock_abi_fault fault{};
  EXPECT_EQ(load(packed(items, "1.1.0"), &fault), AIRLOCK_ABI_GOLDEN_CASE_FAILED);
  EXPECT_STREQ(fault.key, "golden/of-another-amount");
  EXPECT_NE(decode().find("\"version\":\"1.0.0\""), std::string::npos);
  EXPECT_EQ(load(token_pack("1.2.0"), &fault), AIRLOCK_ABI_OK);
  EXPECT_STREQ(fault.key, "") << "nothing is left of the last one";
}

TEST_F(Embedded, HoldsOneVersionUntilItLetsGo) {
  ASSERT_EQ(load(token_pack("1.0.0")), AIRLOCK_ABI_OK);
  ASSERT_EQ(airlock_abi_hold(reader_), AIRLOCK_ABI_OK);
  ASSERT_EQ(load(token_pack("1.1.0")), AIRLOCK_ABI_OK);
  EXPECT_NE(decode().find("\"version\":\"1.0.0\""), std::string::npos);
  ASSERT_EQ(airlock_abi_hold(reader_), AIRLOCK_ABI_OK);
  EXPECT_NE(decode().find("\"version\":\"1.1.0\""), std::string::npos) << "held anew";
  ASSERT_EQ(load(token_pack("1.2.0")), AIRLOCK_ABI_OK);
  ASSERT_EQ(airlock_abi_let_go(reader_), AIRLOCK_ABI_OK);
  EXPECT_NE(decode().find("\"version\":\"1.2.0\""), std::string::npos);
}

TEST_F(Embedded, RefusesWhatTheChainRefusesAndOtherCode) {
  auto items = token_items();
  items.push_back({"code/eip155:1/" + std::string(kToken), std::vector<std::uint8_t>(32, 7)});
  ASSERT_EQ(load(packed(items, "1.0.0")), AIRLOCK_ABI_OK);
  auto cut = transfer();
  --cut.data_size;
  EXPECT_EQ(decode(cut), "chain_refuses");
  const std::vector<std::uint8_t> other(32, 8);
  auto elsewhere = transfer();
  elsewhere.code_hash = other.data();
  elsewhere.code_hash_size = other.size();
  EXPECT_EQ(decode(elsewhere), "expected_otherwise");
  auto nobody = transfer();
  nobody.chain = "bitcoin:main";
  EXPECT_EQ(decode(nobody), "loader_missing");
}

TEST_F(Embedded, WritesTheBytesThatItReads) {
  ASSERT_EQ(load(token_pack("1.0.0")), AIRLOCK_ABI_OK);
  airlock_abi_request request{};
  request.chain = "eip155:1";
  request.target = kToken.data();
  request.call = "transfer";
  request.arguments = "{\"to\":\"0x2222222222222222222222222222222222222222\",\"value\":\"1000\"}";
  airlock_abi_bytes data{};
  ASSERT_EQ(airlock_abi_encode(reader_, &request, &data), AIRLOCK_ABI_OK);
  const auto expected = transfer();
  EXPECT_TRUE(equal({data.data, data.size}, {expected.data, expected.data_size}));
  request.arguments = "{";
  EXPECT_EQ(airlock_abi_encode(reader_, &request, &data), AIRLOCK_ABI_BAD_JSON);
  EXPECT_EQ(data.size, 0U);
  request.arguments = "[]";
  EXPECT_EQ(airlock_abi_encode(reader_, &request, &data), AIRLOCK_ABI_BAD_VALUE);
}

TEST_F(Embedded, ReadsAndWritesATextThatHoldsANul) {
  ASSERT_EQ(load(packed(token_items("transfer(string note)"), "1.0.0")), AIRLOCK_ABI_OK);
  airlock_abi_request request{"eip155:1", kToken.data(), "transfer", R"(["a\u0000b"])"};
  airlock_abi_bytes data{};
  ASSERT_EQ(airlock_abi_encode(reader_, &request, &data), AIRLOCK_ABI_OK);
  const std::vector<std::uint8_t> written(data.data, data.data + data.size);
  auto call = transfer();
  call.data = written.data();
  call.data_size = written.size();
  EXPECT_NE(decode(call).find(R"("note":"a\u0000b")"), std::string::npos) << decode(call);
}

TEST_F(Embedded, ReadsAWholeTransactionForItsOwnChainAlone) {
  ASSERT_EQ(load(token_pack("1.0.0")), AIRLOCK_ABI_OK);
  const auto data =
      *abi::type::read_hex("0x02f8640180010282520894" + std::string(kToken.substr(2)) + "05b844" +
                           std::string(kTransfer.substr(2)) + "c0");
  airlock_abi_text json{};
  ASSERT_EQ(airlock_abi_read_transaction(reader_, "eip155", data.data(), data.size(), &json),
            AIRLOCK_ABI_OK);
  const std::string said(json.text, json.size);
  EXPECT_NE(said.find(R"("value":"1000")"), std::string::npos) << said;
  EXPECT_NE(said.find(R"("chain_id":1)"), std::string::npos) << said;
  EXPECT_EQ(airlock_abi_read_transaction(reader_, "eip155:10", data.data(), data.size(), &json),
            AIRLOCK_ABI_EXPECTED_OTHERWISE);
  EXPECT_EQ(json.size, 0U);
  EXPECT_EQ(airlock_abi_read_transaction(reader_, nullptr, data.data(), data.size(), &json),
            AIRLOCK_ABI_MISSING_FIELD);
}

TEST_F(Embedded, ProvesAnEntryToWhoeverKnowsTheCommittedRoot) {
  const Packed pack = token_pack("1.0.0");
  ASSERT_EQ(load(pack), AIRLOCK_ABI_OK);
  const auto committed = pack.committed();
  airlock_abi_entry entry{};
  ASSERT_EQ(airlock_abi_read_entry(reader_, key_of().c_str(), &entry), AIRLOCK_ABI_OK);
  EXPECT_EQ(airlock_abi_check_present(&committed, key_of().c_str(), &entry), AIRLOCK_ABI_OK);
  EXPECT_EQ(airlock_abi_check_present(&committed, kAbsent, &entry), AIRLOCK_ABI_ENTRY_MISMATCH);
  EXPECT_EQ(airlock_abi_check_absent(&committed, key_of().c_str(), &entry),
            AIRLOCK_ABI_ENTRY_MISMATCH);
  auto another = committed;
  another.root[31] ^= 1;
  EXPECT_EQ(airlock_abi_check_present(&another, key_of().c_str(), &entry),
            AIRLOCK_ABI_ENTRY_MISMATCH);
  --entry.content.size;
  EXPECT_EQ(airlock_abi_check_present(&committed, key_of().c_str(), &entry),
            AIRLOCK_ABI_ENTRY_MISMATCH);
}

TEST_F(Embedded, ProvesThatThereIsNoEntry) {
  const Packed pack = token_pack("1.0.0");
  ASSERT_EQ(load(pack), AIRLOCK_ABI_OK);
  const auto committed = pack.committed();
  airlock_abi_entry entry{};
  ASSERT_EQ(airlock_abi_read_entry(reader_, kAbsent, &entry), AIRLOCK_ABI_NOT_FOUND);
  EXPECT_EQ(entry.content.size, 0U);
  EXPECT_EQ(airlock_abi_check_absent(&committed, kAbsent, &entry), AIRLOCK_ABI_OK);
  EXPECT_EQ(airlock_abi_check_absent(&committed, key_of().c_str(), &entry),
            AIRLOCK_ABI_ENTRY_MISMATCH);
  for (const char* const wrong : {"a b", "foo", "abi/eip155:01/any",
                                  "abi/eip155:1/0x222222222222222222222222222222222222222A"}) {
    EXPECT_EQ(airlock_abi_read_entry(reader_, wrong, &entry), AIRLOCK_ABI_OUT_OF_RANGE) << wrong;
    EXPECT_EQ(airlock_abi_check_absent(&committed, wrong, &entry), AIRLOCK_ABI_OUT_OF_RANGE);
  }
  EXPECT_EQ(entry.proof.size, 0U);
}

TEST_F(Embedded, AnswersNullWithAnError) {
  const Packed pack = token_pack("1.0.0");
  const auto committed = pack.committed();
  const auto call = transfer();
  airlock_abi_text text{};
  airlock_abi_bytes bytes{};
  airlock_abi_entry entry{};
  const auto* file = pack.file.data();
  constexpr int kMissing = AIRLOCK_ABI_MISSING_FIELD;
  EXPECT_EQ(airlock_abi_engine_new(nullptr), kMissing);
  EXPECT_EQ(airlock_abi_load(nullptr, file, 1, &committed, nullptr), kMissing);
  EXPECT_EQ(airlock_abi_load(engine_, nullptr, 1, &committed, nullptr), kMissing);
  EXPECT_EQ(airlock_abi_load(engine_, file, 1, nullptr, nullptr), kMissing);
  EXPECT_EQ(airlock_abi_load_file(engine_, nullptr, &committed, nullptr), kMissing);
  auto nameless = committed;
  nameless.version = nullptr;
  EXPECT_EQ(airlock_abi_load(engine_, file, pack.file.size(), &nameless, nullptr), kMissing);
  airlock_abi_reader* none = reader_;
  EXPECT_EQ(airlock_abi_reader_new(nullptr, &none), kMissing);
  EXPECT_EQ(none, nullptr) << "what a failing function was to give is empty";
  EXPECT_EQ(airlock_abi_reader_new(engine_, nullptr), kMissing);
  EXPECT_EQ(airlock_abi_hold(nullptr), kMissing);
  EXPECT_EQ(airlock_abi_let_go(nullptr), kMissing);
  EXPECT_EQ(airlock_abi_pack_version(nullptr, &text), kMissing);
  EXPECT_EQ(airlock_abi_pack_version(reader_, nullptr), kMissing);
  EXPECT_EQ(airlock_abi_decode(nullptr, &call, &text), kMissing);
  EXPECT_EQ(airlock_abi_decode(reader_, nullptr, &text), kMissing);
  EXPECT_EQ(airlock_abi_decode(reader_, &call, nullptr), kMissing);
  auto dataless = call;
  dataless.data = nullptr;
  EXPECT_EQ(airlock_abi_decode(reader_, &dataless, &text), kMissing);
  auto chainless = call;
  chainless.chain = nullptr;
  EXPECT_EQ(airlock_abi_decode(reader_, &chainless, &text), kMissing);
  const airlock_abi_request empty{};
  EXPECT_EQ(airlock_abi_encode(reader_, nullptr, &bytes), kMissing);
  EXPECT_EQ(airlock_abi_encode(reader_, &empty, &bytes), kMissing);
  EXPECT_EQ(airlock_abi_encode(reader_, &empty, nullptr), kMissing);
  EXPECT_EQ(airlock_abi_read_entry(nullptr, "k", &entry), kMissing);
  EXPECT_EQ(airlock_abi_read_entry(reader_, nullptr, &entry), kMissing);
  EXPECT_EQ(airlock_abi_read_entry(reader_, "k", nullptr), kMissing);
  EXPECT_EQ(airlock_abi_check_present(nullptr, "k", &entry), kMissing);
  EXPECT_EQ(airlock_abi_check_present(&committed, nullptr, &entry), kMissing);
  EXPECT_EQ(airlock_abi_check_present(&committed, "chain/eip155:1", nullptr), kMissing);
  EXPECT_EQ(airlock_abi_check_absent(nullptr, "k", &entry), kMissing);
  EXPECT_EQ(airlock_abi_check_absent(&committed, "chain/eip155:1", nullptr), kMissing);
  airlock_abi_reader_free(nullptr);
  airlock_abi_engine_free(nullptr);
}

TEST_F(Embedded, RefusesWhatIsLargerThanItsLimit) {
  ASSERT_EQ(load(token_pack("1.0.0")), AIRLOCK_ABI_OK);
  const std::vector<std::uint8_t> giant(AIRLOCK_ABI_DATA_SIZE_MAX + 1);
  auto call = transfer();
  call.data = giant.data();
  call.data_size = giant.size();
  EXPECT_EQ(decode(call), "oversized");
  call.data_size = SIZE_MAX;
  EXPECT_EQ(decode(call), "oversized");
  const std::string long_text(AIRLOCK_ABI_TEXT_SIZE_MAX + 1, '1');
  auto far = transfer();
  far.target = long_text.c_str();
  EXPECT_EQ(decode(far), "oversized");
  const Packed pack = token_pack("1.0.0");
  const auto committed = pack.committed();
  EXPECT_EQ(airlock_abi_load(engine_, giant.data(), SIZE_MAX, &committed, nullptr),
            AIRLOCK_ABI_OVERSIZED);
  airlock_abi_entry entry{};
  EXPECT_EQ(airlock_abi_read_entry(reader_, long_text.c_str(), &entry), AIRLOCK_ABI_OVERSIZED);
}

TEST(Handles, MayBeFreedInAnyOrder) {
  airlock_abi_engine* engine = nullptr;
  airlock_abi_reader* reader = nullptr;
  ASSERT_EQ(airlock_abi_engine_new(&engine), AIRLOCK_ABI_OK);
  const Packed pack = token_pack("1.0.0");
  const auto committed = pack.committed();
  ASSERT_EQ(airlock_abi_load(engine, pack.file.data(), pack.file.size(), &committed, nullptr),
            AIRLOCK_ABI_OK);
  ASSERT_EQ(airlock_abi_reader_new(engine, &reader), AIRLOCK_ABI_OK);
  ASSERT_EQ(airlock_abi_hold(reader), AIRLOCK_ABI_OK);
  airlock_abi_engine_free(engine);
  const auto call = transfer();
  airlock_abi_text json{};
  EXPECT_EQ(airlock_abi_decode(reader, &call, &json), AIRLOCK_ABI_OK);
  airlock_abi_reader_free(reader);
}

TEST(Handles, AreAsManyReadersAsAnEngineSeats) {
  airlock_abi_engine* engine = nullptr;
  ASSERT_EQ(airlock_abi_engine_new(&engine), AIRLOCK_ABI_OK);
  std::vector<airlock_abi_reader*> readers(AIRLOCK_ABI_READERS_MAX);
  for (auto*& reader : readers) ASSERT_EQ(airlock_abi_reader_new(engine, &reader), AIRLOCK_ABI_OK);
  airlock_abi_reader* one_more = nullptr;
  EXPECT_EQ(airlock_abi_reader_new(engine, &one_more), AIRLOCK_ABI_TOO_MANY);
  airlock_abi_reader_free(readers.back());
  readers.pop_back();
  EXPECT_EQ(airlock_abi_reader_new(engine, &one_more), AIRLOCK_ABI_OK);
  readers.push_back(one_more);
  for (auto* reader : readers) airlock_abi_reader_free(reader);
  airlock_abi_engine_free(engine);
}

TEST(Handles, GiveEachOfTwoThreadsWholeVersionsWhilePacksAreSwapped) {
  airlock_abi_engine* engine = nullptr;
  ASSERT_EQ(airlock_abi_engine_new(&engine), AIRLOCK_ABI_OK);
  const Packed packs[] = {token_pack("1.0.0", "to"), token_pack("2.0.0", "receiver")};
  const auto load = [&](const Packed& pack) {
    const auto committed = pack.committed();
    return airlock_abi_load(engine, pack.file.data(), pack.file.size(), &committed, nullptr);
  };
  ASSERT_EQ(load(packs[0]), AIRLOCK_ABI_OK);
  std::atomic<bool> is_over = false;
  std::atomic<int> torn = 0, read = 0;
  const auto follow = [&] {
    airlock_abi_reader* reader = nullptr;
    if (airlock_abi_reader_new(engine, &reader) != AIRLOCK_ABI_OK) ++torn;
    const auto call = transfer();
    do {
      airlock_abi_text json{};
      if (airlock_abi_decode(reader, &call, &json) != AIRLOCK_ABI_OK) ++torn;
      const std::string_view text(json.text, json.size);
      const bool is_first = text.find("\"1.0.0\"") != std::string_view::npos;
      if (text.find(is_first ? "\"to\"" : "\"receiver\"") == std::string_view::npos) ++torn;
      ++read;
    } while (!is_over);
    airlock_abi_reader_free(reader);
  };
  std::thread first(follow), second(follow);
  for (std::size_t i = 0; i < 200; ++i) EXPECT_EQ(load(packs[i % 2]), AIRLOCK_ABI_OK);
  is_over = true;
  first.join();
  second.join();
  EXPECT_EQ(torn, 0);
  EXPECT_GE(read, 2);
  airlock_abi_engine_free(engine);
}

TEST(Errors, HaveTheNamesAndTextsThatTheyHaveEverywhere) {
  EXPECT_STREQ(airlock_abi_error_name(AIRLOCK_ABI_UNKNOWN_CALL), "unknown_call");
  EXPECT_EQ(airlock_abi_error_text(AIRLOCK_ABI_UNKNOWN_CALL), explain(Code::unknown_call));
  for (const int number : {-1, 65'534, 65'535, 65'536, 66'836, INT32_MAX, INT32_MIN})
    EXPECT_STREQ(airlock_abi_error_name(number), "unknown") << number;
}

}  // namespace
}  // namespace airlock::embed
