#include "engine/fee/show.h"

#include <algorithm>

#include "host/text/text.h"

namespace airlock::fee {
namespace {

const GoldenCase* dearest(std::span<const GoldenCase> cases) {
  const auto found = std::ranges::max_element(
      cases, [](const GoldenCase& a, const GoldenCase& b) { return a.total < b.total; });
  return found == cases.end() || found->refused != Code::ok ? nullptr : &*found;
}

std::string outcome_of(const GoldenCase& golden) {
  if (golden.refused != Code::ok) return "refused: " + std::string(name(golden.refused));
  return text_of(golden.total) + " by " + golden.rule;
}

}  // namespace

json::Value json_of(const Quote& quote, const Asked& asked) {
  json::Value pay = json::Value::object();
  for (std::size_t i = 0; i < quote.share_count(); ++i)
    pay[std::string(quote.share(i).recipient)] = text_of(quote.share(i).amount);
  json::Value made = {{"version", quote.policy().version()},
                      {"digest", text::to_hex(quote.policy().digest().bytes)},
                      {"rule", quote.rule().name},
                      {"total", text_of(quote.total())},
                      {"pay", pay}};
  if (const auto price = quote.price(asked))
    made["price"] = {{"per_unit_max", text_of(price->per_unit_max)},
                     {"per_unit_tip", std::to_string(price->per_unit_tip)},
                     {"units", std::to_string(price->units)}};
  return made;
}

std::string lines_of(const Quote& quote, const Asked& asked) {
  std::string lines = "fee     " + text_of(quote.total()) + "\n";
  for (std::size_t i = 0; i < quote.share_count(); ++i) {
    const Share share = quote.share(i);
    lines += (i == 0 ? "paid to " : "        ") + std::string(share.recipient) + ": " +
             text_of(share.amount) + "\n";
  }
  if (const auto price = quote.price(asked))
    lines += "price   " + text_of(price->per_unit_max) + " a unit at most, " +
             std::to_string(price->per_unit_tip) + " of it priority, " +
             std::to_string(price->units) + " units\n";
  return lines + "rule    " + quote.rule().name + " of policy " +
         std::string(quote.policy().version()) + ", " +
         text::short_digest(quote.policy().digest()) + "\n";
}

std::string lines_of(const Policy& policy) {
  std::string lines = "Fee policy " + text::visible_line(policy.version()) + "\n";
  lines += "  SHA-256       " + text::to_hex(policy.digest().bytes) + "\n";
  for (const Rule& rule : policy.rules())
    lines += "  rule          " + text::visible_line(rule.name + ": " + rule.written) + "\n";
  for (const GoldenCase& golden : policy.golden_cases())
    lines +=
        "  golden case   " + text::visible_line(golden.name + ": " + outcome_of(golden)) + "\n";
  if (const GoldenCase* const most = dearest(policy.golden_cases()))
    lines += "  highest fee   " + text::visible_line(text_of(most->total) + ", of " + most->name) +
             "; what lies above no case the wallet's limits bound\n";
  return lines;
}

json::Value json_of(const Policy& policy) {
  json::Value rules = json::Value::array(), cases = json::Value::array();
  for (const Rule& rule : policy.rules())
    rules.push_back({{"name", rule.name}, {"written", rule.written}});
  for (const GoldenCase& golden : policy.golden_cases())
    cases.push_back({{"name", golden.name}, {"outcome", outcome_of(golden)}});
  json::Value made = {{"version", policy.version()},
                      {"digest", text::to_hex(policy.digest().bytes)},
                      {"rules", std::move(rules)},
                      {"golden_cases", std::move(cases)},
                      {"highest_fee", nullptr}};
  if (const GoldenCase* const most = dearest(policy.golden_cases()))
    made["highest_fee"] = {{"total", text_of(most->total)}, {"case", most->name}};
  return made;
}

}  // namespace airlock::fee
