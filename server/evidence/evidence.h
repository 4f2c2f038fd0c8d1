// server/evidence: what counts of good and bad say, however often one looks.
//
// It is for questions that are asked every ten seconds for weeks: is this rate above its limit? is
// one arm worse than the other? is the rate surely below? are the arms as large as they should be?
// A test that is right once is wrong when it is asked 8 640 times a day, so everything here is
// sequential: it keeps its promise at every moment, whenever somebody looks and whyever he stops.
//
// Everything is a count of bad among total, so that the counts of several processes add up.
// Evidence is the logarithm of an e-value (a bet against a hypothesis, whose expectation is at most
// one while the hypothesis holds), in nanonats, 1e-9 of a natural logarithm: whole numbers, so that
// what is stored is what was computed. It promises:
//
//  - Excess, the capped mixture e-CUSUM of "the rate is at most p": while that holds and payments
//    are independent, the mean time to a false alarm at level log(n) is at least n ticks
//    (e-detectors: Shin, Ramdas, Rinaldo). One tick adds at most kTickMax, so that no single bad
//    scrape raises an alarm, whatever is in it.
//  - Contrast, the same of "this arm is not worse than the other", by the hypergeometric law of the
//    tick's failures, in which the rate that both arms share plays no part.
//  - upper_bound and lower_bound, which both enclose the true rate at all times at once, with a
//    given probability of ever being wrong (Robbins' beta mixture).
//  - ratio_mismatch, the same of "the arms have the sizes that they should have" (a Dirichlet
//    mixture).
//
// It does not decide anything, holds no clock, and says nothing of money: these are documented
// doubles, rounded to nanonats once a tick.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/base/base.h"

namespace airlock::evidence {

using Nanonats = std::int64_t;
inline constexpr double kNanonatsPerNat = 1e9;

// What was counted. bad <= total, always.
struct Count {
  std::uint64_t bad = 0;
  std::uint64_t total = 0;

  friend bool operator==(const Count&, const Count&) = default;
  Count& operator+=(const Count& more) {
    bad += more.bad;
    total += more.total;
    return *this;
  }
};

inline constexpr std::uint64_t kCountMax = std::uint64_t{1} << 53;  // exact as a double
inline constexpr double kTickMaxNats = 4.0943445622221007;          // log 60
inline constexpr Nanonats kEvidenceMax = 1'000'000'000'000;         // 1000 nats: enough is enough

// The alternatives that Excess bets on, by how the odds of a failure grow over the limit's.
inline constexpr std::array<double, 7> kOddsOfExcess = {1.25, 1.6, 2.2, 3.3, 5.0, 8.0, 19.0};
struct Excess {
  std::array<Nanonats, kOddsOfExcess.size()> logs{};

  friend bool operator==(const Excess&, const Excess&) = default;
  // observe takes a tick into account. 0 < limit < 1; a tick without samples changes nothing.
  void observe(double limit, Count tick);
  // value is the evidence that the rate rose above the limit; 0 where nothing speaks for it.
  Nanonats value() const;
  // largest is at least value, and costs nothing.
  Nanonats largest() const;
};

// The alternatives of Contrast: how many times the odds in one arm are those in the other.
inline constexpr std::array<double, 4> kOddsOfContrast = {1.5, 2.5, 4.0, 8.0};
struct Contrast {
  std::array<Nanonats, kOddsOfContrast.size()> logs{};

  friend bool operator==(const Contrast&, const Contrast&) = default;
  // observe takes a tick of both arms into account. A tick in which one of them has no samples, or
  // in which nothing failed, changes nothing.
  void observe(Count arm, Count control);
  // value is the evidence that `arm` became worse than `control`.
  Nanonats value() const;
};

// alarm_level is the evidence at which to act: log(ticks * tests), so that of `tests` tests that
// are looked at together one false alarm comes in `ticks` ticks on average.
Nanonats alarm_level(std::uint64_t ticks, std::uint64_t tests);

// upper_bound and lower_bound enclose the rate, each at every time at once, but for a probability
// of `wrong` of ever missing it. Without samples they are 1 and 0.
double upper_bound(Count count, double wrong);
double lower_bound(Count count, double wrong);

// ratio_mismatch is the evidence that counts do not come from these shares, which are above 0 and
// sum to 1. Both spans have one length.
Nanonats ratio_mismatch(std::span<const std::uint64_t> counts, std::span<const double> shares);

}  // namespace airlock::evidence
