#include "engine/fee/strategy/amounts.h"

#include <algorithm>
#include <numeric>

namespace airlock::fee {
namespace {

// The place of the tier that an amount belongs to: the first whose edge is not below it.
std::size_t place_of(std::span<const U256> edges, const U256& amount) {
  std::size_t place = 0;
  while (place < edges.size() && edges[place] < amount) ++place;
  return place;
}

std::vector<U256> edges_of(const std::vector<Tier>& tiers) {
  AIRLOCK_CHECK(!tiers.empty() && tiers.size() <= kTiersMax && !tiers.back().up_to);
  std::vector<U256> edges;
  for (std::size_t i = 0; i + 1 < tiers.size(); ++i) {
    AIRLOCK_CHECK(tiers[i].up_to && (edges.empty() || edges.back() < *tiers[i].up_to));
    edges.push_back(*tiers[i].up_to);
  }
  return edges;
}

// The least common denominator of the rates. Errors: fee_overflow.
Result<std::uint64_t> common_denominator(const std::vector<Tier>& tiers) {
  std::uint64_t common = 1;
  for (const Tier& tier : tiers) {
    const std::uint64_t factor = tier.rate.denominator / std::gcd(common, tier.rate.denominator);
    if (__builtin_mul_overflow(common, factor, &common)) return fail(Code::fee_overflow);
  }
  return common;
}

std::string tier_text(std::size_t place, std::span<const U256> edges) {
  std::string text = "tier " + std::to_string(place + 1) + " (";
  text += place == 0 ? "from 0" : "above " + text_of(edges[place - 1]);
  if (place < edges.size()) text += ", up to " + text_of(edges[place]);
  return text + ")";
}

}  // namespace

Result<U256> Fixed::name_fee(const Asked&, Working& working) const {
  if (working.steps != nullptr) say(working, text_of(fee_));
  return fee_;
}

Result<U256> Percentage::name_fee(const Asked& asked, Working& working) const {
  if (working.steps != nullptr) say(working, text_of_scaled(asked.amount, rate_, working.rounding));
  return or_overflow(number::scale(asked.amount, rate_, working.rounding));
}

WholeTiers::WholeTiers(std::vector<Tier> tiers)
    : edges_(edges_of(tiers)), tiers_(std::move(tiers)) {}

Result<U256> WholeTiers::name_fee(const Asked& asked, Working& working) const {
  const std::size_t place = place_of(edges_, asked.amount);
  const Tier& tier = tiers_[place];
  if (working.steps != nullptr) {
    const std::string fee = tier.fixed ? text_of(*tier.fixed)
                                       : text_of_scaled(asked.amount, tier.rate, working.rounding);
    say(working, tier_text(place, edges_) + ": " + fee);
  }
  if (tier.fixed) return *tier.fixed;
  return or_overflow(number::scale(asked.amount, tier.rate, working.rounding));
}

Result<Owned> MarginalTiers::make(const std::vector<Tier>& tiers) {
  std::vector<U256> edges = edges_of(tiers);
  AIRLOCK_ASSIGN(const std::uint64_t denominator, common_denominator(tiers));
  std::vector<Part> parts;
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    const Tier& tier = tiers[i];
    AIRLOCK_CHECK(!tier.fixed);
    Part part;
    if (__builtin_mul_overflow(tier.rate.numerator, denominator / tier.rate.denominator,
                               &part.numerator))
      return fail(Code::fee_overflow);
    if (i > 0) {
      const Part& before = parts.back();
      part.from = edges[i - 1];
      const auto cost =
          number::wide_product(number::subtract(part.from, before.from), before.numerator);
      const auto below = number::wide_add(before.below, cost);
      if (!below) return fail(Code::fee_overflow);
      part.below = *below;
    }
    parts.push_back(part);
  }
  return Owned(new MarginalTiers(std::move(edges), std::move(parts), denominator));
}

void MarginalTiers::explain_parts(const U256& amount, std::size_t place, Working& working) const {
  for (std::size_t i = 0; i <= place; ++i) {
    const U256 until = i < place ? edges_[i] : amount;
    say(working, tier_text(i, edges_) + ": " + text_of(number::subtract(until, parts_[i].from)) +
                     " * " + text_of(Ratio{parts_[i].numerator, denominator_}));
  }
}

Result<U256> MarginalTiers::name_fee(const Asked& asked, Working& working) const {
  const std::size_t place = place_of(edges_, asked.amount);
  const Part& part = parts_[place];
  if (working.steps != nullptr) explain_parts(asked.amount, place, working);
  const auto above =
      number::wide_product(number::subtract(asked.amount, part.from), part.numerator);
  const auto all = number::wide_add(part.below, above);
  if (!all) return fail(Code::fee_overflow);
  auto fee = or_overflow(number::divide(*all, denominator_, working.rounding));
  if (working.steps != nullptr && fee)
    say(working,
        "together " + text_of(*fee) + ", rounded once, " + std::string(text_of(working.rounding)));
  return fee;
}

}  // namespace airlock::fee
