// Programs as their authors publish them, and calls that other implementations wrote.
#include <gtest/gtest.h>

#include <cmath>
#include <set>
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

// The corpus writes an array of u8 as a list of numbers and every float as a number.
bool same(const Json& expected, const Json& actual) {
  if (expected.is_number_float() && actual.is_string())
    return std::stod(actual.get<std::string>()) == expected.get<double>() ||
           std::stof(actual.get<std::string>()) == expected.get<float>();
  if (expected.is_array() && actual.is_string()) {
    std::string hex = "0x";
    for (const Json& byte : expected) {
      if (!byte.is_string()) return false;
      const std::uint8_t value[] = {static_cast<std::uint8_t>(std::stoi(byte.get<std::string>()))};
      hex += text::to_hex(value);
    }
    return actual == Json(hex);
  }
  if (expected.is_object() && actual.is_object()) {
    if (expected.size() != actual.size()) return false;
    for (const auto& [name, value] : expected.items())
      if (!actual.contains(name) || !same(value, actual[name])) return false;
    return true;
  }
  // Of a struct that has two members of one name, the corpus kept one of them, and we show a list.
  if (expected.is_object() && actual.is_array() && expected.size() < actual.size())
    return std::all_of(expected.begin(), expected.end(), [&actual](const Json& value) {
      return std::any_of(actual.begin(), actual.end(),
                         [&value](const Json& part) { return same(value, part); });
    });
  if (expected.is_array() && actual.is_array()) {
    if (expected.size() != actual.size()) return false;
    for (std::size_t i = 0; i < expected.size(); ++i)
      if (!same(expected[i], actual[i])) return false;
    return true;
  }
  // Of nothing, a list without members and an object without members are the same.
  return expected == actual || (expected.empty() && actual.empty() && !expected.is_null() &&
                                expected.is_structured() && actual.is_structured());
}

struct Lines {
  const char* file;
  const char* name;
  const char* values;
  type::EntryKind kind;
};

class Corpus {
 public:
  Corpus() : folder_(fakes::corpus_file("abi/solana")) {}
  bool exists() const { return std::filesystem::exists(folder_ / "manifest.json"); }

  // map returns what an IDL describes, or nullptr where it does not load.
  const type::Map* map(const std::string& idl) {
    auto found = maps_.find(idl);
    if (found == maps_.end()) found = maps_.emplace(idl, load(read_file(folder_ / idl))).first;
    const auto& loaded = found->second;
    EXPECT_TRUE(loaded) << idl << ": " << name(loaded.error().code) << loaded.error().at;
    return loaded ? &loaded->map() : nullptr;
  }

  std::vector<Json> lines(const char* file) const {
    std::vector<Json> made;
    std::ifstream stream(folder_ / file);
    for (std::string line; std::getline(stream, line);) made.push_back(Json::parse(line));
    return made;
  }

  // play decodes every line, holds it against what is expected, and encodes it again.
  void play(const Lines& what) {
    std::vector<type::Node> room(type::kTapeNodes);
    const auto all = lines(what.file);
    for (const Json& line : all) {
      SCOPED_TRACE(line["id"].get<std::string>());
      const type::Map* found = this->map(line["idl"]);
      ASSERT_NE(found, nullptr);
      const type::Map& map = *found;
      const auto data = *text::from_hex(line["data"].get<std::string>());
      type::Tape tape(room);
      const auto read = decode(map, what.kind, data, tape);
      ASSERT_TRUE(read) << name(read.error().code) << " at " << read.error().at;
      EXPECT_TRUE(read->canonical);
      EXPECT_EQ(map.text(read->entry->name), line[what.name].get<std::string>());
      std::string json;
      ASSERT_TRUE(
          type::append_json(json, type::Value(map, tape.nodes(), data), type::Shape::named));
      EXPECT_TRUE(same(line[what.values], Json::parse(json))) << json << "\n" << line[what.values];
      const auto tree = json::Tree::parse(json, json.size());
      ASSERT_TRUE(tree);
      const auto again = encode(map, *read->entry, tree->root());
      ASSERT_TRUE(again) << name(again.error().code);
      EXPECT_EQ(*again, data);
    }
    EXPECT_FALSE(all.empty());
    ::testing::Test::RecordProperty("vectors", static_cast<int>(all.size()));
  }

 private:
  static Result<Decoded> decode(const type::Map& map, type::EntryKind kind, Bytes data,
                                type::Tape& tape) {
    if (kind == type::EntryKind::function) return decode_instruction(map, data, tape);
    if (kind == type::EntryKind::event) return decode_event(map, data, tape);
    return decode_account(map, data, tape);
  }

  std::filesystem::path folder_;
  std::map<std::string, Result<type::OwnedMap>> maps_;
};

TEST(SolanaCorpus, EveryIdlLoadsWithAllThatItLists) {
  Corpus corpus;
  if (!corpus.exists()) GTEST_SKIP() << "no corpus (abi/solana)";
  const Json manifest = corpus.lines("manifest.json")[0];
  for (const Json& listed : manifest) {
    SCOPED_TRACE(listed["file"].get<std::string>());
    const type::Map* map = corpus.map(listed["file"]);
    if (map == nullptr) continue;
    const auto count = [map](type::EntryKind kind) {
      return std::count_if(map->entries().begin(), map->entries().end(),
                           [kind](const type::Entry& entry) { return entry.kind == kind; });
    };
    EXPECT_EQ(count(type::EntryKind::function), listed["instructions"].get<long>());
    EXPECT_EQ(count(type::EntryKind::account), listed["accounts"].get<long>());
    EXPECT_EQ(count(type::EntryKind::event), listed["events"].get<long>());
  }
  RecordProperty("vectors", static_cast<int>(manifest.size()));
}

TEST(SolanaCorpus, EveryInstructionHasTheValuesThatAnchorWrote) {
  Corpus corpus;
  if (!corpus.exists()) GTEST_SKIP() << "no corpus (abi/solana)";
  corpus.play({"instructions.jsonl", "instruction", "args", type::EntryKind::function});
}

TEST(SolanaCorpus, EveryEventHasTheValuesThatWereWritten) {
  Corpus corpus;
  if (!corpus.exists()) GTEST_SKIP() << "no corpus (abi/solana)";
  corpus.play({"events.jsonl", "event", "fields", type::EntryKind::event});
}

TEST(SolanaCorpus, EveryAccountHasTheValuesThatWereWritten) {
  Corpus corpus;
  if (!corpus.exists()) GTEST_SKIP() << "no corpus (abi/solana)";
  corpus.play({"accounts.jsonl", "account", "fields", type::EntryKind::account});
}

}  // namespace
}  // namespace airlock::abi::solana
