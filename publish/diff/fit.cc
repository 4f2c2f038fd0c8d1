#include "publish/diff/internal/fit.h"

#include <algorithm>
#include <functional>

namespace airlock::diff {

namespace {

std::uint64_t scratch_limit(const FitInput& input) {
  if (input.options.scratch) return *input.options.scratch;
  return input.image.size() <= kScratchUsualImage ? kScratchUsual : UINT64_MAX;
}

// The `count` longest of some copies, whose sizes are listed from the longest on; of equally long
// ones the first in the image.
std::vector<delta::Segment> longest(const std::vector<delta::Segment>& copies,
                                    const std::vector<std::uint32_t>& sizes, std::size_t count) {
  std::vector<delta::Segment> kept;
  if (count == 0) return kept;
  const std::uint32_t least = sizes[count - 1];
  auto equals = static_cast<std::size_t>(
      std::count(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(count), least));
  for (const delta::Segment& each : copies) {
    if (each.size < least || (each.size == least && equals == 0)) continue;
    equals -= each.size == least ? 1 : 0;
    kept.push_back(each);
  }
  return kept;
}

// The facts of the longest copies that a scratch area holds: an equal record is paid for each, and
// the shortest gain least.
Facts facts_within(const FitInput& input, const std::vector<delta::Segment>& copies) {
  const std::uint64_t limit = scratch_limit(input);
  const auto fit = [&](const Facts& facts) {
    const delta::FactsHeader& header = facts.header;
    return delta::scratch_size(header.segment_count, header.chain_count) <= limit;
  };
  Facts all = facts_of(copies, *input.options.profile);
  if (fit(all)) return all;
  std::vector<std::uint32_t> sizes;
  for (const delta::Segment& each : copies) sizes.push_back(each.size);
  std::sort(sizes.begin(), sizes.end(), std::greater<>{});
  // So many of the longest fit, and so many do not.
  std::size_t fits = 0;
  for (std::size_t outgrows = copies.size(); outgrows - fits > 1;) {
    const std::size_t middle = fits + (outgrows - fits) / 2;
    (fit(facts_of(longest(copies, sizes, middle), *input.options.profile)) ? fits : outgrows) =
        middle;
  }
  return facts_of(longest(copies, sizes, fits), *input.options.profile);
}

}  // namespace

std::vector<Facts> fitting_facts(const FitInput& input, const std::vector<delta::Segment>& copies,
                                 std::uint64_t shortest) {
  const Options& options = input.options;
  const std::size_t pieces =
      options.profile == &delta::kSmall ? delta::kSmallPiecesMax : delta::kBlockPiecesMax;
  const auto fit = [&](const Facts& facts) {
    const std::size_t size = code_facts(facts, input.image.size(), input.base.size()).size();
    return size <= pieces * options.piece_size;
  };
  for (;; shortest *= 2) {
    std::vector<delta::Segment> kept;
    for (const delta::Segment& each : copies) {
      if (each.size >= shortest) kept.push_back(each);
    }
    if (kept.size() > delta::kSegmentsMax) continue;
    Facts facts = facts_within(input, kept);
    if (!fit(facts)) continue;
    std::vector<Facts> linked = linked_facts(facts, input.image, input.base, options.workers);
    std::erase_if(linked, [&](const Facts& each) { return !fit(each); });
    if (!linked.empty()) return linked;
  }
}

}  // namespace airlock::diff
