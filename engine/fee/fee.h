// engine/fee: what a wallet charges, by the policy that an update brought.
//
// It is for asking, before a transaction is signed, what it costs: a wallet keeps one Engine, gives
// each thread a Reader, and swaps the policy when another one comes into use. It promises that a
// reader takes no lock, waits for nobody, and sees one policy from the beginning of a view to its
// end; that each quote names the policy that made it; that a policy with any bad part never serves;
// that going back to a kept policy is one swap; and that no fee leaves it which the wallet's own
// Limits do not allow, whatever a policy says: they are an argument of the engine, and are asked
// last. It never fetches, never signs, and decides nothing about what may be installed.
#pragma once

#include <deque>

#include "engine/fee/limits.h"
#include "engine/fee/policy/policy.h"
#include "engine/swap/swap.h"

namespace airlock::fee {

inline constexpr std::size_t kKeptMax = 4;  // policies that restore can go back to

// What every thread of a wallet shares.
class Engine {
 public:
  class Reader;
  class View;

  // It begins without a policy. The limits are the wallet's own, and never change.
  explicit Engine(Limits limits);

  // swap publishes a policy, once the limits admit it; the one before is kept. Readers see it from
  // their next view on. Codes: those of Limits::admits; the present policy then stays.
  Read<void> swap(std::unique_ptr<const Policy> next);
  // restore goes back to a kept policy, and keeps the present one. Errors: not_found.
  Status restore(const crypto::Digest& digest);
  // kept returns the digests that restore takes, the newest first.
  std::vector<crypto::Digest> kept() const;

  // reader makes what one thread reads by. Errors: too_many.
  Result<Reader> reader();
  // held returns how many replaced versions are still read.
  std::size_t held() const { return now_.held(); }
  const Limits& limits() const { return limits_; }

 private:
  using Shared = std::shared_ptr<const Policy>;
  void publish(Shared next);

  Limits limits_;
  mutable std::mutex writers_;
  Shared latest_;            // of the writers
  std::deque<Shared> kept_;  // of the writers
  swap::Current<Shared> now_;
};

// One version, for as long as the view lives.
class Engine::View {
 public:
  const Policy& policy() const { return **pin_; }
  // quote names the fee. Errors: those of Policy::quote and of Limits::check.
  Result<Quote> quote(const Asked& asked) const {
    Result<Quote> quote = policy().quote(asked);
    if (!quote) [[unlikely]]
      return quote;
    const Code refused = limits_->check(asked, *quote);
    if (refused != Code::ok) [[unlikely]]
      quote = fail(refused);
    return quote;
  }
  // explain is quote, and says how: `steps` grows.
  Result<Quote> explain(const Asked& asked, Steps& steps) const;

 private:
  friend class Reader;
  View(swap::Current<Shared>::Pin pin, const Limits& limits)
      : pin_(std::move(pin)), limits_(&limits) {}
  swap::Current<Shared>::Pin pin_;
  const Limits* limits_;
};

// A thread's own seat.
class Engine::Reader {
 public:
  View view() { return {seat_.pin(), *limits_}; }

 private:
  friend class Engine;
  Reader(swap::Current<Shared>::Reader seat, const Limits& limits)
      : seat_(std::move(seat)), limits_(&limits) {}
  swap::Current<Shared>::Reader seat_;
  const Limits* limits_;
};

// explain is what every quote of an engine goes through, told step by step.
Result<Quote> explain(const Policy& policy, const Limits& limits, const Asked& asked, Steps& steps);

}  // namespace airlock::fee
