// The corpus of EVM ABIs, made by ethers, viem and contracts that solc compiled, never by us.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

#include "engine/abi/evm/decode.h"
#include "engine/abi/evm/encode.h"
#include "engine/abi/evm/load.h"
#include "engine/abi/type/type.h"
#include "host/json/tree.h"
#include "tests/fakes/corpus.h"

namespace airlock::abi::evm {
namespace {

using json::Node;
using type::Shape;
using type::Tape;
using type::Value;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Lines of a file that gzip may have packed.
std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::string text;
  if (path.extension() == ".gz") {
    const std::string command = "gzip -dc '" + path.string() + "'";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::array<char, 1 << 16> room;
    while (pipe != nullptr) {
      const std::size_t size = std::fread(room.data(), 1, room.size(), pipe.get());
      if (size == 0) break;
      text.append(room.data(), size);
    }
  } else {
    text = read_file(path);
  }
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    if (!line.empty()) lines.push_back(line);
  return lines;
}

// The JSON of a node in our spelling, so that equal values are equal texts.
std::string spelled(Node node) {
  std::string json;
  switch (node.kind()) {
    case Node::Kind::null: return "null";
    case Node::Kind::no: return "false";
    case Node::Kind::yes: return "true";
    case Node::Kind::negative: return std::to_string(node.as_negative());
    case Node::Kind::number: return std::to_string(node.as_number());
    case Node::Kind::text: type::append_quoted(json, node.as_text()); return json;
    case Node::Kind::array:
      for (const Node element : node.elements()) {
        if (!json.empty()) json += ',';
        json += spelled(element);
      }
      return "[" + json + "]";
    case Node::Kind::object:
      for (const auto& [name, value] : node.members()) {
        if (!json.empty()) json += ',';
        type::append_quoted(json, name);
        json += ':' + spelled(value);
      }
      return "{" + json + "}";
  }
  return json;
}

class EvmCorpus : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(fakes::corpus_file("abi/evm/manifest.json")))
      GTEST_SKIP() << "no corpus abi/evm: name its folder in AIRLOCK_CORPUS";
  }

  void open(const char* name) {
    for (const std::string& line : lines_of(fakes::corpus_file(std::string("abi/evm/") + name))) {
      auto tree = json::Tree::parse(line, line.size(), json::Nul::in_texts);
      ASSERT_TRUE(tree) << line.substr(0, 200);
      cases_.push_back(std::move(*tree));
    }
    ASSERT_FALSE(cases_.empty());
    RecordProperty("vectors", static_cast<int>(cases_.size()));
  }

  static std::string_view text(Node node, std::string_view key) {
    const auto member = node.member(key);
    return member ? member->as_text() : std::string_view();
  }
  static std::vector<std::uint8_t> bytes(Node node, std::string_view key) {
    return *type::read_hex(text(node, key));
  }

  // The map of a list of types, as the parameters of a function without a name.
  static Result<type::OwnedMap> map_of(Node types) {
    std::string list;
    for (const Node type : types.elements()) {
      if (!list.empty()) list += ',';
      list += type.as_text();
    }
    return map_of("(" + list + ")");
  }
  static Result<type::OwnedMap> map_of(const std::string& list) {
    const std::array<std::string_view, 1> signatures = {list};
    return load_signatures(signatures, "case");
  }

  const type::Map& abi(std::string_view file) {
    auto place = maps_.find(std::string(file));
    if (place == maps_.end()) {
      const std::string json = read_file(fakes::corpus_file("abi/evm/" + std::string(file)));
      auto map = load(json, file);
      EXPECT_TRUE(map) << file << ": " << name(map.error().code) << " at " << map.error().at;
      place = maps_.emplace(std::string(file), std::move(*map)).first;
    }
    return place->second.map();
  }

  std::string json_of(const type::Map& map, Bytes data, std::uint32_t node) {
    std::string json;
    EXPECT_TRUE(type::append_json(json, Value(map, tape_.nodes(), data, node), Shape::positional));
    return json;
  }

  Tape& tape() {
    tape_.clear();
    return tape_;
  }

  std::vector<json::Tree> cases_;
  std::map<std::string, type::OwnedMap> maps_;
  std::vector<type::Node> nodes_{type::kTapeNodes};
  Tape tape_{nodes_};
};

