// Units: what a copy is made of, and what each becomes where it now stands.
//
// A copy's bytes are taken unit by unit: a pointer, a branch, an instruction, a byte. What refers
// to another place is re-encoded for where that place and the unit itself went, so that code which
// only moved costs nothing. That is a guess, never a command: a bit says whether it is right. A
// unit is predicted from the base, the facts and what was seen in this block, by integers alone.
#pragma once

#include <array>
#include <cstdint>

#include "core/delta/facts.h"
#include "core/package/manifest.h"

namespace airlock::delta {

// What a block's instructions are. The differ chooses for each block.
enum class Isa : std::uint8_t { none = 0, thumb = 1, arm = 2, arm64 = 3, x86_64 = 4 };
inline constexpr unsigned kIsaCount = 5;
inline constexpr unsigned kIsaBits = 3;

inline constexpr std::size_t kUnitSizeMax = 12;
// How far around a unit the base is looked at: a pair of instructions may stand that far apart.
inline constexpr std::size_t kUnitsBefore = 32;
inline constexpr std::size_t kUnitsAround = 80;

// A walk counts in words of the machine: each place of an image or a base is one of them.
static_assert(package::kImageSizeMax <= SIZE_MAX / 2);

// BaseWindow shows parts of the base, through a small buffer. A read that fails shows zeros, and is
// told by `state`.
class BaseWindow {
 public:
  BaseWindow(Source* source, std::size_t size, MutableBytes buffer)
      : source_(source), size_(size), buffer_(buffer) {}

  std::size_t size() const { return size_; }
  const Status& state() const { return state_; }

  // view returns `size` bytes of the base, at most the buffer's, that lie inside of it.
  const std::uint8_t* view(std::size_t at, std::size_t size) {
    if (at < first_ || at + size > first_ + held_) fill(at);
    return buffer_.data() + (at - first_);
  }
  // holds says whether a place is one of the base.
  bool holds(std::int64_t at) const { return at >= 0 && static_cast<std::uint64_t>(at) < size_; }

 private:
  void fill(std::size_t at);

  Source* source_;
  std::size_t size_;
  MutableBytes buffer_;
  std::size_t first_ = 0;
  std::size_t held_ = 0;
  Status state_;
};

using UnitBytes = std::array<std::uint8_t, kUnitSizeMax>;
struct Unit {
  Kind kind = Kind::plain;
  std::uint8_t size = 1;
  std::uint8_t agreement = 0;  // what was seen near the target: 0 nothing, 1 as the map, 2 not
  bool has_second = false;
  UnitBytes first{};         // by the facts
  UnitBytes second{};        // by what was seen
  std::uint32_t origin = 0;  // up to four bytes of the base, little-endian
  std::uint32_t target = 0;  // in the base, or an address of RAM
  std::int32_t moved = 0;    // by how far the facts move the target
};

// Where a unit is, and how many bytes the copy and the block still have there.
struct UnitPlace {
  std::size_t base;
  std::size_t image;
  std::size_t room;  // > 0
};

// Predictor makes units. What it refers to must outlive it.
class Predictor {
 public:
  Predictor(Isa isa, FactsReader& facts, BaseWindow& base, std::span<Seen> seen)
      : isa_(isa), facts_(facts), base_(base), seen_(seen) {
    changes_.fill(0);
    hull_regions();
  }

  Unit at(const UnitPlace& place);
  // Told of the pointers and branches of a stretch: where they are thought to have gone.
  struct Touched {
    std::span<Seen> targets;  // as many as a stretch has words
    std::size_t count = 0;
    bool disagrees = false;  // with what was seen
  };
  // stretch writes what units become, as the facts predict, until at least `size` bytes are made,
  // and returns how many; there is room for kUnitSizeMax - 1 more. It is what `at` says unit by
  // unit, but quicker: most units become what they were.
  std::size_t stretch(const UnitPlace& place, std::size_t size, std::uint8_t* to, Touched* touched);
  // learn is told what the unit turned out to be, if that may teach something; see, where a target
  // went.
  static bool learns(const Unit& unit, bool hit) {
    return !hit || (unit.kind != Kind::plain && unit.kind != Kind::local);
  }
  void learn(const Unit& unit, const UnitPlace& place, const std::uint8_t* actual);
  void see(std::uint32_t target, std::int64_t moved);

 private:
  void pointer(const Region& region, std::uint32_t word, Unit& unit);
  bool is_steady_half(std::uint32_t word, std::size_t phase) const;
  bool thumb(const UnitPlace& place, Unit& unit);
  bool thumb_wide(const UnitPlace& place, const std::uint8_t* bytes, Unit& unit);
  void thumb_narrow(const UnitPlace& place, Unit& unit);
  bool arm(const UnitPlace& place, Unit& unit);
  bool arm_stub(const UnitPlace& place, const std::uint8_t* bytes, Unit& unit);
  bool arm64(const UnitPlace& place, Unit& unit);
  std::uint32_t arm64_page(const UnitPlace& place, std::uint32_t word);
  std::uint32_t arm64_low(const UnitPlace& place, std::uint32_t word);
  bool x86_64(const UnitPlace& place, Unit& unit);
  bool pair(const UnitPlace& place, const std::uint8_t* bytes, Unit& unit);

  std::size_t unmoved(const UnitPlace& place, std::size_t size, std::uint8_t* to);
  std::size_t unmoved_thumb(const UnitPlace& place, std::size_t size, std::uint8_t* to);
  void hull_regions();
  bool may_be_address(std::uint32_t word) const { return word - hull_first_ <= hull_reach_; }
  const Region* region_of(std::uint32_t address) const;
  bool is_target(std::int64_t place) const { return base_.holds(place); }
  // moved says how far a place of the base went; its images are below 2^31 bytes apart.
  std::int32_t moved(std::int64_t place) { return static_cast<std::int32_t>(facts_.moved(place)); }
  std::int64_t gone_to(std::int64_t place) { return place + facts_.moved(place); }
  const Seen* seen_near(std::uint32_t target) const;
  // compare_with_seen says in a unit whether its target went where what was seen near it did.
  const Seen* compare_with_seen(Unit& unit) const;
  // refer makes a unit's two guesses by `encode`, which is given how far the target went.
  template <class Encode>
  void refer(Unit& unit, const Encode& encode);
  void guess_by_change(Unit& unit);
  void keep_change(const Unit& unit, std::uint32_t change);
  std::uint32_t word_at(std::size_t base);

  Isa isa_;
  FactsReader& facts_;
  BaseWindow& base_;
  std::span<Seen> seen_;  // a power of two
  // By how much the last instruction of each class that was wrong was wrong.
  std::array<std::uint32_t, kClasses> changes_;
  // No address of a region lies outside of hull_first_ .. hull_first_ + hull_reach_.
  std::uint32_t hull_first_ = 0;
  std::uint32_t hull_reach_ = 0;
};

}  // namespace airlock::delta
