// keys rotate: secrets that lie online, replaced before a thief is done with them.
#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/opened.h"
#include "apps/airlock/pace.h"
#include "host/json/json.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"
#include "publish/online/online.h"

namespace airlock::app {
namespace {

using json::Value;

constexpr std::int64_t kLookSecondsMax = 60;  // between two looks at what is due
constexpr std::int64_t kLivesOfACertificate = 3;

struct RotateOptions : PassphraseOptions {
  std::string every;
  std::string repo, timestamp_keys, valid_for = "7d";
  std::vector<std::string> certificates;
  std::string authority, authority_key;
  bool once = false;
  bool now = false;
  bool json = false;
};

// What was opened once for all rounds.
struct Rotation {
  const RotateOptions& options;
  std::int64_t every;
  std::int64_t timestamp_valid;
  std::vector<online::CertificateFiles> certificates;
  std::optional<keys::Secret> passphrase;
  std::optional<online::Authority> authority;
};

void tell(const RotateOptions& options, const Value& event, const std::string& words) {
  std::printf("%s\n",
              options.json ? text::visible_json(json::write(event)).c_str() : words.c_str());
  std::fflush(stdout);
}

// "FILE" for both in one, or "CERTIFICATE=KEY".
std::expected<online::CertificateFiles, Refusal> read_certificate(const std::string& text) {
  if (!text.contains('=')) return online::CertificateFiles{text, text};
  AIRLOCK_ASSIGN(const Assignment parts, split_assignment(text));
  return online::CertificateFiles{parts.name, parts.value};
}

Answer check_options(const RotateOptions& options) {
  if (options.timestamp_keys.empty() && options.certificates.empty()) {
    return refuse(Code::usage, "nothing to rotate: give --timestamp-keys or --certificate");
  }
  if (options.timestamp_keys.empty() != options.repo.empty()) {
    return refuse(Code::usage, "--repo and --timestamp-keys go together");
  }
  const bool certifies = !options.authority.empty() && !options.authority_key.empty();
  if (!options.certificates.empty() && !certifies) {
    return refuse(Code::usage, "--certificate needs --authority and --authority-key");
  }
  return {};
}

// Asked once: for the next timestamp keys, and for the authority's key where it is encrypted.
Answer open_passphrase(Rotation& rotation) {
  const RotateOptions& options = rotation.options;
  const std::string& subject =
      options.timestamp_keys.empty() ? options.authority_key : options.timestamp_keys;
  AIRLOCK_ASSIGN(rotation.passphrase, ask_passphrase(options, subject, keys::Asking::once));
  return {};
}

Answer open_authority(Rotation& rotation) {
  const RotateOptions& options = rotation.options;
  const online::CertificateFiles files{options.authority, options.authority_key};
  auto opened =
      online::Authority::open(files, rotation.passphrase ? &*rotation.passphrase : nullptr);
  if (!opened && opened.error().error.code == Code::wrong_passphrase && !rotation.passphrase) {
    AIRLOCK_TRY(open_passphrase(rotation));
    opened = online::Authority::open(files, &*rotation.passphrase);
  }
  if (!opened) return refuse(opened.error(), options.authority);
  rotation.authority.emplace(std::move(*opened));
  return {};
}

std::expected<Rotation, Refusal> open(const RotateOptions& options) {
  AIRLOCK_TRY(check_options(options));
  AIRLOCK_ASSIGN(const std::optional<std::int64_t> every, read_pace(options.every));
  AIRLOCK_ASSIGN(const std::int64_t valid, read_validity(options.valid_for));
  Rotation rotation{options, every.value_or(1), valid, {}, {}, {}};
  for (const std::string& text : options.certificates) {
    AIRLOCK_ASSIGN(online::CertificateFiles files, read_certificate(text));
    rotation.certificates.push_back(std::move(files));
  }
  if (!options.timestamp_keys.empty()) AIRLOCK_TRY(open_passphrase(rotation));
  if (!rotation.certificates.empty()) AIRLOCK_TRY(open_authority(rotation));
  return rotation;
}

// Whoever runs out of next keys is told while there is still time to have root list others.
void tell_change(const RotateOptions& options, const online::TimestampChange& change) {
  const Value event = {{"event", "timestamp_key_changed"},
                       {"key", change.name},
                       {"left", change.left},
                       {"unlisted", change.unlisted}};
  tell(options, event,
       options.timestamp_keys + ": " + change.name + " signs timestamps now; " +
           std::to_string(change.left) + " more that root lists.");
  if (change.left > 1) return;
  std::fprintf(stderr, "warning: %s/next: %zu keys left; have the next root list others\n",
               options.timestamp_keys.c_str(), change.left);
}

Answer change_timestamp_key(const Rotation& rotation, std::int64_t now) {
  const RotateOptions& options = rotation.options;
  if (options.timestamp_keys.empty()) return {};
  const online::Age age = online::timestamp_age(options.timestamp_keys);
  if (!options.now && !online::is_due(age, rotation.every, now)) return {};
  const auto changed = online::change_timestamp_key(
      {options.repo, options.timestamp_keys, rotation.timestamp_valid, now}, *rotation.passphrase);
  if (!changed) return refuse(changed.error(), options.timestamp_keys);
  tell_change(options, *changed);
  return {};
}

Answer renew_certificate(const Rotation& rotation, const online::CertificateFiles& files,
                         std::int64_t now) {
  const std::string path = files.certificate.string();
  const auto age = online::certificate_age(files);
  if (!age) return refuse(age.error(), path);
  if (!rotation.options.now && !online::is_due(*age, rotation.every, now)) return {};
  const auto until = rotation.authority->renew(files, kLivesOfACertificate * rotation.every, now);
  if (!until) return refuse(until.error(), path);
  const std::string ends = text::to_time(*until);
  tell(rotation.options, {{"event", "certificate_renewed"}, {"file", path}, {"until", ends}},
       path + ": a new key, certified until " + ends + ".");
  return {};
}

// One round: what can be done is done, whatever else cannot. Answers the first failure.
Answer rotate_due(const Rotation& rotation, std::int64_t now) {
  Answer answer = change_timestamp_key(rotation, now);
  for (const online::CertificateFiles& files : rotation.certificates) {
    Answer renewed = renew_certificate(rotation, files, now);
    if (!renewed && answer) {
      answer = std::move(renewed);
    } else if (!renewed) {
      tell_failure(renewed.error());
    }
  }
  return answer;
}

// It runs for months: a failure is told and tried again, since the present secrets work on.
Answer rotate(const RotateOptions& options) {
  AIRLOCK_ASSIGN(const Rotation rotation, open(options));
  while (true) {
    const Answer rotated = rotate_due(rotation, present());
    if (options.once || options.now) return rotated;
    if (!rotated) tell_failure(rotated.error());
    const std::int64_t pause = std::min(rotation.every, kLookSecondsMax);
    std::this_thread::sleep_for(std::chrono::seconds(pause));
  }
}

}  // namespace

void add_rotate_command(CLI::App& family, Outcome& outcome) {
  auto made = add_command<RotateOptions>(family, outcome, "rotate",
                                         "Replace what must lie online and is older than --every: "
                                         "the timestamp key by the next that root "
                                         "lists already, certificates of servers and operators by "
                                         "new ones. Keys that sign packages are "
                                         "never touched: those change by ceremony.",
                                         &rotate);
  CLI::App& command = made.command;
  RotateOptions& options = made.options;
  command.add_option("--every", options.every, "how old a secret may become, such as 72h")
      ->required();
  command.add_flag("--once", options.once, "replace what is due and end, as for cron");
  command.add_flag("--now", options.now,
                   "replace everything once, however young it is, and end: for what was stolen");
  command.add_option("--repo", options.repo, "folder of the repository");
  command.add_option("--timestamp-keys", options.timestamp_keys,
                     "folder with repo-timestamp.key, and the next ones in next/*.key, *.pub");
  command.add_option("--valid-for", options.valid_for, "of the timestamp that a new key signs")
      ->capture_default_str();
  command.add_option(
      "--certificate", options.certificates,
      "PEM file of a certificate and its key, or CERTIFICATE=KEY; repeat for several");
  command.add_option("--authority", options.authority, "certificate of their authority, PEM");
  command.add_option("--authority-key", options.authority_key, "its key, PEM");
  command.add_flag("--json", options.json, "a line of JSON for each change");
  add_passphrase_option(command, options);
  command.footer(
      "Example:\n  airlock keys rotate --every 72h --repo repo --timestamp-keys timestamp \\\n"
      "      --certificate server.pem --authority ca.pem --authority-key ca.key");
}

}  // namespace airlock::app
