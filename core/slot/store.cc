// Two copies, each in an erase unit of its own; the older one is always the one overwritten.
#include "core/slot/slot.h"

namespace airlock::slot {
namespace {

// A copy that does not read (an ECC error after a torn write, too) is a copy that is not whole.
std::optional<Record> read_copy(Area& area) {
  std::array<std::uint8_t, kRecordSizeMax> stored;
  if (!area.read(0, stored)) return std::nullopt;
  const Result<Record> record = decode_record(stored);
  if (!record) return std::nullopt;
  return *record;
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
  if (read_copy(area) != record) return fail(Code::storage_failed);
  return {};
}

struct Newest {
  std::size_t copy = 0;
  Record record;
};

Result<Newest> find_newest(const RecordAreas& areas) {
  std::optional<Newest> newest;
  for (std::size_t i = 0; i < areas.copies.size(); ++i) {
    const std::optional<Record> found = read_copy(*areas.copies[i]);
    if (!found) continue;
    if (!newest || found->sequence > newest->record.sequence) newest = Newest{i, *found};
  }
  if (!newest) return fail(Code::record_lost);
  return *newest;
}

}  // namespace

Result<Record> load(const RecordAreas& areas) {
  AIRLOCK_ASSIGN(const Newest newest, find_newest(areas));
  return newest.record;
}

Status store(const RecordAreas& areas, Record& record) {
  AIRLOCK_ASSIGN(const Newest newest, find_newest(areas));
  Record next = record;
  next.sequence = newest.record.sequence + 1;
  AIRLOCK_TRY(write_copy(*areas.copies[1 - newest.copy], next));
  record.sequence = next.sequence;
  return settle(areas);
}

Status settle(const RecordAreas& areas) {
  AIRLOCK_ASSIGN(const Newest newest, find_newest(areas));
  Area& older = *areas.copies[newest.copy == 0 ? 1 : 0];
  const std::optional<Record> held = read_copy(older);
  if (!held) return {};
  const bool grew =
      held->floors != newest.record.floors || held->time_bound != newest.record.time_bound;
  return grew ? write_copy(older, newest.record) : Status();
}

Status format(const RecordAreas& areas, const Record& record) {
  for (Area* area : areas.copies) AIRLOCK_TRY(write_copy(*area, record));
  return {};
}

}  // namespace airlock::slot
