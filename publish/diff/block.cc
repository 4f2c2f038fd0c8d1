#include "publish/diff/internal/block.h"
#include "publish/diff/internal/repeats.h"

#include <algorithm>
#include <optional>

#include "core/base/bytes_source.h"
#include "publish/diff/internal/range.h"

namespace airlock::diff {

using namespace delta;

namespace {

// Adds up what bits would cost.
class Coster {
 public:
  unsigned bit(std::uint32_t probability, unsigned value) {
    price_ += bit_price(value != 0 ? probability : 65536 - probability);
    return value;
  }
  std::uint64_t direct(unsigned count, std::uint64_t value) {
    price_ += std::uint64_t{count} * kBitPrice;
    return value;
  }
  std::uint64_t price() const { return price_; }

 private:
  std::uint64_t price_ = 0;
};

// An encoder's port: it knows the image, and tells its bits to `Bits`.
template <class Bits>
class EncodingPort {
 public:
  EncodingPort(Bytes image, std::uint64_t at, const std::vector<PlannedStep>& steps, Bits& bits)
      : image_(image), at_(at), steps_(steps), bits_(bits) {}

  Bits& bits() { return bits_; }
  bool agrees(const std::uint8_t* bytes, std::size_t size) const {
    return std::equal(bytes, bytes + size, image_.data() + at_);
  }
  std::uint8_t wanted(std::size_t ahead) const {
    return image_[static_cast<std::size_t>(at_) + ahead];
  }
  Step step() {
    while (next_step_ < steps_.size() && steps_[next_step_].at < at_) ++next_step_;
    const bool is_here = next_step_ < steps_.size() && steps_[next_step_].at == at_;
    return is_here ? steps_[next_step_].step : Step{};
  }
  void begins(Topic topic) {
    if constexpr (std::is_same_v<Bits, Coster>) {
      literal_at_ = topic == Topic::literal ? bits_.price() : UINT64_MAX;
    }
  }
  void put(const std::uint8_t* bytes, std::size_t size) {
    is_sound_ = is_sound_ && agrees(bytes, size);
    if constexpr (std::is_same_v<Bits, Coster>) {
      if (prices_ != nullptr && literal_at_ != UINT64_MAX) {
        (*prices_)[static_cast<std::size_t>(at_ - start_)] =
            static_cast<std::uint32_t>(bits_.price() - literal_at_);
      }
      literal_at_ = UINT64_MAX;
    }
    at_ += size;
  }
  int earlier(std::uint64_t place) const { return image_[static_cast<std::size_t>(place)]; }
  bool is_sound() const {
    if constexpr (std::is_same_v<Bits, Coster>) return is_sound_ && bits_.price() <= price_max_;
    return is_sound_;
  }

  // collect makes the price of each literal be kept, and a walk end that costs more than this.
  void collect(std::vector<std::uint32_t>& prices, std::uint64_t price_max) {
    prices_ = &prices;
    start_ = at_;
    price_max_ = price_max;
  }

 private:
  Bytes image_;
  std::uint64_t at_;
  const std::vector<PlannedStep>& steps_;
  std::size_t next_step_ = 0;
  Bits& bits_;
  bool is_sound_ = true;
  std::vector<std::uint32_t>* prices_ = nullptr;
  std::uint64_t start_ = 0;
  std::uint64_t literal_at_ = UINT64_MAX;
  std::uint64_t price_max_ = UINT64_MAX;
};

constexpr std::size_t kWindowSize = 4096;

// Desk is all that walking through a block takes.
class Desk {
 public:
  Desk(const BlockInput& input, const BlockRange& range)
      : input_(input),
        range_(range),
        scratch_(input.scratch),
        base_source_(input.index != nullptr ? input.index->base() : Bytes{}),
        base_size_(input.index != nullptr ? input.index->base().size() : 0),
        memory_(Models::bytes(input.profile) / sizeof(std::uint64_t) + 1),
        window_(2 * kWindowSize) {
    constexpr std::array<std::uint8_t, 32> kNoRoot{};
    AIRLOCK_CHECK(facts_.open(scratch_, kNoRoot));
  }

