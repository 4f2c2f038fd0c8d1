#include <algorithm>
#include <array>
#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/content.h"
#include "apps/airlock/drafts.h"
#include "apps/airlock/logs.h"
#include "apps/airlock/opened.h"
#include "host/text/text.h"

namespace airlock::app {
namespace {

struct InitOptions : PassphraseOptions {
  std::string repo;
  std::string keys;
  std::vector<std::string> named;
};

constexpr std::array kRolesWithKeys = {"root", "targets", "snapshot", "timestamp"};

// The key of a role: as it is named, or as the folder has it.
struct KeyPlace {
  std::string name;
  bool in_folder = false;
};
std::expected<KeyPlace, Refusal> place_of_key(const InitOptions& options, const std::string& role) {
  for (const std::string& text : options.named) {
    AIRLOCK_ASSIGN(const Assignment parts, split_assignment(text));
    if (std::ranges::find(kRolesWithKeys, parts.name) == kRolesWithKeys.end()) {
      return refuse(Code::usage, "--key takes root, targets, snapshot or timestamp, found " + text);
    }
    if (parts.name == role) return KeyPlace{parts.value};
  }
  if (options.keys.empty())
    return refuse(Code::usage, "--keys, or --key " + role + "=.., is needed");
  const std::string ending = role == "timestamp" ? ".pub" : ".key";
  return KeyPlace{(file::Path(options.keys) / ("repo-" + role + ending)).string(), true};
}

std::expected<std::vector<release::RoleSigner>, Refusal> open_first(const InitOptions& options) {
  std::optional<keys::Secret> of_folder;
  std::vector<release::RoleSigner> opened;
  for (const char* role : {"root", "targets", "snapshot"}) {
    AIRLOCK_ASSIGN(const KeyPlace place, place_of_key(options, role));
    if (place.in_folder && !of_folder) {
      AIRLOCK_ASSIGN(of_folder, ask_passphrase(options, options.keys, keys::Asking::once));
    }
    if (place.in_folder) {
      AIRLOCK_ASSIGN(release::RoleSigner signer, open_role_key(place.name, *of_folder));
      opened.push_back(std::move(signer));
      continue;
    }
    AIRLOCK_ASSIGN(release::RoleSigner signer, ask_and_open_role_key(options, place.name));
    opened.push_back(std::move(signer));
  }
  return opened;
}

Answer init(const InitOptions& options) {
  AIRLOCK_ASSIGN(const KeyPlace open_half, place_of_key(options, "timestamp"));
  AIRLOCK_ASSIGN(const tuf::PublicKey timestamp, read_role_key(open_half.name));
  AIRLOCK_ASSIGN(const std::vector<release::RoleSigner> keys, open_first(options));
  const auto made =
      release::init_repository(options.repo, {keys[0], keys[1], keys[2], timestamp}, present());
  if (!made) return refuse(made.error(), options.repo);
  std::printf("%s: an empty repository. Devices are provisioned with metadata/1.root.json.\n",
              options.repo.c_str());
  tell_timestamp(options.repo);
  return {};
}

struct TimestampOptions : PassphraseOptions {
  std::string repo;
  std::vector<std::string> keys;
  std::string valid_for = "7d";
};

Answer timestamp(const TimestampOptions& options) {
  AIRLOCK_ASSIGN(const std::int64_t valid, read_validity(options.valid_for));
  std::vector<release::RoleSigner> signers;
  for (const std::string& name : options.keys) {
    AIRLOCK_ASSIGN(release::RoleSigner signer, ask_and_open_role_key(options, name));
    signers.push_back(std::move(signer));
  }
  const std::int64_t now = present();
  const auto made = release::renew_timestamp(options.repo, signers, valid, now);
  if (!made) return refuse(made.error(), options.repo);
  std::printf("%s: timestamp valid until %s.\n", options.repo.c_str(),
              text::to_time(now + valid).c_str());
  return {};
}

struct PublishOptions : RoleKeyOptions {
  std::string package;
  std::string repo;
  std::string keyring;
  Logging logging;  // its log is the repository's
  std::string wait = "0s";
  std::string role;
  ConfinementOptions confinement;
};

// Before a passphrase is asked: no key of the keyring lies among the repository's either.
Answer check_key_files(const PublishOptions& options, const package::Keyring& keyring) {
  std::vector<tuf::PublicKey> others;
  for (const release::CastMember& member : release::cast()) {
    if (!member.group.empty() || options.folder.empty()) continue;
    const file::Path path = file::Path(options.folder) / (std::string(member.name) + ".pub");
    auto key = read_role_key(path);
    if (!key && key.error().error.code == Code::not_found) continue;  // kept elsewhere
    if (!key) return std::unexpected(key.error());
    others.push_back(std::move(*key));
  }
  const auto apart = release::check_doors_apart(keyring, options.repo, others);
  if (!apart) return refuse(apart.error(), options.repo);
  return {};
}

// Where the log's key is at hand, the release is taken into the log here; otherwise its proof lies
// beside the package already.
Answer take_into_log(const PublishOptions& options, const package::Proven& proven,
                     const package::Keyring& keyring) {
  const auto policy = package::log_for(keyring, proven.manifest().kind);
  if (!policy || options.logging.key.empty()) return {};
  AIRLOCK_ASSIGN(const keys::Secret passphrase,
                 ask_passphrase(options, options.logging.key, keys::Asking::once));
  AIRLOCK_ASSIGN(const keys::SigningKey key, open_key(options.logging.key, passphrase));
  Logging logging = options.logging;
  logging.log = (file::Path(options.repo) / release::kLogFolder).string();
  AIRLOCK_ASSIGN(logging.wait_seconds, read_wait(options.wait));
  AIRLOCK_ASSIGN(const LoggedRelease added, add_to_log(logging.log, proven.digest(), key));
  std::printf("%s: entry %llu. Waiting for witnesses.\n", logging.log.c_str(),
              static_cast<unsigned long long>(added.index));
  std::fflush(stdout);
  AIRLOCK_TRY(prove_in_log(logging, options.package, proven.digest(), *policy));
  return {};
}

Answer publish(const PublishOptions& options) {
  AIRLOCK_ASSIGN(const auto keyring, open_keyring(options.keyring));
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer envelope, release::read_envelope(options.package),
                        release::envelope_path(options.package).string());
  const auto proven = release::prove_package(envelope, keyring->keyring);
  if (!proven) {
    const std::string& missing = proven.error().about;
    return refuse(proven.error().error, options.package + (missing.empty() ? "" : ": " + missing));
  }
  AIRLOCK_TRY(judge_content(options.package, proven->manifest(), options.confinement));
  AIRLOCK_TRY(check_key_files(options, keyring->keyring));
  AIRLOCK_ASSIGN(const std::vector<release::RoleSigner> signers,
                 open_role_keys(options, keys_of_lists(options.repo)));
  AIRLOCK_TRY(take_into_log(options, *proven, keyring->keyring));
  const release::PublishOrder order{options.package, options.repo, keyring->keyring, present(),
                                    options.role};
  const auto published = release::publish(order, signers);
  if (!published) return refuse(published.error(), options.package);
  const bool waits =
      std::ranges::any_of(published->settled.waiting,
                          [](const release::Waiting& draft) { return draft.role != "root"; });
  std::printf(waits ? "%s is ready, and its metadata waits for signatures.\n" : "Published %s.\n",
              published->target.c_str());
  std::printf("The device's own code accepted it; payloads decoded: %zu.\n",
              published->payloads_decoded);
  if (published->payloads_without_base > 0) {
    std::printf(
        "Not decoded here: patches whose base was never published: %zu (they were decoded\n"
        "when the release was made).\n",
        published->payloads_without_base);
  }
  if (!published->without_clock.empty()) {
    std::printf(
        "A device without a clock refuses it: it knows no later time than the release's own.\n"
        "  %s\nCollect the certificates before you make a release.\n",
        text::visible_line(published->without_clock).c_str());
  }
  tell_settled(published->settled, options.repo);
  if (waits) return {};
  std::puts("Devices are offered it after the next timestamp.");
  tell_timestamp(options.repo);
  return {};
}

}  // namespace

