// Canonical JSON, held against what another implementation makes of the same texts.
#include <gtest/gtest.h>

#include <fstream>

#include "host/text/text.h"
#include "trust/tuf/internal/canonical.h"
#include "trust/tuf/internal/metadata.h"

namespace airlock::tuf::internal {
namespace {

struct Vector {
  std::string text;
  std::string form;
};

// tools/tuf_canonical.py made the file by securesystemslib, which python-tuf uses.
std::vector<Vector> vectors() {
  std::ifstream file("trust/tuf/canonical_vectors.txt");
  std::vector<Vector> made;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    const std::size_t tab = line.rfind('\t');
    const auto form = text::from_hex(line.substr(tab + 1));
    EXPECT_TRUE(form) << line;
    made.push_back({line.substr(0, tab), std::string(form->begin(), form->end())});
  }
  return made;
}

TEST(Canonical, IsThatOfThePeers) {
  const auto all = vectors();
  EXPECT_GT(all.size(), 20U) << "run in the project's folder";
  for (const auto& [text, form] : all) {
    const auto tree = json::Tree::parse(text, 4096);
    ASSERT_TRUE(tree) << text;
    EXPECT_EQ(canonical(tree->root()), form) << text;
  }
}

// Signatures are over that form, whether it stands in the file or is built.
TEST(Canonical, IsWhatTheSignaturesOfAFileAreOver) {
  std::size_t in_file = 0;
  for (const auto& [text, form] : vectors()) {
    for (const std::string& spelled : {text, form}) {
      const std::string file = "{\"signatures\":[],\"signed\":{\"x\":" + spelled + "}}";
      const auto envelope = open_envelope(bytes_of(file), 4096);
      if (!envelope) continue;  // raw control characters are canonical, and no JSON
      EXPECT_EQ(envelope->message(), "{\"x\":" + form + "}") << spelled;
      if (!envelope->rebuilt) ++in_file;
    }
  }
  EXPECT_GT(in_file, 20U);
}

TEST(Canonical, SortsByBytesAndEscapesTwoCharactersOnly) {
  const auto form = [](std::string_view text) {
    const auto tree = json::Tree::parse(text, 4096);
    EXPECT_TRUE(tree) << text;
    return canonical(tree->root());
  };
  EXPECT_EQ(form(R"( { "b" : [ 1 , -2 , [] , {} ] , "a" : { "Z" : null , "a" : true } } )"),
            R"({"a":{"Z":null,"a":true},"b":[1,-2,[],{}]})");
  EXPECT_EQ(form(R"("q\" b\\ n\n t\t \u0001 \u00fc \/")"), "\"q\\\" b\\\\ n\n t\t \x01 ü /\"");
  // By bytes, as by code points: U+E000 before U+10000. By UTF-16 units it would be the other way.
  EXPECT_EQ(form("{\"\xf0\x90\x80\x80\":1,\"\xee\x80\x80\":2,\"\":3}"),
            "{\"\":3,\"\xee\x80\x80\":2,\"\xf0\x90\x80\x80\":1}");
  EXPECT_EQ(form("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(form("[[[]],[{}]]"), "[[[]],[{}]]");
}

}  // namespace
}  // namespace airlock::tuf::internal
