#include "apps/airlock-device/owner.h"

#include <chrono>
#include <iostream>

#include "host/terminal/terminal.h"
#include "host/text/text.h"

namespace airlock::app {
namespace {

constexpr std::chrono::minutes kAnswerTimeout{15};

std::string versions(const agent::Question& question) {
  const std::string to = text::visible(question.release.version.text);
  if (question.release.kind != package::Kind::firmware) return to;
  if (question.running_version.empty()) return to + " (nothing runs yet)";
  return text::visible(question.running_version) + " -> " + to;
}

std::string component_lines(const package::Component& component) {
  const package::Image image = component.image(0);
  return "\n  image      " + text::visible(component.id) + ", " + text::human_size(image.size) +
         "\n  SHA-256    " + text::short_digest(image.digest) + "\n             " +
         text::to_hex(image.digest.bytes) + "\n";
}

std::string_view what_happens(package::Kind kind) {
  if (kind == package::Kind::keyring) {
    return "The keys that may sign updates for this device are replaced. Your seed and data\n"
           "stay as they are.";
  }
  return "Your seed and data stay; the update does not touch them. Should the new firmware\n"
         "not work, the device goes back to the present one by itself. Make sure all the\n"
         "same that you have your backup words.";
}

}  // namespace

std::string consent_screen(const agent::Question& question) {
  const package::Manifest& release = question.release;
  std::string screen = "\n  A signed update is ready\n\n";
  screen += "  kind       " + std::string(package::name_of(release.kind)) + "\n";
  screen += "  model      " + text::visible(question.model) + "\n";
  screen += "  version    " + versions(question) + "\n";
  screen += "  made       " + text::to_time(release.created) + "\n";
  for (std::size_t i = 0; i < release.component_count(); ++i) {
    screen += component_lines(release.component(i));
  }
  screen += "\n  manifest   " + text::short_digest(release.digest()) + "\n             " +
            text::to_hex(release.digest().bytes) + "\n";
  if (!release.notes.empty()) {
    const std::size_t columns = terminal::columns(terminal::Stream::error);
    screen += "\n  The vendor says:\n" + text::quoted(release.notes, columns);
  }
  return screen + "\n" + std::string(what_happens(release.kind)) + "\n";
}

Result<crypto::Digest> OwnerAtDevice::ask(const agent::Question& question) {
  if (consent_.refuse) return fail(Code::consent_refused);
  if (consent_.digest) return *consent_.digest;
  if (!terminal::is_terminal_in()) return fail(Code::not_interactive);
  std::cerr << consent_screen(question)
            << "\nInstall it? Press y for yes, any other key for no: " << std::flush;
  AIRLOCK_ASSIGN(const char key, terminal::read_key(kAnswerTimeout));
  const bool yes = key == 'y' || key == 'Y';
  std::cerr << (yes ? "yes" : "no") << "\n";
  if (!yes) return fail(Code::consent_refused);
  return question.release.digest();
}

}  // namespace airlock::app
