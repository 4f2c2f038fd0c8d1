#include "apps/airlock/operator.h"

#include <cstdio>
#include <vector>

#include "apps/airlock/access.h"
#include "apps/airlock/typed.h"
#include "host/json/json.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"
#include "publish/keys/keys.h"

namespace airlock::app {

namespace {

using json::Value;

struct ListOptions {
  Access access;
  std::optional<std::int64_t> rollout;
  bool strangers = false;
};

struct CreateOptions {
  Access access;
  std::string manifest, share, why, from, not_before, not_after;
  std::vector<std::string> models, regions, groups, certificates;
  bool created = false;
};

struct ChangeOptions {
  Access access;
  std::int64_t id = 0;
  std::string share, why;
};

struct ImportOptions {
  Access access;
  std::vector<std::string> files;
  std::string why;
};

// What narrows a rollout: as the server names it, and as it is shown.
struct Condition {
  const char* key;
  const char* called;
};
constexpr Condition kConditions[] = {{"models", "models"},
                                     {"regions", "regions"},
                                     {"groups", "groups"},
                                     {"from", "from"},
                                     {"not_before", "not before"},
                                     {"not_after", "not after"},
                                     {"certificates", "certificates"}};

// show_condition is empty where the rollout has no such condition.
std::string show_condition(const Value& row, const Condition& condition) {
  const auto found = row.find(condition.key);
  if (found == row.end() || found->empty()) return "";
  const std::string name = "  " + std::string(condition.called) + " ";
  if (!found->is_array()) return name + word(row, condition.key);
  std::string list;
  for (const Value& item : *found) {
    if (!list.empty()) list += ", ";
    list += item.is_string() ? item.get<std::string>() : json::write(item);
  }
  return name + text::visible_line(list);
}

void print_rollout(const Value& row) {
  const auto share = json::integer(row, "share", 0, 10'000);
  std::string conditions;
  for (const Condition& condition : kConditions) conditions += show_condition(row, condition);
  std::printf("rollout %s  %s  %s  %s%s\n", word(row, "id").c_str(), word(row, "state").c_str(),
              show_share(share.value_or(0)).c_str(), word(row, "manifest").c_str(),
              conditions.c_str());
}

void print_device(const Value& row) {
  const auto seen = row.find("seen");
  std::string last = "not seen yet";
  if (seen != row.end() && seen->is_object()) {
    last = "seen " + word(*seen, "at") + " with " + word(*seen, "model") + " " +
           word(*seen, "version");
  }
  std::printf("%s  enrolled %s  %s\n", word(row, "duid").c_str(), word(row, "enrolled").c_str(),
              last.c_str());
}

Answer finish_rollout(const Access& access, const std::expected<Value, Refusal>& answer) {
  if (!answer) return std::unexpected(answer.error());
  if (access.json) {
    std::printf("%s\n", text::visible_json(json::write(*answer)).c_str());
  } else {
    print_rollout(*answer);
  }
  return {};
}

Answer create(const CreateOptions& options) {
  AIRLOCK_ASSIGN(const std::int64_t share, read_share(options.share));
  Value body = {{"manifest", options.manifest},
                {"share", share},
                {"why", options.why},
                {"models", options.models},
                {"regions", options.regions},
                {"groups", options.groups},
                {"certificates", options.certificates},
                {"state", options.created ? "created" : "running"}};
  if (!options.not_before.empty()) body["not_before"] = options.not_before;
  if (!options.not_after.empty()) body["not_after"] = options.not_after;
  if (!options.from.empty()) {
    const std::size_t dots = options.from.find("..");
    if (dots == std::string::npos) return refuse(Code::usage, "--from takes MIN..MAX");
    body["from_min"] = options.from.substr(0, dots);
    body["from_max"] = options.from.substr(dots + 2);
  }
  return finish_rollout(options.access, ask(options.access, "rollouts", json::write(body)));
}

Answer change(const ChangeOptions& options, const std::string& verb) {
  Value body = {{"why", options.why}};
  if (verb == "advance") {
    AIRLOCK_ASSIGN(const std::int64_t share, read_share(options.share));
    body["share"] = share;
  }
  const std::string path = "rollouts/" + std::to_string(options.id) + "/" + verb;
  return finish_rollout(options.access, ask(options.access, path, json::write(body)));
}

Answer advance(const ChangeOptions& options) { return change(options, "advance"); }
Answer pause(const ChangeOptions& options) { return change(options, "pause"); }
Answer resume(const ChangeOptions& options) { return change(options, "resume"); }
Answer halt(const ChangeOptions& options) { return change(options, "halt"); }

Answer import_devices(const ImportOptions& options) {
  Value keys = Value::array();
  for (const std::string& path : options.files) {
    AIRLOCK_ANSWER_ASSIGN(const crypto::PublicKey key, keys::read_public_key(path), path);
    if (key.algorithm != crypto::Algorithm::eddsa) return refuse(Code::bad_key, path);
    keys.push_back(text::to_hex(key.view()));
  }
  const Value body = {{"keys", keys}, {"why", options.why}};
  const auto answer = ask(options.access, "devices", json::write(body));
  if (!answer) return std::unexpected(answer.error());
  if (options.access.json) {
    std::printf("%s\n", text::visible_json(json::write(*answer)).c_str());
  } else {
    std::printf("enrolled %s, known already %s\n", word(*answer, "added").c_str(),
                word(*answer, "known").c_str());
  }
  return {};
}

// Of reports: how many devices ended how.
void print_counts(const Value& answer) {
  const auto counts = answer.find("counts");
  if (counts == answer.end() || !counts->is_array()) return;
  for (const Value& row : *counts) {
    std::printf("rollout %s: %s %s  %s\n", word(row, "rollout").c_str(), word(row, "count").c_str(),
                word(row, "outcome").c_str(), word(row, "reason").c_str());
  }
}

Answer list(const ListOptions& options, const std::string& path, const char* member) {
  const auto answer = ask(options.access, path);
  if (!answer) return std::unexpected(answer.error());
  if (options.access.json) {
    std::printf("%s\n", text::visible_json(json::write(*answer)).c_str());
    return {};
  }
  print_counts(*answer);
  AIRLOCK_ANSWER_ASSIGN(const Value* rows, json::array(*answer, member, 10'000), path);
  for (const Value& row : *rows) {
    if (path == "rollouts" || path == "devices") {
      (path == "rollouts" ? print_rollout : print_device)(row);
      continue;
    }
    std::string line;
    for (const auto& [key, value] : row.items()) {
      line += (line.empty() ? "" : "  ") + key + "=" + word(row, key.c_str());
    }
    std::printf("%s\n", line.c_str());
  }
  return {};
}

Answer list_rollouts(const ListOptions& options) { return list(options, "rollouts", "rollouts"); }
Answer list_devices(const ListOptions& options) { return list(options, "devices", "devices"); }
Answer list_audit(const ListOptions& options) { return list(options, "audit", "audit"); }
Answer list_reports(const ListOptions& options) {
  std::string path = std::string("reports?standing=") + (options.strangers ? "marked" : "counted");
  if (options.rollout) path += "&rollout=" + std::to_string(*options.rollout);
  return list(options, path, "reports");
}

void add_rollout_commands(CLI::App& rollout, Outcome& outcome) {
  auto made = add_command<CreateOptions>(rollout, outcome, "create", "offer a release", &create);
  CreateOptions& options = made.options;
  made.command.add_option("--manifest", options.manifest, "digest of the release")
      ->required()
      ->check(kDigest);
  made.command.add_option("--share", options.share, "percent of devices: 0 to 100")->required();
  made.command.add_option("--why", options.why, "for the audit")->required();
  made.command.add_option("--model", options.models, "only these models");
  made.command.add_option("--region", options.regions, "only these regions");
  made.command.add_option("--group", options.groups, "only these groups");
  made.command
      .add_option("--certificate", options.certificates,
                  "only firmware signed under these certificates")
      ->check(kDigest);
  made.command.add_option("--from", options.from, "only from versions A..B");
  made.command.add_option("--not-before", options.not_before, "RFC 3339, UTC")->check(kTime);
  made.command.add_option("--not-after", options.not_after, "RFC 3339, UTC")->check(kTime);
  made.command.add_flag("--created", options.created, "do not start it; resume does");
  add_example(made.command,
              "rollout create --manifest DIGEST --share 5 --why \"first five percent\"");
  add_access(made.command, options.access);

  const auto add_change = [&](const char* verb, const char* text, const char* example,
                              Answer (*run)(const ChangeOptions&)) {
    auto added = add_command<ChangeOptions>(rollout, outcome, verb, text, run);
    added.command.add_option("id", added.options.id, "of the rollout")
        ->required()
        ->check(kRolloutNumber);
    added.command.add_option("--why", added.options.why, "for the audit")->required();
    if (run == &advance) {
      added.command.add_option("--share", added.options.share, "percent; only grows")->required();
    }
    add_access(added.command, added.options.access);
    add_example(added.command, example);
  };
  add_change("advance", "offer it to more devices",
             "rollout advance 1 --share 25 --why \"no failure in a day\"", &advance);
  add_change("pause", "offer it to nobody for now", "rollout pause 1 --why \"first failures\"",
             &pause);
  add_change("resume", "start or go on", "rollout resume 1 --why \"false alarm\"", &resume);
  add_change("halt", "end it for good; updated devices keep what they run",
             "rollout halt 1 --why \"trials fail\"", &halt);
}

// A command that shows rows; `command` is how it is written in full, verb last.
void add_list(CLI::App& parent, Outcome& outcome, const std::string& command, const char* text,
              Answer (*run)(const ListOptions&)) {
  const std::string verb = command.substr(command.rfind(' ') + 1);
  auto added = add_command<ListOptions>(parent, outcome, verb, text, run);
  if (run == &list_reports) {
    added.command.add_flag("--strangers", added.options.strangers,
                           "those of keys that are not enrolled, which count for nothing");
    added.command.add_option("--rollout", added.options.rollout, "only of this rollout")
        ->check(kRolloutNumber);
  }
  add_access(added.command, added.options.access);
  add_example(added.command, run == &list_reports ? command + " --rollout 1" : command);
}

}  // namespace

void add_operator_commands(CLI::App& app, Outcome& outcome) {
  CLI::App& rollout = add_family(app, "rollout", "Offer a release to a share of devices.");
  add_example(rollout, "rollout list");
  add_rollout_commands(rollout, outcome);
  add_list(rollout, outcome, "rollout list", "all rollouts", &list_rollouts);
  CLI::App& devices = add_family(app, "devices", "Enrol the keys whose reports count.");
  add_example(devices, "devices list");
  auto made = add_command<ImportOptions>(devices, outcome, "import",
                                         "enrol public keys (device.pub files)", &import_devices);
  made.command.add_option("files", made.options.files, "device.pub files")->required();
  made.command.add_option("--why", made.options.why, "for the audit")->required();
  add_access(made.command, made.options.access);
  add_example(made.command, "devices import wallet/device.pub --why \"first batch\"");
  add_list(devices, outcome, "devices list",
           "Show the enrolled devices, newest first, and when each was seen last.", &list_devices);
  add_list(app, outcome, "reports", "Show what devices reported, newest first.", &list_reports);
  add_list(app, outcome, "audit", "Show who changed what and why, newest first.", &list_audit);
}

}  // namespace airlock::app
