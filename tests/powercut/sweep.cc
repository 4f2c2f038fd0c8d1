#include "tests/powercut/sweep.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <unordered_set>

namespace airlock::powercut {
namespace {

using fakes::Cut;
using fakes::kCuts;
using Deed = Chapter::Deed;

constexpr std::size_t kExamplesMax = 20;

std::string name_of(const Machine& machine, const Life& life) {
  return life.name + ", " + std::string(powercut::name_of(machine.layout));
}

std::string place_of(std::uint64_t operation, Cut cut) {
  static constexpr std::array<std::string_view, 5> kNames = {"before", "half", "garbage", "erase",
                                                             "after"};
  return "cut " + std::to_string(operation) + " " +
         std::string(kNames[static_cast<std::size_t>(cut)]);
}

// A copy of the device for each way in which the next operation may fail.
class Branches final : public fakes::Witness {
 public:
  using Visit = std::function<void(Wallet& wounded, std::uint64_t operation, Cut cut)>;
  Branches(Wallet& trunk, Visit visit) : trunk_(trunk), visit_(std::move(visit)) {
    trunk.board.power.watch_by(this);
  }
  ~Branches() { trunk_.board.power.watch_by(nullptr); }
  Branches(const Branches&) = delete;
  Branches& operator=(const Branches&) = delete;

  void before(const fakes::Operation& operation) override {
    for (Cut cut : kCuts) {
      Wallet wounded(trunk_);
      wounded.board.fail_in(operation, cut);
      visit_(wounded, operations_, cut);
    }
    ++operations_;
  }
  std::uint64_t operations() const { return operations_; }

