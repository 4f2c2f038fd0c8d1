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
  Result<U256> name_fee(const Asked& asked, Working& working) const override;
  U256 fee_;
};

// A part of the amount, rounded once.
class Percentage final : public Strategy {
 public:
  explicit Percentage(const Ratio& rate) : rate_(rate) {}
  std::string_view keyword() const override { return "percentage"; }

 private:
  Result<U256> name_fee(const Asked& asked, Working& working) const override;
  Ratio rate_;
};

// One step of a table. It holds for the amounts above the step before and up to its own edge, which
// is the step's own; the last has none.
struct Tier {
  std::optional<U256> up_to{};
  std::optional<U256> fixed{};  // of a whole-amount table: this fee, whatever the amount
  Ratio rate{};                 // else
};

// The whole amount pays as its own tier says.
class WholeTiers final : public Strategy {
 public:
  // The edges grow, and the last tier has none (a bug otherwise).
  explicit WholeTiers(std::vector<Tier> tiers);
  std::string_view keyword() const override { return "tiers"; }

 private:
  Result<U256> name_fee(const Asked& asked, Working& working) const override;
  std::vector<U256> edges_;
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
  };
  MarginalTiers(std::vector<U256> edges, std::vector<Part> parts, std::uint64_t denominator)
      : edges_(std::move(edges)), parts_(std::move(parts)), denominator_(denominator) {}
  Result<U256> name_fee(const Asked& asked, Working& working) const override;
  void explain_parts(const U256& amount, std::size_t place, Working& working) const;

  std::vector<U256> edges_;
  std::vector<Part> parts_;
  std::uint64_t denominator_;
};

}  // namespace airlock::fee
