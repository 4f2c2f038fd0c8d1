// Calls of a module under a watch: each runs in a thread of its own, since a module may hang for as
// long as it likes. Private to the room.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "publish/token/token.h"

namespace airlock::token {

// What the watcher and a call share. It outlives both, since a call that never ends is left behind.
template <class Value>
struct Awaited {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Value> value;
};

// How many calls are under way in this process, those that were left behind among them.
inline std::atomic<int>& calls_under_way() {
  static std::atomic<int> count = 0;
  return count;
}

// begin runs `work` in a thread that nobody joins; what it needs it must own, and is gone when the
// call no longer counts as under way.
template <class Value, class Work>
std::shared_ptr<Awaited<Value>> begin(Work work) {
  auto awaited = std::make_shared<Awaited<Value>>();
  ++calls_under_way();
  std::thread([awaited, work = std::optional<Work>(std::move(work))]() mutable {
    {
      Value value = (*work)();
      const std::lock_guard lock(awaited->mutex);
      awaited->value = std::move(value);
      awaited->changed.notify_all();
    }
    work.reset();
    awaited.reset();
    --calls_under_way();
  }).detach();
  return awaited;
}

// wait takes the value, once there is one: the thread keeps nothing of it, so that a token is
// closed when whoever waited for it is done.
template <class Value>
std::optional<Value> wait(Awaited<Value>& awaited, std::chrono::milliseconds pause) {
  std::unique_lock lock(awaited.mutex);
  awaited.changed.wait_for(lock, pause, [&] { return awaited.value.has_value(); });
  return std::exchange(awaited.value, std::nullopt);
}

}  // namespace airlock::token
