// Strategies that are made of no others: fixed, percentage, tiers.
#pragma once

#include "engine/fee/strategy/strategy.h"

namespace airlock::fee {

inline constexpr std::size_t kTiersMax = 64;

// The same fee for every amount.
class Fixed final : public Strategy {
 public:
  explicit Fixed(const U256& fee) : fee_(fee) {}
  std::string_view keyword() const override { return "fixed"; }

 private:
  Code evaluate(const Asked& asked, Working& working, U256& fee) const override;
  U256 fee_;
};

// A part of the amount, rounded once.
class Percentage final : public Strategy {
 public:
  explicit Percentage(const Ratio& rate) : rate_(rate) {}
  std::string_view keyword() const override { return "percentage"; }

 private:
  Code evaluate(const Asked& asked, Working& working, U256& fee) const override;
  [[gnu::noinline]] void tell(const Asked& asked, Working& working) const;
  Ratio rate_;
};

// One step of a table. It holds for the amounts above the step before and up to its own edge, which
// is the step's own; the last has none.
struct Tier {
  std::optional<U256> up_to{};
  std::optional<U256> fixed{};  // of a whole-amount table: this fee, whatever the amount
  Ratio rate{};                 // else
};

// The upper edges of all tiers but the last, from the lowest to the highest.
class Edges {
 public:
  explicit Edges(std::vector<U256> edges);
  // place_of returns the tier that an amount belongs to: the first whose edge is not below it.
  std::size_t place_of(const U256& amount) const;
  const U256& operator[](std::size_t place) const { return edges_[place]; }
  std::string text_of_tier(std::size_t place) const;

 private:
  std::vector<U256> edges_;
  std::vector<std::uint64_t> short_edges_;  // those of 64 bits, which are the first ones
};

// The whole amount pays as its own tier says.
class WholeTiers final : public Strategy {
 public:
  // The edges grow, and the last tier has none (a bug otherwise).
  explicit WholeTiers(std::vector<Tier> tiers);
  std::string_view keyword() const override { return "tiers"; }

 private:
  Code evaluate(const Asked& asked, Working& working, U256& fee) const override;
  Edges edges_;
  std::vector<Tier> tiers_;
};

// Each part of the amount pays as the tier in which it lies says. The parts are added as exact
// fractions, and the sum is rounded once.
class MarginalTiers final : public Strategy {
 public:
  // As WholeTiers; no tier is fixed. Errors: fee_overflow (the rates have no common denominator of
  // 64 bits, or the tiers below the last cost more than 320 bits hold).
  static Result<Owned> make(const std::vector<Tier>& tiers);
  std::string_view keyword() const override { return "tiers"; }

 private:
  struct Part {
    U256 from{};                  // what the tiers below take
    std::uint64_t numerator = 0;  // of this tier's rate
    number::U320 below{};         // what the tiers below cost: a numerator
    bool is_short = false;        // `from` has 64 bits, `below` 128
  };
  MarginalTiers(Edges edges, std::vector<Part> parts, std::uint64_t denominator)
      : edges_(std::move(edges)), parts_(std::move(parts)), denominator_(denominator) {}
  Code evaluate(const Asked& asked, Working& working, U256& fee) const override;
  void explain_parts(const U256& amount, std::size_t place, Working& working) const;
  std::string text_of_sum(const Part& part, const U256& amount, Rounding rounding,
                          const U256& fee) const;
  bool evaluate_short(const Part& part, const U256& amount, Rounding rounding, U256& fee) const;

  Edges edges_;
  std::vector<Part> parts_;
  std::uint64_t denominator_;
};

}  // namespace airlock::fee
