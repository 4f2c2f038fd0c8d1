// What the gaps of a block repeat: the cheapest way through each gap, by prices that are estimates.
#include <algorithm>
#include <optional>

#include "publish/diff/internal/block.h"
#include "publish/diff/internal/common_prefix.h"

namespace airlock::diff {

using delta::Reference;

namespace {

constexpr unsigned kHashBits = 14;
constexpr int kChainMax = 128;
constexpr std::uint32_t kNone = UINT32_MAX;
// Lengths that are tried one by one; of longer matches every 16th and the last.
constexpr std::uint32_t kLengthsMax = 64;
// A match of this length is taken at once: what begins inside of it is not looked at.
constexpr std::uint32_t kLengthEnough = 256;
constexpr std::uint32_t kFreshMin = 2;  // as the format has it; shorter than these are not tried
constexpr std::uint32_t kInsideMin = 3;
constexpr std::uint32_t kOutsideMin = 4;

// The cheapest way to a place of a gap: its last step, and what was repeated last.
struct Way {
  std::uint64_t price = UINT64_MAX;
  std::uint32_t size = 0;  // of the last step; 1 where it is a literal
  bool is_literal = true;
  Reference recent;
  Reference older;  // and before that
};

class Planner {
 public:
  Planner(const BlockInput& input, const BlockRange& range, const StepPrices& prices)
      : image_(input.image),
        index_(input.index),
        range_(range),
        prices_(prices),
        heads_(std::size_t{1} << kHashBits, kNone),
        before_(range.size, kNone) {}

  void plan(const Gap& gap, const std::vector<std::uint32_t>& literal_prices,
            std::vector<PlannedStep>& steps);

 private:
  std::uint32_t slot(std::uint64_t at) const {
    const std::uint8_t* const bytes = image_.data() + at;
    const std::uint32_t three =
        bytes[0] | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16;
    return three * 2654435761U >> (32 - kHashBits);
  }
  void remember_until(std::uint64_t at);
  std::uint32_t common(std::uint64_t at, const Reference& from, std::uint64_t end) const;
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
    return !from.is_inside || static_cast<std::uint64_t>(from.shift) < place - range_.at;
  }
  void try_match(std::size_t at, const Named& named, std::uint32_t shortest, std::uint32_t longest);
  std::uint32_t try_known(const Gap& gap, std::size_t at, const Reference& from,
                          std::uint32_t price);
  std::uint32_t try_all(const Gap& gap, std::size_t at);
  std::uint32_t try_inside(const Gap& gap, std::size_t at);
  std::uint32_t try_outside(const Gap& gap, std::size_t at);

