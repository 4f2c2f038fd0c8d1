#include "apps/airlock-device/health.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace airlock::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookEvery(20);
constexpr std::chrono::seconds kAskEvery(1);
constexpr int kNotStarted = 127;

// What a shell expects of its signals and its input, and nothing on the lines that scripts read.
[[noreturn]] void become(const char* command) {
  ::setpgid(0, 0);  // so that what it started ends with it
  for (const int one : {SIGPIPE, SIGXFSZ, SIGCHLD}) ::signal(one, SIG_DFL);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  ::execl("/bin/sh", "sh", "-c", command, nullptr);
  ::_exit(kNotStarted);
}

// Nothing where it has not ended yet; a child that somebody else took has ended badly.
std::optional<bool> ended_well(pid_t child) {
  int status = 0;
  const pid_t ended = ::waitpid(child, &status, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return std::nullopt;
  return ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool ask_once(const std::string& command, Clock::time_point end) {
  const pid_t child = ::fork();
  if (child == 0) become(command.c_str());
  if (child < 0) return false;
  while (Clock::now() < end) {
    if (const std::optional<bool> well = ended_well(child)) return *well;
    std::this_thread::sleep_for(kLookEvery);
  }
  ::kill(-child, SIGKILL);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return false;
}

bool becomes_well(const std::string& command, std::chrono::seconds time) {
  ::signal(SIGCHLD, SIG_DFL);  // whoever started us may have ignored it, and children with it
  const Clock::time_point end = Clock::now() + time;
  while (!ask_once(command, end)) {
    if (Clock::now() + kAskEvery >= end) return false;
    std::this_thread::sleep_for(kAskEvery);
  }
  return true;
}

}  // namespace

std::function<bool()> health_of(const std::optional<std::string>& command,
                                std::chrono::seconds time) {
  if (!command) return {};
  return [command = *command, time] { return becomes_well(command, time); };
}

}  // namespace airlock::app
