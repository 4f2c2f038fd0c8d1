// One place to execute from: the two slots of a part that must run in place.
//
// It is for microcontrollers whose images run only at one address. There is one execution area and
// one staging area, one erase step larger. Slots a and b (slot.h) stay what they are: names of
// images, in the record as ever. One of the two lies in the execution area, the other one in the
// staging area; an exchange swaps them, and doing it again takes it back. So a trial is revertible
// until it commits, and restorable after that, by the same record and the same transitions as where
// flash allows two places.
//
//     execution  │ a0 a1 a2 │            staging  │ -- b0 b1 b2 │      a executes
//     execution  │ b0 b1 b2 │            staging  │ a0 a1 a2 -- │      b executes
//
// Slot b is staged one erase step behind the start, so that one step is free: a step of the
// exchange copies a unit to where nothing is needed any more, is synced, read back, and only then
// noted. No scratch unit wears out, and each unit is erased once. The journal of steps exists in
// two pages (docs/formats/boot-record.md): both are written, and what a power cut or a flipped bit
// leaves of one is no more than the other says.
//
// It promises: after a power cut anywhere finish goes on at the step at hand; while an exchange is
// pending nobody else reads or writes a slot; the executing slot is never written. It never decides
// what executes (boot does), proves nothing, and knows no content.
#pragma once

#include <array>
#include <cstdint>

#include "core/base/base.h"
#include "core/package/package.h"
#include "core/slot/boot.h"
#include "core/slot/slot.h"

namespace airlock::slot {

// One component's two areas. `unit` is the step: every multiple of it is a boundary of erase units
// in both areas. `execution` is whole units, `staging` at least one more.
struct ExchangePart {
  Area* execution = nullptr;
  Area* staging = nullptr;
  std::uint64_t unit = 0;
};

// Each page of the journal is whole erase units, all of them erased at once, and at least
// kExchangePageMin bytes.
struct ExchangeAreas {
  FixedList<ExchangePart, package::kComponentsMax> parts;
  std::array<Area*, 2> journal{};
};
inline constexpr std::size_t kExchangeHeadSize = 128;  // of a page
inline constexpr std::size_t kExchangeMarkSize = 32;
inline constexpr std::uint64_t kExchangePageMin = kExchangeHeadSize + kExchangeMarkSize;
inline constexpr std::uint32_t kExchangeStepsMax = 1 << 20;

// What a page of the journal says. Steps are counted over all parts; an exchange whose step is
// `steps` is over.
struct ExchangePage {
  std::uint64_t sequence = 1;
  SlotId to = SlotId::a;    // what executes when the exchange is over
  std::uint32_t steps = 0;  // of the whole exchange
  std::uint32_t step = 0;   // that were done when the page was begun
  friend bool operator==(const ExchangePage&, const ExchangePage&) = default;
};
// encode_exchange_page makes the head of a page, padded with zeros to kExchangeHeadSize.
// decode_exchange_page reads it: truncated, wrong_magic, bad_checksum, unsupported_version,
// missing_field, out_of_range, and those of core/codec.
using ExchangeHead = std::array<std::uint8_t, kExchangeHeadSize>;
Result<ExchangeHead> encode_exchange_page(const ExchangePage& page);
Result<ExchangePage> decode_exchange_page(Bytes encoded);

class Exchange {
 public:
  // format writes a first journal (factory): `executing` lies in the execution area.
  static Status format(const ExchangeAreas& areas, SlotId executing);
  // begin writes a journal that says that so many steps towards `to` are done.
  static Status begin(const ExchangeAreas& areas, SlotId to, std::uint32_t step);
  // steps_of is how many an exchange of these areas has.
  static std::uint32_t steps_of(const ExchangeAreas& areas);
  // open reads the journal. The areas must outlive what is opened. Errors: record_lost where
  // neither page reads, wrong_state where the journal is of areas of another size.
  static Result<Exchange> open(const ExchangeAreas& areas);

  bool is_pending() const { return page_.step < page_.steps; }
  // executing is what lies in the execution area; meaningless while an exchange is pending.
  SlotId executing() const { return page_.to; }

