#include "publish/diff/internal/relocation.h"

#include <algorithm>
#include <bit>

namespace airlock::diff {

namespace {

constexpr std::size_t kTried = 16;         // changes, and shifts, whose differences are candidates
constexpr std::size_t kShiftsMax = 256;    // that explain changes
constexpr std::uint32_t kSlotUnit = 256;   // slots begin at multiples of it
constexpr std::size_t kExplainedMin = 40;  // words

struct Change {
  std::uint32_t by;
  std::size_t words;
};

std::vector<Change> counted(std::vector<std::uint32_t> changes) {
  std::sort(changes.begin(), changes.end());
  std::vector<Change> made;
  for (const std::uint32_t by : changes) {
    if (made.empty() || made.back().by != by) made.push_back({by, 0});
    ++made.back().words;
  }
  return made;
}

std::vector<Change> commonest(std::vector<Change> changes) {
  const std::size_t count = std::min(changes.size(), kTried);
  std::partial_sort(changes.begin(), changes.begin() + static_cast<std::ptrdiff_t>(count),
                    changes.end(), [](const Change& a, const Change& b) {
                      return a.words != b.words ? a.words > b.words : a.by < b.by;
                    });
  changes.resize(count);
  return changes;
}

std::size_t explained(const std::vector<Change>& changes, std::span<const std::uint32_t> shifts,
                      std::uint32_t relocation) {
  std::size_t words = 0;
  for (const std::uint32_t shift : shifts) {
    const auto found = std::ranges::lower_bound(changes, shift + relocation, {}, &Change::by);
    if (found != changes.end() && found->by == shift + relocation) words += found->words;
  }
  return words;
}

}  // namespace

std::uint32_t relocation_of(std::vector<std::uint32_t> changes,
                            std::span<const std::uint32_t> shifts) {
  std::erase(changes, 0U);
  const std::vector<Change> all = counted(std::move(changes));
  shifts = shifts.first(std::min(shifts.size(), kShiftsMax));
  std::uint32_t best = 0;
  std::size_t most = std::max(explained(all, shifts, 0) / 2, kExplainedMin);
  for (const Change& change : commonest(all)) {
    for (const std::uint32_t shift : shifts.first(std::min(shifts.size(), kTried))) {
      const std::uint32_t tried = change.by - shift;
      if (tried == 0 || tried % kSlotUnit != 0) continue;
      const std::size_t words = explained(all, shifts, tried);
      if (words < most || (words == most && std::countr_zero(tried) <= std::countr_zero(best))) {
        continue;
      }
      most = words;
      best = tried;
    }
  }
  return best;
}

}  // namespace airlock::diff
