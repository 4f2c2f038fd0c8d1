// simulate-experiments: days and faults of payments, drawn from a seed, through the rules of
// server/experiment as they run in production.
//
// Of each row it says in how many clean days a healthy policy would have been rolled back, how
// often it was paused for nothing, and how long a faulty policy lasted; beside it the figures of
// the plain rule "more than 5 % of the last 60 seconds", asked every ten seconds of the same
// payments. The jitter of the split and the sizes of the arms are watched as by default: the fleet
// is drawn by a fair hash, and each device counts when it first pays in a stage.
//
// All of it is played twice. *As it runs*: a pause lasts as the rule has it, nobody pays by the
// gray policy meanwhile, and where a pause stays, an operator resumes it an hour later. *The
// evidence alone*: a pause is counted and ended at once, so that a day has all of its 8 640 looks.
// The bars of delays are of the second, those of rollbacks for nothing of both. The ramp has one
// step, so that a degrade is a pause. It fails where a bar is missed.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "host/commandline/commandline.h"
#include "server/experiment/experiment.h"

namespace {

using namespace airlock;
using experiment::Count;

constexpr int kTicksOfDay = 8'640;
constexpr int kTicksBefore = 90;  // of health before a fault: fifteen minutes
constexpr int kTicksOfFault = 720;
constexpr std::uint64_t kBaselineTimes = 3;  // the baseline's payments for each gray one: 25 % gray
constexpr std::uint32_t kShare = 2'500;
constexpr double kSlowRate = 0.002;
constexpr std::int64_t kStart = 1'800'000'000;

struct Options {
  int days = 400;
  int runs = 1000;
  std::uint64_t seed = 1;
};

enum class Shape : std::uint8_t { even, bursts };
struct Traffic {
  double payments = 0;  // gray ones in ten seconds
  double rate = 0;      // of failures, in both arms
  Shape shape = Shape::even;
};
struct Bar {
  double rollbacks_max = 1;  // of clean days
  int median_max = 0;        // seconds; 0: no bar
  int p95_max = 0;
};
struct CleanRow {
  const char* name;
  Traffic traffic;
};
struct FaultRow {
  const char* name;
  Traffic traffic;
  double fault = 0;
  Bar bar{};
};

constexpr CleanRow kClean[] = {{"5, 2 %", {5, 0.02}},
                               {"20, 2 %", {20, 0.02}},
                               {"100, 2 %", {100, 0.02}},
                               {"500, 2 %", {500, 0.02}},
                               {"5, 4 %", {5, 0.04}},
                               {"20, 4 %", {20, 0.04}},
                               {"100, 4 %", {100, 0.04}},
                               {"500, 4 %", {500, 0.04}},
                               {"5, 2 % in bursts", {5, 0.02, Shape::bursts}},
                               {"20, 2 % in bursts", {20, 0.02, Shape::bursts}},
                               {"100, 2 % in bursts", {100, 0.02, Shape::bursts}},
                               {"500, 2 % in bursts", {500, 0.02, Shape::bursts}}};
constexpr FaultRow kFaults[] = {{"5, 10 %", {5, 0.02}, 0.10, {}},
                                {"5, 50 %", {5, 0.02}, 0.50, {}},
                                {"20, 8 %", {20, 0.02}, 0.08, {}},
                                {"20, 10 %", {20, 0.02}, 0.10, {}},
                                {"20, 20 %", {20, 0.02}, 0.20, {1, 80, 120}},
                                {"20, 50 %", {20, 0.02}, 0.50, {1, 40, 40}},
                                {"100, 6 %", {100, 0.02}, 0.06, {}},
                                {"100, 10 %", {100, 0.02}, 0.10, {1, 90, 150}},
                                {"100, 20 %", {100, 0.02}, 0.20, {1, 80, 120}},
                                {"100, 50 %", {100, 0.02}, 0.50, {1, 40, 40}},
                                {"500, 8 %", {500, 0.02}, 0.08, {}},
                                {"500, 20 %", {500, 0.02}, 0.20, {1, 80, 120}},
                                {"500, 50 %", {500, 0.02}, 0.50, {1, 40, 40}}};
constexpr double kFalseRollbacksMax = 0.01;  // of clean days, and of outages that hit both arms

// Who is served what: the gray arm, everybody the baseline, or as in the ten seconds after a pause,
// in which half of the gray wallets have not heard of it.
enum class Serving : std::uint8_t { both, half, baseline };

// The devices of one arm, of which each pays once an hour.
class Arm {
 public:
  explicit Arm(std::uint64_t size) : size_(size) {}
  // pay answers how many of these payments are the first of their device in the stage.
  std::uint64_t pay(std::uint64_t payments, std::mt19937_64& random) {
    if (seen_ >= size_) return 0;
    const double is_new = static_cast<double>(size_ - seen_) / static_cast<double>(size_);
    const std::uint64_t first = std::min(
        size_ - seen_, std::binomial_distribution<std::uint64_t>(payments, is_new)(random));
    seen_ += first;
    return first;
  }
  void begin_stage() { seen_ = 0; }
  std::uint64_t size() const { return size_; }

