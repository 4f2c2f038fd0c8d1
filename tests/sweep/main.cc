// airlock-powercut: the power-cut sweep as a program, for `make powercut` and the build server.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <mutex>
#include <ranges>
#include <string>
#include <thread>
#include <vector>

#include "tests/powercut/sweep.h"

namespace airlock::powercut {
namespace {

constexpr std::string_view kUsage =
    R"(Cuts the power of a simulated device at every storage operation, and looks at what is left.

  airlock-powercut [--share all|ci|quick] [--triples N] [--seed N] [--jobs N] [--keep-going]

  --share all    every cut, every pair, 100 000 triples, every flip place (default)
  --share ci     every cut, a tenth of the pairs and of the flips, 20 000 triples
  --share quick  every cut, a tenth of the flips
  --seed N       of what is drawn (default 1)
  --jobs N       threads (default: the processors)

Example: airlock-powercut --share ci --jobs 2
Ends with 0 where nothing was harmed, 1 where something was, 2 on a wrong line.
)";

enum class Extent : std::uint8_t { all, ci, quick };

struct Options {
  Extent extent = Extent::all;
  std::uint64_t triples = 100'000;
  std::uint64_t seed = 1;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  bool keeps_going = false;
};

using Work = std::function<void(Tally&)>;

// The work in parts that run side by side, the longest first.
std::vector<Work> plan(const Options& options) {
  constexpr std::uint64_t kTenth = 10;
  constexpr std::uint64_t kTriplesEach = 2'500;
  std::vector<Work> parts;
  const bool is_quick = options.extent == Extent::quick;
  const Share share{options.extent == Extent::all ? 1 : kTenth, options.seed};
  const std::span<const Machine> all = machines();
  const std::span<const Machine> of_pairs = all.first(kPairMachines);
  if (!is_quick) {
    for (const Machine& machine : std::views::reverse(of_pairs)) {
      for (const Life& life : small_lives()) {
        if (!fits(machine, life)) continue;
        parts.emplace_back([&, share](Tally& tally) { sweep_pairs(machine, life, share, tally); });
      }
    }
  }
  for (const Machine& machine : all) {
    for (const Life& life : lives()) {
      if (!fits(machine, life)) continue;
      parts.emplace_back([&](Tally& tally) { sweep_cuts(machine, life, tally); });
    }
  }
  const Share flips{is_quick ? kTenth : share.one_in, options.seed};
  for (const Machine& machine : of_pairs) {
    for (const Life* life : lives_for_flips(machine)) {
      parts.emplace_back(
          [&machine, life, flips](Tally& tally) { sweep_flips(machine, *life, flips, tally); });
      if (machine.layout == Layout::two_slots) continue;
      parts.emplace_back([&machine, life, flips](Tally& tally) {
        sweep_lost_exchanges(machine, *life, flips, tally);
      });
    }
  }
  const std::uint64_t triples = is_quick ? 0 : options.triples;
  for (std::uint64_t done = 0; done < triples; done += kTriplesEach) {
    const std::uint64_t count = std::min(kTriplesEach, triples - done);
    parts.emplace_back([&options, done, count](Tally& tally) {
      sweep_triples(count, mix(options.seed, done + 1), tally);
    });
  }
  return parts;
}

// A life that fails uncut fails at each cut too: it is told once.
Tally play_all_uncut() {
  Tally tally;
  for (const Machine& machine : machines()) {
    for (const std::vector<Life>* all : {&lives(), &small_lives()}) {
      for (const Life& life : *all) {
        if (fits(machine, life)) play_uncut(machine, life, tally);
      }
    }
  }
  return tally;
}

Tally run(const Options& options) {
  Tally total = play_all_uncut();
  if (!total.is_clean()) return total;
  const std::vector<Work> parts = plan(options);
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  const auto work = [&] {
    for (std::size_t part = next++; part < parts.size(); part = next++) {
      Tally tally;
      parts[part](tally);
      const std::lock_guard lock(mutex);
      total.add(tally);
      if (!total.is_clean() && !options.keeps_going) next = parts.size();
      if (isatty(STDERR_FILENO) != 0) {
        std::fprintf(stderr, "\r%zu of %zu parts ", std::min(part + 1, parts.size()), parts.size());
      }
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < options.jobs; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return total;
}

void print(const Tally& tally) {
  for (const std::string& example : tally.examples) std::printf("HARM %s\n", example.c_str());
  for (const auto& [path, points] : tally.points) {
    std::printf("%-48s %5llu places\n", path.c_str(), static_cast<unsigned long long>(points));
  }
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("flipped bits=%llu, trials given up=%llu, most erases of one sector in one life=%u\n",
              number(tally.flips), number(tally.given_up), tally.worst_erases);
  std::printf("cuts=%llu pairs=%llu triples=%llu bricks=%llu wrong=%llu unconsented=%llu\n",
              number(tally.cuts), number(tally.pairs), number(tally.triples), number(tally.bricks),
              number(tally.wrong), number(tally.unconsented));
}

bool read_number(const char* text, std::uint64_t& to) {
  const char* end = text + std::strlen(text);
  const auto read = std::from_chars(text, end, to);
  return read.ec == std::errc() && read.ptr == end;
}

bool read_extent(std::string_view text, Options& options) {
  constexpr std::uint64_t kTriplesOfCi = 20'000;
  if (text == "all") return options.extent = Extent::all, true;
  if (text == "quick") return options.extent = Extent::quick, true;
  if (text != "ci") return false;
  options.extent = Extent::ci;
  options.triples = kTriplesOfCi;
  return true;
}

bool read_option(std::string_view name, const char* value, Options& options) {
  std::uint64_t number = 0;
  if (name == "--share") return read_extent(value, options);
  if (!read_number(value, number)) return false;
  if (name == "--triples") return options.triples = number, true;
  if (name == "--seed") return options.seed = number, true;
  if (name != "--jobs" || number == 0 || number > 64) return false;
  options.jobs = static_cast<unsigned>(number);
  return true;
}

int main_of(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--help") return std::printf("%s", std::string(kUsage).c_str()), 0;
    if (word == "--keep-going") {
      options.keeps_going = true;
      continue;
    }
    ++i;
    if (i == count || !read_option(word, words[i], options)) {
      std::fprintf(stderr, "usage: %s is not understood; see airlock-powercut --help\n",
                   words[std::min(i, count - 1)]);
      return 2;
    }
  }
  const Tally tally = run(options);
  print(tally);
  return tally.is_clean() ? 0 : 1;
}

}  // namespace
}  // namespace airlock::powercut

int main(int count, char** words) { return airlock::powercut::main_of(count, words); }
