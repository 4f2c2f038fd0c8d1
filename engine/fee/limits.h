// What the embedding wallet allows, whatever a policy says: caps, and whom it pays.
//
// They come with the wallet, as its code does, and never with a policy. A fee is held against them
// last, after everything that a policy decides; what they do not mention is refused.
#pragma once

#include "engine/fee/policy/policy.h"

namespace airlock::fee {

inline constexpr std::size_t kCapsMax = 256;

// The most that may be charged where chain and asset match. One of the two bounds may be absent.
struct Cap {
  AnyOf chain{}, asset{}, operation{};
  std::optional<U256> at_most{};
  std::optional<Ratio> of_amount{};  // of the amount, rounded down
};

class Limits {
 public:
  // A cap of a fee: the first that matches holds. None at all: nothing may be charged.
  Limits(std::vector<std::string> recipients, std::vector<Cap> caps)
      : recipients_(std::move(recipients)), caps_(std::move(caps)) {}
  // read makes them of a wallet's own file (docs/formats/fee-policy.md). Codes: as Policy::read.
  static Read<Limits> read(std::string_view text);

  // check holds a quote against the recipients and the first cap that matches. It answers ok, or
  // no_cap, fee_over_cap, recipient_forbidden.
  Code check(const Asked& asked, const Quote& quote) const {
    return check(asked, quote.total(), quote.rule().payees);
  }
  // It does the same with a fee from elsewhere, and those who are paid of it.
  template <class Paid>
  Code check(const Asked& asked, const U256& total, const Paid& paid) const {
    for (const auto& one : paid) {
      if (!pays(one.recipient)) return Code::recipient_forbidden;
    }
    return check_cap(asked, total);
  }
  // text_of_cap says what the cap allows that check holds a fee against, and how it comes to that.
  std::string text_of_cap(const Asked& asked) const;
  // admits says whether a policy may come into use: it pays nobody else, and its golden cases stay
  // below the caps (those for which there is no cap are of other wallets). Codes: fee_over_cap,
  // recipient_forbidden.
  Read<void> admits(const Policy& policy) const;
  std::span<const std::string> recipients() const { return recipients_; }

 private:
  bool pays(std::string_view recipient) const;
  const Cap* cap_for(const Asked& asked) const;
  Code check_cap(const Asked& asked, const U256& total) const;
  std::vector<std::string> recipients_;
  std::vector<Cap> caps_;
};

}  // namespace airlock::fee