 private:
  std::uint64_t size_;
  std::uint64_t seen_ = 0;
};

class Payments {
 public:
  Payments(Traffic traffic, std::uint64_t seed)
      : traffic_(traffic),
        random_(seed),
        gray_(fleet_of(traffic) - draw_baseline()),
        baseline_(fleet_of(traffic) - gray_.size()) {}

  // tick draws ten seconds; the gray arm fails at `gray_rate`.
  experiment::Observation tick(double gray_rate, double baseline_rate,
                               Serving serving = Serving::both) {
    const double part = serving == Serving::both ? 1 : serving == Serving::half ? 0.5 : 0;
    const double mean = traffic_.payments * part;
    const std::uint64_t gray = poisson(mean);
    const std::uint64_t baseline =
        poisson(traffic_.payments * (static_cast<double>(kBaselineTimes) + 1) - mean);
    const std::uint64_t gray_devices = gray_.pay(gray, random_);
    const std::uint64_t baseline_devices = baseline_.pay(baseline, random_);
    return {
        .data = experiment::Data::value,
        .arms = {
            {{draw(baseline, shaped(baseline_rate)), baseline},
             {draw(baseline, kSlowRate), baseline},
             baseline_devices},
            {{draw(gray, shaped(gray_rate)), gray}, {draw(gray, kSlowRate), gray}, gray_devices}}};
  }
  void begin_stage() {
    gray_.begin_stage();
    baseline_.begin_stage();
  }

 private:
  static std::uint64_t fleet_of(Traffic traffic) {
    constexpr std::uint64_t kTicksOfHour = 360;
    return static_cast<std::uint64_t>(traffic.payments) * (kBaselineTimes + 1) * kTicksOfHour;
  }
  std::uint64_t draw_baseline() {
    return std::binomial_distribution<std::uint64_t>(
        fleet_of(traffic_), 1 - static_cast<double>(kShare) / assignment::kBuckets)(random_);
  }
  std::uint64_t poisson(double mean) {
    return mean <= 0 ? 0 : std::poisson_distribution<std::uint64_t>(mean)(random_);
  }
  std::uint64_t draw(std::uint64_t payments, double rate) {
    return std::binomial_distribution<std::uint64_t>(payments, rate)(random_);
  }
  double shaped(double rate) {
    if (traffic_.shape == Shape::even) return rate;
    return std::min(1.0, std::gamma_distribution<double>(2.0, rate / 2)(random_));
  }

  Traffic traffic_;
  std::mt19937_64 random_;
  Arm gray_;
  Arm baseline_;
};

// The plain rule, for comparison.
class FixedRule {
 public:
  bool alarms(Count tick) {
    window_.add(now_ += experiment::kTickSeconds, tick, 60);
    const Count sum = window_.sum;
    return sum.total > 0 && 20 * sum.bad > sum.total;
  }

