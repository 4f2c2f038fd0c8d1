#include "engine/fee/policy/golden.h"

#include <algorithm>

namespace airlock::fee {
namespace {

Read<void> read_expected(Node node, GoldenCase& made) {
  AIRLOCK_ASSIGN(const Fields fields, Fields::of(node, {"rule", "total", "pay", "refused"}));
  if (const auto refused = fields.optional("refused")) {
    AIRLOCK_ASSIGN(const std::string named, word(*refused));
    made.refused = code_named(named);
    if (made.refused == Code::ok || node.count() != 1)
      return refuse_at(*refused, Code::bad_policy, "no refusal is expected like this",
                       "write refused: and one code alone, such as no_rule_matches");
    return {};
  }
  AIRLOCK_ASSIGN(const Node rule, fields.required("rule"));
  AIRLOCK_ASSIGN(made.rule, word(rule));
  AIRLOCK_ASSIGN(const Node total, fields.required("total"));
  AIRLOCK_ASSIGN(made.total, amount(total));
  const auto pay = fields.optional("pay");
  if (!pay) return {};
  if (!pay->is_mapping() || pay->count() == 0)
    return refuse_at(*pay, Code::wrong_type, "this names no payments",
                     "write a mapping of recipients to amounts");
  for (const auto& [name, value] : pay->members()) {
    AIRLOCK_ASSIGN(std::string recipient, word(name));
    AIRLOCK_ASSIGN(const U256 paid, amount(value));
    made.pay.emplace_back(std::move(recipient), paid);
  }
  return {};
}

Read<GoldenCase> read_golden(Node node) {
  AIRLOCK_ASSIGN(const Fields fields, Fields::of(node, {"name", "given", "expect"}));
  GoldenCase made;
  made.mark = node.mark();
  AIRLOCK_ASSIGN(const Node name, fields.required("name"));
  AIRLOCK_ASSIGN(made.name, word(name));
  AIRLOCK_ASSIGN(const Node given, fields.required("given"));
  AIRLOCK_ASSIGN(made.given, read_situation(given));
  AIRLOCK_ASSIGN(const Node expected, fields.required("expect"));
  AIRLOCK_TRY(read_expected(expected, made));
  return made;
}

}  // namespace

Read<std::vector<GoldenCase>> read_golden_cases(Node node) {
  AIRLOCK_ASSIGN(const yaml::Elements list, elements(node, kGoldenCasesMax));
  std::vector<GoldenCase> cases;
  for (const Node one : list) {
    AIRLOCK_ASSIGN(GoldenCase golden, read_golden(one));
    cases.push_back(std::move(golden));
  }
  return cases;
}

std::unexpected<Fault> refuse_case(const GoldenCase& golden, const std::string& otherwise) {
  return std::unexpected(Fault{Code::fee_case_failed, golden.mark,
                               "of the case " + golden.name + ", " + otherwise,
                               "correct the case or the rule"});
}

std::string compare(const GoldenCase& golden, const Outcome& outcome) {
  if (outcome.refused != Code::ok) {
    if (golden.refused == outcome.refused) return "";
    return "it is refused: " + std::string(name(outcome.refused));
  }
  if (golden.refused != Code::ok) return "the fee is " + text_of(outcome.total);
  if (outcome.rule != golden.rule) return "the rule is " + std::string(outcome.rule);
  if (outcome.total != golden.total) return "the fee is " + text_of(outcome.total);
  if (golden.pay.empty()) return "";
  if (golden.pay.size() != outcome.shares.size())
    return "it is paid to " + std::to_string(outcome.shares.size());
  for (const Share& share : outcome.shares) {
    const auto stated =
        std::ranges::find(golden.pay, share.recipient, &std::pair<std::string, U256>::first);
    if (stated == golden.pay.end() || stated->second != share.amount)
      return std::string(share.recipient) + " is paid " + text_of(share.amount);
  }
  return "";
}

std::string replay(const Policy& policy, const GoldenCase& golden) {
  Outcome outcome;
  const auto quote = policy.quote(golden.given.asked());
  if (!quote) {
    outcome.refused = quote.error().code;
    return compare(golden, outcome);
  }
  outcome.rule = quote->rule().name;
  outcome.total = quote->total();
  for (std::size_t i = 0; i < quote->share_count(); ++i) outcome.shares.push_back(quote->share(i));
  return compare(golden, outcome);
}

}  // namespace airlock::fee
