// How one block is coded: the same steps for who decodes it and who encodes it.
//
// BlockCoding walks through a block. Its port answers what each bit is: a decoder reads it from a
// range coder, an encoder knows the image and writes it (or only adds up what it would cost). So
// the two cannot disagree; tests/reference decodes by the format's page alone.
#pragma once

#include <optional>

#include "core/delta/bits.h"
#include "core/delta/facts.h"
#include "core/delta/units.h"

namespace airlock::delta {

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

// BlockPort is what a walk needs: bits, an encoder's knowledge of the block, and where bytes
// go. What only an encoder knows a decoder answers with nothing.
template <class Port>
concept BlockPort = requires(Port& port, const std::uint8_t* bytes, std::size_t size,
                             std::size_t place, Topic topic) {
  { port.bits() } -> BitPort;                           // where bits come from, or go to
  { port.agrees(bytes, size) } -> std::same_as<bool>;   // are these the next bytes?
  { port.wanted(size) } -> std::same_as<std::uint8_t>;  // the byte behind so many others
  { port.step() } -> std::same_as<Step>;                // what to do in a gap
  { port.put(bytes, size) } -> std::same_as<void>;      // these are the next bytes
  { port.earlier(place) } -> std::same_as<int>;         // a byte of the block that was put
  { port.begins(topic) } -> std::same_as<void>;         // what the next bits are about
  { port.is_sound() } -> std::same_as<bool>;            // false ends the walk
};

template <BlockPort Port>
class BlockCoding {
 public:
  // `ahead` is for reading the base ahead of a gap's end. What is referred to must outlive it.
  struct Parts {
    const Profile& profile;
    Models& models;
    FactsReader& facts;
    BaseWindow& base;
    BaseWindow& ahead;
  };
  BlockCoding(const Parts& parts, Port& port)
      : models_(parts.models),
        facts_(parts.facts),
        base_(parts.base),
        ahead_(parts.ahead),
        port_(port),
        bits_(parts.profile, parts.models, port.bits()) {}

  // What an encoder chooses for the block.
  struct Choice {
    bool is_clean = false;  // all of it is as the facts predict
    Isa isa = Isa::none;
  };
  // run walks through the block at `start`. It returns whether the walk came to its end: false is
  // a malformed block, or a port that is not sound.
  bool run(std::size_t start, std::size_t end, Choice choice);
  // choice is what the block turned out to be.
  const Choice& choice() const { return choice_; }

 private:
  using Bits = BitCoding<std::remove_reference_t<decltype(std::declval<Port&>().bits())>>;

  bool walk(std::size_t start, std::size_t end);
  bool gap(std::size_t end, const Reference* next);
  bool match(std::size_t end, const Reference* next, const Step& step);
  std::optional<Reference> known_reference(const Reference* next, const Step& step);
  std::optional<Reference> fresh_reference(const Step& step);
  NumberModel& number(Number which) { return models_.numbers[static_cast<std::size_t>(which)]; }
  void gap_literal(const Reference* next);
  int referred(const Reference& reference, BaseWindow& window);
  bool copy(const Segment& segment, std::size_t end, bool is_clean);
  bool run_of(std::uint32_t size, std::size_t end);
  void unit(const UnitPlace& place);
  UnitBytes wrong_unit(const Unit& unit, unsigned operation);
  void put(const std::uint8_t* bytes, std::size_t size);
  unsigned before(unsigned back) const { return last_ >> (8 * (back - 1)) & 0xFF; }
  unsigned parity(std::size_t place) const {
    return (static_cast<unsigned>(place) ^ facts_.header().word_phase) & 1;
  }
  unsigned in_word(std::size_t place) const {
    return (static_cast<unsigned>(place) - facts_.header().word_phase) & 3;
  }
  static unsigned log_of_run(std::size_t run) {
    return std::min(5U, static_cast<unsigned>(std::bit_width(run >> 4)) - 1);
  }