 private:
  experiment::Window window_;
  std::int64_t now_ = kStart;
};

// A pause as the rule has it, or ended at once.
enum class Pauses : std::uint8_t { as_they_are, none };

// One experiment over its payments.
class Run {
 public:
  Run(Traffic traffic, std::uint64_t seed, Pauses pauses_are)
      : payments_(traffic, seed), pauses_are_(pauses_are) {
    const json::Value value = {{"name", "simulated"},
                               {"baseline", std::string(64, 'a')},
                               {"arms", {{{"name", "b"}, {"policy", std::string(64, 'b')}}}},
                               {"ramp", {{{"share", kShare}}}}};
    definition_ = *experiment::Definition::parse(value);
    state_ = experiment::State::fresh(definition_);
    resume();
  }
  // look draws ten seconds and judges them. It answers what was paid by the gray policy.
  Count look(double gray_rate, double baseline_rate) {
    const auto seen = payments_.tick(gray_rate, baseline_rate, serving());
    now_ += experiment::kTickSeconds;
    const std::uint32_t stage = state_.stage;
    const bool was_running = is_running();
    experiment::tick(state_, definition_, seen, now_);
    is_news_ = was_running && state_.phase == experiment::Phase::paused;
    if (is_news_) note_pause();
    if (state_.phase == experiment::Phase::paused) wait();
    if (state_.stage != stage) payments_.begin_stage();
    ticks_at_baseline += is_running() ? 0 : 1;
    return seen.arms[1].payments;
  }
  bool is_running() const { return state_.phase == experiment::Phase::running; }
  bool is_rolled_back() const { return state_.phase == experiment::Phase::rolled_back; }

  int pauses = 0;
  int splits = 0;  // of these, because of the sizes of the arms
  int calls = 0;   // pauses that an operator ended
  int ticks_at_baseline = 0;

 private:
  Serving serving() const {
    if (is_running()) return Serving::both;
    return is_news_ ? Serving::half : Serving::baseline;
  }
  void note_pause() {
    ++pauses;
    splits += is_of_split() ? 1 : 0;
  }
  bool is_of_split() const {
    return state_.cause == experiment::Cause::jitter || state_.cause == experiment::Cause::ratio;
  }
  // wait ends a pause where somebody or nobody would: at once, or an hour after it stays.
  void wait() {
    constexpr std::int64_t kOperatorSeconds = 3600;
    const bool stays = is_of_split() || state_.resumes >= experiment::kResumesMax;
    if (pauses_are_ == Pauses::none) {
      resume();
    } else if (stays && now_ - state_.since >= kOperatorSeconds) {
      ++calls;
      resume();
    }
  }
  void resume() {
    AIRLOCK_CHECK(experiment::start_or_resume(state_, definition_, now_).has_value());
  }

