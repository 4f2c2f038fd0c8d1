// repo sign, rotate, renew, add, remove, drop: what changes a repository's metadata.
#include <algorithm>
#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/drafts.h"
#include "apps/airlock/signing.h"
#include "host/terminal/terminal.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

using release::OldKeys;
using release::Settled;
using release::Waiting;

const CLI::IsMember kRole({"root", "targets", "snapshot", "timestamp"});

// Options that every command here has.
struct ChangeOptions {
  std::string repo;
  bool json = false;
  bool old_keys_lost = false;

  OldKeys old_keys() const { return old_keys_lost ? OldKeys::lost : OldKeys::at_hand; }
};
void add_change_options(CLI::App& command, ChangeOptions& options) {
  command.add_option("--repo", options.repo, "folder of the repository")->required();
  command.add_flag("--json", options.json, "answer as JSON");
}
void add_list_option(CLI::App& command, std::string& role) {
  command.add_option("--role", role, "the delegated role that lists it, whose key signs");
}
void add_lost_option(CLI::App& command, ChangeOptions& options) {
  command.add_flag("--old-keys-lost", options.old_keys_lost,
                   "the keys that the drafted root takes out cannot sign any more: it goes in with "
                   "what its own keys signed, and devices wait for the next timestamp");
}

Answer answer(const release::Answer<Settled>& settled, const ChangeOptions& options) {
  if (!settled) return refuse(settled.error(), options.repo);
  if (options.json) {
    std::printf("%s\n", text::visible_json(json::write(settled_json(*settled))).c_str());
    return {};
  }
  tell_settled(*settled, options.repo);
  const bool is_new = std::ranges::any_of(settled->installed, [](const std::string& file) {
    return tuf::version_in(file, "snapshot") != 0;
  });
  if (is_new || (options.old_keys_lost && !settled->installed.empty()))
    tell_timestamp(options.repo);
  return {};
}

// ---- sign

struct SignOptions : ChangeOptions, PassphraseOptions {
  std::string key;
  std::string role;
  std::string digest;
  std::string from;
  std::string message;
};

std::string names_of(const std::vector<Waiting>& drafts) {
  std::string made;
  for (const Waiting& draft : drafts) made += (made.empty() ? "" : ", ") + draft.role;
  return made;
}

// The draft that is meant: the one of the role, or the only one that lacks signatures.
std::expected<const Waiting*, Refusal> find_draft(const SignOptions& options,
                                                  const std::vector<Waiting>& drafts) {
  std::vector<const Waiting*> found;
  for (const Waiting& draft : drafts) {
    const bool is_meant =
        options.role.empty() ? draft.next == release::Step::sign : draft.role == options.role;
    if (is_meant) found.push_back(&draft);
  }
  if (found.size() == 1) return found[0];
  if (found.empty()) {
    return refuse(Code::not_found, "a draft to be signed in " + options.repo);
  }
  return refuse(Code::usage, "several drafts wait, so name --role: " + names_of(drafts));
}

// A script names the whole digest that it saw; a person types the beginning of what he reads here.
Answer confirm(const SignOptions& options, const Waiting& draft) {
  const std::string about = draft.path.string();
  const std::string shown = show_draft(draft).text;
  if (!options.digest.empty()) {
    if (options.digest != digest_hex(draft.digest)) {
      return refuse(Code::digest_mismatch,
                    about + " is not what --digest names; see airlock repo sign");
    }
    if (!options.json) std::printf("%s\n", shown.c_str());
    return {};
  }
  if (!terminal::is_terminal_in()) {
    return refuse(
        Code::not_interactive,
        about + " needs --digest DIGEST; airlock repo sign --repo " + options.repo + " shows it");
  }
  std::printf("%s\n", shown.c_str());
  return confirm_by_typing(draft.digest, "the draft's", about);
}

Answer write_message(const SignOptions& options, const Waiting& draft) {
  AIRLOCK_ANSWER_ASSIGN(const tuf::Parts parts, tuf::take_apart(draft.file), draft.path.string());
  AIRLOCK_ANSWER_TRY(file::create(options.message, bytes_of(parts.message)), options.message);
  std::printf("%s: the bytes that are signed for %s.\n", options.message.c_str(),
              draft.path.string().c_str());
  return {};
}

