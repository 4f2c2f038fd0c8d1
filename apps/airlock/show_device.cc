// What a device stores: boot record, journal, envelope areas; alone, or a whole folder of them.
#include <array>
#include <optional>

#include "apps/airlock/show.h"
#include "core/slot/slot.h"
#include "core/update/update.h"
#include "device/platform/area.h"
#include "host/text/text.h"

namespace airlock::app {
namespace {

// Where a device's folder has what (docs/formats/device-folder.md).
constexpr std::array<const char*, 2> kRecordFiles = {"areas/record-0.area", "areas/record-1.area"};
constexpr const char* kJournalFile = "journal";
constexpr std::array<const char*, 3> kEnvelopeFiles = {
    "areas/manifest-a.area", "areas/manifest-b.area", "areas/keyring.area"};

constexpr std::size_t kStoredSizeMin = 12;  // of a frame or an envelope area

using Show = Result<Shown> (*)(Bytes);

Bytes first_unit(Bytes stored) {
  return stored.first(std::min<std::size_t>(stored.size(), slot::kRecordUnit));
}

std::string manifest_or_none(const package::Digest& digest) {
  return digest.is_zero() ? "none" : digest_hex(digest);
}

// A code of a later version has no name here, and still its number.
std::string code_text(Code code) {
  const std::string number = std::to_string(static_cast<unsigned>(code));
  return known_code(static_cast<std::uint64_t>(code)) ? std::string(name(code)) : "code " + number;
}

json::Value floors_json(const slot::Record& record) {
  json::Value floors = json::Value::object();
  for (package::Kind kind : package::kKinds) {
    floors[std::string(package::name_of(kind))] = record.floors[package::index_of(kind)];
  }
  return floors;
}

// A record of before versions were kept has none.
json::Value slot_json(const slot::Slot& one) {
  json::Value value{{"manifest", digest_hex(one.manifest)},
                    {"version", nullptr},
                    {"security_version", one.security_version},
                    {"data_version", nullptr},
                    {"proven", one.proven}};
  if (!one.version.empty()) {
    value["version"] = one.version.view();
    value["data_version"] = one.data_version;
  }
  return value;
}

json::Value record_json(const slot::Record& record) {
  json::Value value{
      {"sequence", record.sequence},
      {"active", slot::name_of(record.active)},
      {"trial_boots", nullptr},
      {"slots", {{"a", slot_json(record.slots[0])}, {"b", slot_json(record.slots[1])}}},
      {"consent", digest_hex(record.consent)},
      {"floors", floors_json(record)},
      {"time_bound", record.time_bound},
      {"last_revert",
       {{"reason", code_text(record.last_revert.reason)},
        {"manifest", digest_hex(record.last_revert.manifest)},
        {"count", record.last_revert.count}}}};
  if (record.trial_boots) value["trial_boots"] = *record.trial_boots;
  return value;
}

std::string slot_text(const slot::Slot& one) {
  if (one.manifest.is_zero()) return "nothing to rely on";
  const std::string release = one.version.empty()
                                  ? ""
                                  : ", version " + text::visible_line(one.version.view()) +
                                        ", data version " + std::to_string(one.data_version);
  return "manifest " + digest_hex(one.manifest) + release + ", security version " +
         std::to_string(one.security_version) + (one.proven ? ", proven" : ", not proven yet");
}

std::string floors_text(const slot::Record& record) {
  std::string made;
  for (package::Kind kind : package::kKinds) {
    const std::uint32_t floor = record.floors[package::index_of(kind)];
    if (floor == 0) continue;
    made += (made.empty() ? "" : ", ") + std::string(package::name_of(kind)) + " " +
            std::to_string(floor);
  }
  return made.empty() ? "none" : made;
}

std::string record_text(const slot::Record& record) {
  std::string made = line("sequence", std::to_string(record.sequence));
  made += line("runs", "slot " + std::string(slot::name_of(record.active)));
  if (record.trial_boots) {
    made += line("on trial", "slot " + std::string(slot::name_of(other(record.active))) +
                                 ", boots left " + std::to_string(*record.trial_boots));
  }
  for (const slot::SlotId id : {slot::SlotId::a, slot::SlotId::b}) {
    made += line("slot " + std::string(slot::name_of(id)), slot_text(record.slots[index_of(id)]));
  }
  made += line("consent", manifest_or_none(record.consent));
  made += line("floors", floors_text(record));
  made += line("time is at least", text::to_time(record.time_bound));
  if (record.last_revert.reason == Code::ok) return made;
  return made + line("went back", code_text(record.last_revert.reason) + ", " +
                                      std::to_string(record.last_revert.count) +
                                      " in all, the last one manifest " +
                                      digest_hex(record.last_revert.manifest));
}

json::Value journal_json(const update::Session& session) {
  return {{"phase", update::name_of(session.phase)},
          {"errand", update::name_of(session.errand)},
          {"kind", package::name_of(session.kind)},
          {"manifest", digest_hex(session.manifest)},
          {"version", session.version.view()},
          {"rollout", session.rollout},
          {"attempts", session.attempts},
          {"outcome", code_text(session.outcome)},
          {"at", session.at},
          {"failed_in", update::name_of(session.failed_in)},
          {"report_sequence", session.report_sequence}};
}

std::string journal_text(const update::Session& session) {
  std::string made = line("phase", std::string(update::name_of(session.phase)));
  if (session.attempts > 0) made += line("failed attempts", std::to_string(session.attempts));
  if (!session.manifest.is_zero()) {
    const bool restore = session.errand == update::Errand::restore;
    made += line("errand", std::string(update::name_of(session.errand)) +
                               (restore ? ", back to the kept version" : ""));
    made += line("release", std::string(package::name_of(session.kind)) + " " +
                                text::visible_line(session.version.view()));
    made += line("manifest", digest_hex(session.manifest));
    made += line("rollout", std::to_string(session.rollout));
  }
  if (session.outcome != Code::ok) {
    made += line("failed", code_text(session.outcome) + " in phase " +
                               std::string(update::name_of(session.failed_in)) + ", at " +
                               std::to_string(session.at));
  }
  return made + line("report", std::to_string(session.report_sequence));
}

// A journal's error names its cause by number.
Error cause_of(Error error) {
  if (error.code != Code::journal_lost) return error;
  const Result<Code> cause = known_code(error.at);
  return cause ? Error{*cause} : error;
}

// ---- a folder, its damaged parts too

json::Value damage_json(Error error) {
  return {{"code", name(error.code)}, {"at", error.at}, {"explain", explain(error.code)}};
}

std::string damage_text(Error error) {
  return line("damaged", std::string(name(error.code)) + ": " + std::string(explain(error.code)));
}

// The copy that the device goes by: the one with the higher sequence of those that read.
std::optional<std::size_t> copy_that_counts(
    const std::array<Result<slot::Record>, kRecordFiles.size()>& copies) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < copies.size(); ++i) {
    if (!copies[i]) continue;
    if (!best || copies[i]->sequence > copies[*best]->sequence) best = i;
  }
  return best;
}