  template <class Bits>
  bool walk(EncodingPort<Bits>& port, bool is_clean, Isa isa) {
    const MutableBytes memory(reinterpret_cast<std::uint8_t*>(memory_.data()),
                              memory_.size() * sizeof(std::uint64_t));
    Models& models = Models::place(input_.profile, memory);
    models.reset();
    BaseWindow base(&base_source_, base_size_, MutableBytes(window_).first(kWindowSize));
    BaseWindow ahead(&base_source_, base_size_, MutableBytes(window_).subspan(kWindowSize));
    BlockCoding<EncodingPort<Bits>> coding({input_.profile, models, facts_, base, ahead}, port);
    const bool came_to_end = coding.run(range_.at, range_.at + range_.size, {is_clean, isa});
    prices_ = prices_of(models);
    return came_to_end;
  }

  std::vector<Gap> gaps();
  // What steps cost as the last walk ended.
  const StepPrices& prices() const { return prices_; }

 private:
  const BlockInput& input_;
  const BlockRange& range_;
  BytesSource scratch_;
  BytesSource base_source_;
  std::uint64_t base_size_;
  FactsReader facts_;
  std::vector<std::uint64_t> memory_;
  std::vector<std::uint8_t> window_;
  StepPrices prices_;
};

// The parts of the block that no segment holds.
std::vector<Gap> Desk::gaps() {
  std::vector<Gap> found;
  const std::uint64_t end = range_.at + range_.size;
  std::uint32_t index = facts_.first_behind(range_.at);
  Reference recent;
  if (index > 0) {
    const Segment last = facts_.segment(index - 1);
    recent.shift = std::int64_t{last.base} - std::int64_t{last.image};
  }
  for (std::uint64_t at = range_.at; at < end; ++index) {
    const bool has_segment = index < facts_.header().segment_count;
    const Segment segment = has_segment ? facts_.segment(index) : Segment{};
    const std::uint64_t gap_end = has_segment ? std::min<std::uint64_t>(segment.image, end) : end;
    const Reference next = {false, std::int64_t{segment.base} - std::int64_t{segment.image}};
    if (gap_end > at) {
      found.push_back({at, gap_end, recent, has_segment ? std::optional(next) : std::nullopt});
    }
    recent = next;
    at = has_segment ? std::uint64_t{segment.image} + segment.size : end;
  }
  return found;
}

// Walks that look for steps: each plans by the prices that the one before it found.
constexpr int kPlansMax = 4;
// A walk without repeats sees everything twice, and makes literals cheap that would not be so
// beside repeats: the first plan takes them for no less than this.
constexpr std::uint32_t kFirstLiteralMin = 13 * kBitPrice / 2;

struct Planning {
  const BlockInput& input;
  const BlockRange& range;
  const std::vector<Gap>& gaps;
  Isa isa;
};
// What a block costs without a step, and each literal of it.
struct Walked {
  std::uint64_t price;
  std::vector<std::uint32_t> literals;
};

// best_steps returns the steps with which the block costs least, by so many plans; none, if any
// costs more. `walked` becomes what it costs by them.
std::vector<PlannedStep> best_steps(const Planning& planning, Desk& desk, Walked& walked,
                                    int plans) {
  std::vector<PlannedStep> best;
  StepPrices prices = usual_prices();
  Repeats repeats(planning.input, planning.range);
  for (std::uint32_t& each : walked.literals) each = std::max(each, kFirstLiteralMin);
  for (int i = 0; i < plans && !planning.gaps.empty(); ++i) {
    std::vector<PlannedStep> steps = plan_steps(repeats, planning.gaps, walked.literals, prices);
    if (steps.empty()) break;
    Coster coster;
    EncodingPort<Coster> port(planning.input.image, planning.range.at, steps, coster);
    port.collect(walked.literals, UINT64_MAX);
    AIRLOCK_CHECK(desk.walk(port, false, planning.isa));
    prices = desk.prices();
    if (coster.price() >= walked.price) continue;
    walked.price = coster.price();
    best = std::move(steps);
  }
  return best;
}

// The instruction set by whose units a block costs least, and what it costs without a step.
struct ByUnits {
  delta::Isa isa = Isa::none;
  bool is_clean = false;  // nothing at all is to be said about its units
  Walked walked{UINT64_MAX, {}};
};

ByUnits walk_units(const BlockInput& input, const BlockRange& range, const std::vector<Gap>& gaps,
                   std::span<const Isa> isas, Desk& desk) {
  const std::vector<PlannedStep> none;
  for (const Isa each : gaps.empty() ? isas : std::span<const Isa>{}) {
    Coster coster;
    EncodingPort<Coster> port(input.image, range.at, none, coster);
    if (desk.walk(port, true, each)) return {each, true, {}};
  }
  ByUnits best;
  // From the last on: of equals the first is taken.
  for (std::size_t i = isas.size(); i-- > 0;) {
    Coster coster;
    EncodingPort<Coster> port(input.image, range.at, none, coster);
    std::vector<std::uint32_t> literals(range.size);
    port.collect(literals, best.walked.price);
    if (!desk.walk(port, false, isas[i]) || coster.price() > best.walked.price) continue;
    best = {isas[i], false, {coster.price(), std::move(literals)}};
  }
  AIRLOCK_CHECK(best.walked.price != UINT64_MAX);
  return best;
}

// Without a copy there is nothing to predict.
bool is_one_gap(const std::vector<Gap>& gaps, const BlockRange& range) {
  return !gaps.empty() && gaps.front().end - gaps.front().begin == range.size;
}

constexpr auto kIsas = [] {
  std::array<Isa, kIsaCount> all{};
  for (unsigned i = 0; i < kIsaCount; ++i) all[i] = static_cast<Isa>(i);
  return all;
}();

}  // namespace

Isa cheapest_isa(const BlockInput& input, const BlockRange& range) {
  Desk desk(input, range);
  const std::vector<Gap> gaps = desk.gaps();
  if (is_one_gap(gaps, range)) return Isa::none;
  return walk_units(input, range, gaps, kIsas, desk).isa;
}

bool is_new(const BlockInput& input, const BlockRange& range) {
  constexpr std::uint64_t kCopied = 64;
  std::uint64_t left = range.size;
  for (const Gap& each : Desk(input, range).gaps()) left -= each.end - each.begin;
  return left <= range.size / kCopied;
}

std::size_t quick_size(const BlockInput& input, const BlockRange& range, Isa isa) {
  Desk desk(input, range);
  const std::vector<Gap> gaps = desk.gaps();
  ByUnits by_units = walk_units(input, range, gaps, std::span(&isa, 1), desk);
  if (by_units.is_clean) return 1;
  best_steps({input, range, gaps, by_units.isa}, desk, by_units.walked, 1);
  return static_cast<std::size_t>(by_units.walked.price / kBitPrice / 8);
}

ShortestCoding code_block(const BlockInput& input, const BlockRange& range) {
  Desk desk(input, range);
  const std::vector<Gap> gaps = desk.gaps();
  const auto isas = std::span(kIsas).first(is_one_gap(gaps, range) ? 1 : kIsas.size());
  ByUnits by_units = walk_units(input, range, gaps, isas, desk);
  std::vector<PlannedStep> steps;
  if (!by_units.is_clean) {
    steps = best_steps({input, range, gaps, by_units.isa}, desk, by_units.walked, kPlansMax);
  }
  std::vector<std::uint8_t> bytes;
  RangeWriter writer(bytes);
  EncodingPort<RangeWriter> port(input.image, range.at, steps, writer);
  if (!desk.walk(port, by_units.is_clean, by_units.isa)) bytes.clear();
  writer.finish();
  if (bytes.empty()) bytes.push_back(0);
  return {std::move(bytes), by_units.isa};
}

}  // namespace airlock::diff
