#include "server/evidence/evidence.h"

#include <algorithm>
#include <cmath>

namespace airlock::evidence {

namespace {

// How far from its mode a hypergeometric law is summed; what lies beyond is below any rounding.
constexpr double kNegligible = 1e-18;
constexpr std::uint64_t kContrastMax = 1 << 24;  // samples of a tick that Contrast sums over
constexpr int kBisections = 60;                  // halvings of an interval of length one
constexpr double kRatioPrior = 200.0;            // pseudo-devices of ratio_mismatch's mixture
constexpr double kBoundPrior = 0.5;              // of each side of the bounds' mixture

Nanonats round(double nats) {
  const double bounded = std::clamp(nats, -1000.0, 1000.0);
  return static_cast<Nanonats>(std::llround(bounded * kNanonatsPerNat));
}

double nats(Nanonats value) { return static_cast<double>(value) / kNanonatsPerNat; }

// One step of an e-CUSUM: what was lost before is forgiven, and a tick adds at most kTickMaxNats.
Nanonats step(Nanonats before, double gain_nats) {
  const Nanonats gain = round(std::min(gain_nats, kTickMaxNats));
  return std::min(std::max<Nanonats>(before, 0) + gain, kEvidenceMax);
}

// The mean of e-values whose logarithms are given, as a logarithm that is not below 0.
template <std::size_t kSize>
Nanonats mean_of(const std::array<Nanonats, kSize>& logs) {
  const Nanonats top = std::ranges::max(logs);
  if (top <= 0) return 0;
  double sum = 0;
  for (const Nanonats log : logs) sum += std::exp(nats(log - top));
  return std::max<Nanonats>(0, top + round(std::log(sum / static_cast<double>(kSize))));
}

double log_beta(double a, double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); }

// The evidence, in nats, against the rate `p`.
struct AgainstRate {
  double bad, good, constant;
  explicit AgainstRate(Count count)
      : bad(static_cast<double>(count.bad)),
        good(static_cast<double>(count.total - count.bad)),
        constant(log_beta(bad + kBoundPrior, good + kBoundPrior) -
                 log_beta(kBoundPrior, kBoundPrior)) {}
  double at(double p) const {
    const double of_bad = bad > 0 ? bad * std::log(p) : 0;
    const double of_good = good > 0 ? good * std::log1p(-p) : 0;
    return constant - of_bad - of_good;
  }
};

enum class Side : std::uint8_t { lower, upper };

// The rate beyond the observed one at which the evidence against it reaches log(1 / wrong).
double bound(Count count, double wrong, Side side) {
  const AgainstRate against(count);
  const double level = -std::log(wrong);
  double inside = against.bad / (against.bad + against.good);
  double outside = side == Side::upper ? 1.0 : 0.0;
  for (int halving = 0; halving < kBisections; ++halving) {
    const double middle = (inside + outside) / 2;
    (against.at(middle) < level ? inside : outside) = middle;
  }
  return outside;
}

// Fisher's noncentral hypergeometric law: how many of a tick's failures fall into one arm, where
// the odds of one there are `odds` times those in the other.
class Split {
 public:
  Split(Count arm, Count control)
      : failures_(static_cast<double>(arm.bad + control.bad)),
        arm_(static_cast<double>(arm.total)),
        control_(static_cast<double>(control.total)) {}

  // log_sum is the logarithm of the sum of all weights under these odds.
  double log_sum(double odds) const {
    const double mode = mode_of(odds);
    return log_weight(mode) + mode * std::log(odds) + std::log(around(mode, odds));
  }

