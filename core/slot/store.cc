// Two copies, each in an erase unit of its own; the older one is always the one overwritten.
#include "core/slot/slot.h"

namespace airlock::slot {
namespace {

// A copy that does not read (an ECC error after a torn write, too) is a copy that is not whole.
Result<Record> read_copy(Area& area) {
  std::array<std::uint8_t, kRecordSizeMax> stored;
  if (!area.read(0, stored)) return fail(Code::record_lost);
  return decode_record(stored);
}

// What of a copy says which one is newer, and what must not change where the other is lost: all
// that must be known of both at once.
struct Bounds {
  std::uint64_t sequence = 0;
  SlotId active = SlotId::a;
  std::array<std::uint32_t, package::kKindCount> floors{};
  std::int64_t time_bound = 0;
};

std::optional<Bounds> read_bounds(Area& area) {
  const Result<Record> record = read_copy(area);
  if (!record) return std::nullopt;
  return Bounds{record->sequence, record->active, record->floors, record->time_bound};
}

// Whether an area holds these bytes, in steps.
bool holds(Area& area, Bytes bytes) {
  std::array<std::uint8_t, 64> step;
  for (std::size_t at = 0; at < bytes.size(); at += step.size()) {
    const Bytes wanted = bytes.subspan(at, std::min(step.size(), bytes.size() - at));
    const MutableBytes found = MutableBytes(step).first(wanted.size());
    if (!area.read(at, found) || !equal(found, wanted)) return false;
  }
  return true;
}

constexpr std::size_t kWriteUnitMax = 32;  // of the flashes that are known; all divide it
static_assert(kRecordSizeMax % kWriteUnitMax == 0);

Status write_copy(Area& area, const Record& record) {
  std::array<std::uint8_t, kRecordSizeMax> buffer{};
  AIRLOCK_ASSIGN(const Bytes encoded, encode_record(record, buffer));
  const std::size_t padded = (encoded.size() + kWriteUnitMax - 1) / kWriteUnitMax * kWriteUnitMax;
  const Bytes stored = Bytes(buffer).first(padded);
  AIRLOCK_TRY(area.erase(0, area.size()));
  AIRLOCK_TRY(area.write(0, stored));
  AIRLOCK_TRY(area.sync());
  // Only what reads back was stored: a worn-out unit is found now, while the other copy is whole.
  if (!holds(area, stored)) return fail(Code::storage_failed);
  return {};
}

struct Newest {
  std::size_t copy = 0;
  Bounds bounds;
};

Result<Newest> find_newest(const RecordAreas& areas) {
  std::optional<Newest> newest;
  for (std::size_t i = 0; i < areas.copies.size(); ++i) {
    const std::optional<Bounds> found = read_bounds(*areas.copies[i]);
    if (!found) continue;
    if (!newest || found->sequence > newest->bounds.sequence) newest = Newest{i, *found};
  }
  if (!newest) return fail(Code::record_lost);
  return *newest;
}

Status copy_record(Area& from, Area& to) {
  AIRLOCK_ASSIGN(const Record& record, read_copy(from));
  return write_copy(to, record);
}

}  // namespace

Result<Record> load(const RecordAreas& areas) {
  AIRLOCK_ASSIGN(const Newest newest, find_newest(areas));
  return read_copy(*areas.copies[newest.copy]);
}

Status store(const RecordAreas& areas, Record& record) {
  AIRLOCK_ASSIGN(const Newest newest, find_newest(areas));
  const std::uint64_t before = record.sequence;
  record.sequence = newest.bounds.sequence + 1;
  const Status written = write_copy(*areas.copies[1 - newest.copy], record);
  if (!written) record.sequence = before;
  return written ? settle(areas) : written;
}

Status settle(const RecordAreas& areas) {
  AIRLOCK_ASSIGN(const Newest newest, find_newest(areas));
  Area& older = *areas.copies[newest.copy == 0 ? 1 : 0];
  const std::optional<Bounds> held = read_bounds(older);
  if (!held) return {};
  const bool differs = held->active != newest.bounds.active ||
                       held->floors != newest.bounds.floors ||
                       held->time_bound != newest.bounds.time_bound;
  return differs ? copy_record(*areas.copies[newest.copy], older) : Status();
}

Status format(const RecordAreas& areas, const Record& record) {
  for (Area* area : areas.copies) AIRLOCK_TRY(write_copy(*area, record));
  return {};
}

}  // namespace airlock::slot
