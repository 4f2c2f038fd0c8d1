#include "tests/cortex_m/board.h"

#include <algorithm>
#include <array>
#include <cstddef>

// Of the linker script: where things begin and end.
extern "C" {
extern std::uint32_t airlock_data_begin[], airlock_data_end[], airlock_bss_begin[],
    airlock_bss_end[], airlock_stack_top[];
extern const std::uint32_t airlock_data_from[];
[[noreturn]] void airlock_reset();
[[noreturn]] void airlock_fault();
// The compiler asks for it by this name. NOLINTNEXTLINE(bugprone-reserved-identifier)
[[noreturn]] void __cxa_pure_virtual();
}

namespace airlock::cortex_m {
namespace {

// Operations of ARM's semihosting.
constexpr std::uint32_t kWriteText = 0x04;
constexpr std::uint32_t kExit = 0x20;
constexpr std::uint32_t kApplicationExit = 0x20026;

constexpr int kStatusBug = 2;
constexpr std::uint32_t kPaint = 0xa5a5a5a5;
constexpr std::uint32_t kPaintedBelow = 64;  // words below the stack pointer that are left alone

void semihost(std::uint32_t operation, const void* argument) {
  register std::uint32_t r0 asm("r0") = operation;
  register const void* r1 asm("r1") = argument;
  asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

// The SysTick timer (ARMv7-M, B3.3): it counts down, and begins anew where its value is written.
constexpr std::uint32_t kTimerMax = 0xffffff;
constexpr std::uint32_t kInstructionsEachTick = 40;  // 25 MHz, and a nanosecond for an instruction
struct Timer {
  std::uint32_t control, reload, value;
};
volatile Timer& timer() { return *reinterpret_cast<volatile Timer*>(0xe000e010); }

std::uint32_t peak_before_paint = 0;

std::uint32_t painted_peak() {
  const std::uint32_t* at = airlock_bss_end;
  while (at < airlock_stack_top && *at == kPaint) ++at;
  return static_cast<std::uint32_t>((airlock_stack_top - at) * 4);
}

void paint_below(const std::uint32_t* here) {
  std::fill(airlock_bss_end, airlock_bss_end + (here - kPaintedBelow - airlock_bss_end), kPaint);
}

[[noreturn]] void end(int status) {
  const std::array<std::uint32_t, 2> how = {kApplicationExit, static_cast<std::uint32_t>(status)};
  semihost(kExit, how.data());
  while (true) {
  }
}

using Handler = void (*)();
constexpr std::size_t kHandlers = 14;  // reset, and the exceptions of the processor

struct Vectors {
  const std::uint32_t* stack;
  Handler reset;
  std::array<Handler, kHandlers> faults;
};

[[gnu::section(".vectors"), gnu::used]] constinit const Vectors kVectors = [] {
  Vectors vectors{airlock_stack_top, airlock_reset, {}};
  vectors.faults.fill(airlock_fault);
  return vectors;
}();

}  // namespace

void say(std::string_view text) {
  std::array<char, 64> part;
  while (!text.empty()) {
    const std::size_t size = std::min(text.size(), part.size() - 1);
    std::copy_n(text.begin(), size, part.begin());
    part[size] = '\0';
    semihost(kWriteText, part.data());
    text.remove_prefix(size);
  }
}

void say_number(std::uint64_t number) {
  std::array<char, 20> digits;
  std::size_t at = digits.size();
  do {
    digits[--at] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  say({digits.data() + at, digits.size() - at});
}

std::uint32_t stack_peak() {
  peak_before_paint = std::max(peak_before_paint, painted_peak());
  return peak_before_paint;
}

// Not inlined: its frame is what is below whoever asks.
[[gnu::noinline]] StackBelow::StackBelow() {
  static_cast<void>(stack_peak());
  auto* const here = static_cast<std::uint32_t*>(__builtin_frame_address(0));
  paint_below(here);
  above_ = static_cast<std::uint32_t>((airlock_stack_top - here) * 4);
}

std::uint32_t StackBelow::used() const {
  const std::uint32_t peak = painted_peak();
  return peak - std::min(peak, above_);
}

InstructionCount::InstructionCount() {
  timer().reload = kTimerMax;
  timer().value = 0;
  timer().control = 5;  // on, by the processor's clock
}

std::uint64_t InstructionCount::taken() const {
  return std::uint64_t{kTimerMax - timer().value} * kInstructionsEachTick;
}

}  // namespace airlock::cortex_m

void airlock_reset() {
  using namespace airlock::cortex_m;
  std::copy(airlock_data_from, airlock_data_from + (airlock_data_end - airlock_data_begin),
            airlock_data_begin);
  std::fill(airlock_bss_begin, airlock_bss_end, 0U);
  paint_below(static_cast<std::uint32_t*>(__builtin_frame_address(0)));
  end(run());
}

void airlock_fault() {
  airlock::cortex_m::say("fault\n");
  airlock::cortex_m::end(airlock::cortex_m::kStatusBug);
}

void __cxa_pure_virtual() { airlock_fault(); }
