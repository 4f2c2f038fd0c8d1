// How one block is coded: the same steps for who decodes it and who encodes it.
//
// BlockCoding walks through a block. Its port answers what each bit is: a decoder reads it from a
// range coder, an encoder knows the image and writes it (or only adds up what it would cost). So
// the two cannot disagree; tests/reference decodes by the format's page alone.
#pragma once

#include <bit>

#include "core/delta/facts.h"
#include "core/delta/units.h"

namespace airlock::delta {

// hashed spreads a context over 32 bits.
constexpr std::uint32_t hashed(std::uint32_t key) {
  std::uint32_t value = key * 0x9E3779B1U;
  value ^= value >> 15;
  return value * 0x85EBCA6BU;
}
// What keeps the contexts of one use of a flag from those of another.
inline constexpr std::uint32_t kUseStep = 0x10000000;

// What bits are about, for those who count them.
enum class Topic : std::uint8_t { step, literal, run, plain, pointer, branch, local, data };
constexpr Topic topic_of(Kind kind) {
  return static_cast<Topic>(static_cast<unsigned>(Topic::plain) + static_cast<unsigned>(kind));
}

template <class Port>
unsigned code_bit(Port& port, Counter& counter, unsigned wanted, unsigned limit = kSeenMax) {
  const unsigned bit = port.bit(probability_of(counter), wanted);
  count(counter, bit, limit);
  return bit;
}

// A number is at most kNumberBitsMax bits long; a longer one is read as zero bits and refused by
// whoever checks its range.
template <class Port>
std::uint64_t code_number(Port& port, std::span<Counter> tree, std::uint64_t wanted) {
  const auto bits = static_cast<unsigned>(std::bit_width(wanted));
  unsigned node = 1;
  for (unsigned i = kNumberTreeBits; i-- > 0;) {
    node = node << 1 | code_bit(port, tree[node], bits >> i & 1);
  }
  const unsigned count = node - (1U << kNumberTreeBits);
  if (count == 0) return 0;
  if (count > kNumberBitsMax) return UINT64_MAX;
  const std::uint64_t high = std::uint64_t{1} << (count - 1);
  return high | port.direct(count - 1, wanted & (high - 1));
}

constexpr std::uint64_t zigzag(std::int64_t value) {
  return value < 0 ? (static_cast<std::uint64_t>(-(value + 1)) << 1 | 1)
                   : static_cast<std::uint64_t>(value) << 1;
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  const auto half = static_cast<std::int64_t>(value >> 1);
  return (value & 1) != 0 ? -half - 1 : half;
}

// Where bytes of a gap are repeated from: the block itself, `distance` + 1 bytes before, or the
// base, at the image's place plus `shift`.
struct Reference {
  bool is_inside = false;
  std::int64_t shift = 0;  // or the distance

  bool operator==(const Reference&) const = default;
};
struct Step {
  std::uint32_t size = 0;  // 0: a literal
  Reference from;
};

// Everything that a block's models hold, but for the tables whose size the profile tells.
struct Models {
  std::array<std::array<std::array<std::array<Counter, 2>, 8>, kGuesses>, kCategories> guesses;
  std::array<Counter, kRunContexts> runs;
  std::array<std::array<Counter, 1 << kNumberTreeBits>, kNumbers> numbers;
  std::array<Counter, kStepContexts> steps;
  std::array<std::array<Weight, kFlagInputs>, kFlagSets> flag_weights;
  std::array<std::array<Weight, kLiteralInputs>, kLiteralSets> literal_weights;
  // Of `flags` each context has 1 << profile.flag_bits, of `literals` as many as the profile says.
  std::span<Counter> flags;
  std::array<std::span<Counter>, kLiteralOrders> literals;
  std::span<Seen> seen;

