// The sweep: whole lives of a wallet, its power cut at every storage operation in every way.
//
// After each cut the power comes back and the life goes on to its end. The observer in wallet.h
// says what went wrong: a brick, a wrong image, a release without consent, a floor above what runs,
// a security version that went down, a session that never ends or ends otherwise.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/powercut/wallet.h"

namespace airlock::powercut {
namespace {

using fakes::Cut;
using fakes::Geometry;
using fakes::kCuts;
using fakes::Unsynced;
using Deed = Chapter::Deed;

constexpr Geometry kSmall = {4096, 1, 0xff};

// All ways of losing what was not synced on one geometry, all geometries with one way.
struct Machine {
  Geometry geometry;
  Unsynced unsynced;
};
constexpr Machine kMachines[] = {
    {kSmall, Unsynced::kept},           {kSmall, Unsynced::lost},
    {kSmall, Unsynced::every_other},    {{4096, 4, 0x00}, Unsynced::lost},
    {{2048, 8, 0xff}, Unsynced::lost},  {{16 << 10, 16, 0xff}, Unsynced::lost},
    {{8192, 32, 0x00}, Unsynced::lost},
};

Chapter update(const Package& package, const Package& runs_after, Code reason = Code::ok) {
  Chapter chapter;
  chapter.package = &package;
  chapter.runs_after = &runs_after;
  chapter.reason = reason;
  return chapter;
}

Chapter update_of_a_sick_one(const Package& package, const Package& stays, Health health) {
  const Code reason = health == Health::bad ? Code::unhealthy : Code::trial_exhausted;
  Chapter chapter = update(package, stays, reason);
  chapter.health = health;
  return chapter;
}

Chapter refusal(const Package& package, const Package& stays) {
  Chapter chapter = update(package, stays, Code::consent_refused);
  chapter.owner = Owner::refuses;
  return chapter;
}

Chapter restore(const Package& package, const Package& runs_after, Code reason = Code::ok) {
  Chapter chapter = update(package, runs_after, reason);
  chapter.deed = Deed::restore;
  return chapter;
}

Chapter rot(const Package& falls_back_to) {
  Chapter chapter = update(falls_back_to, falls_back_to);
  chapter.deed = Deed::rot;
  return chapter;
}

std::vector<Life> lives() {
  const World& w = world();
  return {
      {"two updates, the floor rises", {update(w.v2, w.v2), update(w.v3, w.v3)}},
      {"unhealthy, then again and well",
       {update_of_a_sick_one(w.v3, w.v1, Health::bad), update(w.v3, w.v3)}},
      {"hangs in its trial, then another",
       {update_of_a_sick_one(w.v2, w.v1, Health::hangs), update(w.v3, w.v3)}},
      {"the owner refuses, then agrees", {refusal(w.v2, w.v1), update(w.v2, w.v2)}},
      {"restored on request and forward again",
       {update(w.v2, w.v2), restore(w.v1, w.v1), restore(w.v2, w.v2), update(w.v3, w.v3),
        restore(w.v2, w.v3, Code::below_floor)}},
      {"keys are rotated between two updates",
       {update(w.after_rotation, w.v1, Code::quorum_missing), update(w.rotated, w.v1),
        update(w.after_rotation, w.after_rotation)}},
      {"the committed image rots", {update(w.v2, w.v2), rot(w.v1), update(w.v3, w.v3)}},
  };
}

struct Tally {
  std::uint64_t cuts = 0;
  std::vector<std::string> violations;
};

// The power comes back; the life goes on to the end of its chapter, and the device starts once
// more.
void finish(Wallet& wallet, const Life& life, const std::string& where, Tally& tally) {
  ++tally.cuts;
  wallet.power.switch_on();
  wallet.power.never_cut();
  const Wallet::End end = wallet.live(life, wallet.chapter() + 1);
  AIRLOCK_CHECK(end == Wallet::End::done);
  for (const std::string& violation : wallet.violations()) {
    tally.violations.push_back(where + ": " + violation);
  }
}

std::string place_of(const Life& life, std::uint64_t operation, Cut cut) {
  return life.name + ", cut " + std::to_string(operation) + "/" +
         std::to_string(static_cast<int>(cut));
}

// Each single cut of one life. A chapter's cuts start from the wallet that stood at its beginning.
void sweep(const Wallet& factory, const Life& life, Tally& tally) {
  Wallet whole(factory);
  for (std::size_t chapter = 0; chapter < life.chapters.size(); ++chapter) {
    const Wallet start(whole);
    EXPECT_EQ(whole.live(life, chapter + 1), Wallet::End::done);
    for (const std::string& violation : whole.violations()) {
      tally.violations.push_back(life.name + ", uncut: " + violation);
    }
    if (!whole.violations().empty()) return;
    const std::uint64_t operations = whole.power.operations() - start.power.operations();
    for (std::uint64_t at = 0; at < operations; ++at) {
      for (Cut cut : kCuts) {
        Wallet wallet(start);
        wallet.power.cut_at(at, cut);
        EXPECT_EQ(wallet.live(life, chapter + 1), Wallet::End::dark);
        finish(wallet, life, place_of(life, at, cut), tally);
      }
    }
  }
}

// Cuts the second time, at `second` after the first; false where the life was over before.
bool sweep_second(const Wallet& wounded, const Life& life, std::uint64_t second,
                  const std::string& where, Tally& tally) {
  for (Cut cut : kCuts) {
    Wallet wallet(wounded);
    wallet.power.cut_at(second, cut);
    if (wallet.live(life) == Wallet::End::done) return false;
    finish(wallet, life, where + place_of(life, second, cut), tally);
  }
  return true;
}

// Each ordered pair of cuts of one life: the second falls into what the first left to be done.
void sweep_pairs(const Wallet& factory, const Life& life, Cut cut, Tally& tally) {
  for (std::uint64_t first = 0;; ++first) {
    Wallet wounded(factory);
    wounded.power.cut_at(first, cut);
    if (wounded.live(life) == Wallet::End::done) return;
    wounded.power.switch_on();
    const std::string where = place_of(life, first, cut) + "; ";
    std::uint64_t second = 0;
    while (sweep_second(wounded, life, second, where, tally)) ++second;
  }
}

void expect_clean(const Tally& tally) {
  constexpr std::size_t kShown = 10;
  for (std::size_t i = 0; i < std::min(kShown, tally.violations.size()); ++i) {
    ADD_FAILURE() << tally.violations[i];
  }
  EXPECT_EQ(tally.violations.size(), 0U);
}

class SingleCut : public testing::TestWithParam<Machine> {};

TEST_P(SingleCut, DoesNoHarmInAnyLife) {
  Tally tally;
  for (const Life& life : lives()) {
    sweep(Wallet(GetParam().geometry, GetParam().unsynced), life, tally);
  }
  std::printf("power cuts swept, single: %llu\n", static_cast<unsigned long long>(tally.cuts));
  EXPECT_GT(tally.cuts, 4'000U);
  expect_clean(tally);
}

INSTANTIATE_TEST_SUITE_P(EveryMachine, SingleCut, testing::ValuesIn(kMachines));

// Split by the way of the first cut, so that the parts run side by side.
class PairOfCuts : public testing::TestWithParam<Cut> {};

TEST_P(PairOfCuts, DoesNoHarm) {
  const World& w = world();
  Tally tally;
  sweep_pairs(Wallet(kSmall, Unsynced::lost), {"one update", {update(w.v3, w.v3)}}, GetParam(),
              tally);
  std::printf("power cuts swept, pairs: %llu\n", static_cast<unsigned long long>(tally.cuts));
  EXPECT_GT(tally.cuts, 5'000U);
  expect_clean(tally);
}

INSTANTIATE_TEST_SUITE_P(EveryWay, PairOfCuts, testing::ValuesIn(kCuts));

// The sweep must be able to find what it looks for.
class PlantedFault : public testing::TestWithParam<Fault> {};

TEST_P(PlantedFault, IsFound) {
  Tally tally;
  for (const Life& life : lives()) {
    sweep(Wallet(kSmall, Unsynced::lost, GetParam()), life, tally);
    if (!tally.violations.empty()) break;
  }
  ASSERT_FALSE(tally.violations.empty());
  std::printf("found: %s\n", tally.violations[0].c_str());
}

INSTANTIATE_TEST_SUITE_P(All, PlantedFault,
                         testing::Values(Fault::overwrites_newer, Fault::single_copy,
                                         Fault::forgets_sync, Fault::floor_before_commit,
                                         Fault::asks_nobody, Fault::confirms_early,
                                         Fault::floor_in_one_copy));

}  // namespace
}  // namespace airlock::powercut
