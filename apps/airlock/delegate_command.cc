// repo delegate, undelegate: teams that sign for their own targets.
#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/drafts.h"
#include "apps/airlock/opened.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

struct DelegateOptions : RoleKeyOptions {
  std::string repo;
  std::string name;
  std::vector<std::string> paths;
  std::vector<std::string> role_keys;
  std::uint32_t threshold = 1;
  bool terminating = false;
  std::string valid_for = "365d";
  std::string keyring;
  bool json = false;
};

Answer tell(const release::Answer<release::Settled>& settled, const DelegateOptions& options) {
  if (!settled) return refuse(settled.error(), options.repo);
  if (options.json) {
    std::printf("%s\n", text::visible_json(json::write(settled_json(*settled))).c_str());
    return {};
  }
  tell_settled(*settled, options.repo);
  if (settled->waiting.empty()) tell_timestamp(options.repo);
  return {};
}

std::expected<release::DelegateOrder, Refusal> read_order(const DelegateOptions& options) {
  release::DelegateOrder order;
  order.repository = options.repo;
  AIRLOCK_ASSIGN(order.valid_seconds, read_validity(options.valid_for));
  order.delegation.roles.push_back({options.name, {{}, options.threshold}});
  order.now = present();
  return order;
}

Answer delegate(const DelegateOptions& options) {
  AIRLOCK_ASSIGN(release::DelegateOrder order, read_order(options));
  tuf::RoleKeys& keys = order.delegation.roles.front().keys;
  for (const std::string& path : options.role_keys) {
    AIRLOCK_ASSIGN(tuf::PublicKey key, read_role_key(path));
    keys.keys.push_back(std::move(key));
  }
  order.delegation.paths = options.paths;
  order.delegation.terminating = options.terminating;
  AIRLOCK_ASSIGN(const auto keyring, open_keyring_if_named(options.keyring));
  if (keyring != nullptr) {
    const auto apart = release::check_doors_apart(keyring->keyring, options.repo, keys.keys);
    if (!apart) return refuse(apart.error(), options.keyring);
  }
  AIRLOCK_ASSIGN(const std::vector<release::RoleSigner> signers,
                 open_role_keys(options, keys_of_lists(options.repo)));
  order.signers = signers;
  return tell(release::delegate(order), options);
}

Answer undelegate(const DelegateOptions& options) {
  AIRLOCK_ASSIGN(release::DelegateOrder order, read_order(options));
  AIRLOCK_ASSIGN(const std::vector<release::RoleSigner> signers,
                 open_role_keys(options, keys_of_lists(options.repo)));
  order.signers = signers;
  return tell(release::undelegate(order), options);
}

void add_common(CLI::App& command, DelegateOptions& options) {
  command.add_option("--repo", options.repo, "folder of the repository")->required();
  command.add_option("--name", options.name, "of the role: letters, digits, '-' and '_'")
      ->required();
  command.add_option("--valid-for", options.valid_for, "of targets, the role and snapshot")
      ->capture_default_str();
  command.add_flag("--json", options.json, "answer as JSON");
  add_role_key_options(command, options);
}

}  // namespace

void add_delegation_commands(CLI::App& family, Outcome& outcome) {
  auto made = add_command<DelegateOptions>(
      family, outcome, "delegate",
      "Let a role of its own keys sign for the targets of some paths; or give one that is there "
      "other keys or paths.",
      &delegate);
  made.command
      .add_option("--paths", made.options.paths,
                  "which targets; '*' stands for any characters and '?' for one, neither for '/'")
      ->required()
      ->type_name("PATTERN")
      ->take_all();
  made.command
      .add_option("--role-key", made.options.role_keys,
                  "the public half of a key of the role; repeat for several")
      ->required()
      ->type_name("FILE.pub")
      ->take_all();
  made.command.add_option("--threshold", made.options.threshold, "how many of them must sign")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  made.command.add_flag("--terminating", made.options.terminating,
                        "nobody after this role is asked for such a target");
  made.command.add_option("--keyring", made.options.keyring,
                          "refuse a key that stands in the devices' keyring");
  add_common(made.command, made.options);
  made.command.footer(
      "Example:\n  airlock repo delegate --repo repo --name team --paths 'firmware/*/team-*' \\\n"
      "      --role-key team.pub --keys keys --key team.key\n"
      "  airlock publish release-1.1.0 --repo repo --role team --key team.key \\\n"
      "      --key keys/repo-snapshot.key --keyring keys/keyring.cose");

  auto ended = add_command<DelegateOptions>(
      family, outcome, "undelegate", "Take a role's paths back: what it lists is offered no more.",
      &undelegate);
  add_common(ended.command, ended.options);
  ended.command.footer("Example:\n  airlock repo undelegate --repo repo --name team --keys keys");
}

}  // namespace airlock::app
