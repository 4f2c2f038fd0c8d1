// The boot record as bytes (docs/formats/boot-record.md).
#include "core/codec/codec.h"
#include "core/slot/frame.h"
#include "core/slot/slot.h"

namespace airlock::slot {
namespace {

using codec::CborFields;
using codec::CborMapWriter;
using codec::CborReader;
using codec::CborWriter;
using codec::FieldKey;
using codec::pass_over;
using codec::read_number;

constexpr Magic kRecordMagic = {'A', 'L', 'B', 'R'};
constexpr std::uint64_t kRecordFormat = 1;
constexpr std::size_t kEntriesMax = 32;  // known fields and those of later versions
constexpr std::uint64_t kSequenceMax = INT64_MAX;
using Floors = std::array<std::uint32_t, package::kKindCount>;

enum class RecordKey : FieldKey {
  format = 1,
  sequence = 2,
  active = 3,
  trial_boots = 4,
  slots = 5,
  consent = 6,
  floors = 7,
  time_bound = 8,
  last_revert = 9,
};
enum class SlotKey : FieldKey {
  manifest = 1,
  security_version = 2,
  proven = 3,
  version = 4,
  data_version = 5,
};
enum class RevertKey : FieldKey { reason = 1, manifest = 2, count = 3 };

// ---- writing: what is zero or empty is left out, so that equal records are equal bytes

template <class Key>
CborWriter& key_in(CborMapWriter& map, Key key) {
  return map.key(static_cast<std::int64_t>(key));
}

template <class Key>
void write_digest(CborMapWriter& map, Key key, const Digest& digest) {
  if (!digest.is_zero()) key_in(map, key).write_bytes(digest.bytes);
}

template <class Key>
void write_number(CborMapWriter& map, Key key, std::uint64_t number) {
  if (number != 0) key_in(map, key).write_unsigned(number);
}

void write_slot(CborWriter& writer, const Slot& slot) {
  CborMapWriter map(writer);
  write_digest(map, SlotKey::manifest, slot.manifest);
  write_number(map, SlotKey::security_version, slot.security_version);
  if (slot.proven) key_in(map, SlotKey::proven).write_bool(true);
  if (!slot.version.empty()) key_in(map, SlotKey::version).write_text(slot.version.view());
  write_number(map, SlotKey::data_version, slot.data_version);
}

void write_floors(CborWriter& writer, const Record& record) {
  CborMapWriter map(writer);
  for (Kind kind : package::kKinds) {
    write_number(map, kind, record.floors[package::index_of(kind)]);
  }
}

void write_revert(CborWriter& writer, const Revert& revert) {
  CborMapWriter map(writer);
  write_number(map, RevertKey::reason, static_cast<std::uint64_t>(revert.reason));
  write_digest(map, RevertKey::manifest, revert.manifest);
  write_number(map, RevertKey::count, revert.count);
}

void write_record(CborWriter& writer, const Record& record) {
  CborMapWriter map(writer);
  key_in(map, RecordKey::format).write_unsigned(kRecordFormat);
  key_in(map, RecordKey::sequence).write_unsigned(record.sequence);
  key_in(map, RecordKey::active).write_unsigned(index_of(record.active));
  if (record.trial_boots) key_in(map, RecordKey::trial_boots).write_unsigned(*record.trial_boots);
  key_in(map, RecordKey::slots).write_array(kSlotCount);
  for (const Slot& slot : record.slots) write_slot(writer, slot);
  write_digest(map, RecordKey::consent, record.consent);
  if (record.floors != Floors{}) write_floors(key_in(map, RecordKey::floors), record);
  write_number(map, RecordKey::time_bound, static_cast<std::uint64_t>(record.time_bound));
  if (record.last_revert != Revert{}) {
    write_revert(key_in(map, RecordKey::last_revert), record.last_revert);
  }
}

// ---- reading: known keys are checked, unknown ones (of a later version) are passed over

Status read_digest(CborReader& reader, Digest& to) { return reader.read_exactly(to.bytes); }

Status read_proven(CborReader& reader, Slot& slot) {
  AIRLOCK_ASSIGN(slot.proven, reader.read_bool());
  return {};
}

Status read_version(CborReader& reader, FixedText<package::kSemverTextMax>& to) {
  AIRLOCK_ASSIGN(const std::string_view text, reader.read_text(package::kSemverTextMax));
  return to.set(text);
}

Status read_field(CborReader& reader, FieldKey key, Slot& slot) {
  switch (static_cast<SlotKey>(key)) {
    case SlotKey::manifest: return read_digest(reader, slot.manifest);
    case SlotKey::security_version: return read_number(reader, slot.security_version);
    case SlotKey::proven: return read_proven(reader, slot);
    case SlotKey::version: return read_version(reader, slot.version);
    case SlotKey::data_version: return read_number(reader, slot.data_version);
  }
  return pass_over(reader);
}

Status read_field(CborReader& reader, FieldKey key, Revert& revert) {
  switch (static_cast<RevertKey>(key)) {
    // A later version's code is kept as its number: it must not cost the record.
    case RevertKey::reason: return read_number(reader, revert.reason, UINT16_MAX);
    case RevertKey::manifest: return read_digest(reader, revert.manifest);
    case RevertKey::count: return read_number(reader, revert.count);
  }
  return pass_over(reader);
}

Status read_field(CborReader& reader, FieldKey key, Floors& floors) {
  const Result<Kind> kind = package::known_kind(static_cast<std::uint64_t>(key));
  if (!kind) return pass_over(reader);  // a kind of a later version
  return read_number(reader, floors[package::index_of(*kind)]);
}

// read_fields reads one map into `to`, by its read_field.
template <class To>
Status read_fields(CborReader& reader, To& to) {
  CborFields fields(reader, kEntriesMax);
  while (fields.next()) fields.took(read_field(reader, fields.key(), to));
  return fields.finish();
}

Status read_slots(CborReader& reader, Record& record) {
  const std::size_t at = reader.position();
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(kSlotCount));
  if (count != kSlotCount) return fail(Code::missing_field, at);
  for (Slot& slot : record.slots) AIRLOCK_TRY(read_fields(reader, slot));
  return {};
}

Status read_trial(CborReader& reader, Record& record) {
  return read_number(reader, record.trial_boots.emplace(), kTrialBootsMax);
}

Status read_field(CborReader& reader, FieldKey key, Record& record) {
  switch (static_cast<RecordKey>(key)) {
    case RecordKey::format: return codec::read_format(reader, kRecordFormat);
    case RecordKey::sequence: return read_number(reader, record.sequence, kSequenceMax);
    case RecordKey::active: return read_number(reader, record.active, kSlotCount - 1);
    case RecordKey::trial_boots: return read_trial(reader, record);
    case RecordKey::slots: return read_slots(reader, record);
    case RecordKey::consent: return read_digest(reader, record.consent);
    case RecordKey::floors: return read_fields(reader, record.floors);
    case RecordKey::time_bound:
      return read_number(reader, record.time_bound, std::uint64_t{package::kTimeMax});
    case RecordKey::last_revert: return read_fields(reader, record.last_revert);
  }
  return pass_over(reader);
}

}  // namespace

