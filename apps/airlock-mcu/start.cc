// From reset to the program, and what a fault does.
#include <algorithm>
#include <array>

#include "apps/airlock-mcu/board.h"
#include "apps/airlock-mcu/semihosting.h"

// Of the linker script: where things begin and end.
extern "C" {
extern std::uint32_t airlock_data_begin[], airlock_data_end[], airlock_bss_begin[],
    airlock_bss_end[], airlock_stack_top[];
extern const std::uint32_t airlock_data_from[];
[[noreturn]] void airlock_reset();
[[noreturn]] void airlock_watchdog();
[[noreturn]] void airlock_fault();
// The compiler asks for it by this name. NOLINTNEXTLINE(bugprone-reserved-identifier)
[[noreturn]] void __cxa_pure_virtual();
}

namespace airlock::mcu {
namespace {

constexpr std::uint32_t kPaint = 0xa5a5a5a5;
constexpr std::uint32_t kPaintedBelow = 64;  // words below the stack pointer that are left alone

using Handler = void (*)();
constexpr std::size_t kFaults = 13;

struct Vectors {
  const std::uint32_t* stack;
  Handler reset;
  Handler unmaskable;
  std::array<Handler, kFaults> faults;
};

[[gnu::section(".vectors"), gnu::used]] constinit const Vectors kVectors = [] {
  Vectors vectors{airlock_stack_top, airlock_reset, airlock_watchdog, {}};
  vectors.faults.fill(airlock_fault);
  return vectors;
}();

}  // namespace

std::uint32_t stack_peak() {
  const std::uint32_t* at = airlock_bss_end;
  while (at < airlock_stack_top && *at == kPaint) ++at;
  return static_cast<std::uint32_t>((airlock_stack_top - at) * 4);
}

}  // namespace airlock::mcu

void airlock_reset() {
  using namespace airlock::mcu;
  std::copy(airlock_data_from, airlock_data_from + (airlock_data_end - airlock_data_begin),
            airlock_data_begin);
  std::fill(airlock_bss_begin, airlock_bss_end, 0U);
  auto* const here = static_cast<std::uint32_t*>(__builtin_frame_address(0));
  std::fill(airlock_bss_end, here - kPaintedBelow, kPaint);
  end(run());
}

void airlock_watchdog() {
  airlock::mcu::say("watchdog: the firmware does not answer\n");
  airlock::mcu::reset_machine();
}

// A bug, here or in a firmware: begin again. In a trial that costs one of its boots.
void airlock_fault() {
  airlock::mcu::say("fault\n");
  airlock::mcu::reset_machine();
}

void __cxa_pure_virtual() { airlock_fault(); }
