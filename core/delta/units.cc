#include "core/delta/units.h"

#include "core/delta/internal/instructions.h"

namespace airlock::delta {

using internal::read_half;
using internal::read_word;
using internal::write_half;
using internal::write_word;

void BaseWindow::fill(std::size_t at) {
  first_ = at - std::min<std::size_t>(at, kUnitsBefore);
  held_ = std::min(buffer_.size(), size_ - first_);
  if (state_) state_ = source_->read(first_, buffer_.first(held_));
  if (!state_) std::fill(buffer_.begin(), buffer_.end(), std::uint8_t{0});
}

Unit Predictor::at(const UnitPlace& place) {
  const std::size_t phase = place.base - facts_.header().word_phase;
  Unit unit;
  if (isa_ == Isa::thumb && phase % 2 == 0 && place.room >= 4) {
    const std::uint32_t word = word_at(place.base);
    if (is_steady_half(word, phase)) {
      unit.size = 2;
      unit.origin = word & 0xFFFF;
      write_half(unit.first.data(), unit.origin);
      guess_by_change(unit);
      return unit;
    }
  }
  if (phase % 4 == 0 && place.room >= 4) {
    const std::uint32_t word = word_at(place.base);
    const Region* const region = region_of(word);
    if (region != nullptr) {
      pointer(*region, word, unit);
      return unit;
    }
  }
  switch (isa_) {
    case Isa::none: break;
    case Isa::thumb:
      if (phase % 2 == 0 && thumb(place, unit)) return unit;
      break;
    case Isa::arm:
      if (phase % 4 == 0 && arm(place, unit)) return unit;
      break;
    case Isa::arm64:
      if (phase % 4 == 0 && arm64(place, unit)) return unit;
      break;
    case Isa::x86_64:
      if (x86_64(place, unit)) return unit;
      break;
  }
  unit.first[0] = *base_.view(place.base, 1);
  unit.origin = unit.first[0];
  return unit;
}

std::uint32_t Predictor::word_at(std::size_t base) { return read_word(base_.view(base, 4)); }

const Region* Predictor::region_of(std::uint32_t address) const {
  for (const Region& region : facts_.header().regions) {
    if (region.holds(address)) return &region;
  }
  return nullptr;
}

// Places of one page share a slot, and the pages beside it are looked at too.
const Seen* Predictor::seen_near(std::uint32_t target) const {
  const Seen* best = nullptr;
  std::int64_t distance = kSeenNear;
  for (std::uint32_t beside = 0; beside < 3; ++beside) {
    const Seen& each = seen_[(target / kSeenPage + beside - 1) & (seen_.size() - 1)];
    if (each.moved == Seen::kNothing) continue;
    const std::int64_t far = std::int64_t{each.target} - std::int64_t{target};
    if (std::max(far, -far) >= distance) continue;
    distance = std::max(far, -far);
    best = &each;
  }
  return best;
}

void Predictor::see(std::uint32_t target, std::int64_t moved) {
  constexpr std::int64_t kMovedMax = 1 << 24;
  if (moved > kMovedMax || moved < -kMovedMax) return;
  seen_[(target / kSeenPage) & (seen_.size() - 1)] = {target, static_cast<std::int32_t>(moved)};
}

const Seen* Predictor::compare_with_seen(Unit& unit) const {
  const Seen* const seen = seen_near(unit.target);
  if (seen == nullptr) return nullptr;
  unit.agreement = seen->moved == unit.moved ? 1 : 2;
  unit.has_second = seen->moved != unit.moved;
  return seen;
}

template <class Encode>
void Predictor::refer(Unit& unit, const Encode& encode) {
  encode(unit.first.data(), unit.moved);
  const Seen* const seen = compare_with_seen(unit);
  if (seen != nullptr) encode(unit.second.data(), seen->moved);
}

void Predictor::pointer(const Region& region, std::uint32_t word, Unit& unit) {
  unit.size = 4;
  unit.origin = word;
  unit.kind = region.linked ? Kind::pointer : Kind::data;
  unit.target = region.linked ? word - region.zero : word;
  unit.moved = region.linked ? moved(unit.target) : 0;
  const std::uint32_t unmoved = word + region.relocation;
  refer(unit, [unmoved](std::uint8_t* to, std::int32_t by) {
    write_word(to, unmoved + static_cast<std::uint32_t>(by));
  });
  if (unit.agreement == 0 && unit.moved != 0) {
    unit.has_second = true;
    write_word(unit.second.data(), unmoved);
  }
}

namespace {

std::size_t class_of(const Unit& unit) {
  return unit.size == 2 ? unit.origin >> 10 : unit.origin >> 26;
}

}  // namespace

// An instruction of two or four bytes whose like changed by this much before.
void Predictor::guess_by_change(Unit& unit) {
  const std::uint32_t change = changes_[class_of(unit)];
  if (change == 0) return;
  unit.has_second = true;
  if (unit.size == 2) {
    write_half(unit.second.data(), read_half(unit.first.data()) + change);
  } else {
    write_word(unit.second.data(), read_word(unit.first.data()) + change);
  }
}

void Predictor::keep_change(const Unit& unit, std::uint32_t change) {
  if (change != 0) changes_[class_of(unit)] = change;
}

void Predictor::learn(const Unit& unit, const UnitPlace& place, const std::uint8_t* actual) {
  switch (unit.kind) {
    case Kind::pointer:
    case Kind::data:
      if (unit.size == 4) {
        const std::uint32_t beside = read_word(actual) - read_word(unit.first.data());
        see(unit.target,
            static_cast<std::int32_t>(beside + static_cast<std::uint32_t>(unit.moved)));
      }
      return;
    case Kind::branch: {
      std::int64_t target = 0;
      if (internal::branch_target(isa_ == Isa::thumb   ? internal::Branch::thumb
                                  : isa_ == Isa::arm   ? internal::Branch::arm
                                  : isa_ == Isa::arm64 ? internal::Branch::arm64
                                                       : internal::Branch::x86_64,
                                  {actual, unit.size}, static_cast<std::int64_t>(place.image),
                                  target)) {
        see(unit.target, target - std::int64_t{unit.target});
      }
      return;
    }
    case Kind::plain:
    case Kind::local:
      if (unit.size == 2) {
        keep_change(unit, read_half(actual) - read_half(unit.first.data()));
      } else if (unit.size == 4) {
        keep_change(unit, read_word(actual) - read_word(unit.first.data()));
      }
      return;
  }
}

// ---- Thumb-2

bool Predictor::thumb(const UnitPlace& place, Unit& unit) {
  if (place.room >= 4 && thumb_wide(place, base_.view(place.base, 4), unit)) return true;
  if (place.room >= 8 && place.base + 8 <= base_.size() &&
      pair(place, base_.view(place.base, 8), unit)) {
    return true;
  }
  if (place.room < 2) return false;
  thumb_narrow(place, unit);
  return true;
}

bool Predictor::thumb_wide(const UnitPlace& place, const std::uint8_t* bytes, Unit& unit) {
  const std::uint32_t word = read_word(bytes);
  std::int64_t target = 0;
  if (!internal::branch_target(internal::Branch::thumb, {bytes, 4},
                               static_cast<std::int64_t>(place.base), target) ||
      !is_target(target)) {
    return false;
  }
  unit.kind = Kind::branch;
  unit.size = 4;
  unit.origin = word;
  unit.target = static_cast<std::uint32_t>(target);
  const auto here = static_cast<std::int64_t>(place.image);
  unit.moved = moved(target);
  refer(unit, [=](std::uint8_t* to, std::int32_t by) {
    write_word(to, internal::thumb_branch(word, here, target + by));
  });
  return true;
}

void Predictor::thumb_narrow(const UnitPlace& place, Unit& unit) {
  const std::uint32_t half = read_half(base_.view(place.base, 2));
  unit.size = 2;
  unit.origin = half;
  const std::int64_t phase = facts_.header().word_phase;
  const internal::ThumbReach reach =
      internal::thumb_reach(half, static_cast<std::int64_t>(place.base), phase);
  std::uint32_t made = half;
  if (reach.bits != 0) {
    unit.kind = Kind::local;
    if (is_target(reach.target)) {
      made = internal::thumb_reaching(half, static_cast<std::int64_t>(place.image), phase,
                                      gone_to(reach.target));
    }
  }
  write_half(unit.first.data(), made);
  guess_by_change(unit);
}

// MOVW and MOVT of one register, one behind the other, that load an address.
bool Predictor::pair(const UnitPlace& place, const std::uint8_t* bytes, Unit& unit) {
  const auto form = isa_ == Isa::thumb ? internal::Pair::thumb : internal::Pair::arm;
  std::uint32_t address = 0;
  if (!internal::read_pair(form, bytes, address)) return false;
  const Region* const region = region_of(address);
  if (region == nullptr || !region->linked || place.room < 8) return false;
  Unit word;
  pointer(*region, address, word);
  unit = word;
  unit.size = 8;
  std::copy(bytes, bytes + 8, unit.first.begin());
  std::copy(bytes, bytes + 8, unit.second.begin());
  internal::write_pair(form, unit.first.data(), read_word(word.first.data()));
  internal::write_pair(form, unit.second.data(), read_word(word.second.data()));
  return true;
}

// ---- A32

bool Predictor::arm(const UnitPlace& place, Unit& unit) {
  if (place.room < 4) return false;
  if (place.room >= 12 && arm_stub(place, base_.view(place.base, 12), unit)) return true;
  if (place.room >= 8 && pair(place, base_.view(place.base, 8), unit)) return true;
  const std::uint8_t* const bytes = base_.view(place.base, 4);
  const std::uint32_t word = read_word(bytes);
  const auto from = static_cast<std::int64_t>(place.base);
  const auto here = static_cast<std::int64_t>(place.image);
  unit.size = 4;
  unit.origin = word;
  std::int64_t target = 0;
  if (internal::branch_target(internal::Branch::arm, {bytes, 4}, from, target) &&
      is_target(target)) {
    unit.kind = Kind::branch;
    unit.target = static_cast<std::uint32_t>(target);
    unit.moved = moved(target);
    refer(unit, [=](std::uint8_t* to, std::int32_t by) {
      write_word(to, internal::arm_branch(word, here, target + by));
    });
    return true;
  }
  std::uint32_t made = word;
  if (internal::arm_literal(word, from, target)) {
    unit.kind = Kind::local;
    if (is_target(target)) made = internal::arm_literal_at(word, here, gone_to(target));
  }
  write_word(unit.first.data(), made);
  guess_by_change(unit);
  return true;
}

// A stub of a procedure linkage table: three instructions that reach one word.
bool Predictor::arm_stub(const UnitPlace& place, const std::uint8_t* bytes, Unit& unit) {
  std::int64_t target = 0;
  if (!internal::read_stub(bytes, static_cast<std::int64_t>(place.base), target) ||
      !is_target(target)) {
    return false;
  }
  unit.kind = Kind::local;
  unit.size = 12;
  unit.origin = read_word(bytes);
  std::copy(bytes, bytes + 12, unit.first.begin());
  internal::write_stub(unit.first.data(), static_cast<std::int64_t>(place.image), gone_to(target));
  return true;
}

// ---- A64

bool Predictor::arm64(const UnitPlace& place, Unit& unit) {
  if (place.room < 4) return false;
  const std::uint8_t* const bytes = base_.view(place.base, 4);
  const std::uint32_t word = read_word(bytes);
  const auto from = static_cast<std::int64_t>(place.base);
  const auto here = static_cast<std::int64_t>(place.image);
  unit.size = 4;
  unit.origin = word;
  std::int64_t target = 0;
  if (internal::branch_target(internal::Branch::arm64, {bytes, 4}, from, target) &&
      is_target(target)) {
    unit.kind = Kind::branch;
    unit.target = static_cast<std::uint32_t>(target);
    unit.moved = moved(target);
    refer(unit, [=](std::uint8_t* to, std::int32_t by) {
      write_word(to, internal::arm64_branch(word, here, target + by));
    });
    return true;
  }
  std::uint32_t made = word;
  if (internal::arm64_near(word, from, target)) {
    unit.kind = Kind::local;
    if (is_target(target)) made = internal::arm64_near_at(word, here, gone_to(target));
  } else if (internal::is_adrp(word)) {
    unit.kind = Kind::local;
    made = arm64_page(place, word);
  } else if (internal::low_scale(word) >= 0) {
    unit.kind = Kind::local;
    made = arm64_low(place, word);
  }
  write_word(unit.first.data(), made);
  guess_by_change(unit);
  return true;
}

namespace {

// Instructions that one ADRP is looked for over.
constexpr std::size_t kPairReach = kUnitsBefore / 4;

}  // namespace

// The page that an ADRP loads, with the rest of the address where an instruction behind it has it.
std::uint32_t Predictor::arm64_page(const UnitPlace& place, std::uint32_t word) {
  const std::uint32_t zero = facts_.header().regions.empty() ? 0 : facts_.header().regions[0].zero;
  const auto low_zero = static_cast<std::int64_t>(zero & 0xFFF);
  std::int64_t target =
      internal::adrp_page(word, static_cast<std::int64_t>(place.base) + low_zero) - low_zero;
  for (std::size_t i = 1; i <= kPairReach && place.base + 4 * i + 4 <= base_.size(); ++i) {
    const std::uint32_t behind = word_at(place.base + 4 * i);
    if (internal::is_adrp(behind) && (behind & 31) == (word & 31)) break;
    const int scale = internal::low_scale(behind);
    if (scale < 0 || (behind >> 5 & 31) != (word & 31)) continue;
    target += internal::low_part(behind, scale);
    break;
  }
  if (!is_target(target)) return word;
  return internal::adrp_at(word, static_cast<std::int64_t>(place.image) + low_zero,
                           gone_to(target) + low_zero);
}

// The rest of an address whose page an ADRP before it loads.
std::uint32_t Predictor::arm64_low(const UnitPlace& place, std::uint32_t word) {
  const std::uint32_t zero = facts_.header().regions.empty() ? 0 : facts_.header().regions[0].zero;
  const auto low_zero = static_cast<std::int64_t>(zero & 0xFFF);
  for (std::size_t i = 1; i <= kPairReach && 4 * i <= place.base; ++i) {
    const std::size_t at = place.base - 4 * i;
    const std::uint32_t before = word_at(at);
    if (!internal::is_adrp(before) || (before & 31) != (word >> 5 & 31)) continue;
    const int scale = internal::low_scale(word);
    const std::int64_t target =
        internal::adrp_page(before, static_cast<std::int64_t>(at) + low_zero) - low_zero +
        internal::low_part(word, scale);
    if (!is_target(target)) return word;
    return internal::with_low_part(word, scale, gone_to(target) + low_zero);
  }
  return word;
}

// ---- x86-64

bool Predictor::x86_64(const UnitPlace& place, Unit& unit) {
  const std::size_t room =
      std::min<std::size_t>({place.room, base_.size() - place.base, internal::kRelativeMax});
  const std::uint8_t* const bytes = base_.view(place.base, room);
  const internal::Relative relative = internal::find_relative({bytes, room});
  if (relative.size == 0) return false;
  const std::size_t at = relative.size - 4;
  const std::int64_t end = static_cast<std::int64_t>(place.base + relative.size);
  const std::int64_t target = end + static_cast<std::int32_t>(read_word(bytes + at));
  if (!is_target(target)) return false;
  unit.kind = relative.is_branch ? Kind::branch : Kind::local;
  unit.size = static_cast<std::uint8_t>(relative.size);
  unit.origin = read_word(bytes + at);
  unit.target = static_cast<std::uint32_t>(target);
  unit.moved = moved(target);
  const auto here = static_cast<std::int64_t>(place.image + relative.size);
  std::copy(bytes, bytes + relative.size, unit.first.begin());
  std::copy(bytes, bytes + relative.size, unit.second.begin());
  refer(unit, [=](std::uint8_t* to, std::int32_t by) {
    write_word(to + at, static_cast<std::uint32_t>(target + by - here));
  });
  return true;
}

}  // namespace airlock::delta
