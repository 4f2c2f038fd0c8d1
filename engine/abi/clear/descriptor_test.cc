#include "engine/abi/clear/descriptor.h"

#include "engine/abi/clear/clear_test.h"
#include "engine/abi/clear/digest.h"

namespace airlock::abi::clear {
namespace {

TEST(ClearDescriptor, IsReadByItsMajorVersionAlone) {
  const auto code = [](std::string_view schema, Reading reading = Reading::tolerant) {
    const auto made =
        Descriptor::read(R"({"$schema":")" + std::string(schema) + "\"," + std::string(kBound) +
                             R"("new":1,)" + format("f()", "") + "}",
                         "a.json", reading, nothing);
    return made ? Code::ok : made.error().code;
  };
  EXPECT_EQ(code("https://x/erc7730-v2.schema.json"), Code::ok);
  EXPECT_EQ(code("erc7730-v2.7.schema.json"), Code::ok);
  EXPECT_EQ(code("erc7730-v3.0.0-next.schema.json"), Code::unsupported_version);
  EXPECT_EQ(code("erc7730-v1.schema.json"), Code::unsupported_version);
  EXPECT_EQ(code("other.json"), Code::bad_descriptor);
  EXPECT_EQ(code(""), Code::bad_descriptor);
  // What the schema does not list, a publisher corrects.
  EXPECT_EQ(code("erc7730-v2.schema.json", Reading::strict), Code::bad_descriptor);
}

TEST(ClearDescriptor, RefusesTwoFormatsOfOneCall) {
  const auto made = described(
      R"J("display":{"formats":{"f(uint256 a)":{"intent":"A"},"f(uint256 b)":{"intent":"B"}}})J");
  EXPECT_EQ(made.error().code, Code::ambiguous);
}

TEST(ClearDescriptor, PutsIncludedFilesUnderIt) {
  const std::string below =
      "{" + std::string(kHead) +
      R"J("display":{"formats":{"f(uint256 a,uint256 b)":{"intent":"Below","fields":[{"path":"a","label":"A","format":"raw"}]}}}})J";
  const std::string above =
      "{" + std::string(kHead) + std::string(kBound) +
      R"J("includes":"../c/below.json","display":{"formats":{"f(uint256 a,uint256 b)":{"fields":[{"path":"b","label":"B"},{"path":"a","label":"Mine"}]}}}})J";
  const auto made = Descriptor::read(above, "x/y/above.json", Reading::strict,
                                     [&below](const std::string& name) -> Result<std::string> {
                                       EXPECT_EQ(name, "x/c/below.json");
                                       return below;
                                     });
  ASSERT_TRUE(made) << name(made.error().code);
  const internal::Compiled& compiled = made->compiled();
  ASSERT_EQ(compiled.rules.size(), 2U);
  EXPECT_EQ(compiled.formats[0].intent, "Below");
  EXPECT_EQ(compiled.rules[0].label, "Mine");
  EXPECT_EQ(compiled.rules[1].label, "B");
  const auto loop =
      Descriptor::read(above, "x/y/above.json", Reading::strict,
                       [&above](const std::string&) -> Result<std::string> { return above; });
  EXPECT_EQ(loop.error().code, Code::bad_descriptor);
  const auto old = Descriptor::read(above, "x/y/above.json", Reading::tolerant,
                                    [](const std::string&) -> Result<std::string> {
                                      return R"({"$schema":"erc7730-v1.schema.json"})";
                                    });
  EXPECT_EQ(old.error().code, Code::unsupported_version);
}

TEST(ClearPath, IsReadAndSpelledInOneWay) {
  for (const auto& [text, spelled] :
       std::initializer_list<std::pair<const char*, const char*>>{{"#.a.b", "a.b"},
                                                                  {"a.[].b", "a.[].b"},
                                                                  {"a[0].[-1]", "a.[0].[-1]"},
                                                                  {"a.[-20:]", "a.[-20:]"},
                                                                  {"a.[:20]", "a.[0:20]"},
                                                                  {"@.to", "@.to"}})
    EXPECT_EQ(spell_path(*read_path(text)), spelled);
  for (const char* const text : {"", "#a", "a..b", "a.[1:2:3]", "a.[x]", "a.", "a b", "a.[", "#."})
    EXPECT_EQ(read_path(text).error().code, Code::bad_path) << text;
}

TEST(ClearDigest, IsThatOfTheCanonicalForm) {
  std::string canonical;
  const std::string json = R"({"b":[1,-2,true,null],"a":"é\n/\"\u0001"})";
  const auto tree = json::Tree::parse(json, json.size());
  ASSERT_TRUE(append_canonical(canonical, tree->root()));
  EXPECT_EQ(canonical, "{\"a\":\"é\\n/\\\"\\u0001\",\"b\":[1,-2,true,null]}");
  EXPECT_EQ(*descriptor_digest(json), *descriptor_digest(canonical));
  EXPECT_EQ(descriptor_digest("[9007199254740993]").error().code, Code::out_of_range);
}

}  // namespace
}  // namespace airlock::abi::clear
