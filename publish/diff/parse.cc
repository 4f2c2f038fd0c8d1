// What the gaps of a block repeat: the cheapest way through each gap, by prices that are estimates.
#include <algorithm>
#include <array>

#include "publish/diff/internal/block.h"
#include "publish/diff/internal/repeats.h"

namespace airlock::diff {

using delta::Reference;

namespace {

// Lengths that are tried one by one; of longer matches every 16th and the last.
constexpr std::uint32_t kLengthsMax = 64;
constexpr std::uint32_t kFreshMin = 2;  // as the format has it

// The cheapest way to a place of a gap: its last step, and what was repeated last.
struct Way {
  std::uint64_t price = UINT64_MAX;
  std::uint32_t size = 0;  // of the last step; 1 where it is a literal
  bool is_literal = true;
  Reference recent;
  Reference older;  // and before that
};

// What each size up to kLengthsMax costs, for those that are asked for most.
using SizePrices = std::array<std::uint32_t, kLengthsMax + 1>;

SizePrices list(const NumberPrices& prices) {
  SizePrices made;
  for (std::uint32_t size = 0; size <= kLengthsMax; ++size) made[size] = prices.of(size);
  return made;
}

class Planner {
 public:
  Planner(Repeats& repeats, const StepPrices& prices)
      : repeats_(repeats),
        prices_(prices),
        known_sizes_(list(prices.number(delta::Number::known_size))),
        fresh_sizes_(list(prices.number(delta::Number::fresh_size))) {}

  void plan(const Gap& gap, const std::vector<std::uint32_t>& literal_prices,
            std::vector<PlannedStep>& steps);

 private:
  // A reference, what naming it costs, and how its sizes are told.
  struct Named {
    Reference from;
    std::uint32_t price;
    delta::Number sizes;
    std::uint32_t least;
  };
  std::uint32_t flag_price(std::size_t at, unsigned is_match) const {
    return prices_.is_match[at == 0 ? 1 : ways_[at].is_literal ? 0 : 2][is_match];
  }
  bool exists(const Reference& from, std::uint64_t place) const {
    return !from.is_inside || static_cast<std::uint64_t>(from.shift) < place - repeats_.begin();
  }
  void try_match(std::size_t at, const Named& named, std::uint32_t shortest, std::uint32_t longest);
  std::uint32_t try_known(const Gap& gap, std::size_t at, const Reference& from,
                          std::uint32_t price);
  std::uint32_t try_all(const Gap& gap, std::size_t at);
  std::uint32_t try_inside(const Gap& gap, std::size_t at);
  std::uint32_t try_outside(const Gap& gap, std::size_t at);

