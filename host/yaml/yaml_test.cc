#include "host/yaml/yaml.h"

#include <gtest/gtest.h>

#include <chrono>

namespace airlock::yaml {
namespace {

std::string refused(std::string_view text) {
  const auto tree = Tree::parse(text);
  return tree ? "read" : std::string(name(tree.error().code));
}

std::string told(std::string_view text) {
  const auto tree = Tree::parse(text);
  return tree ? "read" : tree.error().text();
}

TEST(Yaml, IsATreeWithAPlaceForEachValue) {
  const auto tree = Tree::parse("a: 1\nlist:\n  - x\n  - {b: 'y z'}\n");
  ASSERT_TRUE(tree) << tree.error().text();
  const Node root = tree->root();
  EXPECT_EQ(root.count(), 2U);
  EXPECT_EQ(root.member("a")->scalar(), "1");
  EXPECT_FALSE(root.member("c"));
  const Node list = *root.member("list");
  EXPECT_EQ(list.mark(), (Mark{3, 3}));
  std::vector<Node> elements;
  for (const Node element : list.elements()) elements.push_back(element);
  ASSERT_EQ(elements.size(), 2U);
  EXPECT_EQ(elements[0].mark(), (Mark{3, 5}));
  EXPECT_EQ(elements[1].member("b")->scalar(), "y z");
  EXPECT_TRUE(elements[1].member("b")->is_quoted());
}

TEST(Yaml, RefusesWhatMakesADocumentMeanMoreThanItShows) {
  EXPECT_EQ(told("a: &x 1\n"), "line 1, column 4: an anchor (&) stands here; leave it out");
  EXPECT_EQ(told("a: b\nc: *x\n"),
            "line 2, column 4: an alias (*) stands here; write out what it stands for");
  EXPECT_EQ(told("a: !!str 1\n"), "line 1, column 4: a tag (!) stands here; leave it out");
  EXPECT_EQ(told("a: &x [1]\n"), "line 1, column 4: an anchor (&) stands here; leave it out");
  EXPECT_EQ(told("a: !x {b: 1}\n"), "line 1, column 4: a tag (!) stands here; leave it out");
  EXPECT_EQ(refused("%YAML 1.1\n---\na: 1\n"), "bad_yaml");
  EXPECT_EQ(refused("%TAG ! tag:x,1:\n---\na: 1\n"), "bad_yaml");
  EXPECT_EQ(refused("a: 1\n---\nb: 2\n"), "bad_yaml");
  EXPECT_EQ(refused("? [a]\n: 1\n"), "bad_yaml");
  EXPECT_EQ(refused("? {a: 1}\n: 1\n"), "bad_yaml");
}

TEST(Yaml, RefusesADuplicateKeyWhereItStandsAgain) {
  EXPECT_EQ(told("a: 1\nb: 2\na: 3\n"),
            "line 3, column 1: the key a stands here for a second time; remove one of the two");
  EXPECT_EQ(refused("x: {'a': 1, \"a\": 2}\n"), "duplicate_key");
  EXPECT_EQ(refused("x: {a: 1}\ny: {a: 1}\n"), "read");
}

TEST(Yaml, RefusesWhatIsNoText) {
  EXPECT_EQ(refused(""), "bad_yaml");
  EXPECT_EQ(refused("# nothing\n"), "bad_yaml");
  EXPECT_EQ(refused("a: [1, 2\n"), "bad_yaml");
  EXPECT_EQ(refused("a: \"\\x00\"\n"), "bad_text");
  EXPECT_EQ(refused("a: \"x\\u202ey\"\n"), "bad_text");
  EXPECT_EQ(refused("a: |\n  two\n  lines\n"), "bad_text");
  EXPECT_EQ(refused("a: \xff\n"), "bad_text");
  EXPECT_EQ(refused(std::string_view("\xff\xfe"
                                     "a\0:\0 \0"
                                     "1\0",
                                     10)),
            "bad_text");
}

TEST(Yaml, SaysWhereACharacterStandsThatNobodySees) {
  EXPECT_EQ(told("a: 1\nb: x\x01y\n"),
            "line 2, column 5: a character that nobody sees stands here (\\u{1}); leave it out");
  EXPECT_EQ(told("a: 1 # \u202e1000 :tsael ta\n"),
            "line 1, column 8: a character that nobody sees stands here (\\u{202e}); leave it out");
  EXPECT_EQ(told("a: 1\nb: \xff\n"),
            "line 2, column 4: this is no UTF-8; save the document as such");
  EXPECT_EQ(told(std::string_view("a: 1\n\0", 6)).substr(0, 17), "line 2, column 1:");
  EXPECT_EQ(told("\ufeffa: 1\n").substr(0, 17), "line 1, column 1:");
  EXPECT_EQ(told("\ta: [\r\n1]\r\n").find("nobody sees"), std::string::npos);
}

TEST(Yaml, TellsTextFromWhatAnotherReaderTakesForMore) {
  for (std::string_view text : {"1",  "1.5", "010",  "0x1f", "0o17",  "1_000", "1e3",        "+1",
                                "-1", "-.5", ".nan", ".inf", "-.inf", "12:30", "2026-11-26", "yes",
                                "No", "ON",  "true", "null", "~",     "y",     "<<",         "-"}) {
    const auto tree = Tree::parse("a: " + std::string(text == "-" ? "'-'" : text) + "\n");
    ASSERT_TRUE(tree) << text;
    EXPECT_EQ(tree->root().member("a")->is_text(), text == "-") << text;
    const auto quoted = Tree::parse("a: '" + std::string(text) + "'\n");
    EXPECT_TRUE(quoted->root().member("a")->is_text()) << text;
  }
  for (std::string_view text :
       {"gold", "eip155:1", "0.25%", "25bp", "1inch", "eip155:*", "nobody"}) {
    const auto tree = Tree::parse("a: [" + std::string(text) + "]\n");
    ASSERT_TRUE(tree) << text;
    for (const Node element : tree->root().member("a")->elements())
      EXPECT_TRUE(element.is_text()) << text;
  }
}

std::string repeated(std::string_view part, std::size_t times) {
  std::string made;
  for (std::size_t i = 0; i < times; ++i) made += part;
  return made;
}

TEST(Yaml, BoundsSizeDepthAndNumber) {
  EXPECT_EQ(refused(repeated("[", 20'000)), "too_deep");
  EXPECT_EQ(refused(repeated("{a: ", 20'000)), "too_deep");
  EXPECT_EQ(refused(repeated("- ", 20'000)), "too_deep");
  EXPECT_EQ(refused("a: [" + repeated("1,", kNodesMax) + "1]"), "too_many");
  EXPECT_EQ(refused("a: " + std::string(kScalarMax + 1, 'x')), "oversized");
  EXPECT_EQ(refused(std::string(kSizeMax + 1, '[')), "oversized");
  std::string wide;
  for (std::size_t i = 0; i <= kMembersMax; ++i) wide += "k" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(refused(wide), "too_many");
}

TEST(Yaml, EndsSoonOnWhatIsMadeToTakeLong) {
  const std::string deep(kSizeMax, '[');
  const std::string keys = repeated("? ", kSizeMax / 2);
  const std::string bomb = "a: &a [x,x]\n" + repeated("b: [*a,*a,*a,*a]\n", 1000);
  const std::string quotes = "a: \"" + std::string(kSizeMax - 4, '\\');
  const std::string spaces = std::string(kSizeMax - 1, ' ') + "\t";
  const std::string comments = repeated("#\n", kSizeMax / 2);
  const std::string commas = "[" + repeated(",", kSizeMax - 1);
  for (const std::string& text : {deep, keys, bomb, quotes, spaces, comments, commas})
    EXPECT_NE(refused(text), "read") << text.substr(0, 20);
}

}  // namespace
}  // namespace airlock::yaml
