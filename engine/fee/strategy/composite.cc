#include "engine/fee/strategy/composite.h"

namespace airlock::fee {

Code Sum::evaluate(const Asked& asked, Working& working, U256& fee) const {
  fee = 0;
  for (const Owned& part : parts_) {
    U256 one;
    AIRLOCK_FEE_TRY(part->name_fee(asked, working, one));
    const auto sum = number::add(fee, one);
    if (!sum) say(working, [&] { return text_of(fee) + " + " + text_of(one) + kTooLarge; });
    AIRLOCK_FEE_TRY(or_overflow(sum, fee));
  }
  say(working, [&] { return "together " + text_of(fee); });
  return Code::ok;
}

Code MaxOf::evaluate(const Asked& asked, Working& working, U256& fee) const {
  std::optional<Price> before;  // of what is summed beside this
  std::optional<Price> price;
  if (working.price != nullptr) before = *working.price;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (working.price != nullptr) working.price->reset();
    U256 one;
    AIRLOCK_FEE_TRY(parts_[i]->name_fee(asked, working, one));
    if (i > 0 && one <= fee) continue;
    fee = one;
    if (working.price != nullptr) price = *working.price;
  }
  if (working.price != nullptr) *working.price = price ? price : before;
  say(working, [&] { return "the largest is " + text_of(fee); });
  return Code::ok;
}

Code Minimum::evaluate(const Asked& asked, Working& working, U256& fee) const {
  AIRLOCK_FEE_TRY(of_->name_fee(asked, working, fee));
  if (working.steps != nullptr) [[unlikely]]
    tell(working, fee);
  if (fee < at_least_) fee = at_least_;
  return Code::ok;
}

void Minimum::tell(Working& working, const U256& fee) const {
  const bool is_raised = fee < at_least_;
  say(working, [&] {
    return text_of(fee) + (is_raised ? " is below " : " is not below ") + text_of(at_least_) +
           ": " + text_of(is_raised ? at_least_ : fee);
  });
}

Code Maximum::evaluate(const Asked& asked, Working& working, U256& fee) const {
  AIRLOCK_FEE_TRY(of_->name_fee(asked, working, fee));
  if (working.steps != nullptr) [[unlikely]]
    tell(working, fee);
  if (fee > at_most_) fee = at_most_;
  return Code::ok;
}

void Maximum::tell(Working& working, const U256& fee) const {
  const bool is_cut = fee > at_most_;
  say(working, [&] {
    return text_of(fee) + (is_cut ? " is above " : " is not above ") + text_of(at_most_) + ": " +
           text_of(is_cut ? at_most_ : fee);
  });
}

Code FirstMatch::evaluate(const Asked& asked, Working& working, U256& fee) const {
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    if (!cases_[i].when.holds(asked)) {
      say(working, [&] {
        return "case " + std::to_string(i + 1) + " does not hold: " + cases_[i].when.why_not(asked);
      });
      continue;
    }
    say(working, [&] { return "case " + std::to_string(i + 1) + " holds"; });
    return cases_[i].fee->name_fee(asked, working, fee);
  }
  return Code::no_rule_matches;
}

}  // namespace airlock::fee
