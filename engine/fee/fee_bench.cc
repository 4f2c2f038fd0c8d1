// A fee by a policy, beside the same rule written by hand in C++.
//
// By hand is what a wallet's developer would write for these rules alone: amounts of 256 bits, a
// product of 128 bits where the amount has 64, the same refusal where something does not fit.
#include "engine/fee/fee.h"

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <new>
#include <thread>

namespace {
std::atomic<std::uint64_t> allocations = 0;
}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const made = std::malloc(size)) return made;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* at) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete(void* at, std::size_t) noexcept { std::free(at); }

namespace airlock::fee {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::string_view kPercentage =
    "  - name: swaps\n    when: {chain: eip155:1}\n"
    "    fee: {maximum: {of: {minimum: {of: {percentage: 0.25%}, at_least: 1000}}, at_most: "
    "9000000000000000000}}\n"
    "    pay: treasury\n";
constexpr std::string_view kTiers =
    "  - name: swaps\n    when: {chain: eip155:1}\n"
    "    fee: {tiers: {mode: marginal, of: [{up_to: 1000000, rate: 1%}, {up_to: 10000000, rate: "
    "0.9%}, "
    "{up_to: 100000000, rate: 0.8%}, {up_to: 1000000000, rate: 0.7%}, {up_to: 10000000000, rate: "
    "0.6%}, "
    "{up_to: 100000000000, rate: 0.5%}, {up_to: 1000000000000, rate: 0.4%}, {rate: 0.3%}]}}\n"
    "    pay: treasury\n";

std::unique_ptr<const Policy> policy_of(std::string_view rules,
                                        std::string_view version = "1.0.0") {
  auto made = Policy::read(
      "airlock_fee_policy: 1\nversion: " + std::string(version) + "\nrounding: half-up\nrules:\n" +
      std::string(rules) +
      "golden:\n  - {name: none, given: {amount: 1}, expect: {refused: no_rule_matches}}\n");
  AIRLOCK_CHECK(made.has_value());
  return std::move(*made);
}

Limits limits() {
  auto made = Limits::read(
      "airlock_fee_limits: 1\nrecipients: [treasury]\ncaps: [{chain: eip155:1, of_amount: 5%}]\n");
  AIRLOCK_CHECK(made.has_value());
  return std::move(*made);
}

constexpr std::size_t kAmounts = 1024;

// Amounts of all sizes up to 64 bits: the same for both.
std::vector<U256> amounts() {
  std::vector<U256> made;
  std::uint64_t state = 88'172'645'463'325'252U;
  for (std::size_t i = 0; i < kAmounts; ++i) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    made.emplace_back((state >> (state % 40)) | 1'000'000);
  }
  return made;
}

std::optional<U256> half_up(const U256& amount, std::uint64_t numerator,
                            std::uint64_t denominator) {
  if ((amount.limbs[1] | amount.limbs[2] | amount.limbs[3]) == 0) {
    const Wide product = Wide{amount.limbs[0]} * numerator + denominator / 2;
    const Wide fee = product / denominator;
    if (fee >> 64 == 0) return U256(static_cast<std::uint64_t>(fee));
  }
  const auto fee = number::scale(amount, {numerator, denominator}, Rounding::half_up);
  return fee ? std::optional<U256>(*fee) : std::nullopt;
}

