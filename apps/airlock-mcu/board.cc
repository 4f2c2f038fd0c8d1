#include "apps/airlock-mcu/board.h"

#include "apps/airlock-mcu/semihosting.h"

namespace airlock::mcu {
namespace {

constexpr std::uint32_t kClockHertz = 25'000'000;
constexpr std::uint32_t kTicksPerMillisecond = kClockHertz / 1000;
constexpr std::uint32_t kBaud = 115'200;
constexpr std::uint32_t kSilenceMilliseconds = 500;  // that a host may take to answer
constexpr std::uint32_t kAnswerMilliseconds = 5000;  // of an answer, to its end
constexpr std::uint32_t kRestMilliseconds = 10;

// Registers, by what the manual of the CMSDK calls them.
struct Register {
  std::uintptr_t address;
  void write(std::uint32_t value) const { *at() = value; }
  std::uint32_t read() const { return *at(); }
  volatile std::uint32_t* at() const { return reinterpret_cast<volatile std::uint32_t*>(address); }
};

struct Timer {
  std::uintptr_t base;
  Register control() const { return {base}; }
  Register value() const { return {base + 0x04}; }
  Register reload() const { return {base + 0x08}; }
  Register interrupt() const { return {base + 0x0c}; }
};
constexpr Timer kClock = {0x40000000}, kAlarm = {0x40001000};
constexpr std::uint32_t kTimerRuns = 1, kTimerInterrupts = 1 << 3;

constexpr Register kUartData = {0x40004000}, kUartState = {0x40004004}, kUartControl = {0x40004008},
                   kUartInterrupt = {0x4000400c}, kUartDivider = {0x40004010};
constexpr std::uint32_t kTransmitFull = 1, kReceiveFull = 2, kReceiveInterrupt = 2;
constexpr std::uint32_t kUartRuns = 1 | 2, kUartInterrupts = 1 << 3;  // when a byte came

constexpr Register kWatchLoad = {0x40008000}, kWatchControl = {0x40008008},
                   kWatchLock = {0x40008c00};
constexpr std::uint32_t kWatchUnlocked = 0x1acce551, kWatchBites = 1 | 2;

constexpr Register kEnable = {0xe000e100}, kDisable = {0xe000e180}, kPending = {0xe000e280};
constexpr std::uint32_t kUartLine = 1 << 0, kAlarmLine = 1 << 9;
constexpr Register kResetControl = {0xe000ed0c};
constexpr std::uint32_t kResetRequest = 0x05fa0004;

bool has_byte() { return (kUartState.read() & kReceiveFull) != 0; }

// The clock counts down, and goes on behind 0 with 2^32 - 1: so does a difference.
struct Span {
  std::uint32_t began, now;
  constexpr std::uint32_t milliseconds() const { return (began - now) / kTicksPerMillisecond; }
};
static_assert(Span{5 * kTicksPerMillisecond, 2 * kTicksPerMillisecond}.milliseconds() == 3);
static_assert(Span{5, UINT32_MAX - 3 * kTicksPerMillisecond + 6}.milliseconds() == 3);

std::uint32_t ticks() {
  if (kClock.control().read() == 0) {
    kClock.reload().write(UINT32_MAX);
    kClock.value().write(UINT32_MAX);
    kClock.control().write(kTimerRuns);
  }
  return kClock.value().read();
}

}  // namespace

Stopwatch::Stopwatch() : began_(ticks()) {}

std::uint32_t Stopwatch::milliseconds() const { return Span{began_, ticks()}.milliseconds(); }

// Lines are enabled here alone, where they are masked: they wake the processor and are not taken.
void rest() {
  asm volatile("cpsid i" ::: "memory");
  if (kAlarm.control().read() == 0) {
    kAlarm.reload().write(kRestMilliseconds * kTicksPerMillisecond);
    kAlarm.control().write(kTimerRuns | kTimerInterrupts);
  }
  kEnable.write(kUartLine | kAlarmLine);
  if (!has_byte()) asm volatile("dsb\n wfi" ::: "memory");
  kDisable.write(kUartLine | kAlarmLine);
  kAlarm.interrupt().write(1);
  kUartInterrupt.write(kReceiveInterrupt);
  kPending.write(kUartLine | kAlarmLine);
  asm volatile("cpsie i" ::: "memory");
}

void pause(std::uint32_t milliseconds) {
  const Stopwatch waited;
  while (waited.milliseconds() < milliseconds) {
    if (has_byte()) (void)kUartData.read();
    rest();
  }
}

Uart::Uart() {
  kUartDivider.write(kClockHertz / kBaud);
  kUartControl.write(kUartRuns | kUartInterrupts);
}

void Uart::write(Bytes bytes) {
  for (const std::uint8_t byte : bytes) {
    while ((kUartState.read() & kTransmitFull) != 0) {
    }
    kUartData.write(byte);
  }
  asked_ = Stopwatch();
}

std::size_t Uart::read(MutableBytes to) {
  if (asked_.milliseconds() > kAnswerMilliseconds) return 0;
  const Stopwatch waited;
  while (!has_byte()) {
    if (waited.milliseconds() > kSilenceMilliseconds) return 0;
    rest();
  }
  std::size_t size = 0;
  while (size < to.size() && has_byte()) to[size++] = static_cast<std::uint8_t>(kUartData.read());
  return size;
}

void arm_watchdog(std::uint32_t milliseconds) {
  kWatchLock.write(kWatchUnlocked);
  kWatchLoad.write(milliseconds * kTicksPerMillisecond);
  kWatchControl.write(kWatchBites);
  kWatchLock.write(0);
}

void disarm_watchdog() {
  kWatchLock.write(kWatchUnlocked);
  kWatchControl.write(0);
  kWatchLock.write(0);
}

extern "C" volatile Kept airlock_kept;  // of the linker script
volatile Kept& kept() { return airlock_kept; }

void reset_machine() {
  asm volatile("dsb" ::: "memory");
  kResetControl.write(kResetRequest);
  while (true) {
  }
}

}  // namespace airlock::mcu
