// Modules of the corpus against the ABI that an Aptos node gave for them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/abi/move/attributes.h"
#include "engine/abi/move/loader.h"
#include "engine/abi/move/type_text.h"
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

std::string type_of(const Module& module, std::uint32_t token) {
  std::string text;
  append_type(text, module, token);
  return text;
}

Json abilities_json(std::uint8_t abilities) {
  Json made = Json::array();
  if (abilities & kCopy) made.push_back("copy");
  if (abilities & kDrop) made.push_back("drop");
  if (abilities & kStore) made.push_back("store");
  if (abilities & kKey) made.push_back("key");
  return made;
}

Json parameters_json(std::span<const std::uint8_t> parameters) {
  Json made = Json::array();
  for (const std::uint8_t abilities : parameters)
    made.push_back(Json{{"constraints", abilities_json(abilities)}});
  return made;
}

Json types_json(const Module& module, std::uint16_t index) {
  Json made = Json::array();
  const Signature& signature = module.signatures()[index];
  std::uint32_t token = signature.first;
  for (unsigned i = 0; i < signature.count; ++i, token = module.tokens()[token].end)
    made.push_back(type_of(module, token));
  return made;
}

Json functions_json(const Module& module, const Attributes& attributes) {
  Json made = Json::array();
  for (const FunctionDefinition& function : module.function_definitions()) {
    if (function.visibility == Visibility::hidden && !function.is_entry) continue;
    const FunctionHandle& handle = module.functions()[function.handle];
    const std::string name(module.names()[handle.name]);
    Json json;
    json["name"] = name;
    json["visibility"] = function.visibility == Visibility::open      ? "public"
                         : function.visibility == Visibility::friends ? "friend"
                                                                      : "private";
    json["is_entry"] = function.is_entry;
    json["is_view"] = attributes.has(name, true, Purpose::view);
    json["generic_type_params"] = parameters_json(module.parameters_of(handle));
    json["params"] = types_json(module, handle.parameters);
    json["return"] = types_json(module, handle.results);
    made.push_back(std::move(json));
  }
  return made;
}

// A node shows Option as the struct that it was before it became an enum: the bytes are the same.
void show_as_before(Json& option) {
  if (!option["is_enum"]) return;
  option["is_enum"] = false;
  option["fields"] = Json::array({Json{{"name", "vec"}, {"type", "vector<T0>"}}});
}

Json structs_json(const Module& module, const Attributes& attributes) {
  Json made = Json::array();
  for (const StructDefinition& definition : module.struct_definitions()) {
    const StructHandle& handle = module.structs()[definition.handle];
    const std::string name(module.names()[handle.name]);
    Json fields = Json::array();
    for (const FieldDefinition& field : module.fields_of(definition))
      fields.push_back(
          Json{{"name", module.names()[field.name]}, {"type", type_of(module, field.type)}});
    Json json;
    json["name"] = name;
    json["is_native"] = definition.body == Body::native;
    json["is_event"] = attributes.has(name, false, Purpose::event);
    json["is_enum"] = definition.body == Body::variants;
    json["abilities"] = abilities_json(handle.abilities);
    json["generic_type_params"] = parameters_json(module.parameters_of(handle));
    json["fields"] = std::move(fields);
    if (name == "Option" && module.names()[module.modules()[module.self()].name] == "option")
      show_as_before(json);
    made.push_back(std::move(json));
  }
  return made;
}

Json node_json(const Module& module, const Attributes& attributes) {
  std::string self;
  append_module_name(self, module, module.modules()[module.self()]);
  Json made;
  made["address"] = self.substr(0, self.find("::"));
  made["name"] = self.substr(self.find("::") + 2);
  made["friends"] = Json::array();
  for (const ModuleHandle& handle : module.friends()) {
    std::string name;
    append_module_name(name, module, handle);
    made["friends"].push_back(name);
  }
  made["exposed_functions"] = functions_json(module, attributes);
  made["structs"] = structs_json(module, attributes);
  return made;
}

TEST(MoveCorpus, ShowsEveryModuleAsANodeDoes) {
  if (!exists(corpus("aptos_abi.jsonl"))) GTEST_SKIP() << "no corpus at " << corpus("");
  std::size_t same = 0;
  const std::size_t lines = lines_of("aptos_abi.jsonl", [&](const Json& line) {
    const auto bytes = fakes::bytes_in(corpus(line["file"].get<std::string>()));
    const auto module = Module::read(bytes);
    ASSERT_TRUE(module) << line["file"];
    const auto attributes = read_attributes(*module);
    ASSERT_TRUE(attributes) << line["file"];
    const Json ours = node_json(*module, *attributes);
    EXPECT_EQ(ours.dump(), line["abi"].dump()) << line["file"];
    same += ours == line["abi"];
  });
  EXPECT_EQ(same, lines);
  record(lines);
}

TEST(MoveCorpus, MakesATypeMapOfEveryModuleAndOfEachSetTogether) {
  if (!exists(corpus("mv"))) GTEST_SKIP() << "no corpus at " << corpus("");
  std::size_t made = 0;
  for (const auto& folder : std::filesystem::directory_iterator(corpus("mv"))) {
    std::vector<std::vector<std::uint8_t>> files;
    for (const auto& file : std::filesystem::directory_iterator(folder))
      files.push_back(fakes::bytes_in(file));
    std::vector<Bytes> all(files.begin(), files.end());
    for (const Bytes file : all) {
      const auto map = load({&file, 1});
      ASSERT_TRUE(map) << folder << ": " << name(map.error().code) << " " << map.error().at;
      ++made;
    }
    const auto map = load(all, "all");
    ASSERT_TRUE(map) << folder << ": " << name(map.error().code) << " " << map.error().at;
    EXPECT_GT((*map)->entries().size(), all.size());
  }
  EXPECT_GT(made, 0u);
  record(made);
}

}  // namespace
}  // namespace airlock::abi::move
