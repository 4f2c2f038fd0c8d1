#include "engine/abi/clear/render.h"

#include <gtest/gtest.h>

namespace airlock::abi::clear {
namespace {

TEST(ClearRender, CutsNothingWithoutAMarkOnASmallDisplay) {
  Shown shown{.screens = {{.is_clear = true, .intent = "Send"}}};
  const std::string value(400, 'x');
  shown.screens[0].fields.push_back({.label = "Text", .value = value});
  shown.screens[0].fields.push_back({.label = "Name", .value = "\xd0\x94"});
  const auto pages = pages_of(shown);
  ASSERT_TRUE(pages);
  std::string all;
  for (const Page& page : *pages) {
    EXPECT_LE(page.size(), kRows);
    for (const std::string& row : page) {
      EXPECT_LE(row.size(), kColumns);
      all += row + '\n';
    }
  }
  // "Text" stands on each of its pages.
  EXPECT_EQ(static_cast<std::size_t>(std::count(all.begin(), all.end(), 'x')), value.size() + 3);
  EXPECT_NE(all.find("3/3"), std::string::npos);
  EXPECT_NE(all.find("\\u{414}"), std::string::npos);
  EXPECT_NE(json_of(shown).find(R"("label":"Name")"), std::string::npos);
  EXPECT_NE(lines_of(shown, 80).find("| Name: "), std::string::npos);
}

}  // namespace
}  // namespace airlock::abi::clear
