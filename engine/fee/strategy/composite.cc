#include "engine/fee/strategy/composite.h"

namespace airlock::fee {

Result<U256> Sum::name_fee(const Asked& asked, Working& working) const {
  U256 total;
  for (const Owned& part : parts_) {
    AIRLOCK_ASSIGN(const U256 fee, part->fee(asked, working));
    AIRLOCK_ASSIGN(total, or_overflow(number::add(total, fee)));
  }
  if (working.steps != nullptr) say(working, "together " + text_of(total));
  return total;
}

Result<U256> MaxOf::name_fee(const Asked& asked, Working& working) const {
  U256 largest;
  Price price = working.price;
  const Price before = working.price;
  for (const Owned& part : parts_) {
    working.price = before;
    AIRLOCK_ASSIGN(const U256 fee, part->fee(asked, working));
    if (&part != &parts_.front() && fee <= largest) continue;
    largest = fee;
    price = working.price;
  }
  working.price = price;
  if (working.steps != nullptr) say(working, "the largest is " + text_of(largest));
  return largest;
}

Result<U256> Minimum::name_fee(const Asked& asked, Working& working) const {
  AIRLOCK_ASSIGN(const U256 fee, of_->fee(asked, working));
  const bool is_raised = fee < at_least_;
  if (working.steps != nullptr)
    say(working, text_of(fee) + (is_raised ? " is below " : " is not below ") + text_of(at_least_));
  return is_raised ? at_least_ : fee;
}

Result<U256> Maximum::name_fee(const Asked& asked, Working& working) const {
  AIRLOCK_ASSIGN(const U256 fee, of_->fee(asked, working));
  const bool is_cut = fee > at_most_;
  if (working.steps != nullptr)
    say(working, text_of(fee) + (is_cut ? " is above " : " is not above ") + text_of(at_most_));
  return is_cut ? at_most_ : fee;
}

Result<U256> FirstMatch::name_fee(const Asked& asked, Working& working) const {
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    if (!cases_[i].when.holds(asked)) continue;
    if (working.steps != nullptr) say(working, "case " + std::to_string(i + 1) + " holds");
    return cases_[i].fee->fee(asked, working);
  }
  return fail(Code::no_rule_matches);
}

}  // namespace airlock::fee
