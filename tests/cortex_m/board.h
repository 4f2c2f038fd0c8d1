// The board: from reset to the program, its words to whoever debugs it, and its end.
//
// It is for programs that run under QEMU (-M mps2-an386 -semihosting). What is behind it is all
// that a Cortex-M4 needs before C++ runs: a table of vectors, memory set up, a stack that was
// painted.
#pragma once

#include <cstdint>
#include <string_view>

namespace airlock::cortex_m {

// say writes a text as it is; say_number in decimal.
void say(std::string_view text);
void say_number(std::uint64_t number);
// stack_peak is how many bytes of stack were ever used, as far as paint tells.
std::uint32_t stack_peak();

// Measures what a part of the program takes of the stack: from here down to the deepest place that
// was reached while the object lives. It paints anew; stack_peak keeps what was reached before.
class StackBelow {
 public:
  StackBelow();
  std::uint32_t used() const;

 private:
  std::uint32_t above_;
};

// Counts instructions from here on, where QEMU counts them too (-icount shift=0): by the SysTick
// timer, which there ticks once in forty. Up to 671 million; without that option it tells nothing.
class InstructionCount {
 public:
  InstructionCount();
  std::uint64_t taken() const;
};

// run is the program; what it returns is QEMU's exit status.
int run();

}  // namespace airlock::cortex_m