TEST_F(EvmCorpus, DecodesRandomTypesToTheValuesOfBothLibraries) {
  open("random_types.jsonl.gz");
  for (const json::Tree& tree : cases_) {
    const Node one = tree.root();
    const auto map = map_of(*one.member("types"));
    ASSERT_TRUE(map) << text(one, "id");
    const auto data = bytes(one, "data");
    const auto decoded = decode(map->map(), (*map)->entries()[0].input, data, 0, tape());
    ASSERT_TRUE(decoded) << text(one, "id");
    EXPECT_TRUE(decoded->is_canonical) << text(one, "id");
    EXPECT_EQ(json_of(map->map(), data, decoded->node), spelled(*one.member("values")))
        << text(one, "id");
  }
}

TEST_F(EvmCorpus, DecodesCallsOfRealContracts) {
  open("calls.jsonl");
  for (const json::Tree& tree : cases_) {
    const Node one = tree.root();
    const type::Map& map = abi(text(one, "abi"));
    const auto data = bytes(one, "data");
    const auto call = decode_call(map, data, tape());
    ASSERT_TRUE(call) << text(one, "id") << name(call.error().code);
    EXPECT_EQ(map.text(call->entry->signature), text(one, "signature"));
    EXPECT_TRUE(call->is_canonical) << text(one, "id");
    EXPECT_EQ(json_of(map, data, call->node), spelled(*one.member("args"))) << text(one, "id");
    EXPECT_TRUE(check(map)) << text(one, "abi");
  }
}

TEST_F(EvmCorpus, EncodesRandomTypesToTheBytesOfBothLibraries) {
  open("random_types.jsonl.gz");
  for (const json::Tree& tree : cases_) {
    const Node one = tree.root();
    const auto map = map_of(*one.member("types"));
    ASSERT_TRUE(map) << text(one, "id");
    const auto encoded = encode(map->map(), (*map)->entries()[0].input, *one.member("values"));
    ASSERT_TRUE(encoded) << text(one, "id") << name(encoded.error().code);
    EXPECT_EQ(*encoded, bytes(one, "data")) << text(one, "id");
  }
}

TEST_F(EvmCorpus, EncodesCallsOfRealContracts) {
  open("calls.jsonl");
  for (const json::Tree& tree : cases_) {
    const Node one = tree.root();
    const type::Map& map = abi(text(one, "abi"));
    const auto function = map.find_named(type::EntryKind::function, text(one, "signature"));
    ASSERT_TRUE(function) << text(one, "id");
    const auto encoded = encode_call(map, **function, *one.member("args"));
    ASSERT_TRUE(encoded) << text(one, "id");
    EXPECT_EQ(*encoded, bytes(one, "data")) << text(one, "id");
  }
}

TEST_F(EvmCorpus, DecodesReturnsOfRealContracts) {
  open("returns.jsonl");
  for (const json::Tree& tree : cases_) {
    const Node one = tree.root();
    const type::Map& map = abi(text(one, "abi"));
    const auto function = map.find_named(type::EntryKind::function, text(one, "signature"));
    ASSERT_TRUE(function) << text(one, "id");
    const auto data = bytes(one, "data");
    const auto decoded = decode_return(map, **function, data, tape());
    ASSERT_TRUE(decoded) << text(one, "id");
    EXPECT_TRUE(decoded->is_canonical) << text(one, "id");
    EXPECT_EQ(json_of(map, data, decoded->node), spelled(*one.member("values"))) << text(one, "id");
  }
}

TEST_F(EvmCorpus, DecodesErrorsOfRealContracts) {
  open("errors.jsonl");
  for (const json::Tree& tree : cases_) {
    const Node one = tree.root();
    const type::Map& map = abi(text(one, "abi"));
    const auto data = bytes(one, "data");
    const auto error = decode_error(map, data, tape());
    ASSERT_TRUE(error) << text(one, "id");
    EXPECT_EQ(map.text(error->entry->signature), text(one, "signature"));
    EXPECT_EQ(json_of(map, data, error->node), spelled(*one.member("args"))) << text(one, "id");
  }
}

