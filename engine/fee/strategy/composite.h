// Strategies that are made of others: sum, max_of, minimum, maximum, first_match.
#pragma once

#include "engine/fee/strategy/strategy.h"
#include "engine/fee/strategy/when.h"

namespace airlock::fee {

inline constexpr std::size_t kPartsMax = 64;  // of a sum, a max_of, a first_match

// The fees of its parts, added. Each part is rounded by itself, all in one direction.
class Sum final : public Strategy {
 public:
  explicit Sum(std::vector<Owned> parts) : parts_(std::move(parts)) {}
  std::string_view keyword() const override { return "sum"; }

 private:
  Code evaluate(const Asked& asked, Working& working, U256& fee) const override;
  std::vector<Owned> parts_;
};

// The largest fee of its parts; of equal ones the first.
class MaxOf final : public Strategy {
 public:
  explicit MaxOf(std::vector<Owned> parts) : parts_(std::move(parts)) {}
  std::string_view keyword() const override { return "max_of"; }

 private:
  Code evaluate(const Asked& asked, Working& working, U256& fee) const override;
  std::vector<Owned> parts_;
};

// Another strategy's fee, and no less than so much.
class Minimum final : public Strategy {
 public:
  Minimum(Owned of, const U256& at_least) : of_(std::move(of)), at_least_(at_least) {}
  std::string_view keyword() const override { return "minimum"; }

 private:
  Code evaluate(const Asked& asked, Working& working, U256& fee) const override;
  [[gnu::noinline]] void tell(Working& working, const U256& fee) const;
  Owned of_;
  U256 at_least_;
};

// Another strategy's fee, and no more than so much. A fee that needs more than 256 bits is refused
// all the same.
class Maximum final : public Strategy {
 public:
  Maximum(Owned of, const U256& at_most) : of_(std::move(of)), at_most_(at_most) {}
  std::string_view keyword() const override { return "maximum"; }

 private:
  Code evaluate(const Asked& asked, Working& working, U256& fee) const override;
  [[gnu::noinline]] void tell(Working& working, const U256& fee) const;
  Owned of_;
  U256 at_most_;
};

// The fee of the first case whose conditions hold; no_rule_matches where none do.
class FirstMatch final : public Strategy {
 public:
  struct Case {
    When when;
    Owned fee;
  };
  explicit FirstMatch(std::vector<Case> cases) : cases_(std::move(cases)) {}
  std::string_view keyword() const override { return "first_match"; }

 private:
  Code evaluate(const Asked& asked, Working& working, U256& fee) const override;
  std::vector<Case> cases_;
};

}  // namespace airlock::fee
