#include "publish/diff/internal/prices.h"

namespace airlock::diff {

using namespace delta;

namespace {

constexpr unsigned kPriceBits = 4;  // a bit costs 16
constexpr unsigned kDropped = 4;    // low bits of a probability that a price ignores
constexpr std::size_t kPriceCount = (1 << kProbabilityBits) >> kDropped;
using PriceTable = std::array<std::uint16_t, kPriceCount>;

// The logarithm by repeated squaring, one more bit of it each time.
constexpr PriceTable make_prices() {
  PriceTable table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t square = (i << kDropped) + (1U << (kDropped - 1));
    std::uint32_t bits = 0;
    for (unsigned round = 0; round < kPriceBits; ++round) {
      square *= square;
      bits <<= 1;
      while (square >= 1U << 16) {
        square >>= 1;
        ++bits;
      }
    }
    table[i] = static_cast<std::uint16_t>((kProbabilityBits << kPriceBits) - 15 - bits);
  }
  return table;
}
constexpr PriceTable kPrices = make_prices();

std::uint32_t bit_price(Probability probability, unsigned value) {
  const unsigned of_value = value == 0 ? probability : (1U << kProbabilityBits) - probability;
  return kPrices[of_value >> kDropped];
}

std::uint32_t tree_price(std::span<const Probability> tree, std::uint32_t value, unsigned count) {
  std::uint32_t price = 0;
  for (std::uint32_t node = value + (1U << count); node > 1; node >>= 1) {
    price += bit_price(tree[node >> 1], node & 1);
  }
  return price;
}

std::uint32_t reverse_price(std::span<const Probability> tree, std::uint32_t value,
                            unsigned count) {
  std::uint32_t price = 0;
  std::uint32_t node = 1;
  for (; count > 0; --count, value >>= 1) {
    price += bit_price(tree[node], value & 1);
    node = node << 1 | (value & 1);
  }
  return price;
}

constexpr std::uint32_t direct_price(unsigned count) { return count << kPriceBits; }

}  // namespace

Prices::Prices(const Residuals& residuals, const Parameters& parameters, const Models& models)
    : residuals_(residuals),
      context_{parameters.context_bits, !residuals.segments.empty()},
      position_mask_((1U << parameters.position_bits) - 1),
      models_(models) {
  fill(match_lengths_, models.match_length);
  fill(recent_lengths_, models.recent_length);
  for (std::size_t context = 0; context < kDistanceContexts; ++context) {
    for (std::uint32_t slot = 0; slot < 1 << kDistanceSlotBits; ++slot) {
      slots_[context][slot] = tree_price(models.slot[context], slot, kDistanceSlotBits);
    }
  }
}

void Prices::fill(LengthPrices& prices, const LengthModel& model) {
  for (std::size_t position = 0; position < kPositionCount; ++position) {
    auto& of = prices[position];
    const std::uint32_t beyond_low = bit_price(model.choice[0], 1);
    const std::uint32_t beyond_mid = beyond_low + bit_price(model.choice[1], 1);
    for (std::uint32_t i = 0; i < 1 << kLengthLowBits; ++i) {
      of[kLengthMin + i] =
          bit_price(model.choice[0], 0) + tree_price(model.low[position], i, kLengthLowBits);
      of[kLengthMidFirst + i] = beyond_low + bit_price(model.choice[1], 0) +
                                tree_price(model.mid[position], i, kLengthLowBits);
    }
    for (std::uint32_t i = 0; i < 256; ++i) {
      of[kLengthHighFirst + i] = beyond_mid + tree_price(model.high, i, 8);
    }
    of[kLengthLongFirst] += direct_price(16);
  }
}

std::uint32_t Prices::literal(std::uint32_t at, const Memory& memory) const {
  const auto past = static_cast<std::size_t>(memory.past);
  const auto& bytes = residuals_.bytes;
  std::uint32_t price =
      bit_price(models_.is_match[residuals_.copied[at]][past][at & position_mask_], 0);
  const std::uint8_t before = at == 0 ? 0 : bytes[at - 1];
  const auto& tree = models_.literal[context_.index(before, residuals_.copied[at] != 0)];
  if (!ends_in_match(memory.past)) return price + tree_price(tree, bytes[at], 8);
  const std::uint32_t predicted = bytes[at - memory.recent[0] - 1];
  bool agrees = true;
  std::uint32_t node = 1;
  for (int i = 7; i >= 0; --i) {
    const std::uint32_t one = bytes[at] >> i & 1;
    const std::uint32_t expected = predicted >> i & 1;
    price += bit_price(tree[agrees ? ((1 + expected) << 8) + node : node], one);
    node = node << 1 | one;
    agrees = agrees && one == expected;
  }
  return price;
}

std::uint32_t Prices::fresh_head(std::uint32_t at, const Memory& memory) const {
  const auto past = static_cast<std::size_t>(memory.past);
  return bit_price(models_.is_match[residuals_.copied[at]][past][at & position_mask_], 1) +
         bit_price(models_.is_recent[past], 0);
}

std::uint32_t Prices::recent_head(std::uint32_t at, const Memory& memory,
                                  std::uint32_t index) const {
  const auto past = static_cast<std::size_t>(memory.past);
  const std::size_t position = at & position_mask_;
  std::uint32_t price = bit_price(models_.is_match[residuals_.copied[at]][past][position], 1) +
                        bit_price(models_.is_recent[past], 1) +
                        bit_price(models_.is_older[past], index == 0 ? 0 : 1);
  if (index == 0) return price + bit_price(models_.is_longer[past][position], 1);
  price += bit_price(models_.is_third[past], index == 1 ? 0 : 1);
  return index == 1 ? price : price + bit_price(models_.is_fourth[past], index - 2);
}

std::uint32_t Prices::recent_single(std::uint32_t at, const Memory& memory) const {
  const auto past = static_cast<std::size_t>(memory.past);
  const std::size_t position = at & position_mask_;
  return bit_price(models_.is_match[residuals_.copied[at]][past][position], 1) +
         bit_price(models_.is_recent[past], 1) + bit_price(models_.is_older[past], 0) +
         bit_price(models_.is_longer[past][position], 0);
}

std::uint32_t Prices::distance(std::uint32_t length, std::uint32_t distance) const {
  const std::uint32_t slot = distance_slot(distance);
  const std::uint32_t price = slots_[distance_context(length)][slot];
  if (slot < 4) return price;
  const unsigned low_bits = (slot >> 1) - 1;
  const std::uint32_t low = distance - ((2 | (slot & 1)) << low_bits);
  if (slot < kDistanceTreeSlotEnd) {
    return price + reverse_price(models_.distance[slot], low, low_bits);
  }
  return price + direct_price(low_bits - kDistanceLowBits) +
         reverse_price(models_.distance_low, low & ((1U << kDistanceLowBits) - 1),
                       kDistanceLowBits);
}

}  // namespace airlock::diff
