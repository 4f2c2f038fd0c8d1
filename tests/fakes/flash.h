// Flash for tests: areas that share one power supply, which fails where a test says so.
//
// Each write, erase and sync of any area is one operation of the supply. A test lets it fail at
// operation N in one of five ways; from then on every operation fails until switch_on. What was not
// synced may be kept, lost, or kept in every other write unit. Misuse of flash (nor.h) is a bug: it
// stops the test, unless the supply was told to keep breaches for a test that looks at them.
//
//   fakes::Power power;
//   fakes::Flash copy(power, {.unit = 4096, .write_unit = 8, .erased = 0xff}, 4096);
//   power.cut_at(3, fakes::Cut::torn_half);
//   ... run until something fails ...
//   power.switch_on();
//
// Everything is a value: copy a device, with its power, to try many ends of one beginning. A
// witness may do so in the middle of a run: it is told of each operation before it happens, and a
// copy can be made to fail in that very one.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/base.h"
#include "tests/fakes/nor.h"

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

// Whether a word whose programming was torn reads as some bytes, or not at all (flash with a code
// beside each word) until it is erased.
enum class Torn : std::uint8_t { reads, fails };

// One write, erase or sync of one area.
struct Operation {
  enum class Kind : std::uint8_t { write, erase, sync } kind = Kind::sync;
  std::size_t area = 0;  // Flash::number
  std::uint64_t offset = 0;
  Bytes wanted;  // of a write
  std::uint64_t size = 0;
};

// Told of each operation before it happens, while the power is on.
class Witness {
 public:
  virtual void before(const Operation& operation) = 0;

 protected:
  ~Witness() = default;
};

// The supply of one device. Operations are counted from 0. A copy has no witness.
class Power {
 public:
  explicit Power(Unsynced unsynced = Unsynced::kept) : unsynced_(unsynced) {}
  Power(const Power& from) { *this = from; }
  Power& operator=(const Power& from);

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

  // watch_by lets a witness see each operation; nullptr: nobody.
  void watch_by(Witness* witness) { witness_ = witness; }

  // keep_breaches lets what breaks the rules of flash fail and be kept, instead of stopping the
  // test.
  void keep_breaches() { keeps_breaches_ = true; }
  const std::vector<Breach>& breaches() const { return breaches_; }

 private:
  friend class Flash;
  enum class Fate : std::uint8_t { happens, is_off, fails };
  // next takes the next operation and says what becomes of it; `cut` says how it fails.
  Fate next(const Operation& operation, Cut& cut);
  void fail();
  void breached(Breach breach);

  Unsynced unsynced_ = Unsynced::kept;
  bool on_ = true;
  bool armed_ = false;
  Cut cut_ = Cut::before;
  std::uint64_t cut_at_ = 0;
  std::uint64_t operations_ = 0;
  std::uint64_t failures_ = 0;
  bool keeps_breaches_ = false;
  std::vector<Breach> breaches_;
  Witness* witness_ = nullptr;
};

// mix folds a number into a fingerprint.
constexpr std::uint64_t mix(std::uint64_t seed, std::uint64_t value) {
  seed = (seed ^ value) * 0x9e3779b97f4a7c15ULL;
  return seed ^ (seed >> 29);
}
// fingerprint_of differs where bytes differ.
std::uint64_t fingerprint_of(Bytes bytes);

// One area of flash.
class Flash final : public Area {
 public:
  // The size is rounded up to whole erase units. The power is given to each call by rewire, so that
  // a copied device uses its copied power.
  Flash(Power& power, Geometry geometry, std::size_t size);
  // An area of sectors that differ in size.
  Flash(Power& power, Geometry geometry, Sectors sectors, Torn torn = Torn::reads);
  void rewire(Power& power) { power_ = &power; }
  // number_as gives the area the number by which operations name it.
  void number_as(std::size_t number) { number_ = number; }

  Status read(std::uint64_t offset, MutableBytes to) override;
  std::uint64_t size() const override { return now_.size(); }
  Status erase(std::uint64_t offset, std::uint64_t size) override;
  Status write(std::uint64_t offset, Bytes bytes) override;
  Status sync() override;

  // fail_in makes the power fail in this operation of this area, which a witness saw of another
  // copy of the device.
  void fail_in(const Operation& operation, Cut cut);

  const Geometry& geometry() const { return rules_.geometry(); }
  const NorRules& rules() const { return rules_; }
  // fingerprint differs where bytes differ, or which words read. What it says of a page is kept
  // until that changes.
  std::uint64_t fingerprint();
  // unsynced counts the writes and erases that a power failure may still undo.
  std::size_t unsynced() const { return unsynced_.size(); }
  // contents is the memory as it is mapped for reading.
  Bytes contents();
  // damage flips bits without power or geometry having a say: rot, not use.
  void damage(std::size_t offset, std::uint8_t bits);
  // stick makes a byte that stays as it is, whatever is erased or written there: a unit at its end.
  void stick(std::size_t offset) { stuck_ = std::pair(offset, contents()[offset]); }

 private:
  using Memory = std::vector<std::uint8_t>;
  struct Change {
    std::size_t offset = 0;
    Memory before;
  };

  // change makes a range of memory look as wanted, or as much of it as the power lets it.
  Status change(const Operation& operation);
  void apply(const Operation& operation);
  void tear(const Operation& operation, Cut cut);
  // settle applies a power failure, of this or another area, to what was not synced.
  void settle();
  void undo(const Change& change);
  // changing is the memory, for whoever changes that range of it.
  Memory& changing(std::size_t offset, std::size_t size);
  std::uint8_t wanted_at(const Operation& operation, std::size_t i) const;

  Power* power_;
  std::size_t number_ = 0;
  NorRules rules_;
  Torn torn_;
  std::optional<std::pair<std::size_t, std::uint8_t>> stuck_;
  Memory now_;
  std::vector<Change> unsynced_;      // oldest first
  std::vector<bool> unreadable_;      // per word; empty where none is
  std::vector<std::uint64_t> pages_;  // their fingerprints; 0 where it is not known
  std::uint64_t failures_seen_ = 0;
};

}  // namespace airlock::fakes
