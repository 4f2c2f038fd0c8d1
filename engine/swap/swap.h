// engine/swap: one pointer that readers follow without waiting, and that a writer replaces.
//
// It is for what a wallet reads all the time and an update replaces as a whole: a snapshot of ABIs,
// of fee policies, the registry of loaders. It promises that pinning takes no lock and waits for
// nobody; that what a reader has pinned is one whole value, which stays until it is let go; and
// that an old value's memory is returned as soon as its last reader is gone: by that reader, or by
// the writer. It never copies a value, and it does not say which of two writers wins: writers take
// turns.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "core/base/base.h"

namespace airlock::swap {

inline constexpr std::size_t kReadersMax = 256;  // at once

// What stands where everybody can see what a reader holds. 64 bytes keep readers from each other's
// cache lines.
struct alignas(64) Seat {
  std::atomic<bool> taken = false;
  std::atomic<const void*> holds = nullptr;
};

template <class T>
class Current {
 public:
  class Pin;
  class Reader;

  // The value is never null.
  explicit Current(std::unique_ptr<const T> first) : now_(first.release()) {
    AIRLOCK_CHECK(now_.load() != nullptr);
  }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;
  // Every reader is gone by now (a bug otherwise).
  ~Current() {
    for (const Seat& seat : seats_) AIRLOCK_CHECK(!seat.taken.load());
    delete now_.load();
    for (const T* old : old_) delete old;
  }

  // reader takes a seat, for one thread. Errors: too_many (kReadersMax have one).
  Result<Reader> reader();

  // replace publishes the next value: a reader that pins from now on sees it. The one before is
  // freed now, or when its last reader lets go.
  void replace(std::unique_ptr<const T> next) {
    AIRLOCK_CHECK(next != nullptr);
    {
      const std::lock_guard lock(writers_);
      old_.push_back(now_.exchange(next.release()));
      held_ = old_.size();
    }
    collect();
  }

  // held returns how many old values readers still hold.
  std::size_t held() const { return held_; }

 private:
  // Frees every old value that no seat shows. It waits for nobody: who finds another one at it
  // leaves a note, and that one looks again.
  //
  // A reader shows what it holds before it looks whether the pointer is still the same, so that
  // what no seat shows is in nobody's hands. A reader that lets go empties its seat before it looks
  // whether its value is still the present one; a writer takes it away before it looks at the
  // seats: one of them sees the other.
  void collect() {
    for (again_ = true; again_;) {
      const std::unique_lock lock(writers_, std::try_to_lock);
      if (!lock) return;
      again_ = false;
      std::erase_if(old_, [this](const T* old) { return free_unless_held(old); });
      held_ = old_.size();
    }
  }
  bool free_unless_held(const T* old) {
    for (const Seat& seat : seats_) {
      if (seat.holds == old) return false;
    }
    delete old;
    return true;
  }

  std::atomic<const T*> now_;
  std::array<Seat, kReadersMax> seats_;
  std::atomic<std::size_t> held_ = 0;
  std::atomic<bool> again_ = false;
  std::mutex writers_;         // of what follows
  std::vector<const T*> old_;  // replaced, and perhaps still held
};

// A value in a reader's hands.
template <class T>
class Current<T>::Pin {
 public:
  Pin(Pin&& other) noexcept
      : of_(std::exchange(other.of_, nullptr)), seat_(other.seat_), value_(other.value_) {}
  Pin& operator=(Pin&&) = delete;
  ~Pin() {
    if (of_ == nullptr) return;
    seat_->holds = nullptr;
    // Whoever lets the present value go frees nothing. A writer that replaces it meanwhile finds
    // the seat empty already.
    if (of_->now_ != value_) of_->collect();
  }
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_; }

 private:
  friend class Reader;
  Pin(Current* of, Seat* seat, const T* value) : of_(of), seat_(seat), value_(value) {}
  Current* of_;
  Seat* seat_;
  const T* value_;
};

// A thread's seat. It pins one value at a time (a bug otherwise).
template <class T>
class Current<T>::Reader {
 public:
  Reader(Reader&& other) noexcept : of_(std::exchange(other.of_, nullptr)), seat_(other.seat_) {}
  Reader& operator=(Reader&&) = delete;
  ~Reader() {
    if (of_ == nullptr) return;
    AIRLOCK_CHECK(seat_->holds.load(std::memory_order_relaxed) == nullptr);
    seat_->taken.store(false, std::memory_order_release);
  }

  // pin takes the present value. It tries again only when a writer came between, which ends when
  // the writer does.
  Pin pin() {
    AIRLOCK_CHECK(seat_->holds.load(std::memory_order_relaxed) == nullptr);
    const T* value = of_->now_.load(std::memory_order_acquire);
    bool showed_another = false;
    for (;;) {
      seat_->holds = value;
      const T* const again = of_->now_;
      if (again == value) break;
      value = again;
      showed_another = true;
    }
    // A writer may have kept that one, which was shown for a moment.
    if (showed_another) [[unlikely]]
      of_->collect();
    return Pin(of_, seat_, value);
  }

 private:
  friend class Current;
  Reader(Current* of, Seat* seat) : of_(of), seat_(seat) {}
  Current* of_;
  Seat* seat_;
};

template <class T>
auto Current<T>::reader() -> Result<Reader> {
  for (Seat& seat : seats_) {
    bool free = false;
    if (seat.taken.compare_exchange_strong(free, true)) return Reader(this, &seat);
  }
  return fail(Code::too_many, kReadersMax);
}

}  // namespace airlock::swap
