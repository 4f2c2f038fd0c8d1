// What bits and steps cost: estimates for who plans, never what is written.
#include <bit>

#include "publish/diff/internal/block.h"

namespace airlock::diff {

using namespace delta;

namespace {

// What a bit costs, by the upper 12 bits of its probability: the logarithm by repeated squaring,
// one more bit of it each time. Integers only: a payload must not depend on a machine's logarithm.
constexpr unsigned kFraction = 8;
static_assert(kBitPrice == 1U << kFraction);

constexpr std::array<std::uint16_t, 4096> make_prices() {
  std::array<std::uint16_t, 4096> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const std::uint64_t value = std::uint64_t{i} * 16 + 8;
    const std::uint32_t log = static_cast<std::uint32_t>(std::bit_width(value)) - 1;
    std::uint64_t mantissa = (value << 31) >> log;  // in [2^31, 2^32)
    std::uint32_t fraction = 0;
    for (unsigned round = 0; round < kFraction; ++round) {
      mantissa = mantissa * mantissa >> 31;
      fraction <<= 1;
      if (mantissa >= std::uint64_t{1} << 32) {
        mantissa >>= 1;
        fraction |= 1;
      }
    }
    table[i] = static_cast<std::uint16_t>((16U << kFraction) - (log << kFraction) - fraction);
  }
  return table;
}
constexpr std::array<std::uint16_t, 4096> kPrices = make_prices();

std::uint32_t price_of(Counter counter, unsigned bit) {
  const std::uint32_t one = probability_of(counter);
  return bit_price(bit != 0 ? one : 65536 - one);
}
std::array<std::uint32_t, 2> prices_of(Counter counter) {
  return {price_of(counter, 0), price_of(counter, 1)};
}

NumberPrices prices_of(const NumberModel& model) {
  NumberPrices made;
  for (unsigned count = 0; count < made.bits.size(); ++count) {
    const unsigned counted = 2 + kNumberLowBits;
    made.bits[count] = count > counted ? (count - counted) * kBitPrice : 0;
    unsigned node = 1;
    for (unsigned i = kNumberTreeBits; i-- > 0;) {
      made.bits[count] += price_of(model.bits[node], count >> i & 1);
      node = node << 1 | (count >> i & 1);
    }
  }
  for (std::size_t i = 0; i < made.second.size(); ++i) made.second[i] = prices_of(model.second[i]);
  made.last = prices_of(model.lowest[1]);
  for (unsigned i = 0; i < made.lowest.size(); ++i) {
    made.lowest[i] = made.last[i & 1] + price_of(model.lowest[2 | (i & 1)], i >> 1);
  }
  return made;
}

}  // namespace

std::uint32_t bit_price(std::uint32_t probability) { return kPrices[probability >> 4]; }

std::uint32_t NumberPrices::of(std::uint64_t value) const {
  const auto count = static_cast<unsigned>(std::bit_width(value));
  std::uint32_t price = bits[count];
  if (count < 2) return price;
  price += second[std::min<std::size_t>(count, kNumberBitsMax)][value >> (count - 2) & 1];
  if (count == 3) return price + last[value & 1];
  return count > 3 ? price + lowest[value & 3] : price;
}

StepPrices prices_of(const Models& models) {
  StepPrices made;
  for (std::size_t i = 0; i < made.is_match.size(); ++i) {
    made.is_match[i] = prices_of(models.steps[i]);
  }
  made.is_known = prices_of(models.steps[4]);
  made.is_other = prices_of(models.steps[5]);
  made.is_inside = prices_of(models.steps[6]);
  made.is_older = prices_of(models.steps[7]);
  for (std::size_t i = 0; i < kNumbers; ++i) made.numbers[i] = prices_of(models.numbers[i]);
  return made;
}

StepPrices usual_prices() {
  StepPrices made;
  for (auto& each : made.is_match) each = {kBitPrice / 6, 4 * kBitPrice};
  made.is_known = {kBitPrice, kBitPrice};
  made.is_other = {kBitPrice / 2, kBitPrice};
  made.is_inside = {2 * kBitPrice, kBitPrice};
  made.is_older = {kBitPrice, kBitPrice};
  for (std::size_t i = 0; i < kNumbers; ++i) {
    const bool is_place = i < static_cast<std::size_t>(Number::fresh_size);
    for (std::uint32_t count = 0; count < made.numbers[i].bits.size(); ++count) {
      made.numbers[i].bits[count] =
          is_place ? (3 + count) * kBitPrice : (2 + 3 * count / 2) * kBitPrice;
    }
  }
  return made;
}

}  // namespace airlock::diff
