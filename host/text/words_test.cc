#include "host/text/words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

namespace airlock::text {
namespace {

std::vector<std::string> all_words() {
  std::vector<std::uint8_t> bytes;
  for (int byte = 0; byte < 256; ++byte) bytes.push_back(static_cast<std::uint8_t>(byte));
  std::istringstream text(to_words(bytes));
  return {std::istream_iterator<std::string>(text), {}};
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t corner = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
      corner = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row[b.size()];
}

TEST(Words, AreToldApartByTheirBeginningsAndByThreeLetters) {
  const auto words = all_words();
  ASSERT_EQ(words.size(), 256U);
  std::set<std::string> beginnings;
  for (std::size_t i = 0; i < words.size(); ++i) {
    EXPECT_TRUE(beginnings.insert(words[i].substr(0, 3)).second) << words[i];
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_GE(distance(words[i], words[j]), 3U) << words[i] << " " << words[j];
    }
  }
}

TEST(Words, AreOneForEachByteInTheOrderOfTheAlphabet) {
  EXPECT_EQ(to_words({}), "");
  EXPECT_EQ(to_words(std::array<std::uint8_t, 3>{0, 255, 0}), "acorn zombie acorn");
  EXPECT_TRUE(std::ranges::is_sorted(all_words()));
}

}  // namespace
}  // namespace airlock::text
