// What the gaps of a block repeat: the cheapest way through each gap, by prices that are estimates.
#include <algorithm>
#include <optional>

#include "publish/diff/internal/block.h"
#include "publish/diff/internal/common_prefix.h"

namespace airlock::diff {

using delta::Reference;
using delta::Step;

namespace {

constexpr unsigned kHashBits = 14;
constexpr int kChainMax = 48;
constexpr std::uint32_t kNone = UINT32_MAX;
// Lengths that are tried one by one; of longer matches every 16th and the last.
constexpr std::uint32_t kLengthsMax = 64;
// A match of this length is taken at once: what begins inside of it is not looked at.
constexpr std::uint32_t kLengthEnough = 256;
constexpr std::uint32_t kInsideMin = 3;
constexpr std::uint32_t kOutsideMin = 4;

// Prices in bits: of telling that there is no match, and of the parts of one.
constexpr std::uint32_t kLiteralFlag = kBitPrice / 6;
constexpr std::uint32_t kRecentPrice = 5;
constexpr std::uint32_t kNextPrice = 6;
constexpr std::uint32_t kInsidePrice = 8;
constexpr std::uint32_t kOutsidePrice = 9;

std::uint32_t length_price(std::uint32_t size) {
  return size < 4 ? 3 : size < 8 ? 4 : size < 16 ? 6 : 8;
}

// The cheapest way to a place of a gap: its last step, and what was repeated last.
struct Way {
  std::uint64_t price = UINT64_MAX;
  std::uint32_t size = 0;  // of the last step; 1 where it is a literal
  bool is_literal = true;
  Reference recent;
};

class Planner {
 public:
  Planner(const BlockInput& input, const BlockRange& range)
      : image_(input.image),
        index_(input.index),
        range_(range),
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
  void try_match(std::size_t at, const Reference& from, std::uint32_t price, std::uint32_t shortest,
                 std::uint32_t longest);
  std::uint32_t try_all(const Gap& gap, std::size_t at);
  std::uint32_t try_inside(const Gap& gap, std::size_t at);
  std::uint32_t try_outside(const Gap& gap, std::size_t at);

  Bytes image_;
  const BaseIndex* index_;
  BlockRange range_;
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

void Planner::try_match(std::size_t at, const Reference& from, std::uint32_t price,
                        std::uint32_t shortest, std::uint32_t longest) {
  for (std::uint32_t size = shortest; size <= longest; ++size) {
    if (size > kLengthsMax && size != longest && size % 16 != 0) continue;
    const std::uint64_t whole =
        ways_[at].price + std::uint64_t{price + length_price(size)} * kBitPrice;
    Way& there = ways_[at + size];
    if (whole < there.price) there = {whole, size, false, from};
  }
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
    try_match(at, from, kInsidePrice + static_cast<std::uint32_t>(std::bit_width(distance)),
              kInsideMin, size);
  }
  return longest;
}

std::uint32_t Planner::try_outside(const Gap& gap, std::size_t at) {
  if (index_ == nullptr) return 0;
  const std::uint64_t place = gap.begin + at;
  const Match match = index_->search(image_, static_cast<std::int64_t>(place));
  const auto size = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(static_cast<std::uint64_t>(match.size), gap.end - place));
  if (size < kOutsideMin) return 0;
  const Reference from = {false, match.base_at - static_cast<std::int64_t>(place)};
  const auto bits =
      static_cast<std::uint32_t>(std::bit_width(delta::zigzag(from.shift - gap.recent.shift)));
  try_match(at, from, kOutsidePrice + bits, kOutsideMin, size);
  return size;
}

// The longest of all that is repeated from this place on.
std::uint32_t Planner::try_all(const Gap& gap, std::size_t at) {
  const std::uint64_t place = gap.begin + at;
  const Reference recent = ways_[at].recent;
  std::uint32_t longest = 0;
  const bool exists =
      !recent.is_inside || static_cast<std::uint64_t>(recent.shift) < place - range_.at;
  if (exists) {
    longest = common(place, recent, gap.end);
    try_match(at, recent, kRecentPrice, 1, longest);
  }
  if (gap.next && *gap.next != recent) {
    const std::uint32_t size = common(place, *gap.next, gap.end);
    try_match(at, *gap.next, kNextPrice, 1, size);
    longest = std::max(longest, size);
  }
  if (longest >= kLengthEnough) return longest;
  return std::max({longest, try_inside(gap, at), try_outside(gap, at)});
}

void Planner::plan(const Gap& gap, const std::vector<std::uint32_t>& literal_prices,
                   std::vector<PlannedStep>& steps) {
  const auto size = static_cast<std::size_t>(gap.end - gap.begin);
  ways_.assign(size + 1, {});
  ways_[0] = {0, 0, true, gap.recent};
  for (std::size_t at = 0; at < size; ++at) {
    const std::uint64_t place = gap.begin + at;
    const std::uint64_t literal = ways_[at].price + kLiteralFlag +
                                  literal_prices[static_cast<std::size_t>(place - range_.at)];
    if (literal < ways_[at + 1].price) {
      ways_[at + 1] = {literal, 1, true, ways_[at].recent};
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
                                    const std::vector<std::uint32_t>& literal_prices) {
  Planner planner(input, range);
  std::vector<PlannedStep> steps;
  for (const Gap& gap : gaps) planner.plan(gap, literal_prices, steps);
  return steps;
}

}  // namespace airlock::diff
