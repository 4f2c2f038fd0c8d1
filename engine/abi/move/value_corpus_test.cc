// Values, payloads and transactions of the corpus against @mysten/bcs, @aptos-labs/ts-sdk and
// @mysten/sui, which wrote them: read, and written again to the same bytes.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/abi/move/move.h"
#include "tests/fakes/corpus.h"

namespace airlock::abi::move {
namespace {

using Json = nlohmann::ordered_json;

std::filesystem::path corpus(const std::string& name) {
  return fakes::corpus_file("abi/move/" + name);
}

template <class Use>
std::size_t lines_of(const std::string& name, const Use& use) {
  return fakes::each_line_in(corpus(name),
                             [&use](const std::string& line) { use(Json::parse(line)); });
}

void record(std::size_t vectors) {
  testing::Test::RecordProperty("vectors", std::to_string(vectors));
}

using type::Form;
using type::Type;

constexpr auto kUleb = static_cast<std::uint16_t>(type::Prefix::uleb);

// Makes types of the corpus's own spelling: "u8", {"vector": ..}, {"struct": [..]}, {"enum": [..]}.
class TypeMaker {
 public:
  explicit TypeMaker(type::Builder& builder) : builder_(builder) {}

  std::uint32_t make(const Json& spelled) {
    Type type;
    type.size = kUleb;
    if (spelled.is_string()) return make_plain(spelled.get<std::string>());
    if (spelled.contains("vector")) {
      type.form = Form::list;
      type.first = make(spelled["vector"]);
    } else if (spelled.contains("option")) {
      type.form = Form::option;
      type.size = 1;
      type.first = make(spelled["option"]);
    } else if (spelled.contains("struct")) {
      return make_struct(spelled["struct"]);
    } else {
      std::vector<type::Field> variants;
      for (const Json& variant : spelled["enum"]) {
        const auto place = static_cast<std::uint32_t>(variants.size());
        const std::uint32_t inner = variant.is_null() ? make_struct(Json::array()) : make(variant);
        variants.push_back({builder_.text("v" + std::to_string(place)), inner, place, {}});
      }
      type.form = Form::choice;
      type.count = static_cast<std::uint32_t>(variants.size());
      type.first = builder_.add_fields(variants);
    }
    return builder_.add(type);
  }

 private:
  std::uint32_t make_struct(const Json& fields) {
    std::vector<type::Field> made;
    for (const Json& field : fields) {
      const std::uint32_t inner = make(field);
      made.push_back({builder_.text("f" + std::to_string(made.size())), inner, 0, {}});
    }
    Type type;
    type.form = Form::tuple;
    type.count = static_cast<std::uint32_t>(made.size());
    type.first = builder_.add_fields(made);
    return builder_.add(type);
  }
  std::uint32_t make_plain(const std::string& name) {
    Type type;
    type.form = Form::unsigned_integer;
    if (name == "bool") type.form = Form::boolean;
    if (name == "string") type.form = Form::text;
    if (name == "address") type.form = Form::address;
    type.size = name == "string" ? kUleb : name == "address" ? 32 : 0;
    if (name[0] == 'u') type.size = static_cast<std::uint16_t>(std::stoi(name.substr(1)));
    return builder_.add(type);
  }
  type::Builder& builder_;
};

// Our spelling of what the corpus says.
Json expected_json(type::Value value, const Json& corpus) {
  const type::Map& map = value.map();
  if (value.form() == Form::option)
    return corpus.is_null() ? Json() : Json{{"some", expected_json(value.part(0), corpus)}};
  if (value.form() == Form::list) {
    Json made = Json::array();
    std::size_t place = 0;
    for (const type::Value part : value.parts())
      made.push_back(expected_json(part, corpus.at(place++)));
    return made;
  }
  if (value.form() == Form::tuple) {
    Json made = Json::object();
    std::uint32_t place = 0;
    for (const type::Value part : value.parts()) {
      const std::string name(map.text(value.field_of(place++).name));
      made[name] = expected_json(part, corpus.at(name));
    }
    return made;
  }
  if (value.form() == Form::choice) {
    const std::string name(map.text(value.variant().name));
    const type::Value inner = value.part(0);
    const bool is_empty = inner.form() == Form::tuple && inner.count() == 0;
    const Json content = is_empty ? Json() : expected_json(inner, corpus.at(name));
    return Json{{"variant", name}, {"fields", content}};
  }
  if (value.form() != Form::bytes) return corpus;
  std::vector<std::uint8_t> bytes;
  for (const Json& byte : corpus)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(byte.get<std::string>())));
  std::string hex;
  type::append_hex(hex, bytes);
  return hex;
}

Json shown(type::Value value) {
  std::string json;
  EXPECT_TRUE(append_json(json, value, type::Shape::named));
  return Json::parse(json);
}

std::vector<type::Node> g_room(type::kTapeNodes);

