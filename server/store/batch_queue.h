// What waits to be written, on its way into the database: many at once, on one thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/base.h"

namespace airlock::store {

inline constexpr std::size_t kQueueMax = 8192;  // items that wait; more is overloaded
inline constexpr std::size_t kBatchMax = 1000;  // items of one transaction
// How long a batch that follows another waits for company; a lone item does not wait.
inline constexpr std::chrono::milliseconds kGatherTime{4};

// BatchQueue hands items to `write` in batches, on a thread of its own. While one batch is being
// synced the next one gathers, so that the rate does not hang on the disk's latency.
template <class Item>
class BatchQueue {
 public:
  using Write = std::function<void(std::vector<Item>&)>;

  explicit BatchQueue(Write write) : write_(std::move(write)), thread_([this] { run(); }) {}
  // The destructor writes what still waits.
  ~BatchQueue() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    arrived_.notify_one();
    thread_.join();
  }
  BatchQueue(const BatchQueue&) = delete;
  BatchQueue& operator=(const BatchQueue&) = delete;

  // submit takes an item, or answers overloaded.
  Status submit(Item item) {
    {
      const std::lock_guard lock(mutex_);
      if (ending_ || queue_.size() >= kQueueMax) return fail(Code::overloaded, queue_.size());
      queue_.push_back(std::move(item));
      waiting_.store(queue_.size(), std::memory_order_relaxed);
    }
    arrived_.notify_one();
    return {};
  }
  std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

 private:
  std::vector<Item> next_batch() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    // A queue with company is under load: a moment more makes the batch, and the sync, worth more.
    if (queue_.size() > 1 && queue_.size() < kBatchMax && !ending_) {
      arrived_.wait_for(lock, kGatherTime,
                        [this] { return ending_ || queue_.size() >= kBatchMax; });
    }
    std::vector<Item> batch;
    const std::size_t size = std::min(queue_.size(), kBatchMax);
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(size);
    batch.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
    waiting_.store(queue_.size(), std::memory_order_relaxed);
    return batch;
  }
  void run() {
    while (true) {
      std::vector<Item> batch = next_batch();
      if (batch.empty()) return;  // only when ending, with nothing left to write
      write_(batch);
    }
  }

  Write write_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Item> queue_;
  bool ending_ = false;
  std::atomic<std::size_t> waiting_ = 0;
  std::thread thread_;
};

}  // namespace airlock::store