  // bytes returns what place needs; place lays the tables into memory that is aligned to 8.
  static constexpr std::size_t bytes(const Profile& profile) {
    const std::size_t counters = (kFlagInputs << profile.flag_bits) + profile.literal_total();
    return sizeof(Models) + counters * sizeof(Counter) + (sizeof(Seen) << profile.seen_bits);
  }
  static Models& place(const Profile& profile, MutableBytes memory);
  // reset makes everything as a block begins.
  void reset();
};

template <class Port>
class BlockCoding {
 public:
  // `before` is for reading the base ahead of a gap's end. What is referred to must outlive it.
  struct Parts {
    const Profile& profile;
    Models& models;
    FactsReader& facts;
    BaseWindow& base;
    BaseWindow& ahead;
  };
  BlockCoding(const Parts& parts, Port& port)
      : profile_(parts.profile),
        models_(parts.models),
        facts_(parts.facts),
        base_(parts.base),
        ahead_(parts.ahead),
        port_(port) {}

  // What an encoder chooses for the block.
  struct Choice {
    bool is_clean = false;  // all of it is as the facts predict
    Isa isa = Isa::none;
  };
  // run walks through the block at `start`. It returns whether the walk came to its end: false is
  // a malformed block, or a port that is not sound.
  bool run(std::uint64_t start, std::uint64_t end, Choice choice);
  // choice is what the block turned out to be.
  const Choice& choice() const { return choice_; }

 private:
  enum class Use : std::uint32_t { first = 0, second = 1, byte = 2 };
  using Keys = std::array<std::uint32_t, kFlagInputs>;

  bool gap(std::uint64_t end, const Reference* next);
  bool match(std::uint64_t end, const Reference* next, const Step& step);
  void gap_literal(const Reference* next);
  int referred(const Reference& reference, BaseWindow& window);
  bool copy(const Segment& segment, std::uint64_t end, bool is_clean);
  bool run_of(std::uint32_t size, std::uint64_t end);
  void unit(const UnitPlace& place);
  UnitBytes wrong_unit(const Unit& unit, unsigned operation);
  unsigned flag(Use use, std::size_t set, const Keys& keys, unsigned wanted);
  std::uint8_t literal(std::size_t category, const std::array<std::uint32_t, kLiteralOrders>& keys,
                       const std::array<int, kGuesses>& guesses, std::uint8_t wanted);
  void put(const std::uint8_t* bytes, std::size_t size);
  unsigned before(unsigned back) const { return last_ >> (8 * (back - 1)) & 0xFF; }
  unsigned parity(std::uint64_t place) const {
    return (static_cast<unsigned>(place) ^ facts_.header().word_phase) & 1;
  }
  static unsigned log_of_run(std::uint64_t run) {
    return std::min(5U, static_cast<unsigned>(std::bit_width(run >> 4)) - 1);
  }

  const Profile& profile_;
  Models& models_;
  FactsReader& facts_;
  BaseWindow& base_;
  BaseWindow& ahead_;
  Port& port_;
  Predictor* predictor_ = nullptr;
  Isa isa_ = Isa::none;
  Choice choice_;