  // finish goes on with a pending exchange; without one there is nothing to do. Errors: those of
  // the areas, storage_failed where a unit does not keep what was written. It may be called again.
  Status finish();
  // bring lets `id` execute: an exchange, or nothing where it does already. Errors: as finish.
  Status bring(SlotId id);

  // read, write, erase and sync reach into the slot `id` of part `part`, wherever it lies now.
  // Errors: wrong_state while an exchange is pending, slot_busy for changing what executes,
  // out_of_range, and those of the areas.
  std::uint64_t size(std::size_t part) const { return areas_.parts[part].execution->size(); }
  struct Range {
    std::size_t part = 0;
    SlotId id = SlotId::a;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };
  Status read(const Range& range, MutableBytes to);
  Status erase(const Range& range);
  Status write(const Range& range, Bytes bytes);
  Status sync(std::size_t part);

 private:
  struct Place;
  explicit Exchange(const ExchangeAreas& areas) : areas_(areas) {}

  Status begin_pages();
  Status write_page(std::size_t which);
  Status mark_step();
  Status do_step(std::uint32_t step);
  Status copy_unit(const Place& from, const Place& to, std::uint64_t size);
  Result<Place> place_of(const Range& range, bool to_change) const;

  ExchangeAreas areas_;
  ExchangePage page_;             // its step is what was done by now
  std::uint32_t marks_ = 0;       // in the pages that are written now
  bool pages_are_fresh_ = false;  // begun since the power came: their next mark is surely erased
};

// One slot of one part, as core and drivers take it. The exchange must outlive it; without one it
// has no byte, and all fails with wrong_state.
class ExchangedSlot final : public Area {
 public:
  ExchangedSlot() = default;
  ExchangedSlot(Exchange& exchange, std::size_t part, SlotId id)
      : exchange_(&exchange), part_(part), id_(id) {}

  std::uint64_t size() const override { return exchange_ == nullptr ? 0 : exchange_->size(part_); }
  Status read(std::uint64_t offset, MutableBytes to) override {
    AIRLOCK_TRY(check());
    return exchange_->read({part_, id_, offset, to.size()}, to);
  }
  Status erase(std::uint64_t offset, std::uint64_t size) override {
    AIRLOCK_TRY(check());
    return exchange_->erase({part_, id_, offset, size});
  }
  Status write(std::uint64_t offset, Bytes bytes) override {
    AIRLOCK_TRY(check());
    return exchange_->write({part_, id_, offset, bytes.size()}, bytes);
  }
  Status sync() override {
    AIRLOCK_TRY(check());
    return exchange_->sync(part_);
  }

 private:
  Status check() const { return exchange_ == nullptr ? fail(Code::wrong_state) : Status(); }

  Exchange* exchange_ = nullptr;
  std::size_t part_ = 0;
  SlotId id_ = SlotId::a;
};

// find_exchange makes a journal anew where neither page reads, and opens it. It looks for the
// committed images in all the places where an exchange, over or interrupted at any step, leaves
// them, by the digests of their manifest; where those are nowhere whole, for what the other slot
// holds. An interrupted exchange goes on from there, which costs at most the images of the slot
// that it did not look for. Where nothing is whole nothing can be lost, and the committed slot is
// taken for the one that executes: the other one may be written by a package that recovery accepts.
// Until a page is written nothing is. It reads the images once for every second step. Of the view's
// components it takes the ids, in the order of the parts. Errors: those of load and of the areas.
Result<Exchange> find_exchange(const BootView& view, const ExchangeAreas& areas);

// boot_in_place is boot where one place executes: it finishes what a power cut left of an exchange,
// lets boot decide, brings that slot into the execution area and proves its images there once more.
// The view's sources are ExchangedSlots. Where no slot may boot, the committed one is brought back,
// so that the other one is staged and may be written by a package that recovery accepts. Errors:
// those of boot and of the exchange.
Result<Boot> boot_in_place(const BootView& view, Exchange& exchange);

}  // namespace airlock::slot
