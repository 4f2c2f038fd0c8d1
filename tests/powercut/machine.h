// What a device of the sweep is made of: its layout, its flash, and what a power failure does to
// it.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/slot/exchange.h"
#include "core/slot/slot.h"
#include "tests/fakes/flash.h"
#include "tests/powercut/world.h"

namespace airlock::powercut {

// two_slots: either slot may run. one_slot: one place executes, the other slot is staged
// (core/slot/exchange.h).
enum class Layout : std::uint8_t { two_slots, one_slot };
std::string_view name_of(Layout layout);

// Sector sizes that repeat until an area is large enough.
using Pattern = std::vector<std::size_t>;

struct Machine {
  std::string_view name;
  Layout layout = Layout::two_slots;
  fakes::Geometry geometry;  // its unit is that of everything but images
  Pattern first;             // sectors of slot a, or of the execution area
  Pattern second;            // of slot b, or of the staging area
  std::size_t step = 0;      // a boundary of sectors in both, and the unit of an exchange
  fakes::Unsynced unsynced = fakes::Unsynced::lost;
  fakes::Torn torn = fakes::Torn::reads;
};

// The machines of the sweep.
std::span<const Machine> machines();
// The first of them, one of each layout for images of one block and one of each for more, are for
// pairs: an image takes at most four of their erase units.
inline constexpr std::size_t kPairMachines = 4;

// Every area of a device, in one place and under one supply. A value: a copy is another device in
// the same state.
class Board {
 public:
  // Each part has images of at most `capacity` bytes.
  Board(const Machine& machine, std::size_t parts, std::size_t capacity);
  Board(const Board& from);
  Board& operator=(const Board&) = delete;

  fakes::Power power;
  const Machine& machine() const { return *machine_; }
  std::size_t parts() const { return parts_; }

  // Two copies each.
  fakes::Flash& record(std::size_t copy) { return areas_[copy]; }
  fakes::Flash& journal(std::size_t copy) { return areas_[2 + copy]; }
  fakes::Flash& keyring(std::size_t copy) { return areas_[4 + copy]; }
  fakes::Flash& exchange(std::size_t copy) { return areas_[6 + copy]; }
  fakes::Flash& manifest(slot::SlotId id) { return areas_[8 + slot::index_of(id)]; }
  // What all blocks of the payload at hand share.
  fakes::Flash& scratch() { return areas_[10]; }
  // Of two slots the slot's; of one, a is the execution area and b the staging area.
  fakes::Flash& image(std::size_t part, slot::SlotId id) {
    return areas_[kImagesAt + 2 * part + slot::index_of(id)];
  }
  slot::RecordAreas record_areas() { return {{&record(0), &record(1)}}; }
  slot::ExchangeAreas exchange_areas();

  // fail_in makes the power fail in an operation that a witness saw of another copy.
  void fail_in(const fakes::Operation& operation, fakes::Cut cut);
  // fingerprint tells two states of storage apart.
  std::uint64_t fingerprint(std::uint64_t seed);
  // worst_erases is how often the sector that wore most was erased.
  std::uint32_t worst_erases() const;

 private:
  static constexpr std::size_t kImagesAt = 11;

  const Machine* machine_;
  std::size_t parts_;
  std::vector<fakes::Flash> areas_;
};

using fakes::mix;

}  // namespace airlock::powercut