  std::uint64_t at_ = 0;      // the next byte of the image
  std::uint64_t start_ = 0;   // of the block
  std::uint32_t last_ = 0;    // the last four bytes, the newest lowest
  Reference recent_;          // what was repeated last
  std::int64_t outside_ = 0;  // the last shift into the base
  std::uint64_t run_ = 0;     // bytes that were as predicted, up to here
  std::uint32_t hits_ = 0;    // one bit for each unit, the newest lowest
  std::uint32_t second_hits_ = 0;
  std::array<std::uint32_t, kKinds> kind_hits_{};
  std::uint64_t long_end_ = 0;   // before it no long run is asked for, so that work is bounded
  std::uint64_t short_end_ = 0;  // of the short run that is not as predicted
  bool short_is_clean_ = false;  // .. as far as it was walked
  std::array<std::uint8_t, kLongRun + kUnitSizeMax> predicted_;
  std::array<Seen, kLongRun / 4> touched_;
};

template <class Port>
bool BlockCoding<Port>::run(std::uint64_t start, std::uint64_t end, Choice choice) {
  const bool is_clean = port_.direct(1, choice.is_clean ? 1 : 0) != 0;
  const auto isa = port_.direct(kIsaBits, static_cast<std::uint64_t>(choice.isa));
  if (isa >= kIsaCount) return false;
  isa_ = static_cast<Isa>(isa);
  choice_ = {is_clean, isa_};
  Predictor predictor(isa_, facts_, base_, models_.seen);
  predictor_ = &predictor;
  at_ = start_ = start;
  hits_ = 0xFFFF;
  std::uint32_t index = facts_.first_behind(start);
  if (index > 0) {
    const Segment last = facts_.segment(index - 1);
    outside_ = std::int64_t{last.base} - std::int64_t{last.image};
    recent_ = {false, outside_};
  }
  // Each turn ends at the end of a segment or of the block.
  while (at_ < end) {
    const bool has_segment = index < facts_.header().segment_count;
    const Segment segment = has_segment ? facts_.segment(index) : Segment{};
    // What was written down was in order; flash may lose bits all the same.
    if (has_segment && (std::uint64_t{segment.base} + segment.size > base_.size() ||
                        std::uint64_t{segment.image} + segment.size <= at_)) {
      return false;
    }
    if (!has_segment || segment.image > at_) {
      const std::uint64_t gap_end = has_segment ? std::min<std::uint64_t>(segment.image, end) : end;
      const Reference next = {false, std::int64_t{segment.base} - std::int64_t{segment.image}};
      if (is_clean || !gap(gap_end, has_segment ? &next : nullptr)) return false;
      run_ = 0;
      hits_ = 0;
      continue;
    }
    if (!copy(segment, std::min<std::uint64_t>(std::uint64_t{segment.image} + segment.size, end),
              is_clean)) {
      return false;
    }
    ++index;
  }
  return port_.is_sound() && base_.state() && ahead_.state() && facts_.state();
}

template <class Port>
void BlockCoding<Port>::put(const std::uint8_t* bytes, std::size_t size) {
  port_.put(bytes, size);
  for (std::size_t i = size - std::min<std::size_t>(size, 4); i < size; ++i) {
    last_ = last_ << 8 | bytes[i];
  }
  at_ += size;
}

// ---- gaps

template <class Port>
bool BlockCoding<Port>::gap(std::uint64_t end, const Reference* next) {
  const std::uint64_t first = at_;
  unsigned after_match = 0;
  while (at_ < end) {
    if (!port_.is_sound()) return false;
    const Step step = port_.step();
    port_.begins(Topic::step);
    Counter& is_match = models_.steps[after_match * 2 + (at_ == first ? 1 : 0)];
    after_match = code_bit(port_, is_match, step.size > 0 ? 1 : 0);
    if (after_match == 0) {
      gap_literal(next);
    } else if (!match(end, next, step)) {
      return false;
    }
  }
  return true;
}

template <class Port>
bool BlockCoding<Port>::match(std::uint64_t end, const Reference* next, const Step& step) {
  const bool is_next = next != nullptr && step.from == *next && !(step.from == recent_);
  const bool is_known =
      code_bit(port_, models_.steps[4], is_next || step.from == recent_ ? 1 : 0) != 0;
  Reference from = recent_;
  if (is_known) {
    if (code_bit(port_, models_.steps[5], is_next ? 1 : 0) != 0) {
      if (next == nullptr) return false;
      from = *next;
    }
  } else if (code_bit(port_, models_.steps[6], step.from.is_inside ? 1 : 0) != 0) {
    auto& tree = models_.numbers[static_cast<std::size_t>(Number::inside)];
    const std::uint64_t distance =
        code_number(port_, tree, static_cast<std::uint64_t>(step.from.shift));
    if (distance >= at_ - start_) return false;
    from = {true, static_cast<std::int64_t>(distance)};
  } else {
    auto& tree = models_.numbers[static_cast<std::size_t>(Number::outside)];
    const std::uint64_t change = code_number(port_, tree, zigzag(step.from.shift - outside_));
    if (change == UINT64_MAX) return false;
    outside_ += unzigzag(change);
    from = {false, outside_};
  }
  const std::uint32_t least = is_known ? 1 : 2;
  auto& tree =
      models_.numbers[static_cast<std::size_t>(is_known ? Number::known_size : Number::fresh_size)];
  const std::uint64_t more = code_number(port_, tree, step.size > least ? step.size - least : 0);
  if (more >= end - at_ || more + least > end - at_) return false;
  recent_ = from;
  const std::uint64_t size = more + least;
  for (std::uint64_t i = 0; i < size; ++i) {
    const int byte = referred(from, base_);
    if (byte < 0) return false;
    const auto value = static_cast<std::uint8_t>(byte);
    put(&value, 1);
  }
  return true;
}

template <class Port>
int BlockCoding<Port>::referred(const Reference& reference, BaseWindow& window) {
  if (reference.is_inside) {
    const auto back = static_cast<std::uint64_t>(reference.shift) + 1;
    return back <= at_ - start_ ? port_.earlier(at_ - back) : -1;
  }
  const std::int64_t place = static_cast<std::int64_t>(at_) + reference.shift;
  return window.holds(place) ? *window.view(static_cast<std::uint64_t>(place), 1) : -1;
}

template <class Port>
void BlockCoding<Port>::gap_literal(const Reference* next) {
  const unsigned odd = parity(at_);
  const unsigned a = before(1);
  const unsigned b = before(2);
  const unsigned c = before(3);
  const std::array<std::uint32_t, kLiteralOrders> keys = {
      odd, a << 1 | odd, a << 9 | b << 1 | odd, b << 1 | odd,
      (a >> 4) << 9 | (b >> 4) << 5 | (c >> 4) << 1 | odd};
  const std::array<int, kGuesses> guesses = {referred(recent_, base_),
                                             next != nullptr ? referred(*next, ahead_) : -1};
  port_.begins(Topic::literal);
  const std::uint8_t byte = literal(0, keys, guesses, port_.wanted(0));
  put(&byte, 1);
}

// ---- copies

template <class Port>
bool BlockCoding<Port>::copy(const Segment& segment, std::uint64_t end, bool is_clean) {
  outside_ = std::int64_t{segment.base} - std::int64_t{segment.image};
  recent_ = {false, outside_};
  while (at_ < end) {
    if (!port_.is_sound()) return false;
    const UnitPlace place = {at_ - segment.image + segment.base, at_,
                             static_cast<std::size_t>(end - at_)};
    if (is_clean) {
      const Unit made = predictor_->at(place);
      put(made.first.data(), made.size);
      continue;
    }
    if (at_ >= short_end_ && run_ >= kShortRun) {
      const bool asks_long = run_ >= kLongRun && at_ >= long_end_ && end - at_ >= kLongRun;
      if (asks_long && run_of(kLongRun, end)) continue;
      if (end - at_ >= kShortRun && run_of(kShortRun, end)) continue;
    }
    unit(place);
  }
  return true;
}

// run_of says, by one bit, whether all of the next `size` bytes (and the rest of the unit there)
// are as predicted, and puts them.
template <class Port>
bool BlockCoding<Port>::run_of(std::uint32_t size, std::uint64_t end) {
  std::size_t made = 0;
  std::size_t touched = 0;
  bool disagrees = false;
  while (made < size) {
    const std::uint64_t image = at_ + made;
    const Unit one =
        predictor_->at({static_cast<std::uint64_t>(static_cast<std::int64_t>(image) + outside_),
                        image, static_cast<std::size_t>(end - image)});
    if (one.kind == Kind::pointer || one.kind == Kind::branch) {
      touched_[touched++] = {one.target, one.moved};
      disagrees |= one.agreement == 2;
    }
    std::copy(one.first.begin(), one.first.begin() + one.size, predicted_.begin() + made);
    made += one.size;
  }
  const std::size_t context = (size == kLongRun ? 96 : 0) + log_of_run(run_) * 16 +
                              std::min<std::size_t>(touched, 7) * 2 + (disagrees ? 1 : 0);
  const bool agrees = port_.agrees(predicted_.data(), made);
  port_.begins(Topic::run);
  if (code_bit(port_, models_.runs[context], agrees ? 1 : 0) == 0) {
    if (size == kLongRun) {
      long_end_ = at_ + kLongRun;
    } else {
      short_end_ = at_ + made;
      short_is_clean_ = true;
    }
    return false;
  }
  for (std::size_t i = 0; i < touched; ++i) predictor_->see(touched_[i].target, touched_[i].moved);
  put(predicted_.data(), made);
  run_ += made;
  hits_ = 0xFFFF;
  return true;
}

template <class Port>
void BlockCoding<Port>::unit(const UnitPlace& place) {
  const Unit unit = predictor_->at(place);
  const std::uint32_t kind = static_cast<std::uint32_t>(unit.kind);
  const unsigned in_short = at_ < short_end_ ? 1 : 0;
  const unsigned value = unit.first[0] | (unit.size > 1 ? unsigned{unit.first[1]} << 8 : 0U);
  const bool is_wide = unit.size >= 4 && (isa_ == Isa::arm || isa_ == Isa::arm64);
  const unsigned operation = unit.size == 1   ? unit.origin
                             : unit.size == 2 ? unit.first[1]
                             : is_wide        ? unit.origin >> 24
                                              : unit.origin >> 8 & 0xFF;
  const unsigned previous = place.base > 0 ? *base_.view(place.base - 1, 1) : 0U;
  const unsigned second = unit.has_second ? 1 : 0;
  const unsigned agreement = unit.agreement;
  unsigned hit = 0;
  port_.begins(topic_of(unit.kind));
  // The last unit of a short run that has a wrong one is wrong where no other was.
  if (in_short == 0 || !short_is_clean_ || at_ + unit.size < short_end_) {
    const Keys keys = {kind << 16 | (hits_ & 15) << 8 | in_short << 4 | agreement << 1 | second,
                       kind << 16 | operation << 8 | (hits_ & 3) << 2 | agreement,
                       kind << 20 | value << 2 | second << 1 | in_short,
                       kind << 16 | (kind_hits_[kind] & 255) << 3 | agreement << 1 | in_short,
                       kind << 16 | previous << 8 |
                           static_cast<unsigned>(std::min<std::uint64_t>(run_, 15)) << 2 |
                           in_short << 1 | (hits_ & 1)};
    hit = flag(Use::first, kind * 2 + in_short + 16 * (hits_ & 1), keys,
               port_.agrees(unit.first.data(), unit.size) ? 1 : 0);
  }
  UnitBytes actual = unit.first;
  if (hit != 0) {
    put(actual.data(), unit.size);
    run_ += unit.size;
  } else {
    short_is_clean_ = false;
    unsigned by_second = 0;
    if (unit.has_second) {
      const Keys keys = {kind << 16 | agreement, kind << 16 | operation,
                         kind << 16 | (second_hits_ & 15) << 4 | agreement, kind << 20 | value,
                         kind << 16 | (hits_ & 7)};
      by_second =
          flag(Use::second, 32 + kind, keys, port_.agrees(unit.second.data(), unit.size) ? 1 : 0);
      second_hits_ = second_hits_ << 1 | by_second;
    }
    if (by_second != 0) {
      actual = unit.second;
      put(actual.data(), unit.size);
    } else {
      actual = wrong_unit(unit, operation);
    }
    run_ = 0;
  }
  predictor_->learn(unit, place, actual.data());
  kind_hits_[kind] = kind_hits_[kind] << 1 | hit;
  hits_ = hits_ << 1 | hit;
}

// The bytes of a unit that is not as predicted, each as predicted or not.
template <class Port>
UnitBytes BlockCoding<Port>::wrong_unit(const Unit& unit, unsigned operation) {
  UnitBytes actual{};
  unsigned is_wrong = 0;
  for (std::size_t i = 0; i < unit.size; ++i) {
    const std::uint8_t guess = unit.first[i];
    const std::uint8_t wanted = port_.wanted(0);
    const auto kind = static_cast<std::uint32_t>(unit.kind);
    const auto place = kind * 4 + static_cast<std::uint32_t>(std::min<std::size_t>(i, 3));
    actual[i] = guess;
    unsigned hit = 0;
    // The only byte, or the last one where no other was wrong, is wrong.
    if (unit.size > 1 && (is_wrong != 0 || i + 1 < unit.size)) {
      const unsigned byte_before = i > 0 ? actual[i - 1] : 0U;
      const Keys keys = {place << 1 | is_wrong, place << 16 | operation << 1 | is_wrong,
                         place << 16 | unsigned{guess} << 1 | is_wrong,
                         place << 16 | byte_before << 1 | is_wrong, place << 2 | (hits_ & 3)};
      hit = flag(Use::byte, 40 + std::min<std::size_t>(place, 19), keys, wanted == guess ? 1 : 0);
    }
    if (hit == 0) {
      is_wrong = 1;
      const std::array<std::uint32_t, kLiteralOrders> keys = {
          1U << 24 | place, 1U << 24 | place << 8 | guess, 1U << 24 | place << 8 | operation,
          1U << 24 | before(1) << 8 | guess, 1U << 24 | before(1) << 8 | place};
      const std::array<int, kGuesses> guesses = {unit.has_second ? unit.second[i] : -1, guess};
      actual[i] = literal(1 + kind, keys, guesses, wanted);
    }
    put(&actual[i], 1);
  }
  return actual;
}

// ---- bits

template <class Port>
unsigned BlockCoding<Port>::flag(Use use, std::size_t set, const Keys& keys, unsigned wanted) {
  Mixing<kFlagInputs> mixing;
  std::array<Counter*, kFlagInputs> counters;
  const std::span<Weight, kFlagInputs> weights(models_.flag_weights[set]);
  for (std::size_t i = 0; i < kFlagInputs; ++i) {
    const std::uint32_t slot =
        hashed(keys[i] + static_cast<std::uint32_t>(use) * kUseStep) >> (32 - profile_.flag_bits);
    counters[i] = &models_.flags[(i << profile_.flag_bits) + slot];
    mixing.inputs[i] = stretch(probability_of(*counters[i]));
  }
  mixing.mix(weights);
  const unsigned bit = port_.bit(mixing.probability, wanted);
  mixing.learn(bit, weights);
  for (Counter* const counter : counters) count(*counter, bit, kSeenMax);
  return bit;
}

template <class Port>
std::uint8_t BlockCoding<Port>::literal(std::size_t category,
                                        const std::array<std::uint32_t, kLiteralOrders>& keys,
                                        const std::array<int, kGuesses>& guesses,
                                        std::uint8_t wanted) {
  std::array<std::uint32_t, kLiteralOrders> places;
  for (std::size_t i = 0; i < kLiteralOrders; ++i) places[i] = hashed(keys[i]) >> 8;
  std::array<Counter*, kLiteralInputs> counters;
  Mixing<kLiteralInputs> mixing;
  unsigned node = 1;
  for (unsigned left = 8; left-- > 0;) {
    for (std::size_t i = 0; i < kLiteralOrders; ++i) {
      const std::uint32_t mask = (1U << profile_.literal_bits[i]) - 1;
      counters[i] = &models_.literals[i][(places[i] + node) & mask];
      mixing.inputs[i] = stretch(probability_of(*counters[i]));
    }
    for (std::size_t i = 0; i < kGuesses; ++i) {
      // A guess counts for as long as the bits above are its own.
      const int guess = guesses[i];
      const bool counts = guess >= 0 && (static_cast<unsigned>(guess) | 256U) >> (left + 1) == node;
      Counter* const counter =
          counts ? &models_.guesses[category][i][left][static_cast<unsigned>(guess) >> left & 1]
                 : nullptr;
      counters[kLiteralOrders + i] = counter;
      mixing.inputs[kLiteralOrders + i] = counts ? stretch(probability_of(*counter)) : 0;
    }
    const std::span<Weight, kLiteralInputs> weights(models_.literal_weights[category * 8 + left]);
    mixing.mix(weights);
    const unsigned bit = port_.bit(mixing.probability, wanted >> left & 1U);
    mixing.learn(bit, weights);
    for (Counter* const counter : counters) {
      if (counter != nullptr) count(*counter, bit, kSeenLiteralMax);
    }
    node = node << 1 | bit;
  }
  return static_cast<std::uint8_t>(node);
}

}  // namespace airlock::delta
