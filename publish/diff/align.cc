// Choosing alignments by what they cost coded: a shortest path through the image, whose ways are
// the alignments that some search found nearby, and gaps. What a copy costs is told by the units
// that a decoder would predict, so that code whose references all moved is as cheap as it will be.
#include "publish/diff/internal/align.h"

#include <algorithm>

#include "core/base/bytes_source.h"
#include "core/package/manifest.h"
#include "publish/diff/internal/block.h"

namespace airlock::diff {

using namespace delta;

namespace {

// A copy may be worth going on with beyond where its bytes agree: so far, or so many times its
// size.
constexpr std::uint32_t kReach = 256;
constexpr std::uint32_t kReachTimes = 8;

// What is paid for a byte of a gap, for a gap, and for a segment in the facts beside the bits of
// how far its alignment is from the last one.
constexpr std::uint32_t kGapByte = 5 * kBitPrice;
constexpr std::uint32_t kGap = 2 * kBitPrice;
constexpr std::uint32_t kSegment = 28 * kBitPrice;
// .. and for the bytes of a unit that is not as predicted, beside the bit that says so.
constexpr std::uint32_t kWrongByte = 7 * kBitPrice;
constexpr std::uint32_t kWrongUnit = 6 * kBitPrice;  // of one byte
constexpr std::uint32_t kRightByte = kBitPrice / 2;

// What that bit costs, by how many bytes before it were as predicted.
struct FlagPrice {
  std::uint32_t run;
  std::uint32_t hit;
  std::uint32_t miss;
};
constexpr std::array<FlagPrice, 5> kFlagPrices = {{{256, kBitPrice / 128, 8 * kBitPrice},
                                                   {64, kBitPrice / 128, 6 * kBitPrice},
                                                   {16, kBitPrice / 10, 4 * kBitPrice},
                                                   {1, kBitPrice / 4, 3 * kBitPrice},
                                                   {0, kBitPrice / 2, kBitPrice}}};

std::uint32_t change_price(std::int32_t from, std::int32_t to) {
  const std::uint64_t change = zigzag(std::int64_t{to} - from);
  return kSegment + kBitPrice * static_cast<std::uint32_t>(std::bit_width(change));
}

void join_lanes(std::vector<Lane>& lanes) {
  std::sort(lanes.begin(), lanes.end(), [](const Lane& a, const Lane& b) {
    return a.shift != b.shift ? a.shift < b.shift : a.begin < b.begin;
  });
  std::size_t count = 0;
  for (const Lane& each : lanes) {
    if (count > 0 && lanes[count - 1].shift == each.shift && lanes[count - 1].end >= each.begin) {
      lanes[count - 1].end = std::max(lanes[count - 1].end, each.end);
    } else {
      lanes[count++] = each;
    }
  }
  lanes.resize(count);
}

constexpr std::uint32_t kNobody = UINT32_MAX;

// A part of a way, and the one before it.
struct Part {
  std::uint32_t begin;
  std::int32_t shift;
  std::uint32_t before;
  bool is_gap;
};

// The cheapest way that ends here on a lane or, without one, in a gap.
struct Way {
  const Lane* lane = nullptr;
  std::int32_t shift = 0;  // of a gap: the last one
  std::uint64_t price = 0;
  std::uint32_t begin = 0;  // of its last part
  std::uint32_t before = kNobody;
  std::uint32_t part = kNobody;  // its last part, once another way came from it
  // The unit of the lane at hand, and how many bytes before it are as predicted.
  std::uint32_t unit_begin = 0;
  std::uint32_t unit_end = 0;
  std::array<std::uint32_t, kUnitSizeMax> prices{};
  std::uint32_t run = 0;
};

class Aligner {
 public:
  explicit Aligner(const AlignInput& input)
      : input_(input),
        scratch_(input.scratch),
        source_(input.base),
        buffer_(input.base.size()),
        base_(&source_, input.base.size(), buffer_) {
    constexpr std::array<std::uint8_t, 32> kNoRoot{};
    AIRLOCK_CHECK(facts_.open(scratch_, kNoRoot));
    base_.view(0, 1);  // fills the window from the base's first byte on
    for (unsigned i = 0; i < kIsaCount; ++i) {
      predictors_.emplace_back(static_cast<Isa>(i), facts_, base_, seen_);
    }
  }

  std::vector<Segment> run(const std::vector<Lane>& lanes);

 private:
  const Way& cheapest() const {
    return *std::min_element(ways_.begin(), ways_.end(),
                             [](const Way& a, const Way& b) { return a.price < b.price; });
  }
  void begin_and_end(const std::vector<Lane>& lanes, std::uint32_t at);
  void change(std::uint32_t at);
  void change_to(Way& to, std::size_t from, std::uint32_t at);
  void unit(Way& way, std::uint32_t at);
  std::uint32_t part_of(Way& way);
  std::vector<Segment> copies();

