// Flash for tests: areas that share one power supply, which fails where a test says so.
//
// Each write, erase and sync of any area is one operation of the supply. A test lets it fail at
// operation N in one of five ways; from then on every operation fails until switch_on. Misuse of
// flash (a write to what was not erased, an address that is not on a unit) is a bug and stops the
// test. What was not synced may be kept, lost, or kept in every other write unit.
//
//   fakes::Power power;
//   fakes::Flash copy(power, {.unit = 4096, .write_unit = 8, .erased = 0xff}, 4096);
//   power.cut_at(3, fakes::Cut::torn_half);
//   ... run until something fails ...
//   power.switch_on();
//
// Everything is a value: copy a device, with its power, to try many ends of one beginning.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/base.h"

namespace airlock::fakes {

// How the operation at which the power fails ends.
enum class Cut : std::uint8_t {
  before,        // it did not happen
  torn_half,     // its first half happened
  torn_garbage,  // its first half happened, then one write unit of garbage
  torn_erase,    // every byte is somewhere between what it was and what it should be
  after,         // it happened, and nobody was told
};
inline constexpr Cut kCuts[] = {Cut::before, Cut::torn_half, Cut::torn_garbage, Cut::torn_erase,
                                Cut::after};

// What a power failure does to writes and erases that were not synced yet.
enum class Unsynced : std::uint8_t { kept, lost, every_other };

// The supply of one device. Operations are counted from 0.
class Power {
 public:
  explicit Power(Unsynced unsynced = Unsynced::kept) : unsynced_(unsynced) {}

  bool is_on() const { return on_; }
  std::uint64_t operations() const { return operations_; }
  Unsynced unsynced() const { return unsynced_; }

  // cut_at lets operation `operation` fail, counted from now on.
  void cut_at(std::uint64_t operation, Cut cut);
  // never_cut forgets a cut that did not happen yet.
  void never_cut() { armed_ = false; }
  void switch_on() { on_ = true; }
  // failures counts how often the power failed; an area sees by it that it was without power.
  std::uint64_t failures() const { return failures_; }

 private:
  friend class Flash;
  enum class Fate : std::uint8_t { happens, is_off, fails };
  // next takes the next operation and says what becomes of it; `cut` says how it fails.
  Fate next(Cut& cut);

  Unsynced unsynced_;
  bool on_ = true;
  bool armed_ = false;
  Cut cut_ = Cut::before;
  std::uint64_t cut_at_ = 0;
  std::uint64_t operations_ = 0;
  std::uint64_t failures_ = 0;
};

struct Geometry {
  std::size_t unit = 4096;     // of erasing
  std::size_t write_unit = 1;  // offsets and sizes of writes are multiples
  std::uint8_t erased = 0xff;
};

// One area of flash.
class Flash final : public Area {
 public:
  // The size is rounded up to whole erase units. The power is given to each call by rewire, so that
  // a copied device uses its copied power.
  Flash(Power& power, Geometry geometry, std::size_t size);
  void rewire(Power& power) { power_ = &power; }

  Status read(std::uint64_t offset, MutableBytes to) override;
  std::uint64_t size() const override { return now_.size(); }
  Status erase(std::uint64_t offset, std::uint64_t size) override;
  Status write(std::uint64_t offset, Bytes bytes) override;
  Status sync() override;

  const Geometry& geometry() const { return geometry_; }
  // contents is the memory as it is mapped for reading.
  Bytes contents();
  // damage flips bits without power or geometry having a say: rot, not use.
  void damage(std::size_t offset, std::uint8_t bits);

 private:
  using Memory = std::vector<std::uint8_t>;

  // change makes `range` of memory look like `wanted`, or as much of it as the power lets it.
  Status change(std::size_t offset, const Memory& wanted);
  void tear(std::size_t offset, const Memory& wanted, Cut cut);
  // settle applies a power failure, of this or another area, to what was not synced.
  void settle();

  Power* power_;
  Geometry geometry_;
  Memory now_;
  Memory synced_;
  std::vector<bool> writable_;  // per byte: erased since it was last written
  std::uint64_t failures_seen_ = 0;
};

}  // namespace airlock::fakes
