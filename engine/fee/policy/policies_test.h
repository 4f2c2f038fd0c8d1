// Policies for tests: the rules of one, with what else a file must have.
#pragma once

#include <gtest/gtest.h>

#include "engine/fee/policy/policy.h"

namespace airlock::fee {

// file_with makes a file of rules and golden cases, each indented by two.
inline std::string file_with(std::string_view rules, std::string_view rounding = "half-up",
                             std::string_view golden =
                                 "  - {name: none, given: {chain: none, amount: 1}, "
                                 "expect: {refused: no_rule_matches}}\n",
                             std::string_view version = "1.0.0") {
  return "airlock_fee_policy: 1\nversion: " + std::string(version) +
         "\nrounding: " + std::string(rounding) + "\nrules:\n" + std::string(rules) + "golden:\n" +
         std::string(golden);
}

// file_of makes a file with one rule for chains of the EVM.
inline std::string file_of(std::string_view fee, std::string_view rounding = "half-up",
                           std::string_view pay = "treasury", std::string_view version = "1.0.0") {
  return file_with("  - name: only\n    when: {chain: \"eip155:*\"}\n    fee: " + std::string(fee) +
                       "\n    pay: " + std::string(pay) + "\n",
                   rounding,
                   "  - {name: none, given: {chain: none, amount: 1}, "
                   "expect: {refused: no_rule_matches}}\n",
                   version);
}

inline std::unique_ptr<const Policy> policy_from(const std::string& file) {
  auto made = Policy::read(file);
  EXPECT_TRUE(made) << made.error().text() << "\n" << file;
  return made ? std::move(*made) : Policy::none();
}

// told is the fee, or the name of what refused it.
inline std::string told(const Result<Quote>& quote) {
  return quote ? text_of(quote->total()) : std::string(name(quote.error().code));
}

inline Asked asked_for(std::string_view amount) {
  return {.chain = "eip155:1", .asset = "eth", .amount = *number::read(amount)};
}

// fee_of is what the only strategy of a policy makes of an amount.
inline std::string fee_of(std::string_view fee, std::string_view amount,
                          std::string_view rounding = "half-up") {
  return told(policy_from(file_of(fee, rounding))->quote(asked_for(amount)));
}

inline constexpr std::string_view kLargest =
    "115792089237316195423570985008687907853269984665640564039457584007913129639935";

}  // namespace airlock::fee
