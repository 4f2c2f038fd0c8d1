#include "fleet/fiber.h"

#include <sys/mman.h>
#include <ucontext.h>

#include <array>
#include <cstdint>

#include "core/base/base.h"

// The sanitizers must be told that a stack is left for another: they cannot see it.
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace airlock::fleet {
namespace {

class Stack {
 public:
  Stack() {
    constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK;
    memory_ = ::mmap(nullptr, kFiberStack, PROT_READ | PROT_WRITE, kAnonymous, -1, 0);
    AIRLOCK_CHECK(memory_ != MAP_FAILED);
  }
  ~Stack() { ::munmap(memory_, kFiberStack); }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  void* memory() const { return memory_; }

 private:
  void* memory_;
};

}  // namespace

struct Fiber::Contexts {
  Stack stack;
  ucontext_t outside{};
  ucontext_t inside{};
#if defined(__SANITIZE_ADDRESS__)
  const void* outside_stack = nullptr;
  std::size_t outside_size = 0;
  void* kept = nullptr;
  void leave_for_inside() {
    __sanitizer_start_switch_fiber(&kept, stack.memory(), kFiberStack);
    AIRLOCK_CHECK(::swapcontext(&outside, &inside) == 0);
    __sanitizer_finish_switch_fiber(kept, nullptr, nullptr);
  }
  void arrived_inside(void* from) {
    __sanitizer_finish_switch_fiber(from, &outside_stack, &outside_size);
  }
  void leave_for_outside(bool for_good) {
    void* mine = nullptr;
    __sanitizer_start_switch_fiber(for_good ? nullptr : &mine, outside_stack, outside_size);
    AIRLOCK_CHECK(::swapcontext(&inside, &outside) == 0);
    arrived_inside(mine);
  }
#elif defined(__SANITIZE_THREAD__)
  void* outside_fiber = nullptr;
  void* inside_fiber = __tsan_create_fiber(0);
  ~Contexts() { __tsan_destroy_fiber(inside_fiber); }
  void leave_for_inside() {
    outside_fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(inside_fiber, 0);
    AIRLOCK_CHECK(::swapcontext(&outside, &inside) == 0);
  }
  void arrived_inside(void*) {}
  void leave_for_outside(bool) {
    __tsan_switch_to_fiber(outside_fiber, 0);
    AIRLOCK_CHECK(::swapcontext(&inside, &outside) == 0);
  }
#else
  void leave_for_inside() { AIRLOCK_CHECK(::swapcontext(&outside, &inside) == 0); }
  void arrived_inside(void*) {}
  void leave_for_outside(bool) { AIRLOCK_CHECK(::swapcontext(&inside, &outside) == 0); }
#endif
};

Fiber::Fiber() : contexts_(std::make_unique<Contexts>()) {}
Fiber::~Fiber() { AIRLOCK_CHECK(!running_); }

// makecontext passes ints alone: a pointer goes in two halves.
void Fiber::enter(unsigned high, unsigned low) {
  const std::uint64_t address = std::uint64_t{high} << 32 | low;
  reinterpret_cast<Fiber*>(static_cast<std::uintptr_t>(address))->run();
}

void Fiber::run() {
  contexts_->arrived_inside(nullptr);
  action_();
  running_ = false;
  contexts_->leave_for_outside(true);
}

bool Fiber::begin(std::function<void()> action) {
  AIRLOCK_CHECK(!running_);
  action_ = std::move(action);
  running_ = true;
  ucontext_t& inside = contexts_->inside;
  AIRLOCK_CHECK(::getcontext(&inside) == 0);
  inside.uc_stack.ss_sp = contexts_->stack.memory();
  inside.uc_stack.ss_size = kFiberStack;
  inside.uc_link = nullptr;
  const auto address = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(this));
  ::makecontext(&inside, reinterpret_cast<void (*)()>(&Fiber::enter), 2,
                static_cast<unsigned>(address >> 32), static_cast<unsigned>(address));
  contexts_->leave_for_inside();
  return running_;
}

bool Fiber::go_on() {
  AIRLOCK_CHECK(running_);
  contexts_->leave_for_inside();
  return running_;
}

void Fiber::pause() { contexts_->leave_for_outside(false); }

}  // namespace airlock::fleet