[[gnu::noinline]] std::optional<U256> percentage_by_hand(const Asked& asked) {
  if (asked.chain != "eip155:1") return std::nullopt;
  const auto fee = half_up(asked.amount, 25, 10'000);
  if (!fee) return std::nullopt;
  if (*fee < U256(1000)) return U256(1000);
  if (*fee > U256(9'000'000'000'000'000'000U)) return U256(9'000'000'000'000'000'000U);
  return fee;
}

[[gnu::noinline]] std::optional<U256> tiers_by_hand(const Asked& asked) {
  if (asked.chain != "eip155:1") return std::nullopt;
  static constexpr std::array<std::uint64_t, 7> kEdges = {
      1'000'000,      10'000'000,      100'000'000,      1'000'000'000,
      10'000'000'000, 100'000'000'000, 1'000'000'000'000};
  static constexpr std::array<std::uint64_t, 8> kRates = {10, 9, 8, 7, 6, 5, 4, 3};  // per mille
  if (!asked.amount.fits(64)) return std::nullopt;
  const std::uint64_t amount = asked.amount.limbs[0];
  Wide thousandths = 0;
  std::uint64_t from = 0;
  for (std::size_t i = 0; i < kEdges.size(); ++i) {
    if (amount <= kEdges[i]) {
      thousandths += Wide{amount - from} * kRates[i];
      return U256(static_cast<std::uint64_t>((thousandths + 500) / 1000));
    }
    thousandths += Wide{kEdges[i] - from} * kRates[i];
    from = kEdges[i];
  }
  thousandths += Wide{amount - from} * kRates[7];
  return U256(static_cast<std::uint64_t>((thousandths + 500) / 1000));
}

Asked asked_for(const U256& amount) {
  return {.chain = "eip155:1", .asset = "eth", .amount = amount};
}

template <std::optional<U256> (*kRule)(const Asked&)>
void by_hand(benchmark::State& state) {
  const auto list = amounts();
  std::size_t turn = 0;
  for (auto _ : state) {
    auto fee = kRule(asked_for(list[turn++ % kAmounts]));
    benchmark::DoNotOptimize(fee);
  }
}

// The evaluation alone: a policy that is at hand.
void by_policy(benchmark::State& state, std::string_view rules,
               std::optional<U256> (*same)(const Asked&)) {
  const auto policy = policy_of(rules);
  const auto list = amounts();
  for (const U256& amount : list)
    AIRLOCK_CHECK(policy->quote(asked_for(amount))->total() == *same(asked_for(amount)));
  std::size_t turn = 0;
  const std::uint64_t before = allocations;
  for (auto _ : state) {
    auto quote = policy->quote(asked_for(list[turn++ % kAmounts]));
    benchmark::DoNotOptimize(quote);
  }
  state.counters["allocations"] = static_cast<double>(allocations - before);
}

// All that a wallet does for a quote: it takes the present policy, asks it, and holds the fee
// against its limits. Threads share the engine and each has a reader.
enum class Beside : std::uint8_t { nobody, holder };  // of a policy that was replaced meanwhile
void by_engine(benchmark::State& state, std::string_view rules, Beside beside = Beside::nobody) {
  static std::unique_ptr<Engine> engine;
  std::optional<Engine::Reader> holder;
  std::optional<Engine::View> held;
  if (state.thread_index() == 0) {
    engine = std::make_unique<Engine>(limits());
    AIRLOCK_CHECK(engine->swap(policy_of(rules)).has_value());
    if (beside == Beside::holder) {
      holder.emplace(*engine->reader());
      held.emplace(holder->view());
      AIRLOCK_CHECK(engine->swap(policy_of(rules)).has_value());
    }
  }
  const auto list = amounts();
  std::size_t turn = 0;
  std::optional<Engine::Reader> reader;
  std::uint64_t before = 0;
  for (auto _ : state) {
    if (!reader) {
      reader.emplace(*engine->reader());
      before = allocations;
    }
    auto quote = reader->view().quote(asked_for(list[turn++ % kAmounts]));
    benchmark::DoNotOptimize(quote);
  }
  if (state.threads() == 1)
    state.counters["allocations"] = static_cast<double>(allocations - before);
}

BENCHMARK_TEMPLATE(by_hand, percentage_by_hand)->Name("percentage_by_hand");
BENCHMARK_CAPTURE(by_policy, percentage, kPercentage, &percentage_by_hand)
    ->Name("percentage_by_policy");
BENCHMARK_CAPTURE(by_engine, percentage, kPercentage)
    ->Name("percentage_by_engine")
    ->Threads(1)
    ->Threads(2);
BENCHMARK_CAPTURE(by_engine, beside_a_holder, kPercentage, Beside::holder)
    ->Name("percentage_by_engine_beside_a_holder");
BENCHMARK_TEMPLATE(by_hand, tiers_by_hand)->Name("tiers_by_hand");
BENCHMARK_CAPTURE(by_policy, tiers, kTiers, &tiers_by_hand)->Name("tiers_by_policy");
BENCHMARK_CAPTURE(by_engine, tiers, kTiers)->Name("tiers_by_engine")->Threads(1);

void read_policy(benchmark::State& state) {
  std::string rules;
  for (int i = 0; i < 100; ++i) {
    std::string rule(kTiers);
    rule.replace(rule.find("swaps"), 5, "swaps-" + std::to_string(i));
    rules += rule;
  }
  for (auto _ : state) benchmark::DoNotOptimize(policy_of(rules));
  state.counters["bytes"] = static_cast<double>(rules.size());
}
BENCHMARK(read_policy)->Unit(benchmark::kMillisecond);

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  statm >> all >> resident;
  return resident * 4096;
}