// Without a key: shows what waits, and lets in what is complete.
Answer look(const SignOptions& options) {
  const auto settled = release::settle({options.repo, options.old_keys(), present()});
  if (!settled) return refuse(settled.error(), options.repo);
  if (!options.json) {
    for (const Waiting& draft : settled->waiting)
      std::printf("%s\n", show_draft(draft).text.c_str());
    if (settled->waiting.empty() && settled->installed.empty()) std::puts("No draft waits.");
  }
  return answer(settled, options);
}

Answer sign(const SignOptions& options) {
  if (!options.from.empty()) {
    return answer(release::collect({options.repo, options.from, options.old_keys(), present()}),
                  options);
  }
  if (options.key.empty() && options.message.empty()) return look(options);
  const auto drafts = release::look(options.repo, options.old_keys(), present());
  if (!drafts) return refuse(drafts.error(), options.repo);
  AIRLOCK_ASSIGN(const Waiting* draft, find_draft(options, *drafts));
  if (!options.message.empty()) return write_message(options, *draft);
  AIRLOCK_TRY(confirm(options, *draft));
  std::vector<release::RoleSigner> signer;
  AIRLOCK_ASSIGN(release::RoleSigner opened, ask_and_open_role_key(options, options.key));
  signer.push_back(std::move(opened));
  return answer(release::sign_draft({options.repo, draft->role, draft->digest, signer,
                                     options.old_keys(), present()}),
                options);
}

// ---- rotate

struct RotateOptions : ChangeOptions {
  std::string role;
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> replaced;
  std::uint32_t threshold = 0;
  std::string valid_for = "730d";
  std::string keyring;
};

// A key that is there: by its .pub file, or by the beginning of its id, eight digits at least.
std::expected<std::string, Refusal> id_of(const std::string& named, const tuf::Outline& root,
                                          const std::string& role) {
  constexpr std::size_t kDigitsMin = 8;
  const auto rule = std::ranges::find(root.roles, role, &tuf::OutlinedRole::name);
  std::string material;
  std::error_code ignored;
  if (std::filesystem::exists(named, ignored)) {
    AIRLOCK_ASSIGN(const tuf::PublicKey key, read_role_key(named));
    material = text::to_hex(key.material);
  }
  std::vector<std::string> found;
  for (const tuf::OutlinedKey& key : root.keys) {
    const bool is_of_role = std::ranges::find(rule->key_ids, key.id) != rule->key_ids.end();
    const bool is_named = material.empty() ? named.size() >= kDigitsMin && key.id.starts_with(named)
                                           : key.material == material;
    if (is_of_role && is_named) found.push_back(key.id);
  }
  if (found.size() == 1) return found[0];
  return refuse(found.empty() ? Code::not_found : Code::too_many, "the " + role + " key " + named);
}

std::expected<tuf::RoleChange, Refusal> read_change(const RotateOptions& options,
                                                    const tuf::Outline& root) {
  tuf::RoleChange change{options.role};
  if (options.threshold > 0) change.threshold = options.threshold;
  std::vector<std::string> removed = options.removed, added = options.added;
  for (const std::string& text : options.replaced) {
    AIRLOCK_ASSIGN(const Assignment parts, split_assignment(text));
    removed.push_back(parts.name);
    added.push_back(parts.value);
  }
  for (const std::string& named : removed) {
    AIRLOCK_ASSIGN(std::string id, id_of(named, root, options.role));
    change.removed.push_back(std::move(id));
  }
  for (const std::string& path : added) {
    AIRLOCK_ASSIGN(tuf::PublicKey key, read_role_key(path));
    change.added.push_back(std::move(key));
  }
  if (change.added.empty() && change.removed.empty() && !change.threshold) {
    return refuse(Code::usage, "one of --add, --remove, --replace and --threshold is needed");
  }
  return change;
}

Answer rotate(const RotateOptions& options) {
  AIRLOCK_ASSIGN(const std::int64_t valid, read_validity(options.valid_for));
  AIRLOCK_ASSIGN(const auto keyring, open_keyring_if_named(options.keyring));
  const auto root = release::root_to_change(options.repo);
  if (!root) return refuse(root.error(), options.repo);
  AIRLOCK_ANSWER_ASSIGN(const tuf::Outline outline, tuf::outline(*root), options.repo);
  AIRLOCK_ASSIGN(tuf::RoleChange change, read_change(options, outline));
  if (keyring != nullptr) {
    const auto apart = release::check_doors_apart(keyring->keyring, options.repo, change.added);
    if (!apart) return refuse(apart.error(), options.keyring);
  }
  const auto settled = release::rotate({options.repo, {std::move(change)}, valid, present()});
  if (settled && !options.json) {
    for (const Waiting& draft : settled->waiting) {
      if (draft.role == "root") std::printf("%s\n", show_draft(draft).text.c_str());
    }
  }
  return answer(settled, options);
}

