#include "device/platform/power_on.h"

#include <algorithm>
#include <optional>
#include <string>

#include "host/json/json.h"
#include "host/text/text.h"

namespace airlock::platform {
namespace {

using crypto::Digest;
using loader::Next;
using slot::Boot;
using slot::SlotId;

constexpr std::string_view kNoteName = "areas/power-on.json";
constexpr std::size_t kNoteMax = 1024;
constexpr std::size_t kProcMax = 64 << 10;
constexpr std::int64_t kTellsMax = 3;  // a cut in the loader's own write loses what it was told

bool has_loader(const Device& device) {
  return device.config().loader.environment.kind != loader::Kind::none;
}

// The files of /proc state no size.
Result<std::string> read_proc(const file::Path& path) {
  AIRLOCK_ASSIGN(const file::Buffer text, file::read_stream(path, kProcMax));
  std::string read(text_of(text));
  while (read.ends_with('\n')) read.pop_back();
  return read;
}

Result<std::string> boot_id_of(const Device& device) {
  return read_proc(device.config().loader.boot_id);
}

// What nobody can read is told again.
std::optional<loader::Known> known_to_loader(const Device& device) {
  const auto known = loader::read(device.config().loader.environment);
  return known ? *known : std::nullopt;
}

// ---- what was decided, and in which start

struct Note {
  std::string boot_id;
  std::optional<Boot> boot;        // what was found to run
  std::optional<Digest> restarts;  // or the manifest that the loader was told to start
  std::int64_t times = 0;          // in so many starts without another
};

Result<Boot> read_boot(const json::Value& value) {
  Boot boot;
  AIRLOCK_ASSIGN(const std::string id, json::text(value, "slot", 1));
  boot.slot = id == slot::name_of(SlotId::b) ? SlotId::b : SlotId::a;
  AIRLOCK_ASSIGN(boot.trial, json::boolean(value, "trial"));
  AIRLOCK_ASSIGN(const std::int64_t left,
                 json::integer(value, "boots_left", 0, slot::kTrialBootsMax));
  boot.boots_left = static_cast<std::uint8_t>(left);
  AIRLOCK_ASSIGN(const std::string manifest, json::text(value, "manifest", kNoteMax));
  AIRLOCK_ASSIGN(boot.manifest, text::digest_from_hex(manifest));
  return boot;
}

Result<Note> read_note(const Device& device) {
  AIRLOCK_ASSIGN(const file::Buffer text, file::read(device.path(kNoteName), kNoteMax));
  AIRLOCK_ASSIGN(const json::Value value, json::parse(text_of(text), kNoteMax));
  Note note;
  AIRLOCK_ASSIGN(note.boot_id, json::text(value, "boot_id", kNoteMax));
  AIRLOCK_ASSIGN(const json::Value* restarts, json::optional(value, "restarts"));
  if (restarts != nullptr) {
    AIRLOCK_ASSIGN(const std::string manifest, json::text(value, "restarts", kNoteMax));
    AIRLOCK_ASSIGN(note.restarts, text::digest_from_hex(manifest));
    AIRLOCK_ASSIGN(note.times, json::integer(value, "times", 1, kTellsMax));
  } else {
    AIRLOCK_ASSIGN(note.boot, read_boot(value));
  }
  return note;
}

// Where a note cannot be written, on a full disk, the system is judged anew when somebody asks: one
// more boot of a trial is counted, and that an initramfs handed over another slot than the loader
// named is not known, so that this ends in the loader's error.
void write_note(const Device& device, const json::Value& value) {
  (void)file::replace(device.path(kNoteName), bytes_of(json::write(value) + "\n"));
}

void note_boot(const Device& device, std::string_view boot_id, const Boot& boot) {
  write_note(device, {{"boot_id", boot_id},
                      {"slot", slot::name_of(boot.slot)},
                      {"trial", boot.trial},
                      {"boots_left", boot.boots_left},
                      {"manifest", text::to_hex(boot.manifest.bytes)}});
}

// ---- after a start

SlotId wanted(const slot::Record& record) {
  return record.trial_boots ? slot::other(record.active) : record.active;
}
const Digest& wanted_manifest(const slot::Record& record) {
  return record.slots[slot::index_of(wanted(record))].manifest;
}

// What is known when the judge begins.
struct Situation {
  std::string_view boot_id;
  std::optional<loader::Known> known;
  std::optional<Note> before;  // of an earlier start
  HandsOver hands_over = HandsOver::started;

