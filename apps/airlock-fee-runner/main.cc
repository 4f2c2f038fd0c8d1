// The program that confines a fee plugin: it loads the library that it was handed, takes away from
// itself everything but computing and answering, and then answers. A wallet starts it
// (engine/fee/plugin/child.h); by hand it does nothing.
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "engine/fee/plugin/abi/loaded.h"
#include "engine/fee/plugin/abi/wire.h"
#include "host/sandbox/sandbox.h"

namespace {

using namespace airlock;
using namespace airlock::fee::plugin;
using sandbox::Layer;

template <class Record>
bool hear(Record& record) {
  for (;;) {
    const ssize_t size = read(sandbox::kChannel, &record, sizeof(record));
    if (size == sizeof(record)) return true;
    if (size >= 0 || errno != EINTR) return false;
  }
}
template <class Record>
bool say(const Record& record) {
  return write(sandbox::kChannel, &record, sizeof(record)) == sizeof(record);
}

// Everything but the last word on system calls: the loader needs more of them than the plugin will.
sandbox::Layers confine(const Setup& setup, std::uint32_t& landlock) {
  const sandbox::Layers asked(setup.layers);
  sandbox::Layers held;
  if (asked.has(Layer::privileges) && sandbox::give_up_privileges())
    held = held.with(Layer::privileges);
  if (asked.has(Layer::files)) landlock = sandbox::close_files();
  if (landlock > 0) held = held.with(Layer::files);
  if (asked.has(Layer::limits) &&
      sandbox::set_limits({setup.memory_bytes, setup.processor_seconds}))
    held = held.with(Layer::limits);
  if (asked.has(Layer::calls) && sandbox::allow_loading(sandbox::kChannel))
    held = held.with(Layer::calls);
  return held;
}

std::uint64_t seconds_spent() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<std::uint64_t>(spent.tv_sec);
}

void answer_all(const Loaded& plugin, const Setup& setup) {
  Question question;
  Reply reply;
  while (hear(question)) {
    reply = {};
    reply.number = question.number;
    reply.outcome = plugin.evaluate(question.situation, reply.answer);
    reply.retires = seconds_spent() >= setup.processor_seconds / 2 ? 1 : 0;
    if (!say(reply)) return;
  }
}

}  // namespace

int main() {
  Setup setup;
  if (!hear(setup)) return 2;
  Ready ready;
  sandbox::Layers held = confine(setup, ready.landlock);
  const auto plugin = Loaded::open(sandbox::kFile, setup.evaluate);
  close(sandbox::kFile);
  if (!held.has(Layer::calls) || !sandbox::allow_calls(sandbox::kChannel))
    held = held.without(Layer::calls);
  ready.layers = held.bits();
  ready.code = plugin ? 0 : static_cast<std::uint32_t>(plugin.error().code);
  if (!say(ready) || !plugin) return 1;
  answer_all(*plugin, setup);
  return 0;
}
