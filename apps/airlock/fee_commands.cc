// fee eval, explain, check, diff: what a fee policy charges, why, and what became of it.
#include <algorithm>
#include <cstdio>
#include <iostream>

#include "apps/airlock/commands.h"
#include "apps/airlock/fees.h"
#include "engine/fee/show.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

// counted writes "1 rule", "2 rules".
std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

struct EvalOptions : SituationOptions {
  std::string policy, limits;
  bool batch = false;
  bool json = false;
};

// What a batch could not read.
struct Unread {
  std::size_t lines = 0;
  std::size_t first = 0;
  Code code = Code::ok;
};

// One line of the batch, answered by one line of JSON.
json::Value answer_line(const fee::Policy& policy, const std::optional<fee::Limits>& limits,
                        const std::string& line, std::size_t number, Unread& unread) {
  const auto refused = [&](const fee::Fault& fault) {
    if (unread.lines++ == 0) unread = {1, number, fault.code};
    // The place is in this line: of the fault's own place only the column says something.
    const std::string column =
        fault.mark.line == 0 ? "" : "column " + std::to_string(fault.mark.column) + ": ";
    const std::string advice = fault.instead.empty() ? "" : "; " + fault.instead;
    return json::Value{
        {"refused", name(fault.code)}, {"line", number}, {"why", column + fault.what + advice}};
  };
  const auto tree = yaml::Tree::parse(line);
  if (!tree) return refused(tree.error());
  const auto given = fee::read_situation(tree->root());
  if (!given) return refused(given.error());
  const fee::Asked asked = given->asked();
  const auto quote = quote_of(policy, limits, asked, nullptr);
  return quote ? fee::json_of(*quote, asked) : json::Value{{"refused", name(quote.error().code)}};
}

Answer eval_batch(const fee::Policy& policy, const std::optional<fee::Limits>& limits) {
  std::string line, answers;
  Unread unread;
  for (std::size_t number = 1; std::getline(std::cin, line); ++number) {
    if (line.find_first_not_of(" \t\r") != std::string::npos)
      answers +=
          text::visible_json(json::write(answer_line(policy, limits, line, number, unread))) + "\n";
    if (answers.size() < 1 << 16 && std::cin.rdbuf()->in_avail() > 0) continue;
    print(answers);
    answers.clear();
    std::fflush(stdout);
  }
  print(answers);
  if (unread.lines == 0) return {};
  return refuse_advising(unread.code, "standard input: " + counted(unread.lines, "line") +
                                          " could not be read, first line " +
                                          std::to_string(unread.first) + "; its answer says why");
}

Answer eval(const EvalOptions& options) {
  AIRLOCK_ASSIGN(const auto policy, read_policy(options.policy));
  AIRLOCK_ASSIGN(const auto limits, read_limits(options.limits));
  if (options.batch && (!options.given.empty() || options.is_spelled_out()))
    return refuse(Code::usage, "--batch reads what is given from standard input alone");
  if (options.batch) return eval_batch(*policy, limits);
  AIRLOCK_ASSIGN(const fee::Situation given, situation_of(options));
  const fee::Asked asked = given.asked();
  AIRLOCK_ANSWER_ASSIGN(const fee::Quote quote, quote_of(*policy, limits, asked, nullptr),
                        options.policy);
  print(options.json ? text::visible_json(json::write(fee::json_of(quote, asked))) + "\n"
                     : fee::lines_of(quote, asked));
  return {};
}

std::string lines_of(const fee::Steps& steps) {
  std::string lines;
  for (const fee::Step& step : steps)
    lines += std::string(2 * step.depth, ' ') + step.strategy + ": " +
             text::visible_line(step.says) + "\n";
  return lines;
}

Answer explain(const EvalOptions& options) {
  AIRLOCK_ASSIGN(const auto policy, read_policy(options.policy));
  AIRLOCK_ASSIGN(const auto limits, read_limits(options.limits));
  AIRLOCK_ASSIGN(const fee::Situation given, situation_of(options));
  const fee::Asked asked = given.asked();
  fee::Steps steps;
  const auto quote = quote_of(*policy, limits, asked, &steps);
  if (options.json) {
    json::Value listed = json::Value::array();
    for (const fee::Step& step : steps)
      listed.push_back({{"depth", step.depth}, {"strategy", step.strategy}, {"says", step.says}});
    json::Value answer =
        quote ? fee::json_of(*quote, asked) : json::Value{{"refused", name(quote.error().code)}};
    answer["steps"] = listed;
    print(text::visible_json(json::write(answer)) + "\n");
  } else {
    print(lines_of(steps) + (quote ? "\n" + fee::lines_of(*quote, asked) : ""));
  }
  AIRLOCK_ANSWER_TRY(quote, options.policy);
  return {};
}

