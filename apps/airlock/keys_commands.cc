#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/opened.h"

namespace airlock::app {
namespace {

struct InitOptions : PassphraseOptions {
  std::string dir;
  std::string vendor;
};

void show_progress(std::string_view key) {
  std::printf("  %.*s\n", static_cast<int>(key.size()), key.data());
  std::fflush(stdout);
}

Answer init(const InitOptions& options) {
  AIRLOCK_ASSIGN(const keys::Secret passphrase,
                 ask_passphrase(options, "the new keys in " + options.dir, keys::Asking::twice));
  std::printf("Making keys in %s, each encrypted with the passphrase:\n", options.dir.c_str());
  const auto made =
      release::init_keys(options.dir, options.vendor, passphrase, present(), &show_progress);
  if (!made) return refuse(made.error(), options.dir);
  std::printf(
      "and keyring.cose, which devices are provisioned with. In earnest, each key is made by its\n"
      "holder on a machine of his own; only the .pub files travel (airlock keyring draft).\n");
  return {};
}

struct DraftOptions {
  std::string from;
  std::string out;
  std::vector<std::string> removed;
  std::vector<std::string> replaced;
  std::vector<std::string> added;
  std::string log;
  std::vector<std::string> witnesses;
  std::uint8_t required = 0;
};

std::expected<release::NamedKey, Refusal> read_named_key(const std::string& text) {
  AIRLOCK_ASSIGN(const Assignment parts, split_assignment(text));
  AIRLOCK_ANSWER_ASSIGN(const crypto::PublicKey key, keys::read_public_key(parts.value),
                        parts.value);
  return release::NamedKey{parts.name, key};
}

std::expected<std::optional<release::KeyringChanges::Log>, Refusal> read_log(
    const DraftOptions& options) {
  if (options.log.empty()) {
    if (options.witnesses.empty() && options.required == 0) return std::nullopt;
    return refuse(Code::usage, "--witness and --cosigners belong to --log ORIGIN=FILE.pub");
  }
  release::KeyringChanges::Log log;
  AIRLOCK_ASSIGN(log.log, read_named_key(options.log));
  for (const std::string& text : options.witnesses) {
    AIRLOCK_ASSIGN(release::NamedKey one, read_named_key(text));
    log.witnesses.push_back(std::move(one));
  }
  log.required = options.required;
  return log;
}

std::expected<release::KeyringChanges, Refusal> read_changes(const DraftOptions& options) {
  release::KeyringChanges changes;
  changes.removed = options.removed;
  AIRLOCK_ASSIGN(changes.log, read_log(options));
  for (const std::string& text : options.replaced) {
    AIRLOCK_ASSIGN(release::NamedKey one, read_named_key(text));
    changes.replaced.push_back(std::move(one));
  }
  for (const std::string& text : options.added) {
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos) {
      return refuse(Code::usage, "--add takes GROUP:NAME=FILE.pub, found " + text);
    }
    AIRLOCK_ASSIGN(release::NamedKey one, read_named_key(text.substr(colon + 1)));
    changes.added.push_back({text.substr(0, colon), std::move(one)});
  }
  return changes;
}

Answer draft(const DraftOptions& options) {
  AIRLOCK_ASSIGN(const auto current, open_keyring(options.from));
  AIRLOCK_ASSIGN(const release::KeyringChanges changes, read_changes(options));
  const auto made = release::draft_keyring(current->keyring, changes, present());
  if (!made) return refuse(made.error(), options.from);
  AIRLOCK_ANSWER_TRY(file::create(options.out, *made), options.out);
  std::printf("%s: keyring %u, to be signed by the root group of both keyrings.\n",
              options.out.c_str(), current->keyring.version + 1);
  return {};
}

}  // namespace

void add_keys_commands(CLI::App& app, Outcome& outcome) {
  CLI::App& family = add_family(app, "keys", "Make keys.");
  family.footer("Example:\n  airlock keys init --dir keys --vendor \"Example Wallets\"");
  auto made = add_command<InitOptions>(
      family, outcome, "init", "Make the keys of a whole cast and their first keyring.", &init);
  made.command.add_option("--dir", made.options.dir, "folder for the keys")->required();
  made.command.add_option("--vendor", made.options.vendor, "name of the vendor, for people");
  add_passphrase_option(made.command, made.options);
  made.command.footer("Example:\n  airlock keys init --dir keys --vendor \"Example Wallets\"");
}

void add_keyring_commands(CLI::App& app, Outcome& outcome) {
  CLI::App& family = add_family(app, "keyring", "Change who may sign.");
  family.footer(
      "Example:\n  airlock keyring draft --from keys/keyring.cose --remove reviewer-3 --out "
      "next.cose");
  auto made = add_command<DraftOptions>(
      family, outcome, "draft", "Draft the next keyring, to be signed by the root group.", &draft);
  made.command.add_option("--from", made.options.from, "the present keyring package")->required();
  made.command.add_option("--remove", made.options.removed, "signer that leaves")
      ->type_name("NAME");
  made.command.add_option("--replace", made.options.replaced, "signer with a new key")
      ->type_name("NAME=FILE.pub");
  made.command.add_option("--add", made.options.added, "new signer")
      ->type_name("GROUP:NAME=FILE.pub");
  made.command
      .add_option("--log", made.options.log,
                  "the public log in which every release must stand from now on")
      ->type_name("ORIGIN=FILE.pub");
  made.command.add_option("--witness", made.options.witnesses, "who cosigns that log")
      ->type_name("NAME=FILE.pub");
  made.command.add_option("--cosigners", made.options.required,
                          "how many of the witnesses must have cosigned");
  made.command.add_option("--out", made.options.out, "file for the draft")->required();
  made.command.footer(
      "Example:\n  airlock keyring draft --from keys/keyring.cose \\\n"
      "      --replace committee-1=fresh/committee-1.pub --out next.cose\n"
      "  airlock sign --key keys/root-1.key next.cose       # then root-2 and root-3");
}

}  // namespace airlock::app
