#include "engine/fee/strategy/amounts.h"

#include <algorithm>
#include <numeric>

namespace airlock::fee {
namespace {

__extension__ using Wide = unsigned __int128;

bool is_short(const U256& value) { return (value.limbs[1] | value.limbs[2] | value.limbs[3]) == 0; }

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

}  // namespace

Edges::Edges(std::vector<U256> edges) : edges_(std::move(edges)) {
  for (const U256& edge : edges_) {
    if (!is_short(edge)) break;
    short_edges_.push_back(edge.limbs[0]);
  }
}

std::size_t Edges::place_of(const U256& amount) const {
  std::size_t place = 0;
  if (is_short(amount)) {
    while (place < short_edges_.size() && short_edges_[place] < amount.limbs[0]) ++place;
    return place;
  }
  while (place < edges_.size() && edges_[place] < amount) ++place;
  return place;
}

std::string Edges::text_of_tier(std::size_t place) const {
  std::string text = "tier " + std::to_string(place + 1) + " (";
  text += place == 0 ? "from 0" : "above " + text_of(edges_[place - 1]);
  if (place < edges_.size()) text += ", up to " + text_of(edges_[place]);
  return text + ")";
}

Code Fixed::evaluate(const Asked&, Working& working, U256& fee) const {
  say(working, [&] { return text_of(fee_); });
  fee = fee_;
  return Code::ok;
}

Code Percentage::evaluate(const Asked& asked, Working& working, U256& fee) const {
  if (working.steps != nullptr) [[unlikely]]
    tell(asked, working);
  return scaled(fee, asked.amount, rate_, working.rounding);
}

void Percentage::tell(const Asked& asked, Working& working) const {
  say(working, [&] { return text_of_scaled(asked.amount, rate_, working.rounding); });
}

WholeTiers::WholeTiers(std::vector<Tier> tiers)
    : edges_(edges_of(tiers)), tiers_(std::move(tiers)) {}

Code WholeTiers::evaluate(const Asked& asked, Working& working, U256& fee) const {
  const std::size_t place = edges_.place_of(asked.amount);
  const Tier& tier = tiers_[place];
  say(working, [&] {
    const std::string text = tier.fixed ? text_of(*tier.fixed)
                                        : text_of_scaled(asked.amount, tier.rate, working.rounding);
    return edges_.text_of_tier(place) + ": " + text;
  });
  if (!tier.fixed) return scaled(fee, asked.amount, tier.rate, working.rounding);
  fee = *tier.fixed;
  return Code::ok;
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
    part.is_short = is_short(part.from) &&
                    (part.below.limbs[2] | part.below.limbs[3] | part.below.limbs[4]) == 0;
    parts.push_back(part);
  }
  return Owned(new MarginalTiers(Edges(std::move(edges)), std::move(parts), denominator));
}

void MarginalTiers::explain_parts(const U256& amount, std::size_t place, Working& working) const {
  for (std::size_t i = 0; i <= place; ++i) {
    const U256 until = i < place ? edges_[i] : amount;
    const U256 within = number::subtract(until, parts_[i].from);
    say(working, [&] {
      return edges_.text_of_tier(i) + ": " + text_of(within) + " * " +
             text_of(Ratio{parts_[i].numerator, denominator_}) + " = " +
             text_of_exact(number::wide_product(within, parts_[i].numerator), denominator_);
    });
  }
}

// Where amount and numerators are short, which most are, one division of 128 by 64 bits does.
bool MarginalTiers::evaluate_short(const Part& part, const U256& amount, Rounding rounding,
                                   U256& fee) const {
  if (!part.is_short || !is_short(amount)) return false;
  const Wide above = Wide{amount.limbs[0] - part.from.limbs[0]} * part.numerator;
  Wide all = Wide{part.below.limbs[1]} << 64 | part.below.limbs[0];
  if (__builtin_add_overflow(all, above, &all)) return false;
  const auto high = static_cast<std::uint64_t>(all >> 64);
  if (high >= denominator_) return false;
  fee = number::divide_short(high, static_cast<std::uint64_t>(all), denominator_, rounding);
  return true;
}

Code MarginalTiers::evaluate(const Asked& asked, Working& working, U256& fee) const {
  const std::size_t place = edges_.place_of(asked.amount);
  const Part& part = parts_[place];
  if (working.steps != nullptr) explain_parts(asked.amount, place, working);
  if (!evaluate_short(part, asked.amount, working.rounding, fee)) {
    const auto above =
        number::wide_product(number::subtract(asked.amount, part.from), part.numerator);
    const auto all = number::wide_add(part.below, above);
    if (!all) return Code::fee_overflow;
    AIRLOCK_FEE_TRY(or_overflow(number::divide(*all, denominator_, working.rounding), fee));
  }
  say(working, [&] { return text_of_sum(part, asked.amount, working.rounding, fee); });
  return Code::ok;
}

std::string MarginalTiers::text_of_sum(const Part& part, const U256& amount, Rounding rounding,
                                       const U256& fee) const {
  const auto above = number::wide_product(number::subtract(amount, part.from), part.numerator);
  const auto all = number::wide_add(part.below, above);
  AIRLOCK_CHECK(all);  // the fee was made of it
  const std::string exact = text_of_exact(*all, denominator_);
  if (exact == text_of(fee)) return "together " + exact + " exactly";
  return "together " + exact + ", rounded once, " + std::string(text_of(rounding)) + ": " +
         text_of(fee);
}

}  // namespace airlock::fee
