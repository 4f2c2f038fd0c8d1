#include <algorithm>

#include "core/package/semver.h"
#include "engine/fee/policy/compile.h"
#include "engine/fee/policy/golden.h"
#include "host/text/text.h"

namespace airlock::fee {
namespace {

// Values without their layout: what is the same rule stays so, however it is indented.
std::string written_of(Node root) {
  std::string text;
  std::vector<Node> waiting = {root};
  while (!waiting.empty()) {
    const Node node = waiting.back();
    waiting.pop_back();
    std::vector<Node> inner;
    if (node.is_scalar()) {
      text += std::string(node.scalar()) + " ";
    } else if (node.is_list()) {
      text += "[" + std::to_string(node.count()) + " ";
      for (const Node element : node.elements()) inner.push_back(element);
    } else {
      text += "{" + std::to_string(node.count()) + " ";
      for (const auto& [name, value] : node.members()) inner.insert(inner.end(), {name, value});
    }
    waiting.insert(waiting.end(), inner.rbegin(), inner.rend());
  }
  return text;
}

// Whether the rates together are at most the whole, exactly.
bool are_at_most_whole(const std::vector<Payee>& payees) {
  constexpr std::uint64_t kParts = 10'000'000'000'000'000'000U;  // every denominator divides it
  U256 parts;
  for (const Payee& payee : payees) {
    if (!payee.rate) continue;
    const auto part = number::scale(kParts, *payee.rate, Rounding::up);
    if (!part) return false;
    const auto sum = number::add(parts, *part);
    if (!sum) return false;
    parts = *sum;
  }
  return parts <= U256(kParts);
}

Read<std::vector<Payee>> read_payees(Node node) {
  std::vector<Payee> payees;
  if (node.is_scalar()) {
    AIRLOCK_ASSIGN(std::string recipient, word(node));
    payees.push_back({std::move(recipient)});
    return payees;
  }
  if (!node.is_mapping() || node.count() == 0 || node.count() > kRecipientsMax)
    return refuse_at(node, Code::bad_policy, "this names no recipients",
                     "write a recipient, or a mapping of 1 to " + std::to_string(kRecipientsMax) +
                         " of them to their rates");
  std::size_t rests = 0;
  for (const auto& [name, value] : node.members()) {
    AIRLOCK_ASSIGN(std::string recipient, word(name));
    Payee payee{std::move(recipient)};
    if (value.is_scalar() && value.scalar() == "rest") {
      ++rests;
    } else {
      AIRLOCK_ASSIGN(payee.rate, rate(value));
    }
    payees.push_back(std::move(payee));
  }
  if (rests != 1)
    return refuse_at(node, Code::bad_policy, std::to_string(rests) + " recipients get the rest",
                     "write rest for one of them, who gets what the others leave");
  if (!are_at_most_whole(payees))
    return refuse_at(node, Code::bad_policy, "the recipients get more than 100% together",
                     "lower their rates");
  return payees;
}

}  // namespace

class Policy::Reader {
 public:
  explicit Reader(Policy& policy) : policy_(policy) {}

  Read<void> read(Node root) {
    AIRLOCK_ASSIGN(const Fields fields, Fields::of(root, {"airlock_fee_policy", "version",
                                                          "rounding", "rules", "golden"}));
    AIRLOCK_TRY(read_format(fields));
    AIRLOCK_TRY(read_version(fields));
    AIRLOCK_ASSIGN(const Node mode, fields.required("rounding"));
    AIRLOCK_ASSIGN(policy_.rounding_, fee::rounding(mode));
    AIRLOCK_TRY(read_rules(fields));
    return read_golden_cases(fields);
  }

 private:
  static Read<void> read_format(const Fields& fields) {
    AIRLOCK_ASSIGN(const Node node, fields.required("airlock_fee_policy"));
    if (node.is_scalar() && node.scalar() == std::to_string(kFormatVersion)) return {};
    return refuse_at(node, Code::unsupported_version, "this version of the format is not known",
                     "write " + std::to_string(kFormatVersion) + ", or update the tool");
  }

  Read<void> read_version(const Fields& fields) {
    AIRLOCK_ASSIGN(const Node node, fields.required("version"));
    if (node.is_scalar() && node.scalar().size() <= package::kSemverTextMax &&
        package::parse_semver(node.scalar())) {
      policy_.version_ = node.scalar();
      return {};
    }
    return refuse_at(node, Code::bad_semver, "this is no version",
                     "write MAJOR.MINOR.PATCH, such as 1.4.0");
  }

  Read<void> read_rules(const Fields& fields) {
    AIRLOCK_ASSIGN(const Node node, fields.required("rules"));
    AIRLOCK_ASSIGN(const yaml::Elements list, elements(node, kRulesMax));
    for (const Node one : list) {
      AIRLOCK_ASSIGN(Rule rule, read_rule(one));
      if (std::ranges::find(policy_.rules_, rule.name, &Rule::name) != policy_.rules_.end())
        return refuse_at(one, Code::duplicate_key, "another rule is called " + rule.name,
                         "give each rule a name of its own");
      policy_.rules_.push_back(std::move(rule));
    }
    return {};
  }

  static Read<Rule> read_rule(Node node) {
    AIRLOCK_ASSIGN(const Fields fields, Fields::of(node, {"name", "when", "fee", "pay"}));
    Rule rule;
    AIRLOCK_ASSIGN(const Node name, fields.required("name"));
    AIRLOCK_ASSIGN(rule.name, word(name));
    if (const auto given = fields.optional("when")) {
      AIRLOCK_ASSIGN(rule.when, when(*given));
    }
    AIRLOCK_ASSIGN(const Node fee, fields.required("fee"));
    AIRLOCK_ASSIGN(rule.fee, compile(fee));
    AIRLOCK_ASSIGN(const Node pay, fields.required("pay"));
    AIRLOCK_ASSIGN(rule.payees, read_payees(pay));
    rule.written = written_of(node);
    return rule;
  }

  Read<void> read_golden_cases(const Fields& fields) {
    AIRLOCK_ASSIGN(const Node node, fields.required("golden"));
    AIRLOCK_ASSIGN(policy_.golden_, fee::read_golden_cases(node));
    for (const GoldenCase& golden : policy_.golden_) {
      const std::string otherwise = replay(policy_, golden);
      if (!otherwise.empty()) return refuse_case(golden, otherwise);
    }
    return {};
  }

  Policy& policy_;
};

Read<std::unique_ptr<const Policy>> Policy::read(std::string_view text) {
  AIRLOCK_ASSIGN(const yaml::Tree tree, yaml::Tree::parse(text));
  std::unique_ptr<Policy> made(new Policy);
  made->digest_ = crypto::sha256(bytes_of(text));
  AIRLOCK_TRY(Reader(*made).read(tree.root()));
  return std::unique_ptr<const Policy>(std::move(made));
}

}  // namespace airlock::fee
