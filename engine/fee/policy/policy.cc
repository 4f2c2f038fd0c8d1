#include "engine/fee/policy/policy.h"

namespace airlock::fee {
namespace {

// Apart, so that a quote has no room for texts. All rules before the one that holds do not.
[[gnu::noinline]] void note_rules(Steps& steps, std::span<const Rule> rules, const Rule* holds,
                                  const Asked& asked) {
  for (const Rule& rule : rules) {
    if (&rule == holds) {
      steps.push_back({0, "rule", rule.name});
      return;
    }
    steps.push_back({0, "rule", rule.name + " does not hold: " + rule.when->why_not(asked)});
  }
}

[[gnu::noinline]] void note_shares(Steps& steps, const Quote& quote) {
  for (std::size_t i = 0; i < quote.share_count(); ++i) {
    const Payee& payee = quote.rule().payees[i];
    const std::string part =
        payee.rate ? text_of_scaled(quote.total(), *payee.rate, Rounding::down)
                   : (quote.share_count() == 1 ? "all of it, " : "what the others leave, ") +
                         text_of(quote.share(i).amount);
    steps.push_back({0, "pay", payee.recipient + ": " + part});
  }
}

}  // namespace

std::optional<Price> Quote::price(const Asked& asked) const {
  std::optional<Price> price;
  Working working{.rounding = policy_->rounding(), .price = &price};
  U256 fee;
  const Code code = rule_->fee->name_fee(asked, working, fee);
  return code == Code::ok && price && price->fee == total_ ? price : std::nullopt;
}

Share Quote::share(std::size_t index) const {
  AIRLOCK_CHECK(index < rule_->payees.size());
  const Payee& payee = rule_->payees[index];
  const auto part = [this](const Payee& one) {
    const auto scaled = number::scale(total_, *one.rate, Rounding::down);
    AIRLOCK_CHECK(scaled);  // no rate is above the whole
    return *scaled;
  };
  if (payee.rate) return {payee.recipient, part(payee)};
  U256 left = total_;
  for (const Payee& other : rule_->payees) {
    if (other.rate) left = number::subtract(left, part(other));
  }
  return {payee.recipient, left};
}

std::unique_ptr<const Policy> Policy::none() { return std::unique_ptr<const Policy>(new Policy); }

inline const Rule* Policy::rule_for(const Asked& asked) const {
  for (const Rule& rule : rules_) {
    if (!rule.when || rule.when->holds(asked)) return &rule;
  }
  return nullptr;
}

// One value is returned on every path, so that it is made where it is returned: a copy would wait
// for what was just written to it.
Result<Quote> Policy::quote(const Asked& asked, Steps* steps) const {
  Result<Quote> quote(std::unexpect, Error{Code::no_rule_matches});
  const Rule* const rule = rule_for(asked);
  if (steps != nullptr) [[unlikely]]
    note_rules(*steps, rules_, rule, asked);
  if (rule == nullptr) [[unlikely]]
    return quote;
  Working working{.rounding = rounding_, .steps = steps};
  quote.emplace(Quote::Key(), *this, *rule);
  const Code code = rule->fee->name_fee(asked, working, quote->total_);
  if (code != Code::ok) [[unlikely]]
    quote = fail(code);
  if (steps != nullptr && quote) [[unlikely]]
    note_shares(*steps, *quote);
  return quote;
}

}  // namespace airlock::fee
