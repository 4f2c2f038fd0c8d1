// Held against Anchor, @solana/web3.js and @solana/spl-token from npm, on what they make up on the
// spot. tools/peers.sh installs them and says where they lie (AIRLOCK_PEERS); without it these
// tests are skipped.
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <random>
#include <sstream>

#include "engine/abi/solana/solana.h"
#include "engine/abi/type/spelling.h"
#include "host/json/json.h"
#include "host/text/text.h"
#include "tests/fakes/corpus.h"

namespace airlock::abi::solana {
namespace {

using Json = json::Value;

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<Json> lines(const std::filesystem::path& path) {
  std::vector<Json> made;
  std::ifstream stream(path);
  for (std::string line; std::getline(stream, line);) made.push_back(Json::parse(line));
  return made;
}

// An empty struct is written by its members here and by its places there.
bool same(const Json& a, const Json& b) {
  if (a.is_structured() && b.is_structured() && a.empty() && b.empty()) return true;
  if (a.type() != b.type() || a.size() != b.size()) return false;
  if (!a.is_structured()) return a == b;
  if (a.is_array()) {
    for (std::size_t i = 0; i < a.size(); ++i)
      if (!same(a[i], b[i])) return false;
    return true;
  }
  return std::all_of(a.items().begin(), a.items().end(), [&b](const auto& member) {
    return b.contains(member.key()) && same(member.value(), b[member.key()]);
  });
}

class SolanaPeer : public testing::Test {
 protected:
  SolanaPeer()
      : folder_(std::filesystem::temp_directory_path() /
                ("airlock-solana-peer-" + std::to_string(::getpid()))) {}
  ~SolanaPeer() override { std::filesystem::remove_all(folder_); }

  // ask has the peers write their calls; false where there are none.
  bool ask() {
    const char* modules = std::getenv("AIRLOCK_PEERS");
    if (modules == nullptr) return false;
    std::filesystem::create_directories(folder_);
    const auto seed = std::random_device{}();
    RecordProperty("seed", static_cast<int>(seed));
    const std::string command = "node tools/solana_peer.mjs write " + folder_.string() + " " +
                                modules + " " + std::to_string(seed) + " 2> /dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0);
    return true;
  }

  void play(const type::Map& map, const Json& line) {
    const auto data = *text::from_hex(line["data"].get<std::string>());
    type::Tape tape(room_);
    const auto read = decode_instruction(map, data, tape);
    ASSERT_TRUE(read) << name(read.error().code) << line;
    EXPECT_EQ(map.text(read->entry->name), line["name"].get<std::string>());
    std::string json;
    ASSERT_TRUE(type::append_json(json, type::Value(map, tape.nodes(), data), type::Shape::named));
    EXPECT_TRUE(same(line["args"], Json::parse(json))) << json << "\n" << line;
    const auto tree = json::Tree::parse(json, json.size());
    const auto again = encode(map, *read->entry, tree->root());
    ASSERT_TRUE(again) << line;
    EXPECT_EQ(*again, data);
  }

  std::filesystem::path folder_;
  std::vector<type::Node> room_ = std::vector<type::Node>(type::kTapeNodes);
};

TEST_F(SolanaPeer, AnchorWritesWhatWeReadAndWrite) {
  if (!ask()) GTEST_SKIP() << "tools/peers.sh runs it";
  const auto map = load(read_file(folder_ / "idl.json"));
  ASSERT_TRUE(map) << name(map.error().code);
  const auto calls = lines(folder_ / "calls.jsonl");
  EXPECT_GT(calls.size(), 1000U);
  for (const Json& line : calls) play(map->map(), line);
}

TEST_F(SolanaPeer, NativeProgramsAreCalledAsOurSchemasSay) {
  if (!ask()) GTEST_SKIP() << "tools/peers.sh runs it";
  std::map<std::string, type::OwnedMap> maps;
  for (const char* file : {"native.jsonl", "generated.jsonl"}) {
    const auto calls = lines(folder_ / file);
    EXPECT_GT(calls.size(), 400U) << file;
    for (const Json& line : calls) {
      const std::string program = line["program"];
      if (!maps.contains(program))
        maps.emplace(program, *load(read_file("engine/abi/solana/native/" + program + ".json")));
      play(maps.at(program).map(), line);
    }
  }
}

void hold(const Message& message, const Json& line) {
  EXPECT_EQ(message.version() == Version::v0, line["version"] == Json(0));
  ASSERT_EQ(message.key_count(), line["keys"].size());
  for (std::size_t i = 0; i < message.key_count(); ++i) {
    const Json& expected = line["keys"][i];
    const MessageKey key = message.key(i);
    std::string address;
    if (key.is_known()) type::append_base58(address, key.key);
    EXPECT_EQ(expected["key"].is_null() ? "" : expected["key"].get<std::string>(), address);
    EXPECT_EQ(key.is_signer, expected["signer"].get<bool>());
    EXPECT_EQ(key.is_writable, expected["writable"].get<bool>());
  }
  std::size_t place = 0;
  ASSERT_EQ(message.instruction_count(), line["instructions"].size());
  for (const Instruction instruction : message) {
    const Json& expected = line["instructions"][place++];
    EXPECT_EQ(instruction.program, expected["program"].get<int>());
    EXPECT_EQ(text::to_hex(instruction.data), expected["data"].get<std::string>());
    EXPECT_EQ(
        Json(std::vector<std::uint8_t>(instruction.accounts.begin(), instruction.accounts.end())),
        expected["accounts"]);
  }
}

TEST_F(SolanaPeer, MessagesAreReadAsWeb3CompiledThem) {
  if (!ask()) GTEST_SKIP() << "tools/peers.sh runs it";
  const auto all = lines(folder_ / "messages.jsonl");
  EXPECT_GT(all.size(), 100U);
  for (const Json& line : all) {
    const auto message = *text::from_hex(line["message"].get<std::string>());
    const auto transaction = *text::from_hex(line["transaction"].get<std::string>());
    const auto bare = Message::read(message, Framing::message);
    const auto framed = Message::read(transaction, Framing::transaction);
    ASSERT_TRUE(bare) << name(bare.error().code) << bare.error().at << line;
    ASSERT_TRUE(framed) << name(framed.error().code) << line;
    hold(*bare, line);
    hold(*framed, line);
  }
}

}  // namespace
}  // namespace airlock::abi::solana