TEST(MoveCorpus, ReadsEveryBcsValueAndWritesItAgain) {
  if (!exists(corpus("bcs_values.jsonl"))) GTEST_SKIP() << "no corpus at " << corpus("");
  std::size_t same = 0;
  const std::size_t lines = lines_of("bcs_values.jsonl", [&](const Json& line) {
    type::Builder builder("move", type::Order::little, type::AddressForm::hex);
    const std::uint32_t root = TypeMaker(builder).make(line["type"]);
    const auto map = builder.finish();
    ASSERT_TRUE(map) << line["id"];
    const auto data = fakes::bytes_of_hex(line["data"]);
    type::Tape tape(g_room);
    const Status read = decode_all(map->map(), root, {}, data, tape);
    ASSERT_TRUE(read) << line["id"] << ": " << name(read.error().code);
    const type::Value value(map->map(), tape.nodes(), data);
    std::string json;
    ASSERT_TRUE(append_json(json, value, type::Shape::named));
    EXPECT_EQ(Json::parse(json), expected_json(value, line["value"])) << line["id"];
    const auto tree = json::Tree::parse(json, json.size());
    ASSERT_TRUE(tree);
    std::vector<std::uint8_t> again;
    ASSERT_TRUE(encode(map->map(), root, {}, tree->root(), again)) << line["id"] << json;
    EXPECT_EQ(again, data) << line["id"];
    same += again == data;
    // One byte less, or one more, is no value.
    type::Tape other(g_room);
    const Bytes less = Bytes(data).first(data.empty() ? 0 : data.size() - 1);
    EXPECT_EQ(decode_all(map->map(), root, {}, less, other).has_value(), data.empty());
  });
  EXPECT_EQ(same, lines);
  record(lines);
}

TEST(MoveCorpus, ReadsEveryAptosPayloadAndWritesItAgain) {
  if (!exists(corpus("aptos_entry.jsonl"))) GTEST_SKIP() << "no corpus at " << corpus("");
  std::size_t same = 0;
  const std::size_t lines = lines_of("aptos_entry.jsonl", [&](const Json& line) {
    const auto file = fakes::bytes_in(corpus(line["file"].get<std::string>()));
    const Bytes module = file;
    const auto map = load({&module, 1});
    ASSERT_TRUE(map) << line["file"];
    const auto payload = fakes::bytes_of_hex(line["payload"]);
    const auto call = read_entry_call(payload);
    ASSERT_TRUE(call) << line["id"] << name(call.error().code);
    EXPECT_EQ(call->function, line["function"].get<std::string>());
    std::vector<std::string> tags(call->tag_count);
    for (std::size_t i = 0; i < tags.size(); ++i) append_tag(tags[i], call->tags[i]);
    EXPECT_EQ(Json(tags), line["type_args"]) << line["id"];
    type::Tape tape(g_room);
    const auto entry = decode_call(map->map(), *call, payload, tape);
    ASSERT_TRUE(entry) << line["id"] << name(entry.error().code);
    const type::Value input(map->map(), tape.nodes(), payload);
    Json arguments = Json::array();
    std::size_t place = 0;
    for (const type::Value part : input.parts()) {
      if (part.form() == Form::signer) continue;
      arguments.push_back(shown(part));
      EXPECT_EQ(arguments.back(), expected_json(part, line["args"].at(place++))) << line["id"];
    }
    EXPECT_EQ(place, line["args"].size());
    const auto tree = json::Tree::parse(arguments.dump(), 1 << 20);
    ASSERT_TRUE(tree);
    const auto again = encode_payload(map->map(), **entry, tags, tree->root());
    ASSERT_TRUE(again) << line["id"] << name(again.error().code);
    EXPECT_EQ(*again, payload) << line["id"];
    same += *again == payload;
  });
  EXPECT_EQ(same, lines);
  record(lines);
}

TEST(MoveCorpus, ShowsAndEncodesEverySuiTransactionAsTheLibraryDoes) {
  if (!exists(corpus("sui_tx.jsonl"))) GTEST_SKIP() << "no corpus at " << corpus("");
  std::size_t same = 0;
  const std::size_t lines = lines_of("sui_tx.jsonl", [&](const Json& line) {
    const auto data = fakes::bytes_of_hex(line["bytes"]);
    const auto transaction = read_sui_transaction(data);
    ASSERT_TRUE(transaction) << line["id"] << name(transaction.error().code);
    std::string json;
    ASSERT_TRUE(append_sui_json(json, *transaction));
    const nlohmann::json ours = nlohmann::json::parse(json);
    const nlohmann::json theirs = nlohmann::json::parse(line["data"].dump());
    EXPECT_EQ(ours, theirs) << line["id"];
    same += ours == theirs;
    EXPECT_FALSE(read_sui_transaction(Bytes(data).first(data.size() - 1)));
    const auto tree = json::Tree::parse(line["data"].dump(), 1 << 20);
    ASSERT_TRUE(tree) << line["id"];
    const auto again = encode_sui_transaction(tree->root());
    ASSERT_TRUE(again) << line["id"] << name(again.error().code);
    EXPECT_EQ(*again, data) << line["id"];
  });
  EXPECT_EQ(same, lines);
  record(lines);
}

}  // namespace
}  // namespace airlock::abi::move