// ---- renew, add, remove, drop

struct RenewOptions : ChangeOptions, RoleKeyOptions {
  std::string valid_for = "365d";
  std::string within;
  std::string root_within = "90d";
};

Answer renew(const RenewOptions& options) {
  release::RenewOrder order;
  order.repository = options.repo;
  AIRLOCK_ASSIGN(order.valid_seconds, read_validity(options.valid_for));
  AIRLOCK_ASSIGN(order.root_within_seconds, read_span(options.root_within, "--root-within"));
  if (!options.within.empty()) {
    AIRLOCK_ASSIGN(order.within_seconds, read_span(options.within, "--within"));
  }
  AIRLOCK_ASSIGN(const std::vector<release::RoleSigner> signers,
                 open_role_keys(options, keys_of_lists(options.repo)));
  order.signers = signers;
  order.old_keys = options.old_keys();
  order.now = present();
  const auto settled = release::renew(order);
  const bool is_quiet = settled && settled->installed.empty() && settled->waiting.empty();
  if (is_quiet && !options.json) std::puts("Nothing ends that soon.");
  return answer(settled, options);
}

struct AddOptions : ChangeOptions, RoleKeyOptions {
  std::vector<std::string> files;
  std::string as;
  std::string role;
};

Answer add(const AddOptions& options) {
  if (!options.as.empty() && options.files.size() != 1) {
    return refuse(Code::usage, "--as names one file's path");
  }
  std::vector<release::PlainFile> files;
  for (const std::string& file : options.files) {
    files.push_back({file, options.as.empty() ? file::Path(file).filename().string() : options.as});
  }
  AIRLOCK_ASSIGN(const std::vector<release::RoleSigner> signers,
                 open_role_keys(options, keys_of_lists(options.repo)));
  return answer(
      release::add({options.repo, std::move(files), {}, signers, present(), options.role}),
      options);
}

struct RemoveOptions : ChangeOptions, RoleKeyOptions {
  std::vector<std::string> paths;
  std::string role;
};

Answer remove(const RemoveOptions& options) {
  AIRLOCK_ASSIGN(const std::vector<release::RoleSigner> signers,
                 open_role_keys(options, keys_of_lists(options.repo)));
  return answer(release::add({options.repo, {}, options.paths, signers, present(), options.role}),
                options);
}

struct DropOptions {
  std::string repo;
  std::string role;
};

Answer drop(const DropOptions& options) {
  const auto dropped = release::drop(options.repo, options.role);
  if (!dropped) return refuse(dropped.error(), options.repo);
  std::printf("%s: the drafts%s are gone.\n", options.repo.c_str(),
              options.role.empty() ? "" : (" of " + options.role).c_str());
  return {};
}

void add_sign(CLI::App& family, Outcome& outcome) {
  auto made = add_command<SignOptions>(
      family, outcome, "sign",
      "Show what waits for signatures, and let in what is complete; with --key, sign it after "
      "showing it.",
      &sign);
  auto* key = made.command.add_option("--key", made.options.key,
                                      "a key of the role: a .key file or PKCS#11 URI");
  made.command.add_option("--role", made.options.role, "which draft, where several wait");
  made.command
      .add_option("--digest", made.options.digest,
                  "the draft's digest that you saw, instead of typing it")
      ->needs(key);
  auto* from = made.command.add_option("--from", made.options.from,
                                       "take over the signatures of a copy of the draft that was "
                                       "signed elsewhere");
  auto* message =
      made.command.add_option("--message", made.options.message,
                              "write the bytes to be signed, for other tools, to a file");
  from->excludes(key)->excludes(message);
  message->excludes(key);
  add_change_options(made.command, made.options);
  add_lost_option(made.command, made.options);
  add_passphrase_option(made.command, made.options);
  made.command.footer(
      "Example:\n  airlock repo sign --repo repo                                # what waits\n"
      "  airlock repo sign --repo repo --key keys/repo-root.key       # sign it\n"
      "  airlock repo sign --repo repo --from stick/2.root.json       # what another signed");
}

