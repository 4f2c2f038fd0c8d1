#include "engine/abi/clear/render.h"

#include "engine/abi/clear/clear_test.h"
#include "engine/abi/evm/decode.h"

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

TEST(ClearRender, DrawsEachPageInAFrameOfTheDisplaysSize) {
  const std::string drawn = frames_of({{"Review", "Send"}, {"123456789012345678901"}});
  const std::string edge = "+---------------------+\n", blank = "|                     |\n";
  std::string wanted = "page 1 of 2\n" + edge;
  wanted += "|Review               |\n|Send                 |\n";
  for (int i = 0; i < 6; ++i) wanted += blank;
  wanted += edge + "page 2 of 2\n" + edge + "|123456789012345678901|\n";
  for (int i = 0; i < 7; ++i) wanted += blank;
  EXPECT_EQ(drawn, wanted + edge);
}

// What only the types of a contract explain.
TEST(ClearValues, AreShownEachUnderItsName) {
  constexpr std::string_view kSignature = "f((uint8 a,uint8[] list) s,string t)";
  const auto map = evm::load_signatures({&kSignature, 1}, "");
  const auto data = call_of(kSignature, R"([[1,[2,3]],"x\ny"])");
  std::vector<type::Node> nodes(64);
  type::Tape tape(nodes);
  const auto read = evm::decode_call(map->map(), data, tape);
  ASSERT_TRUE(read);
  Screen screen;
  add_values(screen, {map->map(), tape.nodes(), data, read->node});
  std::string told;
  for (const Field& field : screen.fields) told += field.label + '=' + field.value + ' ';
  EXPECT_EQ(told, "s.a=1 s.list.[0]=2 s.list.[1]=3 t=x\\u{a}y ");
}

}  // namespace
}  // namespace airlock::abi::clear
