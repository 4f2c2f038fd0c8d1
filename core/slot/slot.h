// core/slot: two slots, one atomic record, and who may boot.
//
// It is for the switch: which slot runs, whether it is on trial, what the owner consented to, and
// how low a security version may be. A device has two slots, a and b; each holds one image per
// component and the manifest that proves them. One runs; the other may be written. The boot record
// (docs/formats/boot-record.md) exists in two copies, each in an erase unit of its own; the older
// is always the one that is overwritten, and is synced before the other may be touched. So after a
// power cut anywhere, at least one copy is whole and says something true.
//
//     idle ──arm──► trial(n) ──boot──► trial(n-1) … ──confirm──► idle (other slot)
//                      │ n = 0, or the slot does not prove, or unhealthy
//                      └────────► idle (same slot), the reason kept
//
// It promises: every change is one pure function from a record to the next (transition functions
// below); nothing boots that was not proven: quorum and digests before a first boot, digests before
// every boot, and the record's consent names that very manifest; a floor moves only at confirm.
// It never writes a slot, never reads a clock, and never boots by itself (boot.h says what to
// boot).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/base/base.h"
#include "core/package/package.h"

namespace airlock::slot {

using crypto::Digest;
using package::Kind;

enum class SlotId : std::uint8_t { a = 0, b = 1 };
inline constexpr std::size_t kSlotCount = 2;
constexpr SlotId other(SlotId id) { return id == SlotId::a ? SlotId::b : SlotId::a; }
constexpr std::size_t index_of(SlotId id) { return static_cast<std::size_t>(id); }
std::string_view name_of(SlotId id);  // "a", "b"

inline constexpr std::size_t kRecordSizeMax = 1 << 10;  // encoded, checksum included
inline constexpr std::uint64_t kRecordUnit = 4 << 10;   // of a file or block device: a copy's area
inline constexpr std::uint8_t kTrialBootsMax = 10;

// What a slot holds. The manifest's digest is zero where the slot holds nothing to rely on.
// Versions are what that manifest says: kept here too, so that they are known where it is damaged.
struct Slot {
  Digest manifest;
  std::uint32_t security_version = 0;
  bool proven = false;  // it booted once after quorum and digests were proven
  std::uint32_t data_version = 0;
  FixedText<package::kSemverTextMax> version{};  // empty: stored before it was kept
  friend bool operator==(const Slot&, const Slot&) = default;
};

// Why the device went back last, kept until the next one.
struct Revert {
  Code reason = Code::ok;   // ok: never
  Digest manifest;          // what was given up
  std::uint32_t count = 0;  // over the device's life
  friend bool operator==(const Revert&, const Revert&) = default;
};

// The atomic record. Two records that differ only in `sequence` mean the same.
struct Record {
  std::uint64_t sequence = 1;
  SlotId active = SlotId::a;                // the committed slot
  std::optional<std::uint8_t> trial_boots;  // set: the other slot is on trial, boots that are left
  std::array<Slot, kSlotCount> slots;
  Digest consent;  // the manifest that the owner said yes to; zero: to none since begin_write
  std::array<std::uint32_t, package::kKindCount> floors{};
  std::int64_t time_bound = 0;  // Unix seconds, only grows, fed by signed times only
  Revert last_revert;

