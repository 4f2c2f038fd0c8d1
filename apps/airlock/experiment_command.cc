// airlock experiment: fee policies that are tried on a share of the users.
#include <cstdio>

#include "apps/airlock/access.h"
#include "apps/airlock/operator.h"
#include "apps/airlock/typed.h"
#include "host/file/file.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {

namespace {

using json::Value;

constexpr std::size_t kFileMax = 64 << 10;  // bytes of a definition
constexpr std::size_t kRowsShown = 10'000;

struct CreateOptions {
  Access access;
  std::string file, name, baseline, policy, share, why;
  bool created = false;
};
struct ListOptions {
  Access access;
  std::optional<std::int64_t> experiment;
};
struct ChangeOptions {
  Access access;
  std::int64_t id = 0;
  std::string share, adopt, why;
};

void print_arm(const Value& arm) {
  std::string line = "  " + word(arm, "name") + "  devices " + word(arm, "devices");
  if (const auto guards = arm.find("guards"); guards != arm.end() && guards->is_array()) {
    for (const Value& guard : *guards) {
      line += "  " + word(guard, "bad") + "/" + word(guard, "total");
    }
  }
  std::printf("%s\n", line.c_str());
}

void print_experiment(const Value& row) {
  const auto definition = row.find("definition");
  const std::string name = definition == row.end() ? "-" : word(*definition, "name");
  const auto share = json::integer(row, "share", 0, 10'000);
  std::printf("experiment %s  %s  %s  %s\n", word(row, "id").c_str(), name.c_str(),
              word(row, "phase").c_str(), show_share(share.value_or(0)).c_str());
  if (const std::string words = word(row, "words"); !words.empty()) {
    std::printf("  %s\n", words.c_str());
  }
  if (const std::string waits = word(row, "waits_for"); !waits.empty()) {
    std::printf("  the share grows after: %s\n", waits.c_str());
  }
  const auto arms = row.find("arms");
  if (arms == row.end() || !arms->is_array()) return;
  for (const Value& arm : *arms) print_arm(arm);
}

Answer finish(const Access& access, const std::expected<Value, Refusal>& answer) {
  if (!answer) return std::unexpected(answer.error());
  if (access.json) {
    std::printf("%s\n", text::visible_json(json::write(*answer)).c_str());
  } else {
    print_experiment(*answer);
  }
  return {};
}

// definition_of reads --file, or makes the definition of one arm from the other options.
std::expected<Value, Refusal> definition_of(const CreateOptions& options) {
  const bool is_described = !options.name.empty() || !options.baseline.empty() ||
                            !options.policy.empty() || !options.share.empty();
  if (!options.file.empty() && is_described) {
    return refuse(Code::usage,
                  "--file says all of it; leave out --name, --baseline, --policy and --share");
  }
  if (!options.file.empty()) {
    AIRLOCK_ANSWER_ASSIGN(const file::Buffer bytes, file::read(options.file, kFileMax),
                          options.file);
    AIRLOCK_ANSWER_ASSIGN(Value value, json::parse(text_of(bytes), kFileMax), options.file);
    if (!value.is_object()) return refuse(Code::wrong_type, options.file);
    return value;
  }
  if (options.name.empty() || options.baseline.empty() || options.policy.empty()) {
    return refuse(Code::usage, "give --file, or --name, --baseline and --policy");
  }
  Value value = {{"name", options.name},
                 {"baseline", options.baseline},
                 {"arms", {{{"name", "gray"}, {"policy", options.policy}}}}};
  if (!options.share.empty()) {
    AIRLOCK_ASSIGN(const std::int64_t share, read_share(options.share));
    value["ramp"] = {{{"share", share}}};
  }
  return value;
}

Answer create(const CreateOptions& options) {
  AIRLOCK_ASSIGN(Value body, definition_of(options));
  body["why"] = options.why;
  body["state"] = options.created ? "created" : "running";
  return finish(options.access, ask(options.access, "experiments", json::write(body)));
}

Answer change(const ChangeOptions& options, const std::string& verb) {
  Value body = {{"why", options.why}};
  if (verb == "ramp") {
    AIRLOCK_ASSIGN(const std::int64_t share, read_share(options.share));
    body["share"] = share;
  }
  if (verb == "end") body["adopt"] = options.adopt;
  const std::string path = "experiments/" + std::to_string(options.id) + "/" + verb;
  return finish(options.access, ask(options.access, path, json::write(body)));
}

Answer ramp(const ChangeOptions& options) { return change(options, "ramp"); }
Answer pause(const ChangeOptions& options) { return change(options, "pause"); }
Answer resume(const ChangeOptions& options) { return change(options, "resume"); }
Answer roll_back(const ChangeOptions& options) { return change(options, "rollback"); }
Answer end(const ChangeOptions& options) { return change(options, "end"); }

Answer list(const ListOptions& options) {
  const auto answer = ask(options.access, "experiments");
  if (!answer) return std::unexpected(answer.error());
  if (options.access.json) {
    std::printf("%s\n", text::visible_json(json::write(*answer)).c_str());
    return {};
  }
  AIRLOCK_ANSWER_ASSIGN(const Value* rows, json::array(*answer, "experiments", kRowsShown),
                        "experiments");
  for (const Value& row : *rows) print_experiment(row);
  return {};
}

Answer list_verdicts(const ListOptions& options) {
  const std::string query =
      options.experiment ? "?experiment=" + std::to_string(*options.experiment) : "";
  const auto answer = ask(options.access, "verdicts" + query);
  if (!answer) return std::unexpected(answer.error());
  if (options.access.json) {
    std::printf("%s\n", text::visible_json(json::write(*answer)).c_str());
    return {};
  }
  AIRLOCK_ANSWER_ASSIGN(const Value* rows, json::array(*answer, "verdicts", kRowsShown),
                        "verdicts");
  for (const Value& row : *rows) {
    std::printf("%s  experiment %s  %s\n", word(row, "at").c_str(), word(row, "experiment").c_str(),
                word(row, "words").c_str());
  }
  return {};
}

void add_create(CLI::App& family, Outcome& outcome) {
  auto made = add_command<CreateOptions>(family, outcome, "create",
                                         "try a fee policy on a share of the users", &create);
  CreateOptions& options = made.options;
  made.command
      .add_option("--file", options.file,
                  "definition in JSON: arms, conditions, guards, ramp (docs/formats/experiment.md)")
      ->check(CLI::ExistingFile);
  made.command.add_option("--name", options.name, "without --file: its name");
  made.command
      .add_option("--baseline", options.baseline, "digest of the policy that all others use")
      ->check(kDigest);
  made.command.add_option("--policy", options.policy, "digest of the policy that is tried")
      ->check(kDigest);
  made.command.add_option("--share", options.share, "percent; without it the ramp 5, 25, 50, 100");
  made.command.add_option("--why", options.why, "for the audit")->required();
  made.command.add_flag("--created", options.created, "do not start it; resume does");
  add_example(made.command, "experiment create --file fees.json --why \"lower fees in Europe\"");
  add_access(made.command, options.access);
}

void add_changes(CLI::App& family, Outcome& outcome) {
  const auto add = [&](const char* verb, const char* text, const char* example,
                       Answer (*run)(const ChangeOptions&)) {
    auto added = add_command<ChangeOptions>(family, outcome, verb, text, run);
    added.command.add_option("id", added.options.id, "of the experiment")
        ->required()
        ->check(kRolloutNumber);
    added.command.add_option("--why", added.options.why, "for the audit")->required();
    if (run == &ramp) {
      added.command.add_option("--share", added.options.share, "percent; only grows")->required();
    }
    if (run == &end) {
      added.command
          .add_option("--adopt", added.options.adopt,
                      "arm whose policy everybody has from now on; baseline: as before")
          ->required();
    }
    add_access(added.command, added.options.access);
    add_example(added.command, example);
  };
  add("ramp", "give it to more users, without waiting for the proof",
      "experiment ramp 1 --share 25 --why \"looked at by hand\"", &ramp);
  add("pause", "serve everybody the baseline for now",
      "experiment pause 1 --why \"a call from support\"", &pause);
  add("resume", "start or go on", "experiment resume 1 --why \"false alarm\"", &resume);
  add("rollback", "serve everybody the baseline for good",
      "experiment rollback 1 --why \"customers complain\"", &roll_back);
  add("end", "be done with it: everybody has the policy of one arm",
      "experiment end 1 --adopt gray --why \"as good, and cheaper\"", &end);
}

}  // namespace

void add_experiment_commands(CLI::App& app, Outcome& outcome) {
  CLI::App& family =
      add_family(app, "experiment", "Try a fee policy on a share of the users, judged by metrics.");
  add_example(family, "experiment list");
  add_create(family, outcome);
  auto listed = add_command<ListOptions>(
      family, outcome, "list", "all experiments, and why each stands where it does", &list);
  add_access(listed.command, listed.options.access);
  add_example(listed.command, "experiment list");
  auto verdicts =
      add_command<ListOptions>(family, outcome, "verdicts",
                               "what was decided, with its numbers, newest first", &list_verdicts);
  verdicts.command
      .add_option("--experiment", verdicts.options.experiment, "only of this experiment")
      ->check(kRolloutNumber);
  add_access(verdicts.command, verdicts.options.access);
  add_example(verdicts.command, "experiment verdicts --experiment 1");
  add_changes(family, outcome);
}

}  // namespace airlock::app
