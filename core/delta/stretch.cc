// Stretches of units that are taken as the facts predict them: what a decoder does most.
#include "core/delta/internal/instructions.h"
#include "core/delta/units.h"

namespace airlock::delta {

using internal::read_half;
using internal::read_word;

namespace {

// Halfwords, by their upper five bits, that reach a place nearby or that begin a wide instruction
// which may name one. All others become what they were.
constexpr std::uint32_t kThumbNear = 1U << 0x09 | 1U << 0x14 | 1U << 0x1A | 1U << 0x1B | 1U << 0x1C;
constexpr std::uint32_t kThumbWide = 1U << 0x1E;
// No narrow Thumb instruction reaches further, before it or behind it.
constexpr std::size_t kThumbReach = 2 << 10;

}  // namespace

// is_steady_half says whether the halfword at this place stays what it was, whatever moved.
bool Predictor::is_steady_half(std::uint32_t word, std::size_t phase) const {
  return ((kThumbWide | kThumbNear) >> ((word & 0xFFFFU) >> 11) & 1U) == 0 &&
         (phase % 4 != 0 || !may_be_address(word));
}

void Predictor::hull_regions() {
  std::uint64_t first = UINT32_MAX;
  std::uint64_t last = 0;
  for (const Region& region : facts_.header().regions) {
    if (region.size == 0) continue;
    first = std::min<std::uint64_t>(first, region.first);
    last = std::max(last, std::uint64_t{region.first} + region.size - 1);
  }
  if (last > UINT32_MAX) first = 0;
  last = std::min<std::uint64_t>(last, UINT32_MAX);
  hull_first_ = static_cast<std::uint32_t>(first);
  hull_reach_ = last >= first ? static_cast<std::uint32_t>(last - first) : 0;
}

std::size_t Predictor::stretch(const UnitPlace& place, std::size_t size, std::uint8_t* to,
                               Touched* touched) {
  std::size_t made = 0;
  while (made < size) {
    const UnitPlace here = {place.base + made, place.image + made, place.room - made};
    const std::size_t same = unmoved(here, size - made, to + made);
    made += same;
    if (same > 0) continue;
    const Unit one = at(here);
    if (touched != nullptr && (one.kind == Kind::pointer || one.kind == Kind::branch)) {
      touched->targets[touched->count++] = {one.target, one.moved};
      touched->disagrees |= one.agreement == 2;
    }
    std::copy(one.first.begin(), one.first.begin() + one.size, to + made);
    made += one.size;
  }
  return made;
}

// unmoved copies units that become what they were, and returns how many bytes: 0 where only `at`
// can tell.
std::size_t Predictor::unmoved(const UnitPlace& place, std::size_t size, std::uint8_t* to) {
  if (isa_ == Isa::thumb) return unmoved_thumb(place, size, to);
  if (isa_ != Isa::none) return 0;
  const std::size_t held = std::min(place.room, size + 3);
  const std::uint8_t* const bytes = base_.view(place.base, held);
  std::size_t at = 0;
  auto phase = static_cast<unsigned>(place.base - facts_.header().word_phase) & 3U;
  for (; at < size; ++at, phase = (phase + 1) & 3U) {
    if (phase == 0 && at + 4 <= held && may_be_address(read_word(bytes + at))) break;
    to[at] = bytes[at];
  }
  return at;
}

std::size_t Predictor::unmoved_thumb(const UnitPlace& place, std::size_t size, std::uint8_t* to) {
  const std::size_t held = std::min(place.room, size + 3);
  const std::uint8_t* const bytes = base_.view(place.base, held);
  const std::size_t phase = place.base - facts_.header().word_phase;
  if (phase % 2 != 0) {
    to[0] = bytes[0];
    return 1;
  }
  // What is reached nearby went as far as who reaches it: such instructions stay as they were.
  const auto moved = static_cast<std::int64_t>(place.image) - static_cast<std::int64_t>(place.base);
  const std::size_t first = place.base - std::min<std::size_t>(place.base, kThumbReach);
  const bool is_steady =
      moved % 4 == 0 &&
      facts_.moves_all(static_cast<std::uint32_t>(first),
                       static_cast<std::uint32_t>(place.base + held + kThumbReach), moved);
  const std::uint32_t changing = is_steady ? kThumbWide : kThumbWide | kThumbNear;
  std::size_t at = 0;
  auto aligned = static_cast<unsigned>(phase) & 3U;
  for (; at < size && at + 4 <= held; at += 2, aligned ^= 2U) {
    const std::uint32_t word = read_word(bytes + at);
    if (aligned == 0 && may_be_address(word)) break;
    if ((changing >> ((word & 0xFFFFU) >> 11) & 1U) != 0) break;
    to[at] = bytes[at];
    to[at + 1] = bytes[at + 1];
  }
  return at;
}

}  // namespace airlock::delta