  std::int64_t tells(const slot::Record& record) const {
    return before && before->restarts == wanted_manifest(record) ? before->times : 0;
  }
  // A loader that was told so often and has forgotten is told no more: its environment does not
  // last, and the system would restart for ever.
  bool forgot(const slot::Record& record) const {
    const bool knows = known && known->told == loader::told_of(record, known);
    return tells(record) >= kTellsMax && !knows;
  }
};

Error restart_told(const Device& device, const slot::Record& record, const Situation& situation) {
  const Status told = tell_loader(device);
  if (!told) return told.error();
  write_note(device, {{"boot_id", situation.boot_id},
                      {"restarts", text::to_hex(wanted_manifest(record).bytes)},
                      {"times", std::min(situation.tells(record) + 1, kTellsMax)}});
  return {Code::restart_needed, 0};
}

Result<Code> give_up(Device& device, const slot::Record& record, Code why) {
  AIRLOCK_ASSIGN(const slot::Record next, slot::revert(record, why));
  AIRLOCK_TRY(device.store_record(next));
  return why;
}

// Where the loader gave a trial up by its own count, or cannot be told of it, the record has to say
// so first: the committed slot runs, and nothing stands in its way.
Result<Code> settle_trial(Device& device, SlotId runs, const Situation& situation) {
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  const Next follows = loader::next_of(record, {runs, situation.boot_id}, situation.known);
  if (follows == Next::judge) return Code::ok;
  if (follows == Next::give_up) return give_up(device, record, Code::trial_exhausted);
  if (situation.forgot(record)) return give_up(device, record, Code::loader_unreadable);
  const Error error = restart_told(device, record, situation);
  if (error.code == Code::restart_needed) return std::unexpected(error);
  return give_up(device, record, error.code);
}

// The loader started another slot than was decided on.
Status settle_other(const Device& device, const Boot& boot, const Situation& situation) {
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  // What was decided could not be stored, so that the record would have the loader do the same.
  if (boot.slot != wanted(record)) return fail(Code::storage_failed);
  const loader::Told told = loader::told_of(record, situation.known);
  const bool knew = loader::was_told_before(told, situation.known, situation.boot_id);
  const bool is_lost = knew || situation.forgot(record);
  const Error error =
      is_lost ? Error{Code::loader_disobeys, 0} : restart_told(device, record, situation);
  const bool helps = error.code == Code::restart_needed;
  // A trial is the loader's to count; what is committed needs no count.
  if (!helps && !boot.trial && situation.hands_over == HandsOver::either) return {};
  return std::unexpected(error);
}

Result<SlotId> slot_that_runs(const Device& device) {
  AIRLOCK_ASSIGN(const std::string command_line, read_proc(device.config().loader.command_line));
  return loader::running_slot(command_line);
}

Result<Boot> judge(Device& device, const Situation& situation) {
  const Result<SlotId> runs = slot_that_runs(device);
  if (!runs) {
    (void)tell_loader(device);  // what it made of its environment may be what is wrong
    return std::unexpected(runs.error());
  }
  AIRLOCK_ASSIGN(const Code gave_up, settle_trial(device, *runs, situation));
  AIRLOCK_ASSIGN(Boot boot, device.boot());
  if (boot.gave_up == Code::ok) boot.gave_up = gave_up;
  if (boot.slot != *runs) {
    AIRLOCK_TRY(settle_other(device, boot, situation));
    return boot;
  }
  // A loader that cannot be told has started the right slot all the same; the next start tells it.
  (void)tell_loader(device);
  return boot;
}

}  // namespace

Result<Boot> power_on(Device& device, HandsOver hands_over) {
  if (!has_loader(device)) return device.boot();
  AIRLOCK_ASSIGN(const std::string boot_id, boot_id_of(device));
  const Result<Note> note = read_note(device);
  Situation situation{boot_id, known_to_loader(device), std::nullopt, hands_over};
  if (note && note->boot_id != boot_id) situation.before = *note;
  if (note && note->boot_id == boot_id) {
    if (note->boot) return *note->boot;
    return fail(Code::restart_needed);
  }
  AIRLOCK_ASSIGN(const Boot boot, judge(device, situation));
  note_boot(device, boot_id, boot);
  return boot;
}

Result<Boot> restart(Device& device) {
  if (!has_loader(device)) return device.boot();
  AIRLOCK_ASSIGN(const Boot now, power_on(device));
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  const Status told = tell_loader(device);
  if (now.slot == wanted(record) && now.manifest == wanted_manifest(record)) return now;
  AIRLOCK_TRY(told);
  return fail(Code::restart_needed);
}

Status tell_loader(const Device& device) {
  if (!has_loader(device)) return {};
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  const std::optional<loader::Known> known = known_to_loader(device);
  const loader::Told next = loader::told_of(record, known);
  if (known && known->told == next) return {};
  AIRLOCK_ASSIGN(const std::string boot_id, boot_id_of(device));
  return loader::tell(device.config().loader.environment, next, boot_id);
}

Status check_running(Device& device) {
  if (!has_loader(device)) return {};
  AIRLOCK_ASSIGN(const Boot now, power_on(device));
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  const Status told = tell_loader(device);
  // A trial waits for its start while the committed slot runs.
  const bool is_meant =
      now.slot == record.active || (record.trial_boots && now.slot == wanted(record));
  if (is_meant) return {};
  AIRLOCK_TRY(told);
  return fail(Code::restart_needed);
}

}  // namespace airlock::platform