struct CheckOptions {
  std::string policy, limits;
  bool json = false;
};

// Rules that no golden case comes to.
std::vector<std::string> untried_rules(const fee::Policy& policy) {
  std::vector<std::string> untried;
  for (const fee::Rule& rule : policy.rules()) {
    const auto golden = policy.golden_cases();
    if (std::ranges::find(golden, rule.name, &fee::GoldenCase::rule) == golden.end())
      untried.push_back(rule.name);
  }
  return untried;
}

Answer check(const CheckOptions& options) {
  AIRLOCK_ASSIGN(const auto policy, read_policy(options.policy));
  AIRLOCK_ASSIGN(const auto limits, read_limits(options.limits));
  if (limits) {
    const auto admitted = limits->admits(*policy);
    if (!admitted) return refuse_fault(admitted.error(), options.policy);
  }
  const std::vector<std::string> untried = untried_rules(*policy);
  const Done done{untried.empty() ? 0 : kStatusWarned};
  if (options.json) {
    print(text::visible_json(json::write({{"version", policy->version()},
                                          {"digest", text::to_hex(policy->digest().bytes)},
                                          {"rules", policy->rules().size()},
                                          {"golden_cases", policy->golden_cases().size()},
                                          {"untried_rules", untried}})) +
          "\n");
    return done;
  }
  print("policy " + std::string(policy->version()) + ", " + text::short_digest(policy->digest()) +
        ": " + counted(policy->rules().size(), "rule") + ", " +
        counted(policy->golden_cases().size(), "golden case") + " as stated\n");
  for (const std::string& rule : untried)
    print("note: no golden case comes to the rule " + rule + "; add one\n");
  return done;
}

struct DiffOptions {
  std::string before, after;
  bool json = false;
};

// A golden case of either policy, answered by both.
struct Compared {
  std::string name, before, after;
  bool is_dearer = false;
};

// told says who is paid how much, and by what price of the network.
std::string told(const Result<fee::Quote>& quote, const fee::Asked& asked) {
  if (!quote) return "refused: " + std::string(name(quote.error().code));
  std::string parts;
  for (std::size_t i = 0; i < quote->share_count(); ++i) {
    const fee::Share share = quote->share(i);
    parts += (i == 0 ? "" : ", ") + std::string(share.recipient) + " " + fee::text_of(share.amount);
  }
  if (const auto price = quote->price(asked)) {
    parts += "; " + fee::text_of(price->per_unit_max) + " a unit";
  }
  return fee::text_of(quote->total()) + " (" + parts + ")";
}

std::vector<Compared> compare_cases(const fee::Policy& before, const fee::Policy& after) {
  std::vector<Compared> found;
  for (const fee::Policy* const source : {&before, &after}) {
    for (const fee::GoldenCase& golden : source->golden_cases()) {
      const fee::Asked asked = golden.given.asked();
      const auto old_quote = before.quote(asked), new_quote = after.quote(asked);
      // A fee where there was none is dearer too.
      const bool is_dearer =
          new_quote && new_quote->total() > (old_quote ? old_quote->total() : fee::U256(0));
      const Compared compared{golden.name, told(old_quote, asked), told(new_quote, asked),
                              is_dearer};
      if (compared.before == compared.after) continue;
      const auto same = [&](const Compared& one) {
        return one.name == compared.name && one.before == compared.before &&
               one.after == compared.after;
      };
      if (std::ranges::find_if(found, same) == found.end()) found.push_back(compared);
    }
  }
  return found;
}

// What became of the rules: "added", "removed", "changed", "moved".
std::vector<std::pair<std::string, std::string>> compare_rules(const fee::Policy& before,
                                                               const fee::Policy& after) {
  std::vector<std::pair<std::string, std::string>> found;
  const auto rules_before = before.rules(), rules_after = after.rules();
  for (const fee::Rule& rule : rules_before) {
    const auto now = std::ranges::find(rules_after, rule.name, &fee::Rule::name);
    if (now == rules_after.end()) {
      found.emplace_back("removed", rule.name);
    } else if (now->written != rule.written) {
      found.emplace_back("changed", rule.name);
    } else if (now - rules_after.begin() != &rule - rules_before.data()) {
      found.emplace_back("moved", rule.name);
    }
  }
  for (const fee::Rule& rule : rules_after) {
    if (std::ranges::find(rules_before, rule.name, &fee::Rule::name) == rules_before.end())
      found.emplace_back("added", rule.name);
  }
  if (before.rounding() != after.rounding()) found.emplace_back("changed", "rounding");
  return found;
}

