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
#include <optional>
#include <ranges>
#include <string>
#include <thread>
#include <vector>

#include "tests/powercut/sweep.h"

namespace airlock::powercut {
namespace {

constexpr std::string_view kUsage =
    R"(Cuts the power of a simulated device at every storage operation, and looks at what is left.

  airlock-powercut [--share all|ci|quick|none] [--triples N] [--seed N] [--jobs N] [--keep-going] [--json]

  --share all    every cut, every pair, 100 000 triples, every flip place (default)
  --share ci     every cut, a tenth of the pairs and of the flips, 20 000 triples
  --share quick  every cut, a tenth of the flips
  --share none   nothing but what --triples says
  --triples N    lives that are cut three times at random, in the place of the share's own number
  --seed N       of what is drawn (default 1)
  --jobs N       threads (default: the processors)
  --keep-going   sweep on where something was harmed, and count all of it
  --json         write one object for scripts; how far it is goes to standard error

Example: airlock-powercut --share ci --jobs 2
Ends with 0 where nothing was harmed, 1 where something was, 2 on a wrong line.
)";

enum class Extent : std::uint8_t { all, ci, quick, none };

struct Options {
  Extent extent = Extent::all;
  std::optional<std::uint64_t> triples;  // in the place of the extent's own number
  std::uint64_t seed = 1;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  bool keeps_going = false;
  bool writes_json = false;
};

std::uint64_t triples_of(const Options& options) {
  if (options.triples) return *options.triples;
  if (options.extent == Extent::all) return 100'000;
  return options.extent == Extent::ci ? 20'000 : 0;
}

using Work = std::function<void(Tally&)>;

void plan_pairs(const Share& share, std::vector<Work>& parts) {
  for (const Machine& machine : std::views::reverse(machines().first(kPairMachines))) {
    for (const Life& life : small_lives()) {
      if (!fits(machine, life)) continue;
      parts.emplace_back([&, share](Tally& tally) { sweep_pairs(machine, life, share, tally); });
    }
  }
}

void plan_cuts(std::vector<Work>& parts) {
  for (const Machine& machine : machines()) {
    for (const Life& life : lives()) {
      if (!fits(machine, life)) continue;
      parts.emplace_back([&](Tally& tally) { sweep_cuts(machine, life, tally); });
    }
  }
}

void plan_flips(const Share& share, std::vector<Work>& parts) {
  for (const Machine& machine : machines().first(kPairMachines)) {
    for (const Life* life : lives_for_flips(machine)) {
      parts.emplace_back(
          [&machine, life, share](Tally& tally) { sweep_flips(machine, *life, share, tally); });
      if (machine.layout == Layout::two_slots) continue;
      parts.emplace_back([&machine, life, share](Tally& tally) {
        sweep_lost_exchanges(machine, *life, share, tally);
      });
    }
  }
}

void plan_triples(const Options& options, std::vector<Work>& parts) {
  constexpr std::uint64_t kTriplesEach = 2'500;
  const std::uint64_t triples = triples_of(options);
  for (std::uint64_t done = 0; done < triples; done += kTriplesEach) {
    const std::uint64_t count = std::min(kTriplesEach, triples - done);
    parts.emplace_back([&options, done, count](Tally& tally) {
      sweep_triples(count, mix(options.seed, done + 1), tally);
    });
  }
}

// The work in parts that run side by side, the longest first.
std::vector<Work> plan(const Options& options) {
  constexpr std::uint64_t kTenth = 10;
  const Share share{options.extent == Extent::all ? 1 : kTenth, options.seed};
  std::vector<Work> parts;
  if (options.extent <= Extent::ci) plan_pairs(share, parts);
  if (options.extent != Extent::none) {
    plan_cuts(parts);
    plan_flips(share, parts);
  }
  plan_triples(options, parts);
  return parts;
}

// How far it is: a line that is redrawn on a terminal, else one now and then and at the end.
class Progress {
 public:
  explicit Progress(std::size_t parts) : parts_(parts) {}
  void done_one() {
    ++done_;
    const auto now = std::chrono::steady_clock::now();
    if (!is_terminal_ && done_ != parts_ && now - told_ < kToldEach) return;
    told_ = now;
    std::fprintf(stderr, is_terminal_ ? "\r%zu of %zu parts " : "%zu of %zu parts\n", done_,
                 parts_);
  }

 private:
  static constexpr std::chrono::seconds kToldEach{10};
  const bool is_terminal_ = isatty(STDERR_FILENO) != 0;
  std::size_t parts_, done_ = 0;
  std::chrono::steady_clock::time_point told_ = std::chrono::steady_clock::now();
};

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
  Progress progress(parts.size());
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  const auto work = [&] {
    for (std::size_t part = next++; part < parts.size(); part = next++) {
      Tally tally;
      parts[part](tally);
      const std::lock_guard lock(mutex);
      total.add(tally);
      if (!total.is_clean() && !options.keeps_going) next = parts.size();
      progress.done_one();
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

// What stands in a path or an example of harm is plain text, but for what a string ends with.
std::string json_text(std::string_view text) {
  std::string made = "\"";
  for (const char character : text) {
    if (character == '"' || character == '\\') made += '\\';
    made += static_cast<unsigned char>(character) < 0x20 ? ' ' : character;
  }
  return made + "\"";
}

void print_json(const Tally& tally) {
  std::string made = "{";
  const auto add = [&made](std::string_view name, std::uint64_t value) {
    made += json_text(name) + ": " + std::to_string(value) + ", ";
  };
  add("cuts", tally.cuts);
  add("pairs", tally.pairs);
  add("triples", tally.triples);
  add("flips", tally.flips);
  add("given_up", tally.given_up);
  add("worst_erases", tally.worst_erases);
  add("bricks", tally.bricks);
  add("wrong", tally.wrong);
  add("unconsented", tally.unconsented);
  made += "\"places\": {";
  std::string_view comma;
  for (const auto& [path, points] : tally.points) {
    made += std::string(comma) + json_text(path) + ": " + std::to_string(points);
    comma = ", ";
  }
  made += "}, \"harm\": [";
  comma = {};
  for (const std::string& example : tally.examples) {
    made += std::string(comma) + json_text(example);
    comma = ", ";
  }
  std::printf("%s]}\n", made.c_str());
}

bool read_number(const char* text, std::uint64_t& to) {
  const char* end = text + std::strlen(text);
  const auto read = std::from_chars(text, end, to);
  return read.ec == std::errc() && read.ptr == end;
}

bool read_extent(std::string_view text, Options& options) {
  if (text == "all") return options.extent = Extent::all, true;
  if (text == "ci") return options.extent = Extent::ci, true;
  if (text == "quick") return options.extent = Extent::quick, true;
  if (text == "none") return options.extent = Extent::none, true;
  return false;
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
    if (word == "--json") {
      options.writes_json = true;
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
  options.writes_json ? print_json(tally) : print(tally);
  return tally.is_clean() ? 0 : 1;
}

}  // namespace
}  // namespace airlock::powercut

int main(int count, char** words) { return airlock::powercut::main_of(count, words); }
