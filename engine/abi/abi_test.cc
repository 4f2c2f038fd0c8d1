#include "engine/abi/abi.h"

#include <thread>

#include "engine/abi/packs_test.h"

namespace airlock::abi {
namespace {

// Reads one call and returns its JSON, or the name of the error.
std::string read(Engine::Reader& reader, Call call) {
  const auto data = *type::read_hex(kTransfer);
  if (call.data.empty()) call.data = data;
  if (call.chain.empty()) call.chain = "eip155:1";
  const Engine::View view = reader.view();
  const auto decoded = view.decode(call);
  if (!decoded) return std::string(name(decoded.error().code));
  std::string json;
  EXPECT_TRUE(append_json(json, *decoded, view.version()));
  return json;
}

TEST(Engine, DecodesByThePackThatIsInUse) {
  Engine engine;
  auto reader = *engine.reader();
  EXPECT_EQ(read(reader, {.target = kToken}), "not_found");
  engine.swap(snapshot_of(token_items()));
  EXPECT_EQ(read(reader, {.target = kToken}),
            "{\"call\":\"transfer(address,uint256)\",\"bound\":true,\"canonical\":true,"
            "\"version\":\"1.0.0\",\"arguments\":{\"to\":\"0x22222222222222222222222222222222"
            "22222222\",\"value\":\"1000\"}}");
  engine.swap(snapshot_of(token_items("transfer(address receiver,uint256 amount)"), "1.1.0"));
  EXPECT_NE(read(reader, {.target = kToken}).find("\"receiver\""), std::string::npos);
}

TEST(Engine, BindsAMapToItsContractAndItsChain) {
  Engine engine;
  engine.swap(snapshot_of(token_items()));
  auto reader = *engine.reader();
  EXPECT_EQ(read(reader, {.chain = "eip155:10", .target = kToken}), "not_found");
  EXPECT_EQ(read(reader, {.target = "0x3333333333333333333333333333333333333333"}), "not_found");
  EXPECT_EQ(read(reader, {.target = "nonsense"}), "bad_value");
  EXPECT_EQ(read(reader, {.target = ""}), "not_found") << "EVM data names no contract";
  EXPECT_EQ(read(reader, {.chain = "bitcoin:main", .target = kToken}), "loader_missing");
}

TEST(Engine, MarksWhatAMapForAnyContractSaysAsUnbound) {
  auto items = token_items();
  items[0].key = "abi/eip155:1/any";
  Engine engine;
  engine.swap(snapshot_of(items));
  auto reader = *engine.reader();
  EXPECT_NE(read(reader, {.target = kToken}).find("\"bound\":false"), std::string::npos);
}

TEST(Engine, RefusesAnotherCodeThanTheMapIsFor) {
  auto items = token_items();
  items.push_back({"code/eip155:1/" + std::string(kToken), std::vector<std::uint8_t>(32, 7)});
  Engine engine;
  engine.swap(snapshot_of(items));
  auto reader = *engine.reader();
  const std::vector<std::uint8_t> same(32, 7), other(32, 8);
  EXPECT_EQ(read(reader, {.target = kToken, .code_hash = other}), "expected_otherwise");
  EXPECT_NE(read(reader, {.target = kToken, .code_hash = same}).find("transfer"),
            std::string::npos);
}

TEST(Engine, NeverShowsWhatTheChainWouldRefuse) {
  Engine engine;
  engine.swap(snapshot_of(token_items()));
  auto reader = *engine.reader();
  auto dirty = *type::read_hex(kTransfer);
  dirty[4] = 1;  // above the address
  EXPECT_EQ(read(reader, {.target = kToken, .data = dirty}), "chain_refuses");
  auto cut = *type::read_hex(kTransfer);
  cut.pop_back();
  EXPECT_EQ(read(reader, {.target = kToken, .data = cut}), "chain_refuses");
  auto unknown = *type::read_hex(kTransfer);
  unknown[0] = 1;
  EXPECT_EQ(read(reader, {.target = kToken, .data = unknown}), "unknown_call");
}

// Writes one call and returns its bytes in hexadecimal, or the name of the error.
std::string write(Engine::Reader& reader, const Request& request, std::string_view arguments) {
  const auto tree = json::Tree::parse(arguments, 1000);
  const auto data = reader.view().encode(request, tree->root());
  if (!data) return std::string(name(data.error().code));
  std::string hex;
  type::append_hex(hex, *data);
  return hex;
}

TEST(Engine, WritesACallByTheMapOfItsContract) {
  Engine engine;
  engine.swap(snapshot_of(token_items()));
  auto reader = *engine.reader();
  const std::string_view arguments =
      "{\"to\":\"0x2222222222222222222222222222222222222222\",\"value\":\"1000\"}";
  EXPECT_EQ(write(reader, {"eip155:1", kToken, "transfer"}, arguments), kTransfer);
  EXPECT_EQ(write(reader, {"eip155:1", kToken, "transfer(address,uint256)"}, arguments), kTransfer);
  EXPECT_EQ(write(reader, {"eip155:1", kToken, "mint"}, arguments), "unknown_call");
  EXPECT_EQ(write(reader, {"eip155:1", kToken, "transfer"}, "[\"1\"]"), "bad_value");
  EXPECT_EQ(write(reader, {"eip155:10", kToken, "transfer"}, arguments), "not_found");
  EXPECT_EQ(write(reader, {"bitcoin:main", kToken, "transfer"}, arguments), "loader_missing");
}

TEST(Snapshot, RefusesAPackThatIsNotTheCommittedOne) {
  const auto file = *pack::build(token_items());
  Entries committed = pack::Pack::open(file)->entries();
  committed.root.bytes[0] ^= 1;
  EXPECT_EQ(Snapshot::hold(file, committed, "").error().code, Code::entry_mismatch);
}

TEST(Snapshot, NoticesAnEntryThatWasChangedOnTheDisk) {
  auto file = *pack::build(token_items());
  const Entries committed = pack::Pack::open(file)->entries();
  file.back() ^= 1;
  const auto snapshot = Snapshot::hold(file, committed, "");
  ASSERT_TRUE(snapshot) << "the index is whole";
  EXPECT_EQ((*snapshot)->map(key_of(), standard_loaders()).error().code, Code::entry_mismatch);
}

// A chain of tests, whose one call is a byte.
class OneByteLoader final : public Loader {
 public:
  std::string_view name() const override { return "one-byte"; }
  std::span<const std::string_view> chains() const override {
    static constexpr std::array<std::string_view, 1> kChains = {"one"};
    return kChains;
  }
  Result<type::OwnedMap> load(const Source&) const override {
    type::Builder builder(name(), type::Order::little, type::AddressForm::hex);
    const auto byte = builder.add({type::Form::unsigned_integer, 0, 8, {}, 0, 0, 1});
    const type::Field field[] = {{builder.text("byte"), byte, 0, {}}};
    const auto input = builder.add({type::Form::tuple, 0, 0, {}, builder.add_fields(field), 1, 1});
    type::Entry entry;
    entry.name = builder.text("call");
    entry.input = input;
    builder.add(entry);
    return builder.finish();
  }
  Status check(const type::Map&) const override { return {}; }
  Result<Reading> read(const type::Map& map, Bytes data, type::Tape& tape) const override {
    if (data.size() != 1) return fail(Code::chain_refuses);
    const bool fits = tape.add(1, 0, 1) && tape.add(0, 0, 1);
    AIRLOCK_CHECK(fits);
    tape.close(0);
    return Reading{&map.entries()[0], 0, true};
  }
  Result<Reading> read_other(const type::Map&, const Question&, type::Tape&) const override {
    return fail(Code::unknown_call);
  }
  Result<std::vector<std::uint8_t>> write(const type::Map&, const type::Entry&,
                                          json::Node) const override {
    return fail(Code::bad_value);
  }
  Result<std::string> address(std::string_view text) const override { return std::string(text); }
  Result<std::string> target_of(Bytes) const override { return std::string("self"); }
};

TEST(Engine, TakesTheLoaderOfAnotherChainWhileReadersRun) {
  const OneByteLoader loader;
  const std::vector<pack::Item> items = {
      {"abi/one:1/self", bytes_from((*loader.load({}))->encoded())}};
  Engine engine;
  engine.swap(snapshot_of(items));
  auto reader = *engine.reader();
  const std::vector<std::uint8_t> data = {42};
  const Call call{.chain = "one:1", .data = data};
  EXPECT_EQ(read(reader, call), "loader_missing");
  EXPECT_TRUE(judge(*snapshot_of(items), standard_loaders())) << "it harms nobody";
  ASSERT_TRUE(engine.add(std::make_shared<const OneByteLoader>()));
  EXPECT_NE(read(reader, call).find("{\"byte\":\"42\"}"), std::string::npos);
  EXPECT_EQ(engine.add(std::make_shared<const OneByteLoader>()).error().code, Code::exists_already);
}

TEST(Engine, SwapsUnderReadersWhoSeeOneVersionThrough) {
  Engine engine;
  engine.swap(snapshot_of(token_items("transfer(address a0,uint256 b0)"), "0"));
  std::atomic<bool> stop = false;
  std::atomic<int> failed = 0, torn = 0, reads = 0;
  const auto work = [&] {
    auto reader = *engine.reader();
    const auto data = *type::read_hex(kTransfer);
    while (!stop) {
      const Engine::View view = reader.view();
      const auto decoded = view.decode({.chain = "eip155:1", .target = kToken, .data = data});
      if (!decoded) {
        ++failed;
        continue;
      }
      const type::Map& map = *decoded->map;
      const std::string expected = "a" + std::string(view.version());
      if (map.text(decoded->arguments.field_of(0).name) != expected) ++torn;
      ++reads;
    }
  };
  std::thread first(work), second(work);
  for (int i = 1; i <= 1000; ++i) {
    const std::string n = std::to_string(i % 2);
    engine.swap(snapshot_of(token_items("transfer(address a" + n + ",uint256 b" + n + ")"), n));
  }
  while (reads < 1000) std::this_thread::yield();
  stop = true;
  first.join();
  second.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(engine.held(), 0U);
}

}  // namespace
}  // namespace airlock::abi
