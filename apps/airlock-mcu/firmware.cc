#include "apps/airlock-mcu/firmware.h"

#include <string_view>

namespace airlock::mcu {
namespace {

constexpr std::string_view kMagic = "AIRFIRM1";
constexpr std::size_t kHead = kMagic.size() + 4;
constexpr std::uintptr_t kThumb = 1;

using Entry = std::uint32_t (*)(std::uint32_t trial);

}  // namespace

Verdict run_firmware(Bytes slot, bool trial) {
  if (text_of(slot.first(kMagic.size())) != kMagic) return Verdict::no_firmware;
  std::uint32_t at = 0;
  for (std::size_t i = 0; i < 4; ++i) at |= std::uint32_t{slot[kMagic.size() + i]} << (8 * i);
  if (at < kHead || at >= slot.size() || at % 2 != 0) return Verdict::no_firmware;
  const auto entry = reinterpret_cast<Entry>(reinterpret_cast<std::uintptr_t>(&slot[at]) | kThumb);
  asm volatile("dsb\n isb" ::: "memory");
  return entry(trial ? 1 : 0) == 0 ? Verdict::works : Verdict::fails;
}

}  // namespace airlock::mcu
