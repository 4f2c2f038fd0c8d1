// Every module of the corpus, and every changed one, against what the npm reference read of it
// (@mysten/move-bytecode-template 0.4.1, without the bodies of functions).
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/crypto/crypto.h"
#include "engine/abi/move/move.h"
#include "host/text/text.h"
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

Json type_json(const Module& module, std::uint32_t& at) {
  static const std::map<TokenKind, const char*> kNames = {
      {TokenKind::boolean, "Bool"},
      {TokenKind::u8, "U8"},
      {TokenKind::u16, "U16"},
      {TokenKind::u32, "U32"},
      {TokenKind::u64, "U64"},
      {TokenKind::u128, "U128"},
      {TokenKind::u256, "U256"},
      {TokenKind::address, "Address"},
      {TokenKind::signer, "Signer"},
      {TokenKind::vector, "Vector"},
      {TokenKind::reference, "Reference"},
      {TokenKind::mutable_reference, "MutableReference"}};
  const Token& token = module.tokens()[at++];
  if (token.kind == TokenKind::parameter) return {{"TypeParameter", token.index}};
  if (token.kind == TokenKind::structure) return {{"Datatype", token.index}};
  if (token.kind == TokenKind::structure_of) {
    Json arguments = Json::array();
    for (unsigned i = 0; i < token.count; ++i) arguments.push_back(type_json(module, at));
    Json both = Json::array();
    both.push_back(token.index);
    both.push_back(std::move(arguments));
    return {{"DatatypeInstantiation", std::move(both)}};
  }
  const char* name = kNames.at(token.kind);
  if (token.end == at) return name;
  Json made;
  made[name] = type_json(module, at);
  return made;
}

Json type_at(const Module& module, std::uint32_t at) { return type_json(module, at); }

template <class List, class Make>
Json list_of(const List& list, const Make& make) {
  Json made = Json::array();
  for (const auto& element : list) made.push_back(make(element));
  return made;
}

Json numbers(Bytes bytes) {
  return list_of(bytes, [](std::uint8_t byte) { return Json(byte); });
}

Json fields_json(const Module& module, std::span<const FieldDefinition> fields) {
  return list_of(fields, [&](const FieldDefinition& field) {
    return Json{{"name", field.name}, {"signature", type_at(module, field.type)}};
  });
}

Json struct_json(const Module& module, const StructDefinition& definition) {
  Json information = "Native";
  if (definition.body == Body::fields)
    information = Json{{"Declared", fields_json(module, module.fields_of(definition))}};
  return {{"struct_handle", definition.handle}, {"field_information", information}};
}

Json enum_json(const Module& module, const StructDefinition& definition) {
  return {
      {"enum_handle", definition.handle},
      {"variants", list_of(module.variants_of(definition), [&](const VariantDefinition& variant) {
         return Json{{"variant_name", variant.name},
                     {"fields", fields_json(module, module.fields_of(variant))}};
       })}};
}

Json function_json(const Module& module, const FunctionDefinition& function) {
  const std::map<Visibility, const char*> names = {{Visibility::hidden, "Private"},
                                                   {Visibility::open, "Public"},
                                                   {Visibility::friends, "Friend"}};
  return {{"function", function.handle},
          {"visibility", names.at(function.visibility)},
          {"is_entry", function.is_entry},
          {"acquires_global_resources",
           list_of(module.acquired_by(function), [](std::uint16_t index) { return Json(index); })},
          {"native", function.is_native}};
}

Json module_json(const ModuleHandle& handle) {
  return {{"address", handle.address}, {"name", handle.name}};
}

Json parameter_json(std::uint8_t abilities) {
  return {{"constraints", abilities & ~kPhantom}, {"is_phantom", (abilities & kPhantom) != 0}};
}

Json instances(std::span<const Instance> list, const char* name) {
  return list_of(list, [&](const Instance& instance) {
    return Json{{name, instance.of}, {"type_parameters", instance.arguments}};
  });
}

Json members(std::span<const Member> list, const char* owner, const char* place) {
  return list_of(list, [&](const Member& member) {
    return Json{{owner, member.owner}, {place, member.place}};
  });
}

Json signatures_json(const Module& module) {
  return list_of(module.signatures(), [&](const Signature& signature) {
    Json types = Json::array();
    std::uint32_t at = signature.first;
    for (unsigned i = 0; i < signature.count; ++i) types.push_back(type_json(module, at));
    return types;
  });
}

Json structs_json(const Module& module) {
  return list_of(module.structs(), [&](const StructHandle& handle) {
    return Json{{"module", handle.module},
                {"name", handle.name},
                {"abilities", handle.abilities},
                {"type_parameters", list_of(module.parameters_of(handle), parameter_json)}};
  });
}

Json functions_json(const Module& module) {
  return list_of(module.functions(), [&](const FunctionHandle& handle) {
    return Json{{"module", handle.module},
                {"name", handle.name},
                {"parameters", handle.parameters},
                {"return_", handle.results},
                {"type_parameters", numbers(module.parameters_of(handle))}};
  });
}

