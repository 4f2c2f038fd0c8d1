#include "apps/airlock-device/health.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace airlock::app {
namespace {

constexpr std::chrono::seconds kHealthTimeMax(60);
constexpr std::chrono::milliseconds kLookEvery(50);
constexpr int kNotStarted = 127;

pid_t start(const std::string& command) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::setpgid(0, 0);  // so that what it started ends with it
  ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
  ::_exit(kNotStarted);
}

bool ends_well(const std::string& command) {
  const pid_t child = start(command);
  if (child < 0) return false;
  const auto end = std::chrono::steady_clock::now() + kHealthTimeMax;
  while (std::chrono::steady_clock::now() < end) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child) {
      return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    std::this_thread::sleep_for(kLookEvery);
  }
  ::kill(-child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return false;
}

}  // namespace

std::function<bool()> health_of(const std::optional<std::string>& command) {
  if (!command) return {};
  return [command = *command] { return ends_well(command); };
}

}  // namespace airlock::app