TEST_F(EvmCorpus, DecodesEventsOfRealContracts) {
  open("events.jsonl");
  for (const json::Tree& tree : cases_) {
    const Node one = tree.root();
    const type::Map& map = abi(text(one, "abi"));
    std::vector<std::uint8_t> log;
    std::size_t topics = 0;
    for (const Node topic : one.member("topics")->elements()) {
      const auto word = *type::read_hex(topic.as_text());
      log.insert(log.end(), word.begin(), word.end());
      ++topics;
    }
    const auto data = bytes(one, "data");
    log.insert(log.end(), data.begin(), data.end());
    const auto event = decode_event(map, log, topics, tape());
    ASSERT_TRUE(event) << text(one, "id") << name(event.error().code);
    EXPECT_EQ(map.text(event->entry->signature), text(one, "signature"));
    EXPECT_TRUE(event->is_canonical) << text(one, "id");
    EXPECT_EQ(json_of(map, log, event->node), spelled(*one.member("args"))) << text(one, "id");
  }
}

TEST_F(EvmCorpus, GivesTheChainsVerdictOnMalformedInput) {
  open("malformed.jsonl");
  std::size_t refused = 0, accepted = 0;
  for (const json::Tree& tree : cases_) {
    const Node one = tree.root();
    const auto map = map_of(*one.member("types"));
    ASSERT_TRUE(map) << text(one, "id");
    const auto data = bytes(one, "data");
    const auto decoded = decode(map->map(), (*map)->entries()[0].input, data, 0, tape());
    if (text(one, "chain") == "revert") {
      ASSERT_FALSE(decoded) << text(one, "id");
      EXPECT_EQ(decoded.error().code, Code::chain_refuses) << text(one, "id");
      EXPECT_EQ(tape_.size(), 0U);
      ++refused;
      continue;
    }
    ASSERT_TRUE(decoded) << text(one, "id") << " at " << decoded.error().at;
    EXPECT_EQ(decoded->is_canonical, one.member("canonical")->kind() == Node::Kind::yes)
        << text(one, "id");
    ++accepted;
    // What the chain wrote back is the canonical form of the same values.
    const auto reencoded = one.member("chain_reencoded") ? bytes(one, "chain_reencoded") : data;
    const std::string values = json_of(map->map(), data, decoded->node);
    const auto again = decode(map->map(), (*map)->entries()[0].input, reencoded, 0, tape());
    ASSERT_TRUE(again) << text(one, "id");
    EXPECT_EQ(values, json_of(map->map(), reencoded, again->node)) << text(one, "id");
    const auto expected = one.member("chain_values");
    if (expected && expected->is_array()) {
      EXPECT_EQ(values, spelled(*expected)) << text(one, "id");
    }
  }
  EXPECT_EQ(refused + accepted, cases_.size());
  EXPECT_GT(refused, 0U);
  EXPECT_GT(accepted, 0U);
}

TEST_F(EvmCorpus, RefusesOrBoundsEveryBomb) {
  open("bombs.jsonl");
  for (const json::Tree& tree : cases_) {
    const Node one = tree.root();
    const auto map = map_of("(" + std::string(text(one, "type")) + ")");
    if (map) {
      const auto data = bytes(one, "data");
      const auto decoded = decode(map->map(), (*map)->entries()[0].input, data, 0, tape());
      if (decoded) {
        std::string json;
        const auto written =
            type::append_json(json, Value(map->map(), tape_.nodes(), data), Shape::positional);
        EXPECT_TRUE(written || written.error().code == Code::over_budget) << text(one, "name");
        EXPECT_LE(json.size(), 2 * type::kOutputMax) << text(one, "name");
      }
    }
  }
}

TEST_F(EvmCorpus, DecodesTheCasesOfEthers) {
  for (const std::string& line : lines_of(fakes::corpus_file("abi/evm/ethers_v6/abi.json.gz"))) {
    auto tree = json::Tree::parse(line, line.size());
    ASSERT_TRUE(tree);
    cases_.push_back(std::move(*tree));
  }
  ASSERT_EQ(cases_.size(), 1U);
  const Node all = cases_[0].root();
  RecordProperty("vectors", static_cast<int>(all.count()));
  for (const Node one : all.elements()) {
    const auto map = map_of("(" + std::string(text(one, "type")) + ")");
    ASSERT_TRUE(map) << text(one, "name");
    const auto data = bytes(one, "encoded");
    const auto decoded = decode(map->map(), (*map)->entries()[0].input, data, 0, tape());
    ASSERT_TRUE(decoded) << text(one, "name");
    EXPECT_TRUE(decoded->is_canonical) << text(one, "name");
    EXPECT_EQ(json_of(map->map(), data, decoded->node), "[" + spelled(*one.member("value")) + "]")
        << text(one, "name");
  }
}

}  // namespace
}  // namespace airlock::abi::evm
