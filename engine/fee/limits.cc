#include "engine/fee/limits.h"

#include <algorithm>

namespace airlock::fee {
namespace {

Read<Cap> read_cap(Node node) {
  AIRLOCK_ASSIGN(const Fields fields,
                 Fields::of(node, {"chain", "asset", "operation", "at_most", "of_amount"}));
  Cap cap;
  for (const auto& [name, words] :
       {std::pair{"chain", &cap.chain}, {"asset", &cap.asset}, {"operation", &cap.operation}}) {
    const auto given = fields.optional(name);
    if (!given) continue;
    AIRLOCK_ASSIGN(*words, patterns(*given));
  }
  if (const auto most = fields.optional("at_most")) {
    AIRLOCK_ASSIGN(cap.at_most, amount(*most));
  }
  if (const auto part = fields.optional("of_amount")) {
    AIRLOCK_ASSIGN(cap.of_amount, rate(*part));
  }
  if (cap.at_most || cap.of_amount) return cap;
  return refuse_at(node, Code::missing_field, "the cap names no bound",
                   "give at_most, of_amount or both");
}

}  // namespace

Read<Limits> Limits::read(std::string_view text) {
  AIRLOCK_ASSIGN(const yaml::Tree tree, yaml::Tree::parse(text));
  AIRLOCK_ASSIGN(const Fields fields,
                 Fields::of(tree.root(), {"airlock_fee_limits", "recipients", "caps"}));
  AIRLOCK_ASSIGN(const Node format, fields.required("airlock_fee_limits"));
  if (!format.is_scalar() || format.scalar() != "1")
    return refuse_at(format, Code::unsupported_version, "this version of the format is not known",
                     "write 1, or update the tool");
  std::vector<std::string> recipients;
  AIRLOCK_ASSIGN(const Node named, fields.required("recipients"));
  AIRLOCK_ASSIGN(const yaml::Elements names, elements(named, kWordsMax));
  for (const Node name : names) {
    AIRLOCK_ASSIGN(std::string recipient, word(name));
    recipients.push_back(std::move(recipient));
  }
  std::vector<Cap> caps;
  AIRLOCK_ASSIGN(const Node listed, fields.required("caps"));
  AIRLOCK_ASSIGN(const yaml::Elements list, elements(listed, kCapsMax));
  for (const Node one : list) {
    AIRLOCK_ASSIGN(Cap cap, read_cap(one));
    caps.push_back(std::move(cap));
  }
  return Limits(std::move(recipients), std::move(caps));
}

bool Limits::pays(std::string_view recipient) const {
  return std::ranges::find(recipients_, recipient) != recipients_.end();
}

inline const Cap* Limits::cap_for(const Asked& asked) const {
  for (const Cap& cap : caps_) {
    if (cap.chain.matches(asked.chain) && cap.asset.matches(asked.asset) &&
        cap.operation.matches(asked.operation))
      return &cap;
  }
  return nullptr;
}

Code Limits::check_cap(const Asked& asked, const U256& total) const {
  const Cap* const cap = cap_for(asked);
  if (cap == nullptr) return Code::no_cap;
  if (cap->at_most && total > *cap->at_most) return Code::fee_over_cap;
  U256 part;
  // A part that needs more than 256 bits is above every fee.
  const bool is_over = cap->of_amount &&
                       number::scale_to(part, asked.amount, *cap->of_amount, Rounding::down) &&
                       total > part;
  return is_over ? Code::fee_over_cap : Code::ok;
}

std::string Limits::text_of_cap(const Asked& asked) const {
  const Cap* const cap = cap_for(asked);
  if (cap == nullptr) return "it has no cap for this";
  std::string text;
  if (cap->at_most) text = "at most " + text_of(*cap->at_most);
  if (cap->of_amount)
    text += (text.empty() ? "at most " : " and ") +
            text_of_scaled(asked.amount, *cap->of_amount, Rounding::down);
  return text;
}

Read<void> Limits::admits(const Policy& policy) const {
  for (const Rule& rule : policy.rules()) {
    for (const Payee& payee : rule.payees) {
      if (pays(payee.recipient)) continue;
      return std::unexpected(Fault{Code::recipient_forbidden,
                                   {},
                                   "the rule " + rule.name + " pays " + payee.recipient,
                                   "name one of the wallet's own recipients"});
    }
  }
  for (const GoldenCase& golden : policy.golden_cases()) {
    const Asked asked = golden.given.asked();
    const auto quote = policy.quote(asked);
    if (!quote) continue;
    const Code checked = check(asked, *quote);
    if (checked == Code::ok || checked == Code::no_cap) continue;
    return std::unexpected(
        Fault{checked, golden.mark,
              "of the case " + golden.name + ", the fee is " + text_of(quote->total()),
              "lower it below the wallet's cap"});
  }
  return {};
}

}  // namespace airlock::fee