// How long quotes of one thread took, by its own processor time, in steps of 10 ns.
struct Times {
  std::vector<std::uint64_t> counts = std::vector<std::uint64_t>(100'000);
  std::uint64_t quotes = 0, failed = 0, torn = 0;

  double p999() const {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      below += counts[i];
      if (below * 1000 >= quotes * 999) return static_cast<double>(i + 1) * 10;
    }
    return 0;
  }
  void add(const Times& other) {
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
    quotes += other.quotes;
    failed += other.failed;
    torn += other.torn;
  }
};

double thread_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

std::string fixed_rule(int fee) {
  return "  - {name: all, when: {chain: eip155:1}, fee: {fixed: " + std::to_string(fee) +
         "}, pay: treasury}\n";
}

void quote_until(Engine& engine, const std::atomic<bool>& stop, Times& times) {
  auto reader = *engine.reader();
  const Asked asked = asked_for(1'000'000'000);
  while (!stop) {
    const double before = thread_ns();
    const auto view = reader.view();
    const auto quote = view.quote(asked);
    const double ns = thread_ns() - before;
    ++times.counts[std::min(static_cast<std::size_t>(std::max(ns, 0.0) / 10),
                            times.counts.size() - 1)];
    ++times.quotes;
    if (!quote) {
      ++times.failed;
    } else if (quote->policy().version() != std::to_string(quote->total().limbs[0]) + ".0.0") {
      ++times.torn;
    }
  }
}

// 1 000 swaps, each a policy that is read anew, under two threads that ask all the time.
void swaps(benchmark::State& state) {
  for (auto _ : state) {
    Engine engine(limits());
    const auto publish = [&](int n) {
      AIRLOCK_CHECK(engine.swap(policy_of(fixed_rule(n), std::to_string(n) + ".0.0")).has_value());
    };
    for (int n = 0; n < 10; ++n) publish(n);  // what is kept is in memory before it is measured
    std::atomic<bool> stop = false;
    Times first, second;
    std::thread one([&] { quote_until(engine, stop, first); });
    std::thread other([&] { quote_until(engine, stop, second); });
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    const std::size_t before = resident_bytes();
    for (int n = 0; n < 1000; ++n) publish(n);
    stop = true;
    one.join();
    other.join();
    malloc_trim(0);
    first.add(second);
    state.counters["p999_ns"] = first.p999();
    state.counters["failed"] = static_cast<double>(first.failed);
    state.counters["torn"] = static_cast<double>(first.torn);
    state.counters["quotes"] = static_cast<double>(first.quotes);
    state.counters["held"] = static_cast<double>(engine.held());
    state.counters["growth_bytes"] =
        static_cast<double>(resident_bytes()) - static_cast<double>(before);
  }
}
BENCHMARK(swaps)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace airlock::fee