Answer diff(const DiffOptions& options) {
  AIRLOCK_ASSIGN(const auto before, read_policy(options.before));
  AIRLOCK_ASSIGN(const auto after, read_policy(options.after));
  const auto rules = compare_rules(*before, *after);
  const auto cases = compare_cases(*before, *after);
  const bool is_dearer = std::ranges::any_of(cases, &Compared::is_dearer);
  const Done done{is_dearer ? kStatusWarned : 0};
  if (options.json) {
    json::Value listed = {{"before", before->version()}, {"after", after->version()}};
    listed["rules"] = json::Value::array();
    listed["cases"] = json::Value::array();
    for (const auto& [what, rule] : rules)
      listed["rules"].push_back({{"change", what}, {"rule", rule}});
    for (const Compared& one : cases)
      listed["cases"].push_back({{"name", one.name},
                                 {"before", one.before},
                                 {"after", one.after},
                                 {"dearer", one.is_dearer}});
    print(text::visible_json(json::write(listed)) + "\n");
    return done;
  }
  print("policy " + std::string(before->version()) + " to " + std::string(after->version()) + "\n");
  for (const auto& [what, rule] : rules) print(what + ": " + rule + "\n");
  for (const Compared& one : cases)
    print((one.is_dearer ? "dearer: " : "otherwise: ") + one.name + ": " + one.before + ", now " +
          one.after + "\n");
  if (rules.empty() && cases.empty()) print("no rule and no golden case changed\n");
  return done;
}

void add_eval_options(CLI::App& command, EvalOptions& options) {
  command.add_option("policy", options.policy, "the policy's file, or - for standard input")
      ->required();
  add_situation_options(command, options);
  command.add_option("--limits", options.limits, "the wallet's own caps and recipients");
  command.add_flag("--json", options.json, "answer as JSON");
}

}  // namespace

void add_fee_commands(CLI::App& app, Outcome& outcome) {
  CLI::App& family = add_family(app, "fee", "Ask fee policies what they charge, and check them.");
  auto evaluated =
      add_command<EvalOptions>(family, outcome, "eval", "Say what a policy charges.", &eval);
  add_eval_options(evaluated.command, evaluated.options);
  evaluated.command.add_flag("--batch", evaluated.options.batch,
                             "read what is given from standard input, one a line, and answer each "
                             "by a line of JSON");
  evaluated.command.footer(
      "Example:\n  airlock fee eval fees.yaml --chain eip155:1 --operation swap --amount 1000000\n"
      "  airlock fee eval fees.yaml --given '{chain: eip155:1, operation: network, amount: 0, \\\n"
      "      base_fee: 30000000000, priority_fees: [1000000000], units: 21000}'");

  auto explained = add_command<EvalOptions>(
      family, outcome, "explain", "Say which rule matched, and each step of the arithmetic.",
      &explain);
  add_eval_options(explained.command, explained.options);
  explained.command.footer(
      "Example:\n  airlock fee explain fees.yaml --chain eip155:1 --operation swap --amount "
      "1000000 \\\n"
      "      --limits wallet-limits.yaml");

  auto checked = add_command<CheckOptions>(
      family, outcome, "check",
      "Judge a policy as every wallet will. Answers 3 where a rule has no golden case.", &check);
  checked.command.add_option("policy", checked.options.policy, "the policy's file")->required();
  checked.command.add_option("--limits", checked.options.limits,
                             "the wallet's own caps and recipients");
  checked.command.add_flag("--json", checked.options.json, "answer as JSON");
  checked.command.footer("Example:\n  airlock fee check fees.yaml --limits wallet-limits.yaml");

  auto compared = add_command<DiffOptions>(
      family, outcome, "diff",
      "Say what changed between two policies. Answers 3 where a golden case became dearer.", &diff);
  compared.command.add_option("before", compared.options.before, "the older one")->required();
  compared.command.add_option("after", compared.options.after, "the newer one")->required();
  compared.command.add_flag("--json", compared.options.json, "answer as JSON");
  compared.command.footer("Example:\n  airlock fee diff fees-1.3.0.yaml fees.yaml");
  add_fee_plugin_commands(family, outcome);
}

}  // namespace airlock::app
