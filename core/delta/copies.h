// The half of BlockCoding that walks through copies: runs, units, and the bytes of a unit that is
// not as predicted. coding.h includes it; nobody else does.
#pragma once

#include "core/delta/coding.h"

namespace airlock::delta {

template <BlockPort Port>
bool BlockCoding<Port>::copy(const Segment& segment, std::size_t end, bool is_clean) {
  outside_ = std::int64_t{segment.base} - std::int64_t{segment.image};
  recent_ = {false, outside_};
  while (at_ < end) {
    if (!port_.is_sound()) return false;
    const UnitPlace place = {at_ - segment.image + segment.base, at_, end - at_};
    if (is_clean) {
      const std::size_t size = std::min<std::size_t>(place.room, kLongRun);
      put(predicted_.data(), predictor_->stretch(place, size, predicted_.data(), nullptr));
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
template <BlockPort Port>
bool BlockCoding<Port>::run_of(std::uint32_t size, std::size_t end) {
  Predictor::Touched touched = {touched_};
  const auto from = static_cast<std::size_t>(static_cast<std::int64_t>(at_) + outside_);
  const std::size_t made =
      predictor_->stretch({from, at_, end - at_}, size, predicted_.data(), &touched);
  const std::size_t context = (size == kLongRun ? 96 : 0) + log_of_run(run_) * 16 +
                              std::min<std::size_t>(touched.count, 7) * 2 +
                              (touched.disagrees ? 1 : 0);
  const bool agrees = port_.agrees(predicted_.data(), made);
  port_.begins(Topic::run);
  if (code_bit(port_.bits(), models_.runs[context], agrees ? 1 : 0) == 0) {
    if (size == kLongRun) {
      long_end_ = at_ + kLongRun;
    } else {
      short_end_ = at_ + made;
      short_is_clean_ = true;
    }
    return false;
  }
  for (std::size_t i = 0; i < touched.count; ++i) {
    predictor_->see(touched_[i].target, touched_[i].moved);
  }
  put(predicted_.data(), made);
  run_ += made;
  hits_ = 0xFFFF;
  return true;
}

template <BlockPort Port>
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
    const typename Bits::FlagKeys keys = {
        kind << 16 | (hits_ & 15) << 8 | in_short << 4 | agreement << 1 | second,
        kind << 16 | operation << 8 | (hits_ & 3) << 2 | agreement,
        kind << 20 | value << 2 | second << 1 | in_short,
        kind << 16 | (kind_hits_[kind] & 255) << 3 | agreement << 1 | in_short,
        kind << 16 | previous << 8 | static_cast<unsigned>(std::min<std::size_t>(run_, 15)) << 2 |
            in_short << 1 | (hits_ & 1)};
    hit = bits_.flag(Bits::Use::first, kind * 2 + in_short + 2 * kKinds * (hits_ & 1), keys,
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
      const typename Bits::FlagKeys keys = {kind << 16 | agreement, kind << 16 | operation,
                                            kind << 16 | (second_hits_ & 15) << 4 | agreement,
                                            kind << 20 | value, kind << 16 | (hits_ & 7)};
      by_second = bits_.flag(Bits::Use::second, 4 * kKinds + kind, keys,
                             port_.agrees(unit.second.data(), unit.size) ? 1 : 0);
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
  if (Predictor::learns(unit, hit != 0)) predictor_->learn(unit, place, actual.data());
  kind_hits_[kind] = kind_hits_[kind] << 1 | hit;
  hits_ = hits_ << 1 | hit;
}

// The bytes of a unit that is not as predicted, each as predicted or not.
template <BlockPort Port>
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
      const typename Bits::FlagKeys keys = {
          place << 1 | is_wrong, place << 16 | operation << 1 | is_wrong,
          place << 16 | unsigned{guess} << 1 | is_wrong, place << 16 | byte_before << 1 | is_wrong,
          place << 2 | (hits_ & 3)};
      hit = bits_.flag(Bits::Use::byte, 5 * kKinds + place, keys, wanted == guess ? 1 : 0);
    }
    if (hit == 0) {
      is_wrong = 1;
      const typename Bits::LiteralKeys keys = {1U << 24 | place,
                                               1U << 24 | place << 8 | guess,
                                               1U << 24 | place << 8 | operation,
                                               1U << 24 | before(1) << 8 | guess,
                                               1U << 24 | before(1) << 8 | place,
                                               1U << 24 | before(2) << 8 | place};
      const typename Bits::Guesses guesses = {unit.has_second ? unit.second[i] : -1, guess};
      actual[i] = bits_.literal(1 + kind, keys, guesses, wanted);
    }
    put(&actual[i], 1);
  }
  return actual;
}

}  // namespace airlock::delta
