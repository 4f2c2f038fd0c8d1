// simulate-experiments: days and faults of payments, drawn from a seed, through the rules of
// server/experiment as they run in production.
//
// Of each row it says in how many clean days a healthy policy would have been rolled back, how
// often it was paused for nothing, and how long a faulty policy lasted; beside it the figures of
// the plain rule "more than 5 % of the last 60 seconds", asked every ten seconds of the same
// payments. A pause is counted and ended at once, so that a day has all of its 8 640 looks and the
// delays are those of the evidence alone. It fails where a bar of server.md is missed.
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
                               {"20, 4 %", {20, 0.04}},
                               {"100, 4 %", {100, 0.04}},
                               {"500, 4 %", {500, 0.04}},
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
                                {"500, 20 %", {500, 0.02}, 0.20, {1, 80, 120}}};
constexpr double kFalseRollbacksMax = 0.01;  // of clean days, and of outages that hit both arms

class Payments {
 public:
  Payments(Traffic traffic, std::uint64_t seed) : traffic_(traffic), random_(seed) {}

  // tick draws ten seconds; the gray arm fails at `gray_rate`.
  experiment::Observation tick(double gray_rate, double baseline_rate) {
    const std::uint64_t gray = poisson(traffic_.payments);
    const std::uint64_t baseline = poisson(traffic_.payments * kBaselineTimes);
    return {.data = experiment::Data::value,
            .arms = {{{draw(baseline, shaped(baseline_rate)), baseline},
                      {draw(baseline, kSlowRate), baseline},
                      0},
                     {{draw(gray, shaped(gray_rate)), gray}, {draw(gray, kSlowRate), gray}, 0}}};
  }
  double rate() const { return traffic_.rate; }

