#include "engine/abi/pack/pack.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace airlock::abi::pack {
namespace {

std::vector<std::uint8_t> bytes(std::string_view text) { return {text.begin(), text.end()}; }

std::vector<Item> items() {
  return {{"abi/eip155:1/0xaa", bytes("first")},
          {"abi/eip155:1/0xbb", bytes("second")},
          {"abi/eip155:137/0xaa", bytes("first")},
          {"token/eip155:1/0xcc", bytes("{}")}};
}

TEST(Pack, GivesBackWhatWasPutIn) {
  const auto file = build(items());
  ASSERT_TRUE(file);
  const auto pack = Pack::open(*file);
  ASSERT_TRUE(pack);
  for (const Item& item : items()) {
    const auto place = pack->find(item.key);
    ASSERT_TRUE(place) << item.key;
    EXPECT_TRUE(equal(*pack->content(*place), item.content));
  }
  EXPECT_FALSE(pack->find("abi/eip155:1/0xab"));
  EXPECT_FALSE(pack->find(""));
}

TEST(Pack, IsTheSameBytesWhateverTheOrderOfItsEntries) {
  auto shuffled = items();
  std::reverse(shuffled.begin(), shuffled.end());
  EXPECT_EQ(*build(items()), *build(shuffled));
}

TEST(Pack, KeepsEqualContentsOnce) {
  auto twice = items();
  twice[0].content.assign(5000, 7);
  auto once = twice;
  twice[2].content = twice[0].content;
  EXPECT_LT(build(twice)->size(), build(once)->size() + 100);
}

TEST(Pack, RefusesAKeyTwiceAndAKeyThatIsNone) {
  auto twice = items();
  twice[3].key = twice[1].key;
  EXPECT_EQ(build(twice).error().code, Code::duplicate_key);
  for (const std::string& wrong : {std::string(), std::string("a b"), std::string(201, 'k')}) {
    auto bad = items();
    bad[0].key = wrong;
    EXPECT_EQ(build(bad).error().code, Code::out_of_range);
  }
}

TEST(Pack, ThatIsCutAnywhereIsRefused) {
  const auto file = *build(items());
  for (std::size_t size = 0; size < file.size(); ++size) {
    const std::vector<std::uint8_t> cut(file.begin(), file.begin() + static_cast<long>(size));
    EXPECT_FALSE(Pack::open(cut)) << size;
  }
  auto longer = file;
  longer.push_back(0);
  EXPECT_EQ(Pack::open(longer).error().code, Code::bad_pack);
}

// A changed byte is refused when the pack is opened, gives it another root, or is noticed when the
// entry is asked for.
TEST(Pack, ThatIsChangedAnywhereIsNoticed) {
  const auto file = *build(items());
  const Entries committed = Pack::open(file)->entries();
  for (std::size_t at = 0; at < file.size(); ++at) {
    auto changed = file;
    changed[at] ^= 0x10;
    const auto pack = Pack::open(changed);
    if (!pack || !pack->check_entries(committed)) continue;
    bool noticed = false;
    for (std::uint32_t i = 0; i < pack->count(); ++i) noticed = noticed || !pack->content(i);
    EXPECT_TRUE(noticed) << at;
  }
}

TEST(Pack, ProvesWhatItHasAndWhatItHasNot) {
  const auto file = *build(items());
  const auto pack = Pack::open(file);
  const Entries committed = pack->entries();
  for (const Item& item : items()) {
    EXPECT_TRUE(entry::check_present(pack->prove(item.key), item.key, item.content, committed));
    EXPECT_FALSE(entry::check_absent(pack->prove(item.key), item.key, committed));
  }
  for (const std::string_view key : {"abi/eip155:1/any", "golden/a",
                                     "token/eip155:9/0x1111111111111111111111111111111111111111"}) {
    EXPECT_TRUE(entry::check_absent(pack->prove(key), key, committed)) << key;
    EXPECT_FALSE(entry::check_present(pack->prove(key), key, {}, committed)) << key;
  }
}

TEST(Pack, OfNothingIsAPack) {
  const auto file = *build({});
  const auto pack = Pack::open(file);
  ASSERT_TRUE(pack);
  EXPECT_EQ(pack->count(), 0U);
  EXPECT_TRUE(entry::check_absent(pack->prove("golden/k"), "golden/k", pack->entries()));
}

}  // namespace
}  // namespace airlock::abi::pack
