#include "host/json/tree.h"

#include <gtest/gtest.h>

#include <string>

namespace airlock::json {
namespace {

constexpr std::size_t kSizeMax = 1 << 16;

TEST(Tree, HoldsWhatTheLibrarysTreeHolds) {
  for (const char* text :
       {"null", "true", "7", "-7", "18446744073709551615", "\"\"", "[]", "{}", "[[],{},[1,[2]]]",
        R"({"b":{"z":1,"a":[{"y":2,"x":null}]},"a":"\u00fc\n","":{}})",
        R"([{"c":1,"b":2,"a":3},{"a":{"d":1,"c":{"f":2,"e":3}}}])"}) {
    const auto tree = Tree::parse(text, kSizeMax);
    ASSERT_TRUE(tree) << text;
    EXPECT_EQ(value_of(tree->root()), *parse(text, kSizeMax)) << text;
  }
}

TEST(Tree, RefusesWhatTheOtherReaderRefuses) {
  const std::string deep(kDepthMax + 1, '[');
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("1.0"), std::string("-0"), std::string("[1,]"),
        std::string("{} {}"), std::string(R"("\u0000")"), std::string(R"({"a":1,"a":2})"),
        std::string(R"({"b":1,"a":2,"b":3})"), std::string(R"({"a":1,"\u0061":2})"),
        std::string("\"\xff\""), std::string("\xef\xbb\xbf{}"), deep,
        std::string("[18446744073709551616]"), std::string("[-9223372036854775809]"),
        std::string(400, '7'), std::string(400, '7') + "e5", std::string(400, '7') + ".0"}) {
    const auto tree = Tree::parse(text, kSizeMax);
    ASSERT_FALSE(tree) << text;
    EXPECT_EQ(tree.error().code, parse(text, kSizeMax).error().code) << text;
  }
  EXPECT_EQ(Tree::parse("[123]", 4).error(), (Error{Code::oversized, 5}));
}

TEST(Tree, TakesANulInTextsAloneAndWhereItIsAskedFor) {
  const auto tree = Tree::parse(R"(["a\u0000b"])", kSizeMax, Nul::in_texts);
  ASSERT_TRUE(tree);
  EXPECT_EQ(value_of(tree->root()), Value::array({std::string("a\0b", 3)}));
  EXPECT_FALSE(Tree::parse(R"(["a\u0000b"])", kSizeMax));
  EXPECT_FALSE(Tree::parse(R"({"a\u0000b":1})", kSizeMax, Nul::in_texts));
  EXPECT_FALSE(Tree::parse(std::string_view("\"a\0b\"", 5), kSizeMax, Nul::in_texts));
}

// Every text that is one or two bytes away from one that holds everything JSON has.
TEST(Tree, TakesExactlyWhatTheOtherReaderTakes) {
  const std::string honest =
      "{\"a\":[0,-1,18446744073709551615,-9223372036854775808,true,false,null],"
      "\n\t\"\\u00e9\\ud83d\\ude00\":"
      "{\"\\\"\\\\\\/"
      "\\b\\f\\n\\r\\t\":\"\xc3\xa9\xe0\xa0\x80\xed\x9f\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\x7f\"} "
      "}";
  ASSERT_TRUE(parse(honest, kSizeMax));
  std::size_t taken = 0;
  const auto agree = [&](const std::string& text) {
    const auto tree = Tree::parse(text, kSizeMax);
    const auto value = parse(text, kSizeMax);
    ASSERT_EQ(tree.has_value(), value.has_value()) << text;
    if (!value) return;
    ASSERT_EQ(value_of(tree->root()), *value) << text;
    ++taken;
  };
  for (std::size_t at = 0; at <= honest.size(); ++at) {
    agree(honest.substr(0, at));
    for (int byte = 0; byte < 256; ++byte) {
      const char c = static_cast<char>(byte);
      std::string bent = honest;
      bent.insert(at, 1, c);
      agree(bent);
      if (at == honest.size()) continue;
      bent = honest;
      bent[at] = c;
      agree(bent);
      bent.erase(at, 1);
      agree(bent);
    }
  }
  EXPECT_GT(taken, 5000U);
}

TEST(Tree, SortsMembersByTheBytesOfTheirNames) {
  const auto tree = Tree::parse(R"({"b":1,"":2,"a":{"d":[1,2],"c":3},"B":4,"ab":5})", kSizeMax);
  ASSERT_TRUE(tree);
  std::string names;
  for (const auto& [name, value] : tree->root().members()) names += std::string(name) + ",";
  EXPECT_EQ(names, ",B,a,ab,b,");
  EXPECT_EQ(tree->root().count(), 5U);
  EXPECT_EQ(tree->root().member("a")->member("c")->as_number(), 3U);
  EXPECT_EQ(tree->root().member("a")->member("d")->count(), 2U);
  EXPECT_EQ(tree->root().member("b")->as_number(), 1U);
  EXPECT_FALSE(tree->root().member("c"));
  EXPECT_FALSE(tree->root().member("b")->member("c"));
}

TEST(Tree, KeepsItsNodesWhenItIsMoved) {
  auto tree = Tree::parse(R"({"a":"text"})", kSizeMax);
  ASSERT_TRUE(tree);
  const Node node = *tree->root().member("a");
  const Tree moved = std::move(*tree);
  EXPECT_EQ(node.as_text(), "text");
  EXPECT_EQ(moved.root().member("a")->as_text(), "text");
}

TEST(Tree, AnswersForMembersWithTheCodesOfTheOtherReader) {
  const std::string text_of_all =
      R"({"t":"text","i":-5,"b":false,"o":{},"a":[1,2],"n":null,"big":18446744073709551615})";
  const auto tree = Tree::parse(text_of_all, kSizeMax);
  const Value value = *parse(text_of_all, kSizeMax);
  const Node node = tree->root();
  const auto same = [](const auto& a, const auto& b) {
    return a.has_value() == b.has_value() && (a.has_value() || a.error() == b.error());
  };
  for (const char* key : {"t", "i", "b", "o", "a", "n", "big", "missing"}) {
    for (const std::size_t limit : {1U, 4U}) {
      EXPECT_TRUE(same(text(node, key, limit), text(value, key, limit))) << key;
      EXPECT_TRUE(same(array(node, key, limit), array(value, key, limit))) << key;
    }
    EXPECT_TRUE(same(integer(node, key, -5, 0), integer(value, key, -5, 0))) << key;
    EXPECT_TRUE(same(integer(node, key, 0, INT64_MAX), integer(value, key, 0, INT64_MAX))) << key;
    EXPECT_TRUE(same(boolean(node, key), boolean(value, key))) << key;
    EXPECT_TRUE(same(object(node, key), object(value, key))) << key;
    EXPECT_EQ(optional(node, key)->has_value(), *optional(value, key) != nullptr) << key;
  }
  EXPECT_EQ(optional(*node.member("t"), "x").error().code, Code::wrong_type);
  EXPECT_EQ(optional(node, "i")->value().as_negative(), -5);
  EXPECT_EQ(*text(node, "t", 4), "text");
  EXPECT_EQ(*integer(node, "i", -5, 0), -5);
  EXPECT_EQ(*boolean(node, "b"), false);
}

}  // namespace
}  // namespace airlock::json