 private:
  std::uint64_t poisson(double mean) {
    return std::poisson_distribution<std::uint64_t>(mean)(random_);
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

class Run {
 public:
  Run() {
    const json::Value value = {{"name", "simulated"},
                               {"baseline", std::string(64, 'a')},
                               {"arms", {{{"name", "b"}, {"policy", std::string(64, 'b')}}}},
                               {"ramp", {{{"share", 2'500}}}},
                               {"jitter", 0}};
    definition_ = *experiment::Definition::parse(value);
    state_ = experiment::State::fresh(definition_);
    AIRLOCK_CHECK(experiment::start_or_resume(state_, definition_, now_).has_value());
  }
  // look judges one tick. A pause is counted and ended.
  void look(const experiment::Observation& seen) {
    now_ += experiment::kTickSeconds;
    experiment::tick(state_, definition_, seen, now_);
    if (state_.phase != experiment::Phase::paused) return;
    ++pauses;
    AIRLOCK_CHECK(experiment::start_or_resume(state_, definition_, now_).has_value());
  }
  bool is_rolled_back() const { return state_.phase == experiment::Phase::rolled_back; }

  int pauses = 0;

 private:
  experiment::Definition definition_;
  experiment::State state_;
  std::int64_t now_ = kStart;
};

std::uint64_t seed_of(const Options& options, std::size_t row, int run) {
  std::seed_seq mixed{options.seed, static_cast<std::uint64_t>(row),
                      static_cast<std::uint64_t>(run)};
  std::uint32_t words[2];
  mixed.generate(std::begin(words), std::end(words));
  return std::uint64_t{words[0]} << 32 | words[1];
}

bool play_clean(const Options& options, const CleanRow& row, std::size_t number) {
  int rolled_back = 0, fixed = 0, pauses = 0;
  for (int day = 0; day < options.days; ++day) {
    Payments payments(row.traffic, seed_of(options, number, day));
    Run run;
    FixedRule rule;
    bool fixed_alarm = false;
    for (int tick = 0; tick < kTicksOfDay && !run.is_rolled_back(); ++tick) {
      const auto seen = payments.tick(row.traffic.rate, row.traffic.rate);
      fixed_alarm = rule.alarms(seen.arms[1].payments) || fixed_alarm;
      run.look(seen);
    }
    rolled_back += run.is_rolled_back() ? 1 : 0;
    fixed += fixed_alarm ? 1 : 0;
    pauses += run.pauses;
  }
  const double of_days = static_cast<double>(rolled_back) / options.days;
  const bool met = of_days <= kFalseRollbacksMax;
  std::printf("%-20s  rolled back %3d of %d (%.3f)  false pauses a day %6.3f  fixed rule %.3f%s\n",
              row.name, rolled_back, options.days, of_days,
              static_cast<double>(pauses) / options.days, static_cast<double>(fixed) / options.days,
              met ? "" : "  MISSED");
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
};

FaultRun play_fault(const FaultRow& row, std::uint64_t seed) {
  Payments payments(row.traffic, seed);
  Run run;
  FixedRule rule;
  FaultRun told;
  for (int tick = 0; tick < kTicksBefore; ++tick) {
    const auto seen = payments.tick(row.traffic.rate, row.traffic.rate);
    told.fixed_before = rule.alarms(seen.arms[1].payments) || told.fixed_before;
    run.look(seen);
  }
  told.before = run.is_rolled_back();
  const int pauses = run.pauses;
  for (int tick = 1; tick <= kTicksOfFault && !run.is_rolled_back(); ++tick) {
    const auto seen = payments.tick(row.fault, row.traffic.rate);
    const int seconds = tick * static_cast<int>(experiment::kTickSeconds);
    if (rule.alarms(seen.arms[1].payments) && !told.fixed) told.fixed = seconds;
    run.look(seen);
    if (run.is_rolled_back()) told.rollback = seconds;
    const bool stopped = run.pauses > pauses || run.is_rolled_back();
    if (stopped && !told.pause) told.pause = seconds;
  }
  return told;
}

bool play_faults(const Options& options, const FaultRow& row, std::size_t number) {
  Delays rollbacks, stops, fixed;
  for (int run = 0; run < options.runs; ++run) {
    const FaultRun told = play_fault(row, seed_of(options, 100 + number, run));
    if (told.before) continue;
    rollbacks.add(told.rollback);
    stops.add(told.pause);
    if (!told.fixed_before) fixed.add(told.fixed);
  }
  const auto within = [](std::optional<int> value, int max) {
    return max == 0 || (value && *value <= max);
  };
  const bool met =
      within(rollbacks.at(0.5), row.bar.median_max) && within(rollbacks.at(0.95), row.bar.p95_max);
  const std::string bar = row.bar.median_max == 0 ? ""
                                                  : "  bar " + std::to_string(row.bar.median_max) +
                                                        "/" + std::to_string(row.bar.p95_max);
  std::printf("%-20s  rolled back after %9s s  stopped after %9s s  fixed rule %7s s%s%s\n",
              row.name, rollbacks.text().c_str(), stops.text().c_str(), fixed.text().c_str(),
              bar.c_str(), met ? "" : "  MISSED");
  std::fflush(stdout);
  return met;
}

// An outage hits both arms at once: half an hour at 20 %.
bool play_outage(const Options& options, const CleanRow& row, std::size_t number) {
  int rolled_back = 0, paused = 0;
  for (int each = 0; each < options.runs; ++each) {
    Payments payments(row.traffic, seed_of(options, 200 + number, each));
    Run run;
    for (int tick = 0; tick < kTicksBefore; ++tick) {
      run.look(payments.tick(row.traffic.rate, row.traffic.rate));
    }
    for (int tick = 0; tick < 180 && !run.is_rolled_back(); ++tick) {
      run.look(payments.tick(0.20, 0.20));
    }
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

int simulate(const Options& options) {
  std::printf("seed %llu: gray payments in 10 s, rate of failures\n",
              static_cast<unsigned long long>(options.seed));
  bool met = true;
  std::printf("\n%d clean days a row; a healthy policy is rolled back in at most 1 %% of them\n",
              options.days);
  for (std::size_t row = 0; row < std::size(kClean); ++row) {
    met = play_clean(options, kClean[row], row) && met;
  }
  std::printf("\n%d faulty runs a row; median/p95, x: not within two hours, or no run was left\n",
              options.runs);
  for (std::size_t row = 0; row < std::size(kFaults); ++row) {
    met = play_faults(options, kFaults[row], row) && met;
  }
  std::printf("\n%d outages a row: half an hour of 20 %% in both arms\n", options.runs);
  for (std::size_t row = 1; row < 4; ++row) met = play_outage(options, kClean[row], row) && met;
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