  Models& models_;
  FactsReader& facts_;
  BaseWindow& base_;
  BaseWindow& ahead_;
  Port& port_;
  Bits bits_;
  Predictor* predictor_ = nullptr;
  Isa isa_ = Isa::none;
  Choice choice_;

  std::size_t at_ = 0;        // the next byte of the image
  std::size_t start_ = 0;     // of the block
  std::uint32_t last_ = 0;    // the last four bytes, the newest lowest
  Reference recent_;          // what was repeated last
  Reference older_;           // .. and, in this gap, before that
  std::int64_t outside_ = 0;  // the last shift into the base
  std::size_t run_ = 0;       // bytes that were as predicted, up to here
  std::uint32_t hits_ = 0;    // one bit for each unit, the newest lowest
  std::uint32_t second_hits_ = 0;
  std::array<std::uint32_t, kKinds> kind_hits_{};
  std::size_t long_end_ = 0;     // before it no long run is asked for, so that work is bounded
  std::size_t short_end_ = 0;    // of the short run that is not as predicted
  bool short_is_clean_ = false;  // .. as far as it was walked
  std::array<std::uint8_t, kLongRun + kUnitSizeMax> predicted_;
  std::array<Seen, kLongRun / 4> touched_;
};

template <BlockPort Port>
bool BlockCoding<Port>::run(std::size_t start, std::size_t end, Choice choice) {
  const bool is_clean = port_.bits().direct(1, choice.is_clean ? 1 : 0) != 0;
  const auto isa = port_.bits().direct(kIsaBits, static_cast<std::uint64_t>(choice.isa));
  if (isa >= kIsaCount) return false;
  isa_ = static_cast<Isa>(isa);
  choice_ = {is_clean, isa_};
  Predictor predictor(isa_, facts_, base_, models_.seen);
  predictor_ = &predictor;
  const bool is_whole = walk(start, end);
  predictor_ = nullptr;
  return is_whole;
}

template <BlockPort Port>
bool BlockCoding<Port>::walk(std::size_t start, std::size_t end) {
  const bool is_clean = choice_.is_clean;
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
      const std::size_t gap_end = has_segment ? std::min<std::size_t>(segment.image, end) : end;
      const Reference next = {false, std::int64_t{segment.base} - std::int64_t{segment.image}};
      if (is_clean || !gap(gap_end, has_segment ? &next : nullptr)) return false;
      run_ = 0;
      hits_ = 0;
      continue;
    }
    const std::uint64_t segment_end = std::uint64_t{segment.image} + segment.size;
    if (!copy(segment, static_cast<std::size_t>(std::min<std::uint64_t>(segment_end, end)),
              is_clean)) {
      return false;
    }
    ++index;
  }
  return port_.is_sound() && base_.state() && ahead_.state() && facts_.state();
}

template <BlockPort Port>
void BlockCoding<Port>::put(const std::uint8_t* bytes, std::size_t size) {
  port_.put(bytes, size);
  for (std::size_t i = size - std::min<std::size_t>(size, 4); i < size; ++i) {
    last_ = last_ << 8 | bytes[i];
  }
  at_ += size;
}

// ---- gaps

template <BlockPort Port>
bool BlockCoding<Port>::gap(std::size_t end, const Reference* next) {
  const std::size_t first = at_;
  unsigned after_match = 0;
  older_ = recent_;
  while (at_ < end) {
    if (!port_.is_sound()) return false;
    const Step step = port_.step();
    port_.begins(Topic::step);
    Counter& is_match = models_.steps[after_match * 2 + (at_ == first ? 1 : 0)];
    after_match = code_bit(port_.bits(), is_match, step.size > 0 ? 1 : 0);
    if (after_match == 0) {
      gap_literal(next);
    } else if (!match(end, next, step)) {
      return false;
    }
  }
  return true;
}

