// The share of the sweep that every run of the tests plays; `make powercut` plays all of it.
#include "tests/powercut/sweep.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>

namespace airlock::powercut {
namespace {

void expect_clean(const Tally& tally) {
  for (const std::string& example : tally.examples) ADD_FAILURE() << example;
  EXPECT_TRUE(tally.is_clean());
}

void tell(const char* what, std::uint64_t count) {
  std::printf("%s: %llu\n", what, static_cast<unsigned long long>(count));
}

std::size_t machine_count() { return machines().size(); }

// By number: gtest prints its parameters, and a machine has no printer.
class SingleCut : public testing::TestWithParam<std::size_t> {};

TEST_P(SingleCut, DoesNoHarmInAnyLife) {
  const Machine& machine = machines()[GetParam()];
  Tally tally;
  for (const Life& life : lives()) {
    if (fits(machine, life)) sweep_cuts(machine, life, tally);
  }
  tell("power cuts swept, single", tally.cuts);
  EXPECT_GT(tally.cuts, 500U);
  expect_clean(tally);
}

INSTANTIATE_TEST_SUITE_P(EveryMachine, SingleCut, testing::Range(std::size_t{0}, machine_count()));

class PairOfCuts : public testing::TestWithParam<std::size_t> {};

TEST_P(PairOfCuts, DoesNoHarm) {
  constexpr Share kHundredth = {100, 1};
  const Machine& machine = machines()[GetParam()];
  Tally tally;
  for (const Life& life : small_lives()) {
    if (fits(machine, life)) sweep_pairs(machine, life, kHundredth, tally);
  }
  tell("power cuts swept, pairs", tally.pairs);
  EXPECT_GT(tally.pairs, 1'000U);
  expect_clean(tally);
}

// What resumes on one place takes minutes even in part: it is in the program's shares alone.
INSTANTIATE_TEST_SUITE_P(EachLayout, PairOfCuts, testing::Range(std::size_t{0}, kPairMachines - 1));

TEST(ThreeCuts, DoNoHarm) {
  constexpr std::uint64_t kCount = 200;
  Tally tally;
  sweep_triples(kCount, 1, tally);
  EXPECT_EQ(tally.triples, kCount);
  expect_clean(tally);
}

// The device as a cut leaves it that took one more boot of the trial.
std::unique_ptr<Wallet> cut_in_trial(const Wallet& from, std::uint8_t boots_left) {
  constexpr std::uint64_t kOperationsMax = 5'000;
  for (std::uint64_t at = 0; at < kOperationsMax; ++at) {
    auto wallet = std::make_unique<Wallet>(from);
    wallet->board.power.cut_at(at, fakes::Cut::after);
    if (wallet->live(1) == Wallet::End::done) break;
    wallet->board.power.switch_on();
    wallet->board.power.never_cut();
    const Result<slot::Record> record = slot::load(wallet->board.record_areas());
    if (record && record->trial_boots == boots_left) return wallet;
  }
  return nullptr;
}

TEST(Trial, IsGivenUpByAsManyCutsAsItHasBootsAndByNoFewer) {
  constexpr std::size_t kUpdateWithFloor = 2;
  for (const Machine& machine : machines().first(2)) {
    const Life& life = small_lives()[kUpdateWithFloor];
    auto wallet = std::make_unique<Wallet>(machine, life);
    for (std::uint8_t left = kTrialBoots; left-- > 0;) {
      wallet = cut_in_trial(*wallet, left);
      ASSERT_TRUE(wallet);
      Wallet goes_on(*wallet);
      ASSERT_EQ(goes_on.live(1), Wallet::End::done);
      EXPECT_TRUE(goes_on.observer.is_content());
      EXPECT_EQ(goes_on.runs_what_it_should(), left > 0);
      EXPECT_EQ(goes_on.observer.gave_up(), left == 0);
    }
    ASSERT_EQ(wallet->live(1), Wallet::End::done);
    wallet->again();
    ASSERT_EQ(wallet->live(1), Wallet::End::done);
    EXPECT_TRUE(wallet->observer.is_content());
    EXPECT_TRUE(wallet->runs_what_it_should());
  }
}

class FlippedBit : public testing::TestWithParam<std::size_t> {};

TEST_P(FlippedBit, CostsAtMostTheUpdateAtHand) {
  constexpr Share kTwentieth = {20, 1};
  Tally tally;
  const Machine& machine = machines()[GetParam()];
  for (const Life* life : lives_for_flips(machine)) sweep_flips(machine, *life, kTwentieth, tally);
  tell("bits flipped", tally.flips);
  EXPECT_GT(tally.flips, 100U);
  expect_clean(tally);
}

TEST(LostExchange, CostsAtMostTheUpdateAtHand) {
  constexpr Share kTenth = {10, 1};
  Tally tally;
  for (const Machine& machine : machines()) {
    if (machine.layout != Layout::one_slot) continue;
    for (const Life& life : lives()) {
      if (fits(machine, life)) sweep_lost_exchanges(machine, life, kTenth, tally);
    }
  }
  tell("journals of an exchange lost", tally.flips);
  EXPECT_GT(tally.flips, 1'000U);
  expect_clean(tally);
}

INSTANTIATE_TEST_SUITE_P(EachLayout, FlippedBit, testing::Range(std::size_t{0}, kPairMachines));

}  // namespace
}  // namespace airlock::powercut
