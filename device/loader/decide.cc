#include "device/loader/loader.h"

namespace airlock::loader {

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::none: return "";
    case Kind::grub: return "grub";
    case Kind::u_boot: return "u-boot";
  }
  broken_promise();
}

Result<Kind> kind_named(std::string_view name) {
  for (const Kind one : {Kind::none, Kind::grub, Kind::u_boot}) {
    if (name_of(one) == name) return one;
  }
  return fail(Code::out_of_range);
}

namespace {

// The trial that the record speaks of, as the loader was told of it.
const Told::Trial* same_trial(const slot::Record& record, const std::optional<Known>& known) {
  if (!known || !known->told.trial || known->told.active != record.active) return nullptr;
  const Told::Trial& trial = *known->told.trial;
  return trial.manifest == record.inactive_slot().manifest ? &trial : nullptr;
}

}  // namespace

Told told_of(const slot::Record& record, const std::optional<Known>& before) {
  Told told{record.active, std::nullopt};
  if (!record.trial_boots) return told;
  const Told::Trial* const counted = same_trial(record, before);
  told.trial = Told::Trial{counted == nullptr ? *record.trial_boots : counted->boots_left,
                           record.inactive_slot().manifest};
  return told;
}

bool was_told_before(const Told& told, const std::optional<Known>& known, std::string_view start) {
  return known && known->told == told && known->start != start;
}

Next next_of(const slot::Record& record, const Start& start, const std::optional<Known>& known) {
  if (!record.trial_boots || start.runs != record.active) return Next::judge;
  const bool was_told = was_told_before(told_of(record, known), known, start.id);
  return was_told ? Next::give_up : Next::restart;
}

namespace {

Result<SlotId> slot_named(std::string_view name) {
  for (const SlotId id : {SlotId::a, SlotId::b}) {
    if (name == slot::name_of(id)) return id;
  }
  return fail(Code::running_slot_unknown);
}

}  // namespace

Result<SlotId> running_slot(std::string_view command_line) {
  constexpr std::string_view kName = "airlock.slot=";
  constexpr std::string_view kSpaces = " \n";
  Result<SlotId> found = fail(Code::running_slot_unknown);
  while (!command_line.empty()) {
    const std::size_t end = std::min(command_line.find_first_of(kSpaces), command_line.size());
    const std::string_view word = command_line.substr(0, end);
    command_line.remove_prefix(std::min(end + 1, command_line.size()));
    if (word.starts_with(kName)) found = slot_named(word.substr(kName.size()));
  }
  return found;
}

}  // namespace airlock::loader
