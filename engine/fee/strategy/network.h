// What a chain itself charges, from what the wallet learned of it: EIP-1559, and Solana.
//
// Both take a percentile of the priority fees that the wallet brings: of n samples in order, the
// one at place ceil(n * percent / 100), and at place 1 for percent 0 (the nearest rank; no sample
// is ever made up between two). Both name the price that the transaction must state
// (Working::price).
#pragma once

#include "engine/fee/strategy/strategy.h"

namespace airlock::fee {

// Which priority fee is paid: a percentile of the samples, kept within bounds.
struct Priority {
  std::uint32_t percent = 50;  // 0 to 100
  std::uint64_t at_least = 0;
  std::uint64_t at_most = ~std::uint64_t{0};

  // of picks it from the samples. Errors: chain_data_missing (there are none, or more than
  // kPriorityFeesMax).
  Result<std::uint64_t> of(std::span<const std::uint64_t> samples) const;
};

// (base fee * factor + priority) * gas limit: the most that the transaction can cost. The product
// with the factor is rounded as the policy says, everything else is whole.
class Eip1559 final : public Strategy {
 public:
  Eip1559(const Ratio& base_fee, const Priority& priority)
      : base_fee_(base_fee), priority_(priority) {}
  std::string_view keyword() const override { return "eip1559"; }

 private:
  Code evaluate(const Asked& asked, Working& working, U256& fee) const override;
  Ratio base_fee_;
  Priority priority_;
};

// Lamports: signatures * lamports per signature + compute unit price * compute units / 1 000 000.
// The price is in micro-lamports, and the chain itself rounds that product up, so that it is
// rounded up here whatever the policy says.
class SolanaPriority final : public Strategy {
 public:
  SolanaPriority(std::uint64_t per_signature, const Priority& priority)
      : per_signature_(per_signature), priority_(priority) {}
  std::string_view keyword() const override { return "solana"; }

 private:
  Code evaluate(const Asked& asked, Working& working, U256& fee) const override;
  std::uint64_t per_signature_;
  Priority priority_;
};

}  // namespace airlock::fee