 private:
  double least() const { return std::max(0.0, failures_ - control_); }
  double most() const { return std::min(failures_, arm_); }
  double log_weight(double x) const {
    return -std::lgamma(x + 1) - std::lgamma(failures_ - x + 1) - std::lgamma(arm_ - x + 1) -
           std::lgamma(control_ - failures_ + x + 1);
  }
  // The largest x whose weight is not below that of x - 1: the lesser root of a quadratic.
  double mode_of(double odds) const {
    const double a = odds - 1;
    const double b = odds * (failures_ + arm_ + 2) + control_ - failures_;
    const double c = odds * (failures_ + 1) * (arm_ + 1);
    const double root = 2 * c / (b + std::sqrt(std::max(0.0, b * b - 4 * a * c)));
    return std::clamp(std::floor(root), least(), most());
  }
  // The weight at x + 1 in terms of that at x.
  double up(double x, double odds) const {
    return odds * (failures_ - x) * (arm_ - x) / ((x + 1) * (control_ - failures_ + x + 1));
  }
  // The sum of all weights in terms of the mode's.
  double around(double mode, double odds) const {
    double sum = 1;
    double term = 1;
    for (double x = mode; x < most() && term > kNegligible * sum; ++x) {
      term *= up(x, odds);
      sum += term;
    }
    term = 1;
    for (double x = mode; x > least() && term > kNegligible * sum; --x) {
      term /= up(x - 1, odds);
      sum += term;
    }
    return sum;
  }

  double failures_, arm_, control_;
};

// thin divides counts alike until they are small enough to be summed: evidence is lost, none won.
void thin(Count& arm, Count& control) {
  while (arm.total > kContrastMax || control.total > kContrastMax) {
    arm = {arm.bad / 2, (arm.total + 1) / 2};
    control = {(control.bad + 1) / 2, (control.total + 1) / 2};
  }
}

}  // namespace

void Excess::observe(double limit, Count tick) {
  AIRLOCK_CHECK(limit > 0 && limit < 1 && tick.bad <= tick.total);
  if (tick.total == 0) return;
  const double bad = static_cast<double>(tick.bad);
  const double good = static_cast<double>(tick.total - tick.bad);
  for (std::size_t at = 0; at < logs.size(); ++at) {
    // With odds r times the limit's, p1 = r p / (1 - p + r p).
    const double scale = 1 - limit + kOddsOfExcess[at] * limit;
    const double gain = bad * std::log(kOddsOfExcess[at]) - (bad + good) * std::log(scale);
    logs[at] = step(logs[at], gain);
  }
}

Nanonats Excess::value() const { return mean_of(logs); }
Nanonats Excess::largest() const { return std::ranges::max(logs); }

void Contrast::observe(Count arm, Count control) {
  AIRLOCK_CHECK(arm.bad <= arm.total && control.bad <= control.total);
  if (arm.total == 0 || control.total == 0 || arm.bad + control.bad == 0) return;
  thin(arm, control);
  const Split split(arm, control);
  const double even = split.log_sum(1.0);
  for (std::size_t at = 0; at < logs.size(); ++at) {
    const double odds = kOddsOfContrast[at];
    const double gain = static_cast<double>(arm.bad) * std::log(odds);
    logs[at] = step(logs[at], gain - (split.log_sum(odds) - even));
  }
}

Nanonats Contrast::value() const { return mean_of(logs); }

Nanonats alarm_level(std::uint64_t ticks, std::uint64_t tests) {
  AIRLOCK_CHECK(ticks > 0 && tests > 0);
  return round(std::log(static_cast<double>(ticks)) + std::log(static_cast<double>(tests)));
}

double upper_bound(Count count, double wrong) {
  return count.total == 0 ? 1.0 : bound(count, wrong, Side::upper);
}

double lower_bound(Count count, double wrong) {
  return count.total == 0 ? 0.0 : bound(count, wrong, Side::lower);
}

Nanonats ratio_mismatch(std::span<const std::uint64_t> counts, std::span<const double> shares) {
  AIRLOCK_CHECK(counts.size() == shares.size());
  double total = 0, log_e = 0;
  for (std::size_t at = 0; at < counts.size(); ++at) {
    const double prior = kRatioPrior * shares[at];
    const double count = static_cast<double>(counts[at]);
    log_e += std::lgamma(prior + count) - std::lgamma(prior) - count * std::log(shares[at]);
    total += count;
  }
  log_e -= std::lgamma(kRatioPrior + total) - std::lgamma(kRatioPrior);
  return std::max<Nanonats>(0, round(log_e));
}

}  // namespace airlock::evidence
