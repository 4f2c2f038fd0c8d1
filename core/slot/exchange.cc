// Exchanging the images of two slots, step by step.
#include "core/slot/exchange.h"

#include "core/slot/exchange_page.h"

namespace airlock::slot {
namespace {

constexpr std::size_t kCopySize = 512;  // on the stack, twice while a copy is compared
constexpr std::size_t kWordMax = 32;    // of any flash that is known: what fails to read at once

Status compare(Area& area, std::uint64_t offset, Bytes wanted) {
  std::array<std::uint8_t, kCopySize> held;
  const MutableBytes part = MutableBytes(held).first(wanted.size());
  AIRLOCK_TRY(area.read(offset, part));
  return equal(part, wanted) ? Status() : fail(Code::storage_failed, offset);
}

// Only what reads back was written.
Status write_checked(Area& area, std::uint64_t offset, Bytes bytes) {
  AIRLOCK_TRY(area.write(offset, bytes));
  AIRLOCK_TRY(area.sync());
  return compare(area, offset, bytes);
}

// What does not read is gone, and must not stop what reads, nor take along what stands beside it;
// its image's digest will tell.
void read_around(Area& area, std::uint64_t offset, MutableBytes to) {
  if (area.read(offset, to)) return;
  for (std::size_t at = 0; at < to.size(); at += kWordMax) {
    const MutableBytes word = to.subspan(at, std::min(kWordMax, to.size() - at));
    if (!area.read(offset + at, word)) std::fill(word.begin(), word.end(), 0);
  }
}

}  // namespace

struct Exchange::Place {
  Area* area = nullptr;
  std::uint64_t offset = 0;
};

std::uint32_t Exchange::steps_of(const ExchangeAreas& areas) {
  std::uint64_t steps = 0;
  for (const ExchangePart& part : areas.parts) {
    const std::uint64_t size = part.execution->size();
    AIRLOCK_CHECK(part.unit > 0 && size % part.unit == 0);
    AIRLOCK_CHECK(part.staging->size() >= size + part.unit);
    steps += 2 * (size / part.unit);
  }
  AIRLOCK_CHECK(steps <= kExchangeStepsMax);
  return static_cast<std::uint32_t>(steps);
}

Status Exchange::format(const ExchangeAreas& areas, SlotId executing) {
  return begin(areas, executing, steps_of(areas));
}

Status Exchange::begin(const ExchangeAreas& areas, SlotId to, std::uint32_t step) {
  Exchange made(areas);
  made.page_.steps = steps_of(areas);
  made.page_.step = step;
  made.page_.to = to;
  for (std::size_t which = 0; which < areas.journal.size(); ++which) {
    AIRLOCK_TRY(made.write_page(which));
  }
  return {};
}

Result<Exchange> Exchange::open(const ExchangeAreas& areas) {
  Exchange opened(areas);
  AIRLOCK_ASSIGN(opened.page_, read_newest_page(areas.journal));
  if (opened.page_.steps != steps_of(areas)) return fail(Code::wrong_state);
  return opened;
}

Status Exchange::finish() {
  while (is_pending()) {
    if (!pages_are_fresh_) AIRLOCK_TRY(begin_pages());
    AIRLOCK_TRY(do_step(page_.step));
    AIRLOCK_TRY(mark_step());
  }
  return {};
}

Status Exchange::bring(SlotId id) {
  AIRLOCK_TRY(finish());
  if (page_.to == id) return {};
  page_.to = id;
  page_.step = 0;
  pages_are_fresh_ = false;
  return finish();
}

// The page that says less is replaced first, so that one page always says all.
Status Exchange::begin_pages() {
  const std::size_t first = which_says_less(areas_.journal);
  ++page_.sequence;
  AIRLOCK_TRY(write_page(first));
  AIRLOCK_TRY(write_page(1 - first));
  marks_ = 0;
  pages_are_fresh_ = true;
  return {};
}

Status Exchange::write_page(std::size_t which) {
  Area& area = *areas_.journal[which];
  AIRLOCK_CHECK(area.size() >= kExchangePageMin);
  AIRLOCK_ASSIGN(const ExchangeHead head, encode_exchange_page(page_));
  AIRLOCK_TRY(area.erase(0, area.size()));
  return write_checked(area, 0, head);
}

// A step that was done is noted in both pages before the next one begins: doing it again later
// would destroy what lies there by then.
Status Exchange::mark_step() {
  const ExchangeMark mark = encode_exchange_mark(page_, page_.step + 1);
  const std::uint64_t at = kExchangeHeadSize + std::uint64_t{marks_} * kExchangeMarkSize;
  bool full = false;
  pages_are_fresh_ = false;  // until the mark stands in both
  for (Area* area : areas_.journal) {
    AIRLOCK_TRY(write_checked(*area, at, mark));
    full = full || area->size() - at < 2 * kExchangeMarkSize;
  }
  ++page_.step;
  ++marks_;
  pages_are_fresh_ = !full;  // of full ones the next step begins new ones
  return {};
}

// Towards b each unit of a goes one step ahead of the unit of b that takes its place, towards a the
// other way round, from the end.
Status Exchange::do_step(std::uint32_t step) {
  for (const ExchangePart& part : areas_.parts) {
    const auto count = static_cast<std::uint32_t>(part.execution->size() / part.unit);
    if (step >= 2 * count) {
      step -= 2 * count;
      continue;
    }
    const bool forward = page_.to == SlotId::b;
    const std::uint64_t at = forward ? step / 2 : count - 1 - step / 2;
    const Place execution{part.execution, at * part.unit};
    const Place place_of_a{part.staging, at * part.unit};
    const Place place_of_b{part.staging, (at + 1) * part.unit};
    const Place& leaves_to = forward ? place_of_a : place_of_b;
    const Place& comes_from = forward ? place_of_b : place_of_a;
    return step % 2 == 0 ? copy_unit(execution, leaves_to, part.unit)
                         : copy_unit(comes_from, execution, part.unit);
  }
  broken_promise();
}

Status Exchange::copy_unit(const Place& from, const Place& to, std::uint64_t size) {
  AIRLOCK_TRY(to.area->erase(to.offset, size));
  std::array<std::uint8_t, kCopySize> buffer;
  const auto read_part = [&](std::uint64_t at) {
    const MutableBytes part = MutableBytes(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(kCopySize, size - at)));
    read_around(*from.area, from.offset + at, part);
    return Bytes(part);
  };
  for (std::uint64_t at = 0; at < size; at += kCopySize) {
    AIRLOCK_TRY(to.area->write(to.offset + at, read_part(at)));
  }
  AIRLOCK_TRY(to.area->sync());
  for (std::uint64_t at = 0; at < size; at += kCopySize) {
    AIRLOCK_TRY(compare(*to.area, to.offset + at, read_part(at)));
  }
  return {};
}