Result<slot::Record> read_copy(const file::Path& path) {
  AIRLOCK_ASSIGN(const file::Buffer stored, file::read(path, package::kImageSizeMax));
  return slot::decode_record(first_unit(stored));
}

void add_records(const file::Path& folder, Shown& shown) {
  const std::array copies = {read_copy(folder / kRecordFiles[0]),
                             read_copy(folder / kRecordFiles[1])};
  const std::optional<std::size_t> counts = copy_that_counts(copies);
  json::Value list = json::Value::array();
  for (std::size_t i = 0; i < copies.size(); ++i) {
    shown.text += "Boot record, " + std::string(kRecordFiles[i]);
    json::Value one{{"file", kRecordFiles[i]}, {"counts", counts == i}};
    if (copies[i]) {
      const bool is_same = counts && copies[i]->sequence == copies[*counts]->sequence;
      shown.text += counts == i ? ": this copy counts\n"
                    : is_same   ? ": the same record\n"
                                : ": the older copy\n";
      shown.text += record_text(*copies[i]);
      one["boot_record"] = record_json(*copies[i]);
    } else {
      shown.text += "\n" + damage_text(copies[i].error());
      one["damage"] = damage_json(copies[i].error());
    }
    list.push_back(std::move(one));
  }
  if (!counts) shown.text += std::string(explain(Code::record_lost)) + "\n";
  shown.value["boot_records"] = std::move(list);
}

// What stands in one file of the folder, or why it cannot be read.
json::Value add_file(const file::Path& folder, const char* name, Show show, std::string& text) {
  json::Value one{{"file", name}};
  const auto stored = file::read(folder / name, package::kEnvelopeSizeMax + kStoredSizeMin);
  const Result<Shown> inside = stored ? show(*stored) : std::unexpected(stored.error());
  text += std::string(name) + "\n";
  if (inside) {
    text += inside->text;
    one.update(inside->value);
  } else if (inside.error().code == Code::not_found) {
    text += line("empty", "nothing was written there yet");
    one["empty"] = true;
  } else {
    text += damage_text(inside.error());
    one["damage"] = damage_json(inside.error());
  }
  return one;
}

}  // namespace

Result<Shown> show_record(Bytes copy) {
  if (copy.size() < kStoredSizeMin) return fail(Code::wrong_magic);
  AIRLOCK_ASSIGN(const slot::Record record, slot::decode_record(first_unit(copy)));
  return Shown{"Boot record\n" + record_text(record), {{"boot_record", record_json(record)}}};
}

Result<Shown> show_journal(Bytes journal) {
  if (journal.size() < kStoredSizeMin) return fail(Code::wrong_magic);
  const Result<update::Session> session = update::decode_session(first_unit(journal));
  if (!session) return std::unexpected(cause_of(session.error()));
  return Shown{"Update journal\n" + journal_text(*session), {{"journal", journal_json(*session)}}};
}

Result<Shown> show_envelope_area(Bytes area) {
  if (area.size() < kStoredSizeMin) return fail(Code::wrong_magic);
  AIRLOCK_ASSIGN(const Bytes envelope, platform::envelope_in(area));
  AIRLOCK_ASSIGN(Shown shown, show_envelope(envelope));
  shown.text =
      "Envelope area, " + std::to_string(envelope.size()) + " bytes, checksum right\n" + shown.text;
  shown.value["envelope_area"] = {{"size", envelope.size()}};
  return shown;
}

bool is_device(const file::Path& folder) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(folder / "config.json", ignored) &&
         std::filesystem::is_directory(folder / "areas", ignored);
}

Shown show_device(const file::Path& folder) {
  Shown shown{"", json::Value::object()};
  add_records(folder, shown);
  json::Value journal = add_file(folder, kJournalFile, &show_journal, shown.text);
  json::Value areas = json::Value::array();
  for (const char* name : kEnvelopeFiles) {
    areas.push_back(add_file(folder, name, &show_envelope_area, shown.text));
  }
  shown.value["journal_file"] = std::move(journal);
  shown.value["envelope_areas"] = std::move(areas);
  shown.value = {{"device", std::move(shown.value)}};
  return shown;
}

}  // namespace airlock::app