 private:
  Wallet& trunk_;
  Visit visit_;
  std::uint64_t operations_ = 0;
};

// The power comes back; the device goes on to the end of its chapter.
void finish(Wallet& wallet) {
  wallet.board.power.switch_on();
  wallet.board.power.never_cut();
  AIRLOCK_CHECK(wallet.live(wallet.chapter() + 1) == Wallet::End::done);
}

// An update that is to succeed can be tried again.
bool is_repeatable(const Wallet& wallet) {
  if (wallet.chapter() >= wallet.life().chapters.size()) return false;
  const Chapter& chapter = wallet.life().chapters[wallet.chapter()];
  return chapter.deed == Deed::update && chapter.package == chapter.runs_after;
}

// What rots while the power is off. Bits are those that hold something.
struct Place {
  std::string_view name;
  fakes::Flash* area = nullptr;
  std::size_t used = 0;
  Observer::Rot rot = Observer::Rot::bookkeeping;
};

std::vector<Place> places_of(Wallet& wallet) {
  using Rot = Observer::Rot;
  constexpr std::size_t kRecordUsed = 300;
  constexpr std::size_t kManifestUsed = 900;
  constexpr std::size_t kJournalUsed = 150;
  constexpr std::size_t kExchangeUsed = 320;
  constexpr std::size_t kKeyringUsed = 600;
  constexpr std::size_t kScratchUsed = 220;
  constexpr std::size_t kImageUsed = 3000;
  Board& board = wallet.board;
  std::vector<Place> places;
  const auto both = [&](std::string_view name, auto area, std::size_t used, Rot rot) {
    for (std::size_t i = 0; i < 2; ++i) places.push_back({name, &area(i), used, rot});
  };
  const auto slot_of = [](std::size_t i) { return i == 0 ? SlotId::a : SlotId::b; };
  const auto image = [&](std::size_t i) -> fakes::Flash& { return board.image(0, slot_of(i)); };
  const auto manifest = [&](std::size_t i) -> fakes::Flash& { return board.manifest(slot_of(i)); };
  const auto record = [&](std::size_t i) -> fakes::Flash& { return board.record(i); };
  const auto journal = [&](std::size_t i) -> fakes::Flash& { return board.journal(i); };
  const auto exchange = [&](std::size_t i) -> fakes::Flash& { return board.exchange(i); };
  const auto keyring = [&](std::size_t i) -> fakes::Flash& { return board.keyring(i); };
  both("image", image, kImageUsed, Rot::slot);
  both("manifest", manifest, kManifestUsed, Rot::slot);
  both("record", record, kRecordUsed, Rot::bookkeeping);
  places.push_back({"scratch", &board.scratch(), kScratchUsed, Rot::bookkeeping});
  both("journal", journal, kJournalUsed, Rot::bookkeeping);
  both("keyring", keyring, kKeyringUsed, Rot::bookkeeping);
  if (board.machine().layout == Layout::one_slot) {
    both("exchange", exchange, kExchangeUsed, Rot::bookkeeping);
  }
  return places;
}

// A flipped bit may cost the update that runs, never the device; the next one must succeed.
void finish_flipped(Wallet& wallet, Observer::Rot rot) {
  const bool may_be_repeated = is_repeatable(wallet);
  wallet.observer.rotted(rot);
  finish(wallet);
  if (!may_be_repeated) return;
  if (!wallet.observer.is_content() || wallet.runs_what_it_should()) return;
  wallet.again();
  finish(wallet);
}

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

void sweep_pairs(const Machine& machine, const Life& life, const Share& share, Tally& tally) {
  const std::string name = name_of(machine, life);
  std::unordered_set<std::uint64_t> met;
  std::map<std::uint64_t, std::uint64_t> pairs_after;  // by the state that the first cut left
  Wallet whole(machine, life);
  Branches firsts(whole, [&](Wallet& wounded, std::uint64_t first, Cut first_cut) {
    const std::uint64_t state = wounded.fingerprint();
    const auto known = pairs_after.find(state);
    if (share.one_in <= 1 && known != pairs_after.end()) {
      tally.pairs += known->second;
      return;
    }
    std::uint64_t pairs = 0;
    const std::uint64_t number = first * 5 + static_cast<std::uint64_t>(first_cut);
    Branches seconds(wounded, [&](Wallet& twice, std::uint64_t second, Cut cut) {
      const std::uint64_t pair = mix(number, second * 5 + static_cast<std::uint64_t>(cut));
      if (!share.takes(pair)) return;
      ++pairs;
      if (!met.insert(twice.fingerprint()).second) return;
      finish(twice);
      tally.count(name + ", " + place_of(first, first_cut) + "; " + place_of(second, cut), twice);
    });
    finish(wounded);
    tally.count(name + ", " + place_of(first, first_cut), wounded);
    pairs_after[state] = pairs;
    tally.pairs += pairs;
  });
  AIRLOCK_CHECK(whole.live() == Wallet::End::done);
}

void sweep_flips(const Machine& machine, const Life& life, const Share& share, Tally& tally) {
  const std::string name = name_of(machine, life);
  std::minstd_rand random(static_cast<unsigned>(share.seed));
  Wallet whole(machine, life);
  Branches branches(whole, [&](Wallet& stopped, std::uint64_t operation, Cut cut) {
    if (cut != Cut::before || !is_repeatable(stopped)) return;
    const std::size_t count = places_of(stopped).size();
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = random();
      const auto bit = static_cast<std::uint8_t>(1U << random() % 8);
      if (!share.takes(mix(operation, i))) continue;
      Wallet rotten(stopped);
      const Place place = places_of(rotten)[i];
      place.area->damage(at % place.used, bit);
      finish_flipped(rotten, place.rot);
      ++tally.flips;
      tally.count(name + ", a bit of " + std::string(place.name) + " before operation " +
                      std::to_string(operation),
                  rotten);
    }
  });
  AIRLOCK_CHECK(whole.live() == Wallet::End::done);
}

void sweep_lost_exchanges(const Machine& machine, const Life& life, const Share& share,
                          Tally& tally) {
  constexpr std::size_t kInTheHead = 7;
  const std::string name = name_of(machine, life);
  std::unordered_set<std::uint64_t> met;
  Wallet whole(machine, life);
  Branches branches(whole, [&](Wallet& wounded, std::uint64_t operation, Cut cut) {
    if (!share.takes(operation * 5 + static_cast<std::uint64_t>(cut))) return;
    for (std::size_t page = 0; page < 2; ++page) wounded.board.exchange(page).damage(kInTheHead, 4);
    ++tally.flips;
    if (!met.insert(wounded.fingerprint()).second) return;
    finish_flipped(wounded, Observer::Rot::bookkeeping);
    tally.count(name + ", " + place_of(operation, cut) + " and both pages", wounded);
  });
  AIRLOCK_CHECK(whole.live() == Wallet::End::done);
}

bool fits(const Machine& machine, const Life& life) {
  constexpr std::size_t kLargeStep = 16 << 10;
  const bool is_large = life.capacity > 2 * package::kBlockSize;
  return is_large == (machine.step >= kLargeStep);
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
