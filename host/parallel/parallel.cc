#include "host/parallel/parallel.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

namespace airlock::parallel {
namespace {

// The parts of one range on their way to the workers.
class Queue {
 public:
  Queue(Range range, const Task& task) : next_(range.first), end_(range.end), task_(task) {}

  void work(std::size_t worker) noexcept {
    while (const std::optional<std::size_t> part = take()) {
      const Status done = task_(worker, *part);
      if (!done) keep(*part, done.error());
    }
  }

  Status outcome() const {
    if (failed_) return std::unexpected(error_);
    return {};
  }

 private:
  std::optional<std::size_t> take() {
    const std::lock_guard lock(mutex_);
    if (failed_ || next_ == end_) return std::nullopt;
    return next_++;
  }
  void keep(std::size_t part, const Error& error) {
    const std::lock_guard lock(mutex_);
    if (failed_ && *failed_ < part) return;
    failed_ = part;
    error_ = error;
  }

  std::mutex mutex_;
  std::size_t next_;
  std::size_t end_;
  const Task& task_;
  std::optional<std::size_t> failed_;
  Error error_;
};

// begin says whether the system gave a thread.
bool begin(std::vector<std::jthread>& others, Queue& queue, std::size_t worker) {
  try {
    others.emplace_back([&queue, worker] { queue.work(worker); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace

std::size_t worker_count(std::size_t max) {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, max);
}

Status for_each(Range range, std::size_t workers, const Task& task) {
  AIRLOCK_CHECK(range.first <= range.end && workers > 0);
  Queue queue(range, task);
  {
    std::vector<std::jthread> others;
    others.reserve(workers - 1);
    for (std::size_t i = 1; i < std::min(workers, range.end - range.first); ++i) {
      if (!begin(others, queue, i)) break;  // those that there are do it all
    }
    queue.work(0);
  }
  return queue.outcome();
}

}  // namespace airlock::parallel
