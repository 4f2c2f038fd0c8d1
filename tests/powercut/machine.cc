#include "tests/powercut/machine.h"

#include <algorithm>

namespace airlock::powercut {
namespace {

using fakes::Torn;
using fakes::Unsynced;

// Of a record, a journal, a keyring, a manifest, the scratch area.
constexpr std::size_t kSmallArea = 4096;
constexpr std::size_t kKiB = 1 << 10;

fakes::Sectors sectors_of(const Pattern& pattern, std::size_t size, std::size_t step) {
  fakes::Sectors sectors;
  std::size_t have = 0;
  while (have < size || have % step != 0) {
    sectors.push_back(pattern[sectors.size() % pattern.size()]);
    have += sectors.back();
  }
  return sectors;
}

}  // namespace

std::string_view name_of(Layout layout) {
  switch (layout) {
    case Layout::two_slots: return "two slots";
    case Layout::one_slot: return "one slot";
  }
  broken_promise();
}

std::span<const Machine> machines() {
  constexpr auto kTwo = Layout::two_slots;
  constexpr auto kOne = Layout::one_slot;
  // Mixed sectors as on the STM32F4: four of 16 KiB, one of 64 KiB, then of 128 KiB.
  static const Pattern mixed = {16 * kKiB, 16 * kKiB, 16 * kKiB, 16 * kKiB, 64 * kKiB, 128 * kKiB};
  static const std::vector<Machine> made = {
      {"uniform, lost", kTwo, {1024, 1, 0xff}, {1024}, {1024}, 1024, Unsynced::lost},
      {"uniform, lost", kOne, {1024, 1, 0xff}, {1024}, {1024}, 1024, Unsynced::lost},
      {"64 KiB", kTwo, {4096, 16, 0xff}, {64 * kKiB}, {64 * kKiB}, 64 * kKiB, Unsynced::lost},
      {"64 KiB", kOne, {4096, 16, 0xff}, {64 * kKiB}, {64 * kKiB}, 64 * kKiB, Unsynced::lost},
      {"words of 8, kept", kTwo, {2048, 8, 0xff}, {4096}, {2048}, 4096, Unsynced::kept},
      {"words of 8, kept", kOne, {2048, 8, 0xff}, {2048}, {4096}, 4096, Unsynced::kept},
      {"erased to zero", kTwo, {4096, 4, 0x00}, {4096}, {4096}, 4096, Unsynced::every_other},
      {"erased to zero", kOne, {4096, 4, 0x00}, {4096}, {4096}, 4096, Unsynced::every_other},
      {"words that fail",
       kTwo,
       {2048, 32, 0xff},
       {4096},
       {4096},
       4096,
       Unsynced::kept,
       Torn::fails},
      {"words that fail",
       kOne,
       {2048, 32, 0xff},
       {4096},
       {4096},
       4096,
       Unsynced::lost,
       Torn::fails},
      {"mixed sectors", kTwo, {16 * kKiB, 16, 0xff}, mixed, {16 * kKiB}, 16 * kKiB, Unsynced::lost},
      {"mixed sectors", kOne, {4096, 16, 0xff}, {8192, 8192, 16384}, {4096}, 16384, Unsynced::kept},
      {"128 KiB", kTwo, {4096, 16, 0xff}, {128 * kKiB}, {128 * kKiB}, 128 * kKiB, Unsynced::lost},
  };
  return made;
}

Board::Board(const Machine& machine, std::size_t parts, std::size_t capacity)
    : power(machine.unsynced), machine_(&machine), parts_(parts) {
  power.keep_breaches();
  const auto add = [&](fakes::Sectors sectors) {
    areas_.emplace_back(power, machine.geometry, std::move(sectors), machine.torn);
    areas_.back().number_as(areas_.size() - 1);
  };
  areas_.reserve(kImagesAt + 2 * parts);
  for (std::size_t i = 0; i < kImagesAt; ++i) add(fakes::alike(machine.geometry, kSmallArea));
  const std::size_t spare = machine.layout == Layout::one_slot ? machine.step : 0;
  for (std::size_t part = 0; part < parts; ++part) {
    const fakes::Sectors first = sectors_of(machine.first, capacity, machine.step);
    std::size_t size = 0;
    for (std::size_t sector : first) size += sector;
    add(first);
    add(sectors_of(machine.second, size + spare, machine.step));
  }
}

Board::Board(const Board& from)
    : power(from.power), machine_(from.machine_), parts_(from.parts_), areas_(from.areas_) {
  for (fakes::Flash& area : areas_) area.rewire(power);
}

slot::ExchangeAreas Board::exchange_areas() {
  slot::ExchangeAreas made;
  for (std::size_t part = 0; part < parts_; ++part) {
    const Status added = made.parts.add(
        {&image(part, slot::SlotId::a), &image(part, slot::SlotId::b), machine_->step});
    AIRLOCK_CHECK(added.has_value());
  }
  made.journal = {&exchange(0), &exchange(1)};
  return made;
}

void Board::fail_in(const fakes::Operation& operation, fakes::Cut cut) {
  areas_[operation.area].fail_in(operation, cut);
}

std::uint64_t Board::fingerprint(std::uint64_t seed) {
  for (fakes::Flash& area : areas_) {
    seed = mix(mix(seed, area.fingerprint()), area.unsynced());
  }
  return seed;
}

std::uint32_t Board::worst_erases() const {
  std::uint32_t worst = 0;
  for (const fakes::Flash& area : areas_) worst = std::max(worst, area.rules().worst_erases());
  return worst;
}

}  // namespace airlock::powercut