// What is named without a number: what was repeated last, what the copy behind the gap goes on
// with, or what was repeated before the last.
template <BlockPort Port>
std::optional<Reference> BlockCoding<Port>::known_reference(const Reference* next,
                                                            const Step& step) {
  const bool is_recent = step.from == recent_;
  const bool is_next = !is_recent && next != nullptr && step.from == *next;
  const bool is_older = !is_recent && !is_next && step.from == older_;
  if (code_bit(port_.bits(), models_.steps[4], is_recent || is_next || is_older ? 1 : 0) == 0) {
    return std::nullopt;
  }
  if (code_bit(port_.bits(), models_.steps[5], is_next || is_older ? 1 : 0) == 0) return recent_;
  if (next == nullptr) return older_;
  return code_bit(port_.bits(), models_.steps[7], is_older ? 1 : 0) == 0 ? *next : older_;
}

template <BlockPort Port>
std::optional<Reference> BlockCoding<Port>::fresh_reference(const Step& step) {
  if (code_bit(port_.bits(), models_.steps[6], step.from.is_inside ? 1 : 0) != 0) {
    const std::uint64_t distance = code_number(port_.bits(), number(Number::inside),
                                               static_cast<std::uint64_t>(step.from.shift));
    if (distance >= at_ - start_) return std::nullopt;
    return Reference{true, static_cast<std::int64_t>(distance)};
  }
  const std::uint64_t change =
      code_number(port_.bits(), number(Number::outside), zigzag(step.from.shift - outside_));
  if (change == UINT64_MAX) return std::nullopt;
  outside_ += unzigzag(change);
  return Reference{false, outside_};
}

template <BlockPort Port>
bool BlockCoding<Port>::match(std::size_t end, const Reference* next, const Step& step) {
  std::optional<Reference> from = known_reference(next, step);
  const bool is_known = from.has_value();
  if (!from) from = fresh_reference(step);
  if (!from) return false;
  const std::uint32_t least = is_known ? 1 : 2;
  const std::uint64_t more =
      code_number(port_.bits(), number(is_known ? Number::known_size : Number::fresh_size),
                  step.size > least ? step.size - least : 0);
  if (more >= end - at_ || more + least > end - at_) return false;
  if (*from != recent_) older_ = recent_;
  recent_ = *from;
  const auto size = static_cast<std::size_t>(more) + least;
  for (std::size_t i = 0; i < size; ++i) {
    const int byte = referred(*from, base_);
    if (byte < 0) return false;
    const auto value = static_cast<std::uint8_t>(byte);
    put(&value, 1);
  }
  return true;
}

template <BlockPort Port>
int BlockCoding<Port>::referred(const Reference& reference, BaseWindow& window) {
  if (reference.is_inside) {
    const auto back = static_cast<std::uint64_t>(reference.shift) + 1;
    return back <= at_ - start_ ? port_.earlier(at_ - static_cast<std::size_t>(back)) : -1;
  }
  const std::int64_t place = static_cast<std::int64_t>(at_) + reference.shift;
  return window.holds(place) ? *window.view(static_cast<std::size_t>(place), 1) : -1;
}

template <BlockPort Port>
void BlockCoding<Port>::gap_literal(const Reference* next) {
  const unsigned odd = parity(at_);
  const unsigned a = before(1);
  const unsigned b = before(2);
  const unsigned c = before(3);
  const typename Bits::LiteralKeys keys = {odd,
                                           a << 1 | odd,
                                           a << 9 | b << 1 | odd,
                                           b << 1 | odd,
                                           (a >> 4) << 9 | (b >> 4) << 5 | (c >> 4) << 1 | odd,
                                           in_word(at_)};
  const typename Bits::Guesses guesses = {referred(recent_, base_),
                                          next != nullptr ? referred(*next, ahead_) : -1};
  port_.begins(Topic::literal);
  const std::uint8_t byte = bits_.literal(0, keys, guesses, port_.wanted(0));
  put(&byte, 1);
}

}  // namespace airlock::delta

#include "core/delta/copies.h"
