#include "device/platform/power_on.h"

#include <string>

#include "host/json/json.h"
#include "host/text/text.h"

namespace airlock::platform {
namespace {

using loader::Next;
using loader::Told;
using slot::Boot;
using slot::SlotId;

constexpr std::string_view kNoteName = "areas/power-on.json";
constexpr std::size_t kNoteMax = 1024;
constexpr std::size_t kProcMax = 64 << 10;

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

// What nobody can read is told again.
std::optional<Told> known_to_loader(const Device& device) {
  const auto told = loader::read(device.config().loader.environment);
  return told ? *told : std::nullopt;
}

// ---- what was decided since the power came

Result<Boot> read_note(const Device& device, std::string_view boot_id) {
  AIRLOCK_ASSIGN(const file::Buffer text, file::read(device.path(kNoteName), kNoteMax));
  AIRLOCK_ASSIGN(const json::Value value, json::parse(text_of(text), kNoteMax));
  AIRLOCK_ASSIGN(const std::string noted, json::text(value, "boot_id", kNoteMax));
  if (noted != boot_id) return fail(Code::not_found);
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

Status write_note(const Device& device, std::string_view boot_id, const Boot& boot) {
  const json::Value value = {{"boot_id", boot_id},
                             {"slot", slot::name_of(boot.slot)},
                             {"trial", boot.trial},
                             {"boots_left", boot.boots_left},
                             {"manifest", text::to_hex(boot.manifest.bytes)}};
  return file::replace(device.path(kNoteName), bytes_of(json::write(value) + "\n"));
}

// ---- after a start

// Where the loader gave a trial up by its own count, the record has to say so first.
Result<Code> settle_trial(Device& device, SlotId runs, const std::optional<Told>& told) {
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  const Next follows = loader::next_of(record, runs, told);
  if (follows == Next::judge) return Code::ok;
  if (follows == Next::restart) {
    AIRLOCK_TRY(tell_loader(device));
    return fail(Code::restart_needed);
  }
  AIRLOCK_ASSIGN(const slot::Record next, slot::revert(record, Code::trial_exhausted));
  AIRLOCK_TRY(device.store_record(next));
  return Code::trial_exhausted;
}

Result<Boot> judge(Device& device) {
  AIRLOCK_ASSIGN(const std::string command_line, read_proc(device.config().loader.command_line));
  AIRLOCK_ASSIGN(const SlotId runs, loader::running_slot(command_line));
  const std::optional<Told> told = known_to_loader(device);
  AIRLOCK_ASSIGN(const Code gave_up, settle_trial(device, runs, told));
  AIRLOCK_ASSIGN(Boot boot, device.boot());
  if (boot.gave_up == Code::ok) boot.gave_up = gave_up;
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  const bool obeyed = boot.slot == runs;
  if (!obeyed && told == loader::told_of(record, told)) return fail(Code::loader_disobeys);
  AIRLOCK_TRY(tell_loader(device));
  if (!obeyed) return fail(Code::restart_needed);
  return boot;
}

SlotId wanted(const slot::Record& record) {
  return record.trial_boots ? slot::other(record.active) : record.active;
}

}  // namespace

Result<Boot> power_on(Device& device) {
  if (!has_loader(device)) return device.boot();
  AIRLOCK_ASSIGN(const std::string boot_id, read_proc(device.config().loader.boot_id));
  if (const Result<Boot> noted = read_note(device, boot_id)) return noted;
  AIRLOCK_ASSIGN(const Boot boot, judge(device));
  AIRLOCK_TRY(write_note(device, boot_id, boot));
  return boot;
}

Result<Boot> restart(Device& device) {
  if (!has_loader(device)) return device.boot();
  AIRLOCK_ASSIGN(const Boot now, power_on(device));
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  const SlotId next = wanted(record);
  const bool runs = now.slot == next && now.manifest == record.slots[slot::index_of(next)].manifest;
  if (runs) return now;
  AIRLOCK_TRY(tell_loader(device));
  return fail(Code::restart_needed);
}

Status tell_loader(const Device& device) {
  if (!has_loader(device)) return {};
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  const std::optional<Told> told = known_to_loader(device);
  const Told next = loader::told_of(record, told);
  if (told == next) return {};
  return loader::tell(device.config().loader.environment, next);
}

Status check_running(Device& device) {
  if (!has_loader(device)) return {};
  AIRLOCK_ASSIGN(const Boot now, power_on(device));
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  // A trial waits for its start while the committed slot runs.
  if (now.slot == record.active || (record.trial_boots && now.slot == wanted(record))) return {};
  AIRLOCK_TRY(tell_loader(device));
  return fail(Code::restart_needed);
}

}  // namespace airlock::platform
