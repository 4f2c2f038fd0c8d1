#include "apps/airlock-device/owner.h"

#include <chrono>
#include <iostream>

#include "host/terminal/terminal.h"
#include "host/text/text.h"

namespace airlock::app {
namespace {

using agent::Knowledge;

constexpr std::chrono::minutes kAnswerTimeout{15};

std::string versions(const agent::Question& question) {
  const std::string to = text::visible_line(question.release.version.text);
  if (question.release.kind != package::Kind::firmware) return to;
  switch (question.running.knowledge()) {
    case Knowledge::nothing_runs: return to + " (nothing runs yet)";
    case Knowledge::none: return "unknown -> " + to;
    case Knowledge::by_manifest:
    case Knowledge::by_record: break;
  }
  return text::visible_line(question.running.version()) + " -> " + to;
}

// What the owner must know where the manifest of what runs is damaged; "" where it is not.
std::string_view damage(const agent::Question& question) {
  if (question.release.kind != package::Kind::firmware) return "";
  switch (question.running.knowledge()) {
    case Knowledge::nothing_runs:
    case Knowledge::by_manifest: return "";
    case Knowledge::by_record:
      return "\n  What runs is damaged: its manifest does not read. Its version is the one that "
             "the\n"
             "  boot record keeps.\n";
    case Knowledge::none:
      return "\n  What runs is unknown: its manifest is damaged, and the boot record does not say "
             "its\n"
             "  version. That the version goes down cannot be excluded.\n";
  }
  broken_promise();
}

std::string component_lines(const package::Component& component) {
  const package::Image image = component.image(0);
  return "\n  image      " + text::visible_line(component.id) + ", " +
         text::human_size(image.size) + "\n  SHA-256    " + text::short_digest(image.digest) +
         "\n             " + text::to_hex(image.digest.bytes) + "\n";
}

bool is_restore(const agent::Question& question) {
  return question.errand == update::Errand::restore;
}

// What the new firmware does to the owner's data.
std::string data_changes(const agent::Question& question) {
  const std::uint32_t from = question.running.data_version();
  const std::uint32_t to = question.release.data_version;
  const Knowledge knowledge = question.running.knowledge();
  if (knowledge == Knowledge::none) {
    return "Your seed stays. In which version your data is, is not known; the new firmware\n"
           "keeps it in version " +
           std::to_string(to) + ".";
  }
  const bool changes = knowledge != Knowledge::nothing_runs && from != to;
  if (!changes) return "Your seed and data stay; the update does not touch them.";
  return "Your seed stays. The new firmware keeps your data in version " + std::to_string(to) +
         " instead\nof " + std::to_string(from) + ".";
}

// Whether the present firmware can still be gone back to once the new one is committed; the rules
// are those of slot::restorable.
std::string way_back(const agent::Question& question) {
  const agent::Running& running = question.running;
  if (running.knowledge() == Knowledge::nothing_runs) return "";
  const bool unreadable = running.data_version() < question.release.data_version;
  const bool below_floor = running.security_version() < question.release.security_version;
  if (!unreadable && !below_floor) return "";
  return "Once the new one has proved itself, there is no way back to the present one: " +
         std::string(unreadable ? "it\ndoes not read the new data."
                                : "the\nfloor rises above it.") +
         " ";
}

std::string what_happens(const agent::Question& question) {
  if (is_restore(question)) {
    return "Your seed and data stay as they are. The version that runs now is kept, until an\n"
           "update takes its place. Make sure that you have your backup words.";
  }
  if (question.release.kind == package::Kind::keyring) {
    return "The keys that may sign updates for this device are replaced. Your seed and data\n"
           "stay as they are.";
  }
  if (question.release.kind == package::Kind::fee_plugin &&
      question.fee_plugins == platform::FeePlugins::in_process) {
    return "It becomes a part of this wallet: it can read what the wallet can, your seed too, "
           "and\n"
           "nothing contains it. The earlier version is kept.";
  }
  if (apply::shelf_kind(question.release.kind) != nullptr) {
    return "Your seed, your data and the firmware stay as they are. The earlier version is kept, "
           "and\n"
           "comes back by itself should the new one not work.";
  }
  if (!damage(question).empty()) {
    return data_changes(question) +
           "\nThe device cannot start the present firmware again. Make sure that you have your\n"
           "backup words.";
  }
  return data_changes(question) +
         "\nShould the new firmware not work, the device goes back to the present one by "
         "itself.\n" +
         way_back(question) + "Make sure all the same that you have your\nbackup words.";
}

}  // namespace

std::string consent_screen(const agent::Question& question) {
  const package::Manifest& release = question.release;
  std::string screen = is_restore(question) ? "\n  An earlier version is kept\n\n"
                                            : "\n  A signed update is ready\n\n";
  screen += "  kind       " + std::string(package::name_of(release.kind)) + "\n";
  screen += "  model      " + text::visible_line(question.model) + "\n";
  screen += "  version    " + versions(question) + "\n";
  screen += "  made       " + text::to_time(release.created) + "\n";
  screen += damage(question);
  for (std::size_t i = 0; i < release.component_count(); ++i) {
    screen += component_lines(release.component(i));
  }
  screen += "\n  manifest   " + text::short_digest(release.digest()) + "\n             " +
            text::to_hex(release.digest().bytes) + "\n";
  if (!release.notes.empty()) {
    const std::size_t columns = terminal::columns(terminal::Stream::error);
    screen += "\n  The vendor says:\n" + text::quoted(release.notes, columns);
  }
  return screen + "\n" + what_happens(question) + "\n";
}

Result<crypto::Digest> OwnerAtDevice::ask(const agent::Question& question) {
  if (consent_.refuse) return fail(Code::consent_refused);
  if (consent_.digest) return *consent_.digest;
  if (!terminal::is_terminal_in()) return fail(Code::not_interactive);
  std::cerr << consent_screen(question)
            << (is_restore(question) ? "\nGo back to it?" : "\nInstall it?")
            << " Press y for yes, any other key for no: " << std::flush;
  AIRLOCK_ASSIGN(const char key, terminal::read_key(kAnswerTimeout));
  const bool yes = key == 'y' || key == 'Y';
  std::cerr << (yes ? "yes" : "no") << "\n";
  if (!yes) return fail(Code::consent_refused);
  return question.release.digest();
}

}  // namespace airlock::app