Json addresses_json(const Module& module) {
  Json made = Json::array();
  for (std::uint16_t i = 0; i < module.address_count(); ++i)
    made.push_back(text::to_hex(module.address(i)));
  return made;
}

// The reference's own order of members, so that its text and ours have one hash.
Json reference_json(const Module& m) {
  Json made;
  made["version"] = m.version();
  made["self_module_handle_idx"] = m.self();
  made["module_handles"] = list_of(m.modules(), module_json);
  made["datatype_handles"] = structs_json(m);
  made["function_handles"] = functions_json(m);
  made["field_handles"] = members(m.fields(), "owner", "field");
  made["friend_decls"] = list_of(m.friends(), module_json);
  made["struct_def_instantiations"] = instances(m.struct_instances(), "def");
  made["function_instantiations"] = instances(m.function_instances(), "handle");
  made["field_instantiations"] = instances(m.field_instances(), "handle");
  made["signatures"] = signatures_json(m);
  made["identifiers"] = list_of(m.names(), [](std::string_view name) { return Json(name); });
  made["address_identifiers"] = addresses_json(m);
  made["constant_pool"] = list_of(m.constants(), [&](const Constant& constant) {
    return Json{{"type_", type_at(m, constant.type)}, {"data", numbers(constant.data)}};
  });
  made["metadata"] = list_of(m.metadata(), [](const Metadata& entry) {
    return Json{{"key", numbers(entry.key)}, {"value", numbers(entry.value)}};
  });
  made["struct_defs"] = list_of(m.struct_definitions(),
                                [&](const auto& definition) { return struct_json(m, definition); });
  made["function_defs"] = list_of(m.function_definitions(),
                                  [&](const auto& function) { return function_json(m, function); });
  made["enum_defs"] = list_of(m.enum_definitions(),
                              [&](const auto& definition) { return enum_json(m, definition); });
  made["enum_def_instantiations"] = instances(m.enum_instances(), "def");
  made["variant_handles"] = members(m.variants(), "enum_def", "variant");
  made["variant_instantiation_handles"] = members(m.variant_instances(), "enum_def", "variant");
  return made;
}

std::vector<std::uint8_t> changed(const Json& line) {
  std::vector<std::uint8_t> bytes = fakes::bytes_in(corpus(line["base"].get<std::string>()));
  if (line.contains("patch"))
    for (const auto& patch : line["patch"])
      bytes.at(patch[0].get<std::size_t>()) = patch[1].get<std::uint8_t>();
  if (line.contains("truncate")) bytes.resize(line["truncate"].get<std::size_t>());
  if (line.contains("append"))
    for (const std::uint8_t byte : fakes::bytes_of_hex(line["append"])) bytes.push_back(byte);
  return bytes;
}

// Both are read by the reference, and refused here on purpose (docs/formats/move.md).
bool is_refused_on_purpose(const Error& error) {
  return error.code == Code::trailing_bytes || error.code == Code::unsupported_version;
}

TEST(MoveCorpus, ReadsEveryModuleAsTheReferenceDoes) {
  if (!exists(corpus("modules.jsonl"))) GTEST_SKIP() << "no corpus at " << corpus("");
  std::size_t compared = 0, only_read = 0;
  const std::size_t lines = lines_of("modules.jsonl", [&](const Json& line) {
    const std::string file = line["file"];
    const auto bytes = fakes::bytes_in(corpus(file));
    const auto module = Module::read(bytes);
    ASSERT_TRUE(module) << file << ": " << name(module.error().code) << " " << module.error().at;
    if (line["reference"].is_null()) {
      ++only_read;
      return;
    }
    ++compared;
    EXPECT_EQ(reference_json(*module).dump(), line["reference"].dump()) << file;
  });
  EXPECT_EQ(compared + only_read, lines);
  EXPECT_GT(compared, 0u);
  record(lines);
}

TEST(MoveCorpus, RefusesWhatTheReferenceRefusesAndReadsTheRestAlike) {
  if (!exists(corpus("malformed.jsonl"))) GTEST_SKIP() << "no corpus at " << corpus("");
  std::size_t refused_more = 0, alike = 0;
  const std::size_t lines = lines_of("malformed.jsonl", [&](const Json& line) {
    const auto bytes = changed(line);
    const auto module = Module::read(bytes);
    if (line["reference"] == "refuse") {
      EXPECT_FALSE(module) << line;
      alike += !module;
      return;
    }
    if (!module) {
      EXPECT_TRUE(is_refused_on_purpose(module.error()))
          << line << " " << name(module.error().code) << " " << module.error().at;
      ++refused_more;
      return;
    }
    const auto digest = crypto::sha256(bytes_of(reference_json(*module).dump()));
    EXPECT_EQ(text::to_hex(Bytes(digest.bytes).first(8)), line["reference_sha16"]) << line;
    ++alike;
  });
  EXPECT_EQ(alike + refused_more, lines);
  record(lines);
}

}  // namespace
}  // namespace airlock::abi::move
