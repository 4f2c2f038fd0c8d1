#include "tests/powercut/sweep.h"

#include <algorithm>
#include <memory>
#include <random>
#include <unordered_set>

#include "tests/powercut/branches.h"

namespace airlock::powercut {
namespace {

using fakes::Cut;
using fakes::kCuts;

constexpr std::size_t kExamplesMax = 20;

}  // namespace

void Tally::add(const Tally& other) {
  cuts += other.cuts;
  pairs += other.pairs;
  triples += other.triples;
  flips += other.flips;
  given_up += other.given_up;
  bricks += other.bricks;
  wrong += other.wrong;
  unconsented += other.unconsented;
  worst_erases = std::max(worst_erases, other.worst_erases);
  for (const std::string& example : other.examples) {
    if (examples.size() < kExamplesMax) examples.push_back(example);
  }
  for (const auto& [path, count] : other.points) points[path] += count;
}

void Tally::count(const std::string& where, const Wallet& wallet) {
  worst_erases = std::max(worst_erases, wallet.board.worst_erases());
  const auto tell = [&](const std::string& what) {
    if (examples.size() < kExamplesMax) examples.push_back(where + ": " + what);
  };
  for (const Violation& violation : wallet.observer.violations()) {
    switch (violation.harm) {
      case Harm::brick: ++bricks; break;
      case Harm::wrong: ++wrong; break;
      case Harm::unconsented: ++unconsented; break;
    }
    tell(violation.what);
  }
  for (const fakes::Breach& breach : wallet.board.power.breaches()) {
    ++wrong;
    tell("the rules of flash: " + breach);
  }
}

void play_uncut(const Machine& machine, const Life& life, Tally& tally) {
  Wallet whole(machine, life);
  AIRLOCK_CHECK(whole.live() == Wallet::End::done);
  tally.count(name_of(machine, life) + ", uncut", whole);
}

void sweep_cuts(const Machine& machine, const Life& life, Tally& tally) {
  const std::string name = name_of(machine, life);
  std::unordered_set<std::uint64_t> met;
  Wallet whole(machine, life);
  Branches branches(whole, [&](Wallet& wounded, std::uint64_t operation, Cut cut) {
    ++tally.cuts;
    if (!met.insert(wounded.fingerprint()).second) return;
    finish(wounded);
    tally.count(name + ", " + place_of(operation, cut), wounded);
  });
  AIRLOCK_CHECK(whole.live() == Wallet::End::done);
  tally.count(name + ", uncut", whole);
  std::uint64_t& points = tally.points[name];
  points = std::max(points, branches.operations());
}

namespace {

// Each second cut in what is left of a life after a first one.
class SecondCuts {
 public:
  SecondCuts(const Share& share, Tally& tally) : share_(share), tally_(tally) {}

  // after counts the second cuts from here to the life's end. Chapters end in few states, however
  // they were cut.
  std::uint64_t after(Wallet& wounded, const std::string& first) {
    const std::uint64_t state = wounded.fingerprint();
    const auto known = pairs_after_.find(state);
    if (known != pairs_after_.end()) return known->second;
    std::uint64_t pairs = in_chapter(wounded, state, first);
    const bool is_over = wounded.chapter() == wounded.life().chapters.size();
    if (!is_over && wounded.observer.is_content()) pairs += after(wounded, first);
    return pairs_after_[state] = pairs;
  }

 private:
  // What a share takes hangs on the state, so that equal states have equal pairs.
  std::uint64_t in_chapter(Wallet& wounded, std::uint64_t state, const std::string& first) {
    std::uint64_t pairs = 0;
    const auto is_wanted = [&](std::uint64_t second, Cut cut) {
      return share_.takes(mix(state, second * 5 + static_cast<std::uint64_t>(cut)));
    };
    Branches seconds(wounded, is_wanted, [&](Wallet& twice, std::uint64_t second, Cut cut) {
      ++pairs;
      if (!met_.insert(twice.fingerprint()).second) return;
      finish(twice);
      tally_.count(first + "; " + place_of(second, cut), twice);
    });
    finish(wounded);
    tally_.count(first, wounded);
    return pairs;
  }

  const Share& share_;
  Tally& tally_;
  std::unordered_set<std::uint64_t> met_;
  std::map<std::uint64_t, std::uint64_t> pairs_after_;  // by the state
};

}  // namespace

void sweep_pairs(const Machine& machine, const Life& life, const Share& share, Tally& tally) {
  const std::string name = name_of(machine, life);
  SecondCuts seconds(share, tally);
  Wallet whole(machine, life);
  Branches firsts(whole, [&](Wallet& wounded, std::uint64_t first, Cut cut) {
    tally.pairs += seconds.after(wounded, name + ", " + place_of(first, cut));
  });
  AIRLOCK_CHECK(whole.live() == Wallet::End::done);
}

namespace {

// Where a chapter begins, so that a draw need not live what comes before.
struct Start {
  const Machine* machine = nullptr;
  std::unique_ptr<Wallet> wallet;
  std::uint64_t operations = 0;
};

std::vector<Start> all_starts() {
  std::vector<Start> starts;
  for (const Machine& machine : machines()) {
    for (const Life& life : lives()) {
      if (!fits(machine, life)) continue;
      Wallet whole(machine, life);
      for (std::size_t chapter = 0; chapter < life.chapters.size(); ++chapter) {
        Start start{&machine, std::make_unique<Wallet>(whole), 0};
        const std::uint64_t before = whole.board.power.operations();
        if (whole.live(chapter + 1) == Wallet::End::dark || !whole.observer.is_content()) break;
        start.operations = whole.board.power.operations() - before;
        if (start.operations > 0) starts.push_back(std::move(start));
      }
    }
  }
  return starts;
}

// draw_triple lives a chapter with up to three cuts; how many hit is returned. Every second later
// cut falls soon after the one before: into what that one left to be done.
int draw_triple(const Start& start, std::mt19937_64& random, Tally& tally) {
  constexpr int kCutsEach = 3;
  constexpr std::uint64_t kSoon = 12;
  Wallet wallet(*start.wallet);
  std::string where = name_of(*start.machine, wallet.life());
  const std::size_t chapter = wallet.chapter();
  int hits = 0;
  for (; hits < kCutsEach; ++hits) {
    const bool soon = hits > 0 && random() % 2 == 0;
    const std::uint64_t at = random() % (soon ? kSoon : start.operations);
    const Cut cut = kCuts[random() % std::size(kCuts)];
    wallet.board.power.switch_on();
    wallet.board.power.cut_at(at, cut);
    where += "; " + place_of(at, cut);
    if (wallet.live(chapter + 1) == Wallet::End::done) break;
  }
  if (hits == kCutsEach) finish(wallet);
  if (wallet.observer.is_content() && wallet.observer.gave_up()) {
    ++tally.given_up;
    wallet.again();
    finish(wallet);
  }
  tally.count(where, wallet);
  return hits;
}

}  // namespace

void sweep_triples(std::uint64_t count, std::uint64_t seed, Tally& tally) {
  constexpr int kCutsEach = 3;
  const std::vector<Start> starts = all_starts();
  std::mt19937_64 random(seed);
  for (std::uint64_t drawn = 0; tally.triples < count && drawn < 20 * count; ++drawn) {
    const Start& start = starts[random() % starts.size()];
    if (draw_triple(start, random, tally) == kCutsEach) ++tally.triples;
  }
}

}  // namespace airlock::powercut