Result<Exchange::Place> Exchange::place_of(const Range& range, bool to_change) const {
  const ExchangePart& part = areas_.parts[range.part];
  if (is_pending()) return fail(Code::wrong_state);
  const std::uint64_t size = part.execution->size();
  if (range.offset > size || range.size > size - range.offset) return fail(Code::out_of_range);
  if (range.id == executing()) {
    if (to_change) return fail(Code::slot_busy);
    return Place{part.execution, range.offset};
  }
  return Place{part.staging, range.offset + (range.id == SlotId::b ? part.unit : 0)};
}

Status Exchange::read(const Range& range, MutableBytes to) {
  AIRLOCK_ASSIGN(const Place place, place_of(range, false));
  return place.area->read(place.offset, to);
}

Status Exchange::erase(const Range& range) {
  AIRLOCK_ASSIGN(const Place place, place_of(range, true));
  return place.area->erase(place.offset, range.size);
}

Status Exchange::write(const Range& range, Bytes bytes) {
  AIRLOCK_ASSIGN(const Place place, place_of(range, true));
  return place.area->write(place.offset, bytes);
}

Status Exchange::sync(std::size_t part) { return areas_.parts[part].staging->sync(); }

Result<Boot> boot_in_place(const BootView& view, Exchange& exchange) {
  AIRLOCK_TRY(exchange.finish());
  // Each round but the last uses up a boot of a trial, or ends what was chosen.
  constexpr int kRoundsMax = kTrialBootsMax + 3;
  for (int round = 0; round < kRoundsMax; ++round) {
    const Result<Boot> chosen = boot(view);
    if (!chosen) {
      const Result<Record> record = load(view.record);
      if (record) AIRLOCK_TRY(exchange.bring(record->active));
      return chosen;
    }
    if (exchange.executing() == chosen->slot) return chosen;  // proven where it lies
    AIRLOCK_TRY(exchange.bring(chosen->slot));
    if (prove_slot(view, chosen->slot, chosen->manifest, Depth::digests)) return chosen;
  }
  return fail(Code::no_bootable_slot);
}

}  // namespace airlock::slot
