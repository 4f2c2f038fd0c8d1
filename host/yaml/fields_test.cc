#include "host/yaml/fields.h"

#include <gtest/gtest.h>

namespace airlock::yaml {
namespace {

// What is said of the member `it` of a document, or "read".
template <class Reader>
std::string told(std::string_view text, const Reader& reader) {
  const auto tree = Tree::parse(text);
  AIRLOCK_CHECK(tree.has_value());
  const auto read = reader(tree->root());
  return read ? "read" : read.error().text();
}

TEST(Fields, AreThoseThatAreKnownAndNoOthers) {
  const auto reader = [](Node node) { return Fields::of(node, {"url", "timeout"}); };
  EXPECT_EQ(told("url: x\ntimeout: 2s\n", reader), "read");
  EXPECT_EQ(told("url: x\ntimout: 2s\n", reader),
            "line 2, column 1: timout is not known here; known are url, timeout");
  EXPECT_EQ(told("- url\n", reader),
            "line 1, column 1: here stands a list; write a mapping with url, timeout");
}

TEST(Fields, SayWhichIsMissing) {
  const auto reader = [](Node node) -> Read<Node> {
    AIRLOCK_ASSIGN(const Fields fields, Fields::of(node, {"url", "timeout"}));
    return fields.required("url");
  };
  EXPECT_EQ(told("url: x\n", reader), "read");
  EXPECT_EQ(told("timeout: 2s\n", reader), "line 1, column 1: url is missing here; add it");
}

TEST(Elements, AreSomeAndNotTooMany) {
  const auto reader = [](Node node) { return elements(node, 2); };
  EXPECT_EQ(told("[a, b]\n", reader), "read");
  EXPECT_EQ(told("[]\n", reader), "line 1, column 1: the list is empty; add what belongs into it");
  EXPECT_EQ(told("[a, b, c]\n", reader),
            "line 1, column 1: the list has 3 elements; at most 2 are allowed");
  EXPECT_EQ(told("a\n", reader), "line 1, column 1: here stands a single value; write a list");
}

TEST(Integer, IsWholeAndWithinItsBounds) {
  const auto reader = [](Node node) { return integer(node, {"number of calls", 1, 9}); };
  EXPECT_EQ(told("9\n", reader), "read");
  for (const char* text : {"0", "10", "-1", "07", "1.0", "0x1", "99999999999999999999", "nine"}) {
    EXPECT_EQ(told(text, reader), "line 1, column 1: " + std::string(text) +
                                      " is no number of calls; write a whole number from 1 to 9");
  }
}

}  // namespace
}  // namespace airlock::yaml
