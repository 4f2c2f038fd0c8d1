// The share of the sweep that every run of the tests plays; `make powercut` plays all of it.
#include "tests/powercut/sweep.h"

#include <gtest/gtest.h>

#include <cstdio>

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
  constexpr Share kTwentieth = {20, 1};
  constexpr std::size_t kUpdateWithFloor = 1;
  Tally tally;
  sweep_pairs(machines()[GetParam()], small_lives()[kUpdateWithFloor], kTwentieth, tally);
  tell("power cuts swept, pairs", tally.pairs);
  EXPECT_GT(tally.pairs, 1'000U);
  expect_clean(tally);
}

INSTANTIATE_TEST_SUITE_P(EachLayout, PairOfCuts, testing::Values(0, 1));

TEST(ThreeCuts, DoNoHarm) {
  constexpr std::uint64_t kCount = 200;
  Tally tally;
  sweep_triples(kCount, 1, tally);
  EXPECT_EQ(tally.triples, kCount);
  expect_clean(tally);
}

class FlippedBit : public testing::TestWithParam<std::size_t> {};

TEST_P(FlippedBit, CostsAtMostTheUpdateAtHand) {
  constexpr Share kTwentieth = {20, 1};
  Tally tally;
  for (const Life& life : lives()) {
    if (fits(machines()[GetParam()], life)) {
      sweep_flips(machines()[GetParam()], life, kTwentieth, tally);
    }
  }
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

INSTANTIATE_TEST_SUITE_P(EachLayout, FlippedBit, testing::Values(0, 1));

}  // namespace
}  // namespace airlock::powercut