Result<Bytes> encode_record(const Record& record, MutableBytes buffer) {
  AIRLOCK_CHECK(record.sequence <= kSequenceMax);
  AIRLOCK_CHECK(record.time_bound >= 0 && record.time_bound <= package::kTimeMax);
  CborWriter writer(body_room(buffer));
  write_record(writer, record);
  AIRLOCK_TRY(writer.finish());
  return seal(buffer, kRecordMagic, writer.size());
}

namespace {

Status read_record(Bytes encoded, Record& record) {
  AIRLOCK_ASSIGN(const Bytes body, unseal(encoded, kRecordMagic));
  constexpr std::uint32_t kRequired = 1U << static_cast<unsigned>(RecordKey::format) |
                                      1U << static_cast<unsigned>(RecordKey::sequence) |
                                      1U << static_cast<unsigned>(RecordKey::active) |
                                      1U << static_cast<unsigned>(RecordKey::slots);
  CborReader reader(body);
  CborFields fields(reader, kEntriesMax);
  while (fields.next()) fields.took(read_field(reader, fields.key(), record));
  AIRLOCK_TRY(fields.finish());
  AIRLOCK_TRY(reader.finish());
  const std::uint32_t missing = kRequired & ~fields.seen();
  if (missing != 0) return fail(Code::missing_field, missing);
  return {};
}

}  // namespace

// Read where it is returned, so that no second one stands beside it.
Result<Record> decode_record(Bytes encoded) {
  Result<Record> made(std::in_place);
  if (const Status read = read_record(encoded, *made); !read) made = std::unexpected(read.error());
  return made;
}

}  // namespace airlock::slot