  Payments payments_;
  Pauses pauses_are_;
  experiment::Definition definition_;
  experiment::State state_;
  std::int64_t now_ = kStart;
  bool is_news_ = false;
};

std::uint64_t seed_of(const Options& options, std::size_t row, int run) {
  std::seed_seq mixed{options.seed, static_cast<std::uint64_t>(row),
                      static_cast<std::uint64_t>(run)};
  std::uint32_t words[2];
  mixed.generate(std::begin(words), std::end(words));
  return std::uint64_t{words[0]} << 32 | words[1];
}

bool play_clean(const Options& options, const CleanRow& row, std::size_t number,
                Pauses pauses_are) {
  int rolled_back = 0, fixed = 0, pauses = 0, splits = 0, calls = 0, at_baseline = 0;
  for (int day = 0; day < options.days; ++day) {
    Run run(row.traffic, seed_of(options, number, day), pauses_are);
    FixedRule rule;
    bool fixed_alarm = false;
    for (int tick = 0; tick < kTicksOfDay && !run.is_rolled_back(); ++tick) {
      const Count paid = run.look(row.traffic.rate, row.traffic.rate);
      fixed_alarm = rule.alarms(paid) || fixed_alarm;
    }
    rolled_back += run.is_rolled_back() ? 1 : 0;
    fixed += fixed_alarm ? 1 : 0;
    pauses += run.pauses;
    splits += run.splits;
    calls += run.calls;
    at_baseline += run.ticks_at_baseline;
  }
  const double days = options.days;
  const double of_days = rolled_back / days;
  const bool met = of_days <= kFalseRollbacksMax;
  std::printf("%-20s  rolled back %3d of %d (%.3f)  pauses a day %6.3f, of the split %.3f",
              row.name, rolled_back, options.days, of_days, pauses / days, splits / days);
  if (pauses_are == Pauses::as_they_are) {
    std::printf("  operators called %.3f  paused %4.1f %% of the time", calls / days,
                100.0 * at_baseline / (days * kTicksOfDay));
  }
  std::printf("  fixed rule %.3f%s\n", fixed / days, met ? "" : "  MISSED");
  std::fflush(stdout);
  return met;
}

struct Delays {
  std::vector<int> seconds;
  int runs = 0;