void tell_timestamp(const std::string& repo) {
  std::printf("Next, where the timestamp key is: airlock repo timestamp --repo %s --key ...\n",
              repo.c_str());
}

void add_repo_commands(CLI::App& app, Outcome& outcome) {
  CLI::App& family = add_family(app, "repo", "Make a repository and keep it fresh.");
  family.footer("Example:\n  airlock repo init --repo repo --keys keys");
  auto made = add_command<InitOptions>(family, outcome, "init", "Make an empty repository.", &init);
  made.command.add_option("--repo", made.options.repo, "folder of the repository")->required();
  made.command.add_option("--keys", made.options.keys,
                          "folder with repo-{root,targets,snapshot}.key and repo-timestamp.pub");
  made.command
      .add_option("--key", made.options.named,
                  "a role's key instead of the folder's: a .key file or PKCS#11 URI, of timestamp "
                  "a .pub file")
      ->type_name("ROLE=KEY");
  add_passphrase_option(made.command, made.options);
  made.command.footer("Example:\n  airlock repo init --repo repo --keys keys");

  auto renewed = add_command<TimestampOptions>(
      family, outcome, "timestamp",
      "Offer what was published, and say that it is fresh: a process of its own with a key of its "
      "own, run after each publish and on a schedule.",
      &timestamp);
  renewed.command.add_option("--repo", renewed.options.repo, "folder of the repository")
      ->required();
  renewed.command
      .add_option("--key", renewed.options.keys,
                  "the timestamp key: a .key file or PKCS#11 URI; repeat while both an old and a "
                  "new one sign")
      ->required()
      ->take_all();
  renewed.command.add_option("--valid-for", renewed.options.valid_for, "such as 36h or 7d")
      ->capture_default_str();
  add_passphrase_option(renewed.command, renewed.options);
  renewed.command.footer(
      "Example:\n  airlock repo timestamp --repo repo --key keys/repo-timestamp.key "
      "--valid-for 36h");
  add_metadata_commands(family, outcome);
  add_check_command(family, outcome);
  add_minimal_commands(family, outcome);
  add_bins_command(family, outcome);
  add_delegation_commands(family, outcome);
}

void add_publish_command(CLI::App& app, Outcome& outcome) {
  auto made = add_command<PublishOptions>(
      app, outcome, "publish", "Put a completely signed package into the repository.", &publish);
  made.command.add_option("package", made.options.package, "package folder or .cose file")
      ->required();
  made.command.add_option("--repo", made.options.repo, "folder of the repository")->required();
  made.command.add_option("--keyring", made.options.keyring, "keyring package of the devices")
      ->required();
  made.command.add_option("--role", made.options.role,
                          "the delegated role that lists it, whose key signs");
  made.command.add_option("--log-key", made.options.logging.key,
                          "key of the public log in REPO/log; without it the package brings its "
                          "proof (airlock log prove)");
  add_witness_options(made.command, made.options.logging, made.options.wait);
  add_confinement_options(made.command, made.options.confinement);
  add_role_key_options(made.command, made.options);
  made.command.footer(
      "Example:\n  airlock publish release-1.1.0 --repo repo --keys keys "
      "--keyring keys/keyring.cose");
}

}  // namespace airlock::app