  const Slot& active_slot() const { return slots[index_of(active)]; }
  const Slot& inactive_slot() const { return slots[index_of(other(active))]; }
  friend bool operator==(const Record&, const Record&) = default;
};

// ---- the stored form

Result<Bytes> encode_record(const Record& record, MutableBytes buffer);
// decode_record reads a frame that begins at the start of `encoded`; what follows it is ignored, as
// a flash unit is larger than its record. Errors: truncated, wrong_magic, bad_checksum,
// unsupported_version, missing_field, and those of core/codec. Unknown fields, kinds and codes that
// a later version added are passed over, so that N-1 reads what a reverted N left.
Result<Record> decode_record(Bytes encoded);

// The two copies. load takes the readable one with the higher sequence; record_lost where neither
// reads. store writes the record, its sequence one higher than what is stored, over the older (or
// unreadable) copy, syncs, and reads it back (storage_failed where it differs); `record.sequence`
// is updated. A record that raises a floor or the time bound, or names another slot as active, is
// written into both copies, one after the other, so that losing one brings neither the lower bound
// nor the slot before back. Other errors are the area's own. After an error the record is the old
// or the new one, never neither. A copy's area is whole erase units, all of them erased at once;
// the copy is at its start, padded with zeros to a multiple of 32 bytes. settle finishes what a
// power cut left of the second write.
struct RecordAreas {
  std::array<Area*, 2> copies{};
};
Result<Record> load(const RecordAreas& areas);
Status store(const RecordAreas& areas, Record& record);
Status settle(const RecordAreas& areas);
// format writes a first record into both copies (factory).
Status format(const RecordAreas& areas, const Record& record);

// ---- transitions: pure; each returns the next record or wrong_state / consent_missing / ...

// How a manifest stands with this device: what a driver asks before it repeats an effect.
enum class Standing : std::uint8_t {
  unknown,    // none of the others
  on_trial,   // armed, and neither confirmed nor reverted yet
  committed,  // in the active slot
  kept,       // in the other slot, restorable where the floor allows
  given_up,   // the last one that the device went back from (last_revert says why)
};
Standing standing_of(const Record& record, const Digest& manifest);

// begin_write says that the inactive slot is about to be written: it holds nothing from now on, and
// no earlier consent speaks of what will be in it. slot_busy while a trial runs. Repeating it
// changes nothing.
Result<Record> begin_write(const Record& record);
// consent keeps the owner's yes to this manifest, given after begin_write. wrong_state in a trial,
// which stands on the consent that is stored, and for a zero digest.
Result<Record> consent(const Record& record, const Digest& manifest);
// arm puts the inactive slot, which now holds `staged` (not proven yet, whatever it says), on trial
// for `boots` boots. Errors: consent_missing unless the record's consent is this manifest;
// below_floor; wrong_state in the trial of another manifest or where begin_write did not empty the
// slot; out_of_range unless boots is 1 to kTrialBootsMax. Arming what is on trial already returns
// the record as it is, its boots untouched, so that the effect may be repeated after a crash.
Result<Record> arm(const Record& record, const Slot& staged, std::uint8_t boots);
// count_boot takes one of the trial's boots; trial_exhausted where none is left (then call revert).
Result<Record> count_boot(const Record& record);
// mark_proven notes that the slot's manifest and images were proven whole (before its first boot).
// slot_empty where it holds nothing.
Result<Record> mark_proven(const Record& record, SlotId id);
// confirm ends a trial well: the slot becomes active, and only now the floor of firmware rises to
// its security version, and the time bound to `created` (of its manifest). wrong_state outside a
// trial, and before the trial slot was proven and booted.
Result<Record> confirm(const Record& record, std::int64_t created);
// revert ends a trial badly, keeping the reason; the given-up slot holds nothing from now on, and
// the consent to it is used up. wrong_state outside a trial.
Result<Record> revert(const Record& record, Code reason);
// restorable is what the other slot keeps, where it is a proven image not below the floor that
// reads what the active one wrote: below_floor, data_version_unreadable, slot_empty, wrong_state
// otherwise.
Result<Slot> restorable(const Record& record);
// restore makes it active again on the owner's request: consent_missing unless the record's consent
// is its manifest, and the errors of restorable. The slot that it leaves is kept.
Result<Record> restore(const Record& record);
// fall_back is restore by the bootloader, from an active slot that no longer proves: that slot
// holds nothing from now on, and the reason is kept. Nobody can be asked. Errors as restorable.
Result<Record> fall_back(const Record& record, Code reason);
// raise_time and raise_floor move bounds upwards only (other kinds' floors rise at their commit).
// The floor of firmware never rises above the security version of the active slot.
Record raise_time(const Record& record, std::int64_t signed_time);
Record raise_floor(const Record& record, Kind kind, std::uint32_t security_version);
// check_keyring holds the trusted keyring's envelope against the floor of its kind: whoever puts an
// older one in its place brings back keys that were taken out. Errors: keyring_rollback, and those
// of package::read_unproven.
Status check_keyring(const Record& record, Bytes envelope);

}  // namespace airlock::slot

#include "core/slot/boot.h"
