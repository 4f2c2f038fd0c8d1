// The board: a Cortex-M4 with the peripherals of ARM's CMSDK (QEMU's mps2-an386): clock, UART,
// watchdog, reset.
#pragma once

#include <cstdint>

#include "core/link/link.h"

namespace airlock::mcu {

// Milliseconds since it was made, right for two minutes: then the clock went around.
class Stopwatch {
 public:
  Stopwatch();
  std::uint32_t milliseconds() const;

 private:
  std::uint32_t began_;
};

// rest sleeps until something happened, or some milliseconds passed.
void rest();
// pause passes over what comes meanwhile: nobody asked for it.
void pause(std::uint32_t milliseconds);

// UART 0, polled. It holds one byte, which is enough: nothing comes that was not asked for, and
// whoever asks does nothing else meanwhile.
class Uart final : public link::Line {
 public:
  Uart();
  void write(Bytes bytes) override;
  std::size_t read(MutableBytes to) override;

 private:
  Stopwatch asked_;  // since the last write
};

// The watchdog resets the machine unless it is ended in time: its first bark is the exception that
// cannot be masked, its second pulls the reset line by itself.
void arm_watchdog(std::uint32_t milliseconds);
void disarm_watchdog();

[[noreturn]] void reset_machine();

// What RAM keeps over a reset. After a loss of power it is noise.
struct Kept {
  std::uint32_t begun;  // kBegun while a committed firmware was begun and did not answer yet
  std::uint32_t lives;
};
inline constexpr std::uint32_t kBegun = 0x6e756765;
volatile Kept& kept();

// stack_peak is how many bytes of stack were ever used since the reset, as far as paint tells.
std::uint32_t stack_peak();

// run is the program; what it returns is QEMU's exit status.
int run();

}  // namespace airlock::mcu