  Repeats& repeats_;
  const StepPrices& prices_;
  const SizePrices known_sizes_;
  const SizePrices fresh_sizes_;
  std::vector<Way> ways_;
};

void Planner::try_match(std::size_t at, const Named& named, std::uint32_t shortest,
                        std::uint32_t longest) {
  const bool is_known = named.sizes == delta::Number::known_size;
  const SizePrices& sizes = is_known ? known_sizes_ : fresh_sizes_;
  const Way& here = ways_[at];
  const std::uint64_t named_price = here.price + flag_price(at, 1) + named.price;
  const Reference older = named.from == here.recent ? here.older : here.recent;
  for (std::uint32_t size = shortest; size <= longest; ++size) {
    if (size > kLengthsMax && size != longest && size % 16 != 0) continue;
    const std::uint32_t told = size - named.least;
    const std::uint32_t price =
        told < sizes.size() ? sizes[told] : prices_.number(named.sizes).of(told);
    const std::uint64_t whole = named_price + price;
    Way& there = ways_[at + size];
    if (whole < there.price) there = {whole, size, false, named.from, older};
  }
}

std::uint32_t Planner::try_known(const Gap& gap, std::size_t at, const Reference& from,
                                 std::uint32_t price) {
  const std::uint64_t place = gap.begin + at;
  if (!exists(from, place)) return 0;
  const std::uint32_t size = repeats_.common(place, from, gap.end);
  try_match(at, {from, prices_.is_known[1] + price, delta::Number::known_size, 1}, 1, size);
  return size;
}

std::uint32_t Planner::try_inside(const Gap& gap, std::size_t at) {
  std::uint32_t longest = 0;
  for (const Repeats::Inside& each : repeats_.inside(gap.begin + at, gap)) {
    const std::uint32_t price = prices_.is_known[0] + prices_.is_inside[1] +
                                prices_.number(delta::Number::inside).of(each.distance);
    longest = each.size();
    try_match(at, {{true, each.distance}, price, delta::Number::fresh_size, kFreshMin}, kInsideMin,
              longest);
  }
  return longest;
}

std::uint32_t Planner::try_outside(const Gap& gap, std::size_t at) {
  const std::uint64_t place = gap.begin + at;
  const Repeats::Outside found = repeats_.outside(place, gap);
  if (found.size == 0) return 0;
  const Reference from = {false, std::int64_t{found.base_at} - static_cast<std::int64_t>(place)};
  const std::uint32_t price =
      prices_.is_known[0] + prices_.is_inside[0] +
      prices_.number(delta::Number::outside).of(delta::zigzag(from.shift - gap.recent.shift));
  try_match(at, {from, price, delta::Number::fresh_size, kFreshMin}, kOutsideMin, found.size);
  return found.size;
}

// The longest of all that is repeated from this place on.
std::uint32_t Planner::try_all(const Gap& gap, std::size_t at) {
  const Reference recent = ways_[at].recent;
  const Reference older = ways_[at].older;
  std::uint32_t longest = try_known(gap, at, recent, prices_.is_other[0]);
  if (older != recent) {
    const std::uint32_t price = prices_.is_other[1] + (gap.next ? prices_.is_older[1] : 0);
    longest = std::max(longest, try_known(gap, at, older, price));
  }
  if (gap.next && *gap.next != recent) {
    const std::uint32_t price = prices_.is_other[1] + prices_.is_older[0];
    longest = std::max(longest, try_known(gap, at, *gap.next, price));
  }
  if (longest >= kLengthEnough) return longest;
  return std::max({longest, try_inside(gap, at), try_outside(gap, at)});
}

void Planner::plan(const Gap& gap, const std::vector<std::uint32_t>& literal_prices,
                   std::vector<PlannedStep>& steps) {
  const auto size = static_cast<std::size_t>(gap.end - gap.begin);
  ways_.assign(size + 1, {});
  ways_[0] = {0, 0, true, gap.recent, gap.recent};
  for (std::size_t at = 0; at < size; ++at) {
    const std::uint64_t place = gap.begin + at;
    const std::uint64_t literal =
        ways_[at].price + flag_price(at, 0) +
        literal_prices[static_cast<std::size_t>(place - repeats_.begin())];
    if (literal < ways_[at + 1].price) {
      ways_[at + 1] = {literal, 1, true, ways_[at].recent, ways_[at].older};
    }
    const std::uint32_t longest = try_all(gap, at);
    if (longest >= kLengthEnough) at += longest - 1;
  }
  const std::size_t first = steps.size();
  for (std::size_t at = size; at > 0; at -= ways_[at].size) {
    const Way& way = ways_[at];
    if (way.is_literal) continue;
    steps.push_back({gap.begin + at - way.size, {way.size, way.recent}});
  }
  std::reverse(steps.begin() + static_cast<std::ptrdiff_t>(first), steps.end());
}

}  // namespace

std::vector<PlannedStep> plan_steps(Repeats& repeats, const std::vector<Gap>& gaps,
                                    const std::vector<std::uint32_t>& literal_prices,
                                    const StepPrices& prices) {
  Planner planner(repeats, prices);
  std::vector<PlannedStep> steps;
  for (const Gap& gap : gaps) planner.plan(gap, literal_prices, steps);
  return steps;
}

}  // namespace airlock::diff
