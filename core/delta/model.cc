#include <new>

#include "core/delta/bits.h"

namespace airlock::delta {
namespace {

template <class Item>
std::span<Item> laid_out(MutableBytes& memory, std::size_t count) {
  AIRLOCK_CHECK(memory.size() >= count * sizeof(Item));
  auto* const first = new (memory.data()) Item[count];
  memory = memory.subspan(count * sizeof(Item));
  return {first, count};
}

}  // namespace

Models& Models::place(const Profile& profile, MutableBytes memory) {
  AIRLOCK_CHECK(memory.size() >= bytes(profile));
  auto& models = *new (memory.data()) Models;
  MutableBytes left = memory.subspan(sizeof(Models));
  models.seen = laid_out<Seen>(left, std::size_t{1} << profile.seen_bits);
  models.flags = laid_out<Counter>(left, kFlagInputs << profile.flag_bits);
  for (std::size_t i = 0; i < kLiteralOrders; ++i) {
    models.literals[i] = laid_out<Counter>(left, std::size_t{1} << profile.literal_bits[i]);
  }
  return models;
}

void Models::reset() {
  for (auto& category : guesses) {
    for (auto& guess : category) {
      for (auto& bit : guess) bit.fill(kCounterEven);
    }
  }
  runs.fill(kCounterEven);
  for (NumberModel& number : numbers) number.reset();
  steps.fill(kCounterEven);
  flag_weights.fill(kFlagWeight);
  literal_weights.fill(kLiteralWeight);
  std::fill(flags.begin(), flags.end(), kCounterEven);
  for (auto& table : literals) std::fill(table.begin(), table.end(), kCounterEven);
  std::fill(seen.begin(), seen.end(), Seen{0, Seen::kNothing});
}

}  // namespace airlock::delta
