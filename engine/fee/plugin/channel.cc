#include "engine/fee/plugin/channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "host/file/beside.h"

namespace airlock::fee::plugin {
namespace {

using sandbox::Layer;

// The error says which layers are missing.
std::unexpected<Error> not_confined(sandbox::Layers missing) {
  return fail(Code::plugin_not_confined, missing.bits());
}

// begin starts the runner in namespaces of its own, or without, where there are none: the report
// then says so.
Result<sandbox::Process> begin(sandbox::Process::Start start, const Confinement& how,
                               Report& report) {
  if (how.applied.has(Layer::namespaces)) {
    auto made = sandbox::Process::start(start);
    if (made) report.layers = report.layers.with(Layer::namespaces);
    if (made || made.error().code == Code::not_found) return made;
  }
  if (how.required.has(Layer::namespaces))
    return not_confined(sandbox::Layers().with(Layer::namespaces));
  start.namespaces = sandbox::Namespaces::shared;
  return sandbox::Process::start(start);
}

// The time left in whole milliseconds, rounded up: a wait must not end before the deadline.
int milliseconds_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000'000));
}

}  // namespace

std::string runner_beside_this_program() {
  return file::beside_this_program("airlock-fee-runner").string();
}

Result<Channel> Channel::start(const Candidate& plugin, const Confinement& how) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail(Code::no_room);
  Channel made(ends[0]);
  auto process = begin({how.runner, ends[1], plugin.descriptor(), sandbox::Namespaces::own}, how,
                       made.report_);
  close(ends[1]);
  if (!process) {
    const bool is_missing = process.error().code == Code::not_found;
    return is_missing ? fail(Code::plugin_runner_missing) : std::unexpected(process.error());
  }
  made.process_ = std::make_unique<sandbox::Process>(std::move(*process));
  AIRLOCK_TRY(made.set_up(plugin, how));
  return made;
}

Status Channel::set_up(const Candidate& plugin, const Confinement& how) {
  const Setup setup{plugin.evaluate(), how.limits.memory_bytes, how.limits.processor_seconds,
                    how.applied.bits(), 0};
  if (const Code code = say(setup); code != Code::ok) return fail(code);
  Ready ready;
  if (const Code code = hear(ready, Clock::now() + kStartMax); code != Code::ok) return fail(code);
  if (ready.code != 0) return fail(known_code(ready.code).value_or(Code::plugin_crashed));
  report_.landlock = ready.landlock;
  // What the parent made, it says itself; what it can see, it does not ask for.
  const sandbox::Layers said = sandbox::Layers(ready.layers).without(Layer::namespaces);
  const sandbox::Layers held = process_->seen_of(said);
  report_.layers = sandbox::Layers(report_.layers.bits() | held.bits());
  if (!report_.layers.covers(how.required)) {
    return not_confined(sandbox::Layers(how.required.bits() & ~report_.layers.bits()));
  }
  process_->pause();
  return {};
}

Channel::Channel(Channel&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      process_(std::move(other.process_)),
      report_(other.report_) {}

Channel::~Channel() {
  process_.reset();
  if (socket_ >= 0) close(socket_);
}

template <class Record>
Code Channel::say(const Record& record) {
  const ssize_t sent = send(socket_, &record, sizeof(record), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent == sizeof(record) ? Code::ok : Code::plugin_crashed;
}

template <class Record>
Code Channel::hear(Record& record, Clock::time_point deadline) {
  for (;;) {
    pollfd waiting{socket_, POLLIN, 0};
    const int ready = poll(&waiting, 1, milliseconds_until(deadline));
    if (ready == 0) return Code::plugin_over_budget;
    if (ready < 0 && errno == EINTR) continue;
    const ssize_t size = recv(socket_, &record, sizeof(record), MSG_DONTWAIT | MSG_TRUNC);
    if (size == sizeof(record)) return Code::ok;
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    return size > 0 ? Code::plugin_misanswers : Code::plugin_crashed;
  }
}

// What is there before the question answers another one, or is the end of the process.
Code Channel::silence() const {
  pollfd waiting{socket_, POLLIN, 0};
  if (poll(&waiting, 1, 0) == 0) return Code::ok;
  return (waiting.revents & POLLHUP) != 0 ? Code::plugin_crashed : Code::plugin_misanswers;
}

Code Channel::ask(const Question& question, Reply& reply, Clock::time_point deadline) {
  if (const Code code = silence(); code != Code::ok) return code;
  process_->go_on();
  if (const Code code = say(question); code != Code::ok) return code;
  if (const Code code = hear(reply, deadline); code != Code::ok) return code;
  process_->pause();
  return reply.number == question.number ? Code::ok : Code::plugin_misanswers;
}

}  // namespace airlock::fee::plugin
