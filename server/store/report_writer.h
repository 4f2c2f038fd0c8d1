// Reports on their way into the database: many at once, each acknowledged only when durable.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "server/store/store.h"

namespace airlock::store {

inline constexpr std::size_t kQueueMax = 8192;         // reports that wait; more is overloaded
inline constexpr std::size_t kBatchMax = 1000;         // reports of one transaction
inline constexpr std::int64_t kMarkedMax = 1'000'000;  // reports of strangers that are kept
// How long a batch that follows another waits for company; a lone report does not wait.
inline constexpr std::chrono::milliseconds kGatherTime{4};

// ReportWriter commits reports in batches. While one batch is being synced the next one gathers, so
// that the rate does not hang on the disk's latency.
class ReportWriter {
 public:
  // Receipt is called once, on the writer's thread, after the report is durable (or was, by an
  // earlier attempt: then with the standing of that time), or with why it is not.
  using Receipt = std::function<void(Result<Standing>)>;

  // open keeps `marked_max` reports of strangers; for a newer one the oldest are forgotten.
  static Result<std::unique_ptr<ReportWriter>> open(const Store& store,
                                                    std::int64_t marked_max = kMarkedMax);
  // The destructor writes what still waits.
  ~ReportWriter();
  ReportWriter(const ReportWriter&) = delete;
  ReportWriter& operator=(const ReportWriter&) = delete;

  // submit takes a report, or answers overloaded and never calls the receipt.
  Status submit(Report report, Receipt receipt);
  std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

 private:
  struct Item {
    Report report;
    Receipt receipt;
  };
  class Writing;

  explicit ReportWriter(std::unique_ptr<Writing> writing);
  void run();
  std::vector<Item> next_batch();

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Item> queue_;
  bool ending_ = false;
  std::atomic<std::size_t> waiting_ = 0;
  std::unique_ptr<Writing> writing_;
  std::thread thread_;
};

}  // namespace airlock::store
