// Every change of the boot record: pure functions from one record to the next.
#include "core/slot/slot.h"

namespace airlock::slot {
namespace {

constexpr std::size_t kFirmware = package::index_of(Kind::firmware);

// Gives up what `slot` holds and keeps why. The consent goes with it: what failed once needs a new
// yes before it may be tried again.
void give_up(Record& record, Slot& slot, Code reason) {
  record.last_revert = {reason, slot.manifest, record.last_revert.count + 1};
  if (record.consent == slot.manifest) record.consent = {};
  slot = {};
}

// Makes active what the other slot keeps.
void make_kept_active(Record& record) {
  record.active = other(record.active);
  record.consent = record.active_slot().manifest;
}

Slot& inactive_of(Record& record) { return record.slots[index_of(other(record.active))]; }

}  // namespace

std::string_view name_of(SlotId id) { return id == SlotId::a ? "a" : "b"; }

Standing standing_of(const Record& record, const Digest& manifest) {
  if (manifest.is_zero()) return Standing::unknown;
  if (record.trial_boots && record.inactive_slot().manifest == manifest) return Standing::on_trial;
  if (record.active_slot().manifest == manifest) return Standing::committed;
  if (record.inactive_slot().manifest == manifest) return Standing::kept;
  if (record.last_revert.manifest == manifest) return Standing::given_up;
  return Standing::unknown;
}

Result<Record> begin_write(const Record& record) {
  if (record.trial_boots) return fail(Code::slot_busy);
  Record next = record;
  inactive_of(next) = {};
  next.consent = {};
  return next;
}

Result<Record> consent(const Record& record, const Digest& manifest) {
  if (record.trial_boots || manifest.is_zero()) return fail(Code::wrong_state);
  Record next = record;
  next.consent = manifest;
  return next;
}

Result<Record> arm(const Record& record, const Slot& staged, std::uint8_t boots) {
  if (boots == 0 || boots > kTrialBootsMax) return fail(Code::out_of_range, boots);
  const Digest& manifest = staged.manifest;
  // Armed before a crash.
  if (standing_of(record, manifest) == Standing::on_trial) return record;
  if (record.trial_boots) return fail(Code::wrong_state);
  if (manifest.is_zero() || record.consent != manifest) return fail(Code::consent_missing);
  if (!record.inactive_slot().manifest.is_zero()) return fail(Code::wrong_state);
  if (staged.security_version < record.floors[kFirmware]) {
    return fail(Code::below_floor, record.floors[kFirmware]);
  }
  Record next = record;
  inactive_of(next) = staged;
  inactive_of(next).proven = false;
  next.trial_boots = boots;
  return next;
}

Result<Record> count_boot(const Record& record) {
  if (!record.trial_boots) return fail(Code::wrong_state);
  if (*record.trial_boots == 0) return fail(Code::trial_exhausted);
  Record next = record;
  --*next.trial_boots;
  return next;
}

Result<Record> mark_proven(const Record& record, SlotId id) {
  if (record.slots[index_of(id)].manifest.is_zero()) return fail(Code::slot_empty);
  Record next = record;
  next.slots[index_of(id)].proven = true;
  return next;
}

Result<Record> confirm(const Record& record, std::int64_t created) {
  if (!record.trial_boots || !record.inactive_slot().proven) return fail(Code::wrong_state);
  Record next = record;
  next.active = other(record.active);
  next.trial_boots.reset();
  next = raise_floor(next, Kind::firmware, next.active_slot().security_version);
  return raise_time(next, created);
}

Result<Record> revert(const Record& record, Code reason) {
  if (!record.trial_boots) return fail(Code::wrong_state);
  Record next = record;
  next.trial_boots.reset();
  give_up(next, inactive_of(next), reason);
  return next;
}

Result<Slot> restorable(const Record& record) {
  if (record.trial_boots) return fail(Code::wrong_state);
  const Slot& kept = record.inactive_slot();
  if (kept.manifest.is_zero() || !kept.proven) return fail(Code::slot_empty);
  if (kept.security_version < record.floors[kFirmware]) {
    return fail(Code::below_floor, record.floors[kFirmware]);
  }
  const std::uint32_t data_version = record.active_slot().data_version;
  if (kept.data_version < data_version) return fail(Code::data_version_unreadable, data_version);
  return kept;
}

Result<Record> restore(const Record& record) {
  AIRLOCK_ASSIGN(const Slot& kept, restorable(record));
  if (record.consent != kept.manifest) return fail(Code::consent_missing);
  Record next = record;
  next.last_revert = {Code::reverted_on_request, record.active_slot().manifest,
                      record.last_revert.count + 1};
  make_kept_active(next);
  return next;
}

Result<Record> fall_back(const Record& record, Code reason) {
  AIRLOCK_TRY(restorable(record));
  Record next = record;
  make_kept_active(next);
  give_up(next, inactive_of(next), reason);
  return next;
}

Record raise_time(const Record& record, std::int64_t signed_time) {
  Record next = record;
  next.time_bound = std::max(record.time_bound, std::min(signed_time, package::kTimeMax));
  return next;
}

Record raise_floor(const Record& record, Kind kind, std::uint32_t security_version) {
  if (kind == Kind::firmware) {
    security_version = std::min(security_version, record.active_slot().security_version);
  }
  Record next = record;
  std::uint32_t& floor = next.floors[package::index_of(kind)];
  floor = std::max(floor, security_version);
  return next;
}

Status check_keyring(const Record& record, Bytes envelope) {
  AIRLOCK_ASSIGN(const package::Manifest& manifest, package::read_unproven(envelope));
  const std::uint32_t floor = record.floors[package::index_of(Kind::keyring)];
  return manifest.security_version < floor ? fail(Code::keyring_rollback, floor) : Status();
}

}  // namespace airlock::slot
