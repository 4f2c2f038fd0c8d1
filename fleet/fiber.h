// A course of action that waits in the middle: how a device asks a server and gets its answer
// later, while others act, in one thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace airlock::fleet {

inline constexpr std::size_t kFiberStack = 512 << 10;  // bytes; what is never touched costs nothing

// One thread for all fibers. It must have ended before it is destroyed.
class Fiber {
 public:
  Fiber();
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // begin lets an action run until it pauses or ends; go_on from where it paused. True while it
  // has not ended.
  bool begin(std::function<void()> action);
  bool go_on();
  // pause returns to who called begin or go_on. Called by the action alone.
  void pause();
  bool is_running() const { return running_; }

 private:
  struct Contexts;
  static void enter(unsigned high, unsigned low);
  void run();

  std::unique_ptr<Contexts> contexts_;
  std::function<void()> action_;
  bool running_ = false;
};

}  // namespace airlock::fleet