  void add(std::optional<int> delay) {
    ++runs;
    if (delay) seconds.push_back(*delay);
  }
  // at returns the delay of this part of all runs; nothing where so many did not end.
  std::optional<int> at(double part) {
    std::ranges::sort(seconds);
    const auto place = static_cast<std::size_t>(part * runs);
    return place < seconds.size() ? std::optional(seconds[place]) : std::nullopt;
  }
  std::string text() {
    const auto write = [](std::optional<int> value) {
      return value ? std::to_string(*value) : std::string("x");
    };
    return runs == 0 ? "x" : write(at(0.5)) + "/" + write(at(0.95));
  }
};

struct FaultRun {
  std::optional<int> rollback, pause, fixed;
  bool fixed_before = false;  // the plain rule had rolled back the healthy policy already
  bool before = false;        // and ours
  std::uint64_t failed = 0;   // payments by the faulty policy, until it was rolled back
};

FaultRun play_fault(const FaultRow& row, std::uint64_t seed, Pauses pauses_are) {
  Run run(row.traffic, seed, pauses_are);
  FixedRule rule;
  FaultRun told;
  for (int tick = 0; tick < kTicksBefore; ++tick) {
    const Count paid = run.look(row.traffic.rate, row.traffic.rate);
    told.fixed_before = rule.alarms(paid) || told.fixed_before;
  }
  told.before = run.is_rolled_back();
  const int pauses = run.pauses;
  const bool was_paused = !run.is_running();
  for (int tick = 1; tick <= kTicksOfFault && !run.is_rolled_back(); ++tick) {
    const Count paid = run.look(row.fault, row.traffic.rate);
    const int seconds = tick * static_cast<int>(experiment::kTickSeconds);
    if (rule.alarms(paid) && !told.fixed) told.fixed = seconds;
    if (run.is_rolled_back()) told.rollback = seconds;
    const bool stopped = was_paused || run.pauses > pauses || run.is_rolled_back();
    if (stopped && !told.pause) told.pause = seconds;
    told.failed += paid.bad;
  }
  return told;
}

bool play_faults(const Options& options, const FaultRow& row, std::size_t number,
                 Pauses pauses_are) {
  Delays rollbacks, stops, fixed;
  double failed = 0;
  for (int run = 0; run < options.runs; ++run) {
    const FaultRun told = play_fault(row, seed_of(options, 100 + number, run), pauses_are);
    if (told.before) continue;
    rollbacks.add(told.rollback);
    stops.add(told.pause);
    failed += static_cast<double>(told.failed);
    if (!told.fixed_before) fixed.add(told.fixed);
  }
  const auto within = [](std::optional<int> value, int max) {
    return max == 0 || (value && *value <= max);
  };
  // As it runs a pause stops the policy, and brings the evidence to a halt with it.
  Delays& judged = pauses_are == Pauses::none ? rollbacks : stops;
  const bool is_barred = row.bar.median_max != 0;
  const bool met = !is_barred || (within(judged.at(0.5), row.bar.median_max) &&
                                  within(judged.at(0.95), row.bar.p95_max));
  const std::string bar = !is_barred ? ""
                                     : "  bar " + std::to_string(row.bar.median_max) + "/" +
                                           std::to_string(row.bar.p95_max);
  std::printf("%-20s  rolled back after %9s s  stopped after %9s s  failed until then %6.0f",
              row.name, rollbacks.text().c_str(), stops.text().c_str(),
              failed / std::max(1, rollbacks.runs));
  std::printf("  fixed rule %7s s%s%s\n", fixed.text().c_str(), bar.c_str(), met ? "" : "  MISSED");
  std::fflush(stdout);
  return met;
}

// An outage hits both arms at once: half an hour at 20 %.
bool play_outage(const Options& options, const CleanRow& row, std::size_t number,
                 Pauses pauses_are) {
  int rolled_back = 0, paused = 0;
  for (int each = 0; each < options.runs; ++each) {
    Run run(row.traffic, seed_of(options, 200 + number, each), pauses_are);
    for (int tick = 0; tick < kTicksBefore; ++tick) run.look(row.traffic.rate, row.traffic.rate);
    for (int tick = 0; tick < 180 && !run.is_rolled_back(); ++tick) run.look(0.20, 0.20);
    rolled_back += run.is_rolled_back() ? 1 : 0;
    paused += run.pauses > 0 ? 1 : 0;
  }
  const double part = static_cast<double>(rolled_back) / options.runs;
  const bool met = part <= kFalseRollbacksMax;
  std::printf("%-20s  rolled back %3d of %d (%.3f)  paused %d%s\n", row.name, rolled_back,
              options.runs, part, paused, met ? "" : "  MISSED");
  std::fflush(stdout);
  return met;
}

bool play(const Options& options, Pauses pauses_are) {
  bool met = true;
  std::printf("\n%s\n",
              pauses_are == Pauses::none
                  ? "THE EVIDENCE ALONE: every pause is ended at once"
                  : "AS IT RUNS: pauses last; an operator ends one that stays, after an hour");
  std::printf("\n%d clean days a row; a healthy policy is rolled back in at most 1 %% of them\n",
              options.days);
  for (std::size_t row = 0; row < std::size(kClean); ++row) {
    met = play_clean(options, kClean[row], row, pauses_are) && met;
  }
  std::printf("\n%d faulty runs a row; median/p95, x: not within two hours, or no run was left\n",
              options.runs);
  for (std::size_t row = 0; row < std::size(kFaults); ++row) {
    met = play_faults(options, kFaults[row], row, pauses_are) && met;
  }
  std::printf("\n%d outages a row: half an hour of 20 %% in both arms\n", options.runs);
  for (std::size_t row = 1; row < 4; ++row) {
    met = play_outage(options, kClean[row], row, pauses_are) && met;
  }
  return met;
}

int simulate(const Options& options) {
  std::printf("seed %llu: gray payments in 10 s, rate of failures\n",
              static_cast<unsigned long long>(options.seed));
  bool met = play(options, Pauses::as_they_are);
  met = play(options, Pauses::none) && met;
  std::printf("\n%s\n", met ? "every bar is met" : "a bar is missed");
  return met ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Plays days and faults through the rules of an experiment.", "simulate-experiments");
  app.footer("Example:\n  simulate-experiments --days 400 --runs 1000 --seed 1");
  app.add_option("--days", options.days, "clean days of each row")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--runs", options.runs, "faulty runs of each row")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "of all that is drawn")->capture_default_str();
  if (const auto status = commandline::parse(app, argc, argv)) return *status;
  return simulate(options);
}