void add_rotate(CLI::App& family, Outcome& outcome) {
  auto made = add_command<RotateOptions>(
      family, outcome, "rotate",
      "Draft the next root, in which a role has other keys; root keys of old and new sign it.",
      &rotate);
  made.command.add_option("--role", made.options.role, "whose keys change")
      ->required()
      ->check(kRole);
  made.command
      .add_option("--add", made.options.added,
                  "a key that joins; a second timestamp key with threshold 1 can take over at any "
                  "time")
      ->type_name("FILE.pub")
      ->take_all();
  made.command
      .add_option("--remove", made.options.removed, "a key that leaves: its .pub file or key id")
      ->type_name("KEY")
      ->take_all();
  made.command.add_option("--replace", made.options.replaced, "both at once")
      ->type_name("KEY=FILE.pub")
      ->take_all();
  made.command.add_option("--threshold", made.options.threshold, "how many keys must sign")
      ->check(CLI::Range(1, 256));
  made.command.add_option("--valid-for", made.options.valid_for, "of the new root")
      ->capture_default_str();
  made.command.add_option("--keyring", made.options.keyring,
                          "refuse a key that stands in the devices' keyring");
  add_change_options(made.command, made.options);
  made.command.footer(
      "Example:\n  airlock repo rotate --repo repo --role timestamp --add next-timestamp.pub\n"
      "  airlock repo rotate --repo repo --role root --replace keys/repo-root.pub=fresh.pub");
}

void add_renew(CLI::App& family, Outcome& outcome) {
  auto made = add_command<RenewOptions>(
      family, outcome, "renew",
      "Sign targets and snapshot again, unchanged but for their expiry; draft a root that is near "
      "its end.",
      &renew);
  made.command.add_option("--valid-for", made.options.valid_for, "of targets and snapshot")
      ->capture_default_str();
  made.command.add_option("--within", made.options.within,
                          "only if one of them ends within this time, such as 30d");
  made.command
      .add_option("--root-within", made.options.root_within,
                  "a root that ends within this time is drafted anew")
      ->capture_default_str();
  add_change_options(made.command, made.options);
  add_lost_option(made.command, made.options);
  add_role_key_options(made.command, made.options);
  made.command.footer("Example:\n  airlock repo renew --repo repo --keys keys --within 30d");
}

void add_add_and_remove(CLI::App& family, Outcome& outcome) {
  auto added = add_command<AddOptions>(
      family, outcome, "add",
      "List plain files as targets, such as a command line's builds. Packages are published.",
      &add);
  added.command.add_option("files", added.options.files, "files")->required();
  added.command
      .add_option("--as", added.options.as,
                  "path of the target; the file's name where it is not given")
      ->type_name("PATH");
  add_list_option(added.command, added.options.role);
  add_change_options(added.command, added.options);
  add_role_key_options(added.command, added.options);
  added.command.footer(
      "Example:\n  airlock repo add build/tool --as cli/1.2.0/tool-linux-amd64 --repo repo --keys "
      "keys");
  auto removed = add_command<RemoveOptions>(
      family, outcome, "remove",
      "List targets no more, plain ones or packages; their bytes stay where they are.", &remove);
  removed.command.add_option("paths", removed.options.paths, "paths of targets")->required();
  add_list_option(removed.command, removed.options.role);
  add_change_options(removed.command, removed.options);
  add_role_key_options(removed.command, removed.options);
  removed.command.footer(
      "Example:\n  airlock repo remove cli/1.1.0/tool-linux-amd64 --repo repo --keys keys");
}

}  // namespace

void add_metadata_commands(CLI::App& family, Outcome& outcome) {
  add_add_and_remove(family, outcome);
  add_sign(family, outcome);
  add_rotate(family, outcome);
  add_renew(family, outcome);
  auto dropped = add_command<DropOptions>(family, outcome, "drop",
                                          "Throw away what waits for signatures.", &drop);
  dropped.command.add_option("--repo", dropped.options.repo, "folder of the repository")
      ->required();
  dropped.command.add_option("--role", dropped.options.role, "only the drafts of this role");
  dropped.command.footer("Example:\n  airlock repo drop --repo repo --role root");
}

}  // namespace airlock::app
