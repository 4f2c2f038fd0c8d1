// The filter of system calls, in the language of the kernel: a list of some sixty instructions is
// read more easily than what a library would make of it, and a wallet needs no library for it.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include <cstddef>

#include "host/sandbox/sandbox.h"

namespace airlock::sandbox {
namespace {

constexpr std::size_t kFilterMax = 128;
using Filter = FixedList<sock_filter, kFilterMax>;

constexpr std::uint32_t kArchBits = 0xc0000000;  // 64 bits, least significant byte first
constexpr std::uint32_t kX86 = 62, kArm = 183;

sock_filter statement(unsigned code, std::uint32_t value) {
  return {static_cast<std::uint16_t>(code), 0, 0, value};
}
sock_filter jump_unless(std::uint32_t value, std::uint8_t skipped) {
  return {BPF_JMP | BPF_JEQ | BPF_K, 0, skipped, value};
}
sock_filter load(std::size_t offset) {
  return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
sock_filter answer(std::uint32_t verdict) { return statement(BPF_RET | BPF_K, verdict); }

bool add(Filter& filter, std::initializer_list<sock_filter> instructions) {
  bool fits = true;
  for (const sock_filter& one : instructions) fits = fits && filter.add(one).has_value();
  return fits;
}

bool allow(Filter& filter, long call) {
  return add(filter, {jump_unless(static_cast<std::uint32_t>(call), 1), answer(SECCOMP_RET_ALLOW)});
}

// A call that is allowed where the lower half of an argument, masked, is a value. What was loaded
// of the call is then lost, so that this is its last word.
struct Argument {
  unsigned index;
  std::uint32_t mask, value;
};
bool allow_where(Filter& filter, long call, const Argument& argument) {
  const std::size_t place = offsetof(seccomp_data, args) + argument.index * sizeof(std::uint64_t);
  return add(filter,
             {jump_unless(static_cast<std::uint32_t>(call), 5), load(place),
              statement(BPF_ALU | BPF_AND | BPF_K, argument.mask), jump_unless(argument.value, 1),
              answer(SECCOMP_RET_ALLOW), answer(SECCOMP_RET_KILL_PROCESS)});
}

std::uint32_t architecture() {
  utsname named{};
  if (uname(&named) != 0) return 0;
  const std::string_view machine = named.machine;
  if (machine == "x86_64") return kArchBits | kX86;
  return machine == "aarch64" ? kArchBits | kArm : 0;
}

// Whoever calls is of this machine, and what is called is at hand.
bool begin(Filter& filter) {
  return add(filter, {load(offsetof(seccomp_data, arch)), jump_unless(architecture(), 1),
                      statement(BPF_JMP | BPF_JA, 1), answer(SECCOMP_RET_KILL_PROCESS),
                      load(offsetof(seccomp_data, nr))});
}

// What answering takes, but for reading and for memory that can be executed.
bool add_answering(Filter& filter, int channel) {
  bool fits = allow_where(filter, SYS_write, {0, 0xffffffff, static_cast<std::uint32_t>(channel)});
  for (const long call :
       {SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_futex, SYS_sched_yield, SYS_clock_gettime,
        SYS_getrandom, SYS_rt_sigreturn, SYS_restart_syscall, SYS_exit, SYS_exit_group})
    fits = fits && allow(filter, call);
  return fits;
}

// The loader opens what it is to load, looks at it, and maps it.
bool make_for_loading(Filter& filter, int channel) {
  constexpr std::uint32_t kChanges = O_ACCMODE | O_CREAT | O_TRUNC;
  bool fits = begin(filter) && allow_where(filter, SYS_openat, {2, kChanges, O_RDONLY}) &&
              allow_where(filter, SYS_prctl, {0, 0xffffffff, PR_SET_SECCOMP});
  for (const long call : {SYS_read, SYS_pread64, SYS_lseek, SYS_fstat, SYS_newfstatat, SYS_close,
                          SYS_mmap, SYS_mprotect, SYS_uname})
    fits = fits && allow(filter, call);
  return fits && add_answering(filter, channel) && add(filter, {answer(SECCOMP_RET_KILL_PROCESS)});
}

bool make_for_answering(Filter& filter, int channel) {
  bool fits = begin(filter) &&
              allow_where(filter, SYS_read, {0, 0xffffffff, static_cast<std::uint32_t>(channel)});
  for (const long call : {SYS_mmap, SYS_mprotect})
    fits = fits && allow_where(filter, call, {2, PROT_EXEC, 0});
  return fits && add_answering(filter, channel) && add(filter, {answer(SECCOMP_RET_KILL_PROCESS)});
}

bool install(Filter& filter) {
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.begin()};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

}  // namespace

bool allow_loading(int channel) {
  Filter filter;
  return make_for_loading(filter, channel) && install(filter);
}

bool allow_calls(int channel) {
  Filter filter;
  return make_for_answering(filter, channel) && install(filter);
}

}  // namespace airlock::sandbox
