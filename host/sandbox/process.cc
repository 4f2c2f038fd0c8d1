#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "host/sandbox/sandbox.h"

namespace airlock::sandbox {
namespace {

constexpr int kTelling = kFile + 1;  // why the program did not begin
constexpr int kAside = 16;           // above every descriptor that a confined program begins with
constexpr unsigned kNamespaces = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
                                 CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWCGROUP;

// Between the fork and the program: system calls alone, and those by their numbers, since other
// threads may have held locks.
[[noreturn]] void become(const Process::Start& start, char* const* arguments, int told) {
  char* const nothing[] = {nullptr};
  const std::uint64_t no_signals = 0;
  const auto is_put = [](int from, int to, int flags) {
    return syscall(SYS_dup3, from, to, flags) == to;
  };
  const long channel = syscall(SYS_fcntl, start.channel, F_DUPFD_CLOEXEC, kAside);
  const long file = syscall(SYS_fcntl, start.file, F_DUPFD_CLOEXEC, kAside);
  const long telling = syscall(SYS_fcntl, told, F_DUPFD_CLOEXEC, kAside);
  const bool is_ready =
      channel >= 0 && file >= 0 && telling >= 0 && is_put(static_cast<int>(channel), kChannel, 0) &&
      is_put(static_cast<int>(file), kFile, 0) &&
      is_put(static_cast<int>(telling), kTelling, O_CLOEXEC) &&
      syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 &&
      syscall(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, nullptr, sizeof(no_signals)) == 0 &&
      syscall(SYS_close_range, 0, kChannel - 1, 0) == 0 &&
      syscall(SYS_close_range, kTelling + 1, ~0U, 0) == 0;
  if (is_ready) syscall(SYS_execve, arguments[0], arguments, nothing);
  const int why = errno;
  syscall(SYS_write, is_ready ? kTelling : told, &why, sizeof(why));
  for (;;) syscall(SYS_exit_group, 127);
}

// What a process said before it began its program: nothing, where that is what it began.
Status began(int listening) {
  int why = 0;
  for (;;) {
    const auto size = read(listening, &why, sizeof(why));
    if (size == 0) return {};
    if (size == sizeof(why)) return fail(why == ENOENT ? Code::not_found : Code::no_room);
    if (size < 0 && errno != EINTR) return fail(Code::io_failed);
  }
}

}  // namespace

Result<Process> Process::start(const Start& start) {
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return fail(Code::no_room);
  std::string program = start.program;
  std::array<char*, 2> arguments = {program.data(), nullptr};
  const unsigned long flags =
      SIGCHLD | CLONE_PIDFD | (start.namespaces == Namespaces::own ? kNamespaces : 0UL);
  int handle = -1;
  // Not fork(3): it would run what libraries do around a fork, and knows no namespaces.
  const long id = syscall(SYS_clone, flags, nullptr, &handle, nullptr, nullptr);
  if (id == 0) become(start, arguments.data(), pipe_ends[1]);
  close(pipe_ends[1]);
  Status said = id > 0 ? began(pipe_ends[0]) : fail(Code::no_room);
  close(pipe_ends[0]);
  Process made(static_cast<int>(id), handle);
  if (!said) return std::unexpected(said.error());
  return made;
}

// The number is this process's own view, and nobody else's until it is waited for.
Layers Process::seen_of(Layers said) const {
  std::ifstream status("/proc/" + std::to_string(id_) + "/status");
  bool has_no_privileges = false, has_filter = false;
  for (std::string line; std::getline(status, line);) {
    has_no_privileges = has_no_privileges || line == "NoNewPrivs:\t1";
    has_filter = has_filter || line == "Seccomp:\t2";
  }
  if (!has_no_privileges) said = said.without(Layer::privileges);
  if (!has_filter) said = said.without(Layer::calls);
  return said;
}

void Process::pause() const { syscall(SYS_pidfd_send_signal, handle_, SIGSTOP, nullptr, 0); }
void Process::go_on() const { syscall(SYS_pidfd_send_signal, handle_, SIGCONT, nullptr, 0); }

void Process::end() {
  if (handle_ < 0) return;
  syscall(SYS_pidfd_send_signal, handle_, SIGKILL, nullptr, 0);
  siginfo_t ended{};
  while (waitid(P_PIDFD, static_cast<id_t>(handle_), &ended, WEXITED) != 0 && errno == EINTR) {
  }
  close(handle_);
  handle_ = id_ = -1;
}

}  // namespace airlock::sandbox