  const AlignInput& input_;
  BytesSource scratch_;
  BytesSource source_;
  std::vector<std::uint8_t> buffer_;  // all of the base: lanes take turns in many places of it
  BaseWindow base_;
  FactsReader facts_;
  std::array<Seen, 1> seen_{{{0, Seen::kNothing}}};
  std::vector<Predictor> predictors_;
  std::vector<Way> ways_ = std::vector<Way>(1);  // the first one is in a gap
  std::size_t next_lane_ = 0;
  std::vector<Part> parts_;
};

void Aligner::begin_and_end(const std::vector<Lane>& lanes, std::uint32_t at) {
  std::erase_if(ways_, [at](const Way& way) { return way.lane != nullptr && way.lane->end <= at; });
  for (; next_lane_ < lanes.size() && lanes[next_lane_].begin == at; ++next_lane_) {
    Way way;
    way.lane = &lanes[next_lane_];
    way.shift = way.lane->shift;
    way.price = UINT64_MAX;
    ways_.push_back(way);
  }
}

std::uint32_t Aligner::part_of(Way& way) {
  if (way.part == kNobody) {
    way.part = static_cast<std::uint32_t>(parts_.size());
    parts_.push_back({way.begin, way.shift, way.before, way.lane == nullptr});
  }
  return way.part;
}

void Aligner::change_to(Way& to, std::size_t from, std::uint32_t at) {
  Way& other = ways_[from];
  if (&other == &to) return;
  const bool is_gap = to.lane == nullptr;
  const std::uint64_t price = other.price + (is_gap ? kGap : change_price(other.shift, to.shift));
  if (price >= to.price) return;
  to.before = part_of(other);
  to.part = kNobody;
  to.price = price;
  to.begin = at;
  if (is_gap) to.shift = other.shift;
}

// Each way may come from the cheapest one, or from the gap.
void Aligner::change(std::uint32_t at) {
  if (ways_.size() == 1) return;
  const auto best = static_cast<std::size_t>(&cheapest() - ways_.data());
  for (Way& each : ways_) {
    change_to(each, best, at);
    change_to(each, 0, at);
  }
}

// unit prices what a decoder would predict next on a lane, whose units go on as if it were taken.
void Aligner::unit(Way& way, std::uint32_t at) {
  const std::uint32_t block = at / package::kBlockSize;
  const std::uint64_t end =
      std::min<std::uint64_t>(way.lane->end, (std::uint64_t{block} + 1) * package::kBlockSize);
  const auto from = static_cast<std::uint64_t>(std::int64_t{at} + way.shift);
  const Unit unit = predictors_[static_cast<std::size_t>(input_.isas[block])].at(
      {from, at, static_cast<std::size_t>(end - at)});
  const std::uint8_t* const wanted = input_.image.data() + at;
  const FlagPrice& flag = *std::find_if(kFlagPrices.begin(), kFlagPrices.end(),
                                        [&](const FlagPrice& each) { return each.run <= way.run; });
  way.unit_begin = at;
  way.unit_end = at + unit.size;
  way.prices.fill(0);
  if (std::equal(wanted, wanted + unit.size, unit.first.data())) {
    way.prices[0] = flag.hit;
    way.run += unit.size;
    return;
  }
  // The flag is paid where the first wrong byte is, so that a way may end before it.
  std::uint32_t unpaid = flag.miss;
  for (std::size_t i = 0; i < unit.size; ++i) {
    way.prices[i] = kRightByte;
    if (unit.first[i] == wanted[i]) continue;
    way.prices[i] = unpaid + (unit.size == 1 ? kWrongUnit : kWrongByte);
    unpaid = 0;
  }
  way.run = 0;
}

std::vector<Segment> Aligner::run(const std::vector<Lane>& lanes) {
  const auto size = static_cast<std::uint32_t>(input_.image.size());
  for (std::uint32_t at = 0; at < size; ++at) {
    begin_and_end(lanes, at);
    change(at);
    ways_[0].price += kGapByte;
    for (std::size_t i = 1; i < ways_.size(); ++i) {
      Way& way = ways_[i];
      if (at >= way.unit_end) unit(way, at);
      way.price += way.prices[at - way.unit_begin];
    }
  }
  return copies();
}

// The cheapest way to the end, from its last part to its first.
std::vector<Segment> Aligner::copies() {
  std::vector<Segment> found;
  auto end = static_cast<std::uint32_t>(input_.image.size());
  const auto best = static_cast<std::size_t>(&cheapest() - ways_.data());
  for (std::uint32_t i = part_of(ways_[best]); i != kNobody; i = parts_[i].before) {
    const Part& part = parts_[i];
    if (!part.is_gap && part.begin < end) {
      const auto from = static_cast<std::uint32_t>(std::int64_t{part.begin} + part.shift);
      found.push_back({part.begin, end - part.begin, from});
    }
    end = part.begin;
  }
  std::reverse(found.begin(), found.end());
  return found;
}

}  // namespace

void add_lanes(std::vector<Lane>& lanes, const std::vector<Segment>& copies,
               const AlignedSizes& sizes) {
  for (const Segment& each : copies) {
    const std::uint32_t reach =
        std::min(kReach, each.size > kReach ? kReach : kReachTimes * each.size);
    const std::uint32_t before = std::min({reach, each.image, each.base});
    const std::uint32_t end = each.image + each.size;
    const auto behind = static_cast<std::uint32_t>(
        std::min<std::uint64_t>({reach, sizes.image - end, sizes.base - each.base - each.size}));
    lanes.push_back({each.image - before, end + behind,
                     static_cast<std::int32_t>(std::int64_t{each.base} - each.image)});
  }
  join_lanes(lanes);
}

std::vector<Segment> align(const AlignInput& input, std::vector<Lane> lanes) {
  std::sort(lanes.begin(), lanes.end(), [](const Lane& a, const Lane& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.shift < b.shift;
  });
  return Aligner(input).run(lanes);
}

}  // namespace airlock::diff
