// A processor that takes all inputs at once against what the format says of each.
#include "core/delta/mixing.h"

#include <gtest/gtest.h>

#include <random>

namespace airlock::delta {
namespace {

using Row = std::array<Weight, kLanes>;

// Values up to a limit, the limits themselves more often than chance would have it.
class Draw {
 public:
  std::int32_t within(std::int32_t limit) {
    const std::uint32_t how = random_() % 8;
    if (how == 0) return limit;
    if (how == 1) return -limit;
    return static_cast<std::int32_t>(random_() % (2 * static_cast<std::uint32_t>(limit) + 1)) -
           limit;
  }
  unsigned bit() { return random_() & 1; }

 private:
  std::mt19937 random_{1};
};

template <std::size_t kInputs>
void expect_same() {
  Draw draw;
  for (int round = 0; round < 20000; ++round) {
    std::array<std::int32_t, kInputs> inputs;
    for (std::int32_t& each : inputs) each = draw.within(kStretchMax);
    Row plain_row;
    for (Weight& each : plain_row) each = static_cast<Weight>(draw.within(kWeightMax));
    Row row = plain_row;
    PlainMixing<kInputs> plain;
    Mixing<kInputs> mixing;
    plain.mix(inputs, WeightRow(plain_row));
    mixing.mix(inputs, WeightRow(row));
    ASSERT_EQ(mixing.probability, plain.probability);
    const unsigned bit = draw.bit();
    plain.learn(bit, WeightRow(plain_row));
    mixing.learn(bit, WeightRow(row));
    ASSERT_EQ(row, plain_row);
  }
}

// Every counter that there is, each beside others.
template <std::size_t kInputs>
void expect_counted_alike(unsigned limit) {
  for (unsigned bit = 0; bit < 2; ++bit) {
    for (std::uint32_t first = 0; first < 65536; ++first) {
      std::array<Counter, kInputs> one_by_one;
      for (std::size_t i = 0; i < kInputs; ++i) {
        one_by_one[i] = static_cast<Counter>(first + i * 9377);
      }
      std::array<Counter, kInputs> at_once = one_by_one;
      CountersOf<kInputs> counters;
      for (std::size_t i = 0; i < kInputs; ++i) counters[i] = &at_once[i];
      count_all<kInputs>(counters, bit, limit);
      for (Counter& each : one_by_one) count(each, bit, limit);
      ASSERT_EQ(at_once, one_by_one) << first << " " << bit;
    }
  }
}

TEST(Stretch, ByLinesIsWhatIsLookedUp) {
  for (std::uint32_t upper = 0; upper < kStretchCount; ++upper) {
    ASSERT_EQ(stretch_by_lines(upper), kStretch[upper]) << upper;
  }
}

TEST(Counters, OfAFlagMoveAtOnceAsTheyDoOneAfterTheOther) {
  expect_counted_alike<kFlagInputs>(kSeenMax);
}
TEST(Counters, OfALiteralMoveAtOnceAsTheyDoOneAfterTheOther) {
  expect_counted_alike<kLiteralInputs>(kSeenLiteralMax);
}

TEST(Mixing, OfAFlagIsTheSameAtOnceAsOneAfterTheOther) { expect_same<kFlagInputs>(); }
TEST(Mixing, OfALiteralIsTheSameAtOnceAsOneAfterTheOther) { expect_same<kLiteralInputs>(); }

}  // namespace
}  // namespace airlock::delta
