// engine/fee/policy: one version of what a wallet charges, as it was written and signed.
//
// It is for the file of a fee policy (docs/formats/fee-policy.md). read makes a Policy of it or
// refuses it whole, with the line, the column and what would be right; a Policy that exists has had
// its golden cases evaluated as they state, by the code that will serve. It promises that a Policy
// never changes; that quote is exact, asks for no heap and ends; that what a quote pays to its
// recipients is its total, whatever the shares; and that each quote names the policy's version and
// the digest of its file. It never holds an address: recipients are words, and only the embedding
// wallet knows whom they stand for. Whether a fee may be charged is the wallet's too (engine/fee).
#pragma once

#include <memory>

#include "core/crypto/sha256.h"
#include "engine/fee/policy/fields.h"
#include "engine/fee/policy/situation.h"

namespace airlock::fee {

inline constexpr std::uint64_t kFormatVersion = 1;
inline constexpr std::size_t kRulesMax = 256;
inline constexpr std::size_t kRecipientsMax = 16;  // of one rule
inline constexpr std::size_t kGoldenCasesMax = 1'000;

// Who gets a part of a fee. One recipient of a rule has no rate: he gets what the others leave.
struct Payee {
  std::string recipient;
  std::optional<Ratio> rate{};
};

struct Rule {
  std::string name;
  std::optional<When> when{};  // none: always
  Owned fee;
  std::vector<Payee> payees;
  std::string written;  // the rule's own values in one line, to be compared
};

struct Share {
  std::string_view recipient;
  U256 amount;
};

class Policy;

// A fee, and where it comes from. It views the policy.
class Quote {
 public:
  // Policies alone have one.
  class Key {
    friend class Policy;
    explicit Key() = default;
  };
  Quote(Key, const Policy& policy, const Rule& rule) noexcept : rule_(&rule), policy_(&policy) {}

  const U256& total() const { return total_; }
  const Rule& rule() const { return *rule_; }
  const Policy& policy() const { return *policy_; }
  // price returns what the transaction must state for the total to be the network's fee, or nothing
  // where it is none. It asks the rule again.
  std::optional<Price> price(const Asked& asked) const;

  // share returns what one recipient gets: of each one with a rate the part of the total, rounded
  // down, and of the one without what these leave. Together they are the total.
  std::size_t share_count() const { return rule_->payees.size(); }
  Share share(std::size_t index) const;

 private:
  friend class Policy;
  U256 total_;
  const Rule* rule_;
  const Policy* policy_;
};

// What a policy must answer, as its authors stated it once.
struct GoldenCase {
  std::string name{};
  yaml::Mark mark{};
  Situation given{};
  Code refused = Code::ok;  // the code of the refusal, or ok
  std::string rule{};
  U256 total{};
  std::vector<std::pair<std::string, U256>> pay{};  // may be empty: then nothing is said of it
};

class Policy {
 public:
  // read makes a policy of the text of its file. Codes: those of yaml::Tree::parse, and
  // unsupported_version, bad_semver, wrong_type, unknown_field, missing_field, too_many, too_deep,
  // duplicate_key, bad_text, out_of_range, bad_amount, bad_rate, bad_policy, fee_case_failed.
  static Read<std::unique_ptr<const Policy>> read(std::string_view text);
  // none has no rule, and answers no_rule_matches: what serves before the first policy.
  static std::unique_ptr<const Policy> none();

  std::string_view version() const { return version_; }
  const crypto::Digest& digest() const { return digest_; }  // of the file
  Rounding rounding() const { return rounding_; }
  std::span<const Rule> rules() const { return rules_; }
  std::span<const GoldenCase> golden_cases() const { return golden_; }

  // quote names the fee by the first rule that holds. Errors: no_rule_matches, chain_data_missing,
  // fee_overflow.
  Result<Quote> quote(const Asked& asked) const { return quote(asked, nullptr); }
  // explain is quote, and says how: `steps` grows.
  Result<Quote> explain(const Asked& asked, Steps& steps) const { return quote(asked, &steps); }

 private:
  class Reader;
  Policy() = default;
  [[gnu::always_inline]] const Rule* rule_for(const Asked& asked) const;
  Result<Quote> quote(const Asked& asked, Steps* steps) const;

  std::string version_;
  crypto::Digest digest_{};
  Rounding rounding_ = Rounding::down;
  std::vector<Rule> rules_;
  std::vector<GoldenCase> golden_;
};

// replay says what a policy makes of a golden case otherwise than it states, or nothing where all
// is as stated.
std::string replay(const Policy& policy, const GoldenCase& golden);

}  // namespace airlock::fee