  Bytes image_;
  const BaseIndex* index_;
  BlockRange range_;
  const StepPrices& prices_;
  std::vector<std::uint32_t> heads_;   // the last place with the same hash of three bytes
  std::vector<std::uint32_t> before_;  // .. and the one before that; places count from the block
  std::uint64_t remembered_ = 0;
  std::vector<Way> ways_;
};

void Planner::remember_until(std::uint64_t at) {
  const std::uint64_t end = range_.at + range_.size;
  for (remembered_ = std::max(remembered_, range_.at); remembered_ < at; ++remembered_) {
    if (remembered_ + 3 > end) continue;
    const auto place = static_cast<std::uint32_t>(remembered_ - range_.at);
    std::uint32_t& head = heads_[slot(remembered_)];
    before_[place] = head;
    head = place;
  }
}

std::uint32_t Planner::common(std::uint64_t at, const Reference& from, std::uint64_t end) const {
  const auto limit = static_cast<std::size_t>(end - at);
  if (from.is_inside) {
    return static_cast<std::uint32_t>(
        common_prefix(image_.data() + at,
                      image_.data() + at - 1 - static_cast<std::uint64_t>(from.shift), limit));
  }
  const std::int64_t place = static_cast<std::int64_t>(at) + from.shift;
  const Bytes base = index_ != nullptr ? index_->base() : Bytes{};
  if (place < 0 || place >= static_cast<std::int64_t>(base.size())) return 0;
  const auto left = base.size() - static_cast<std::size_t>(place);
  return static_cast<std::uint32_t>(
      common_prefix(image_.data() + at, base.data() + place, std::min(limit, left)));
}

void Planner::try_match(std::size_t at, const Named& named, std::uint32_t shortest,
                        std::uint32_t longest) {
  const NumberPrices& sizes = prices_.number(named.sizes);
  const Way& here = ways_[at];
  const std::uint64_t named_price = here.price + flag_price(at, 1) + named.price;
  const Reference older = named.from == here.recent ? here.older : here.recent;
  for (std::uint32_t size = shortest; size <= longest; ++size) {
    if (size > kLengthsMax && size != longest && size % 16 != 0) continue;
    const std::uint64_t whole = named_price + sizes.of(size - named.least);
    Way& there = ways_[at + size];
    if (whole < there.price) there = {whole, size, false, named.from, older};
  }
}

std::uint32_t Planner::try_known(const Gap& gap, std::size_t at, const Reference& from,
                                 std::uint32_t price) {
  const std::uint64_t place = gap.begin + at;
  if (!exists(from, place)) return 0;
  const std::uint32_t size = common(place, from, gap.end);
  try_match(at, {from, prices_.is_known[1] + price, delta::Number::known_size, 1}, 1, size);
  return size;
}

std::uint32_t Planner::try_inside(const Gap& gap, std::size_t at) {
  const std::uint64_t place = gap.begin + at;
  remember_until(place);
  if (place + 3 > range_.at + range_.size) return 0;
  const auto here = static_cast<std::uint32_t>(place - range_.at);
  std::uint32_t other = heads_[slot(place)];
  std::uint32_t longest = kInsideMin - 1;
  for (int i = 0; i < kChainMax && other != kNone && longest < kLengthEnough;
       ++i, other = before_[other]) {
    const std::uint32_t distance = here - 1 - other;
    const Reference from = {true, distance};
    const std::uint32_t size = common(place, from, gap.end);
    if (size <= longest) continue;
    longest = size;
    const std::uint32_t price = prices_.is_known[0] + prices_.is_inside[1] +
                                prices_.number(delta::Number::inside).of(distance);
    try_match(at, {from, price, delta::Number::fresh_size, kFreshMin}, kInsideMin, size);
  }
  return longest;
}

std::uint32_t Planner::try_outside(const Gap& gap, std::size_t at) {
  if (index_ == nullptr) return 0;
  const std::uint64_t place = gap.begin + at;
  Match match = index_->search(image_, static_cast<std::int64_t>(place));
  const auto size = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(static_cast<std::uint64_t>(match.size), gap.end - place));
  if (size < kOutsideMin) return 0;
  match = index_->nearest(match, static_cast<std::int64_t>(place) + gap.recent.shift);
  const Reference from = {false, match.base_at - static_cast<std::int64_t>(place)};
  const std::uint32_t price =
      prices_.is_known[0] + prices_.is_inside[0] +
      prices_.number(delta::Number::outside).of(delta::zigzag(from.shift - gap.recent.shift));
  try_match(at, {from, price, delta::Number::fresh_size, kFreshMin}, kOutsideMin, size);
  return size;
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
    const std::uint64_t literal = ways_[at].price + flag_price(at, 0) +
                                  literal_prices[static_cast<std::size_t>(place - range_.at)];
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

std::vector<PlannedStep> plan_steps(const BlockInput& input, const BlockRange& range,
                                    const std::vector<Gap>& gaps,
                                    const std::vector<std::uint32_t>& literal_prices,
                                    const StepPrices& prices) {
  Planner planner(input, range, prices);
  std::vector<PlannedStep> steps;
  for (const Gap& gap : gaps) planner.plan(gap, literal_prices, steps);
  return steps;
}

}  // namespace airlock::diff
